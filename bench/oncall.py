"""How long it takes to say who is on call over a year, and at a moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from datetime import time as wall
from itertools import pairwise

from bench import figures
from bench.figures import Figure
from redphone.core.oncall import Layer, Rota, Unit, Window, on_call, spans

START = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
LAYERS = 50
ZONES = ("America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Sydney")
TRIES = 5


def measure() -> list[Figure]:
    """A rota of fifty layers: stacked, as rotas are, and all on call side by side."""
    stacked, beside = rota(stacked=True), rota(stacked=False)
    found = spans(stacked, START, START + YEAR)
    many = spans(beside, START, START + YEAR)
    moments = [START + timedelta(hours=7, minutes=13) * n for n in range(1000)]
    at_a_moment = _best(lambda: [on_call(stacked, at) for at in moments]) / len(moments)
    return [
        figures.below(
            "resolver: a year, 50 layers stacked",
            _best(lambda: spans(stacked, START, START + YEAR)) * 1000,
            "ms",
            100,
        ),
        figures.plain("resolver: spans of that year", len(found), "spans"),
        _ms("resolver: a plain sweep of as many", _best(lambda: _sweep(len(found)))),
        _ms(
            "resolver: a year, 50 layers at once",
            _best(lambda: spans(beside, START, START + YEAR)),
        ),
        figures.plain("resolver: spans of that year at once", len(many), "spans"),
        _ms("resolver: a plain sweep of as many at once", _best(lambda: _sweep(len(many)))),
        _ms("resolver: a moment, 50 layers", at_a_moment),
    ]


def rota(*, stacked: bool) -> Rota:
    """Fifty layers of hourly, daily and weekly turns; most hold in a part of the week only."""
    layers = tuple(
        Layer(
            id=str(n),
            name=f"Layer {n}",
            priority=LAYERS - n if stacked else 1,
            time_zone=ZONES[n % len(ZONES)],
            turns=tuple((f"person:{n}-{turn}",) for turn in range(5)),
            unit=(Unit.HOUR, Unit.DAY, Unit.WEEK)[n % 3],
            every=1,
            starts_at=datetime(2021, 3, 1, 8, tzinfo=UTC),
            windows=_windows(n) if n < LAYERS - 1 else (),
        )
        for n in range(LAYERS)
    )
    return Rota(team="L1 Support", time_zone="UTC", layers=layers)


def _windows(number: int) -> tuple[Window, ...]:
    """An hour more or less on each day of the week but one."""
    return tuple(
        Window(
            from_day=day, from_time=wall(number % 24), to_day=day, to_time=wall(number % 24, 45)
        )
        for day in range(7)
        if day != number % 7
    )


def _sweep(count: int) -> list[tuple[int, int]]:
    """The machine's own limit: sort so many stretches by their ends, and walk over them once."""
    edges = sorted([(n * 7919) % 1_000_003 for n in range(count)])
    return [(since, until) for since, until in pairwise(edges) if since < until]


def _best(do: Callable[[], object]) -> float:
    """Seconds of the quickest of some tries, after one that fills what is kept."""
    do()
    taken = []
    for _ in range(TRIES):
        began = time.perf_counter()
        do()
        taken.append(time.perf_counter() - began)
    return min(taken)


def _ms(name: str, seconds: float) -> Figure:
    return figures.plain(name, seconds * 1000, "ms")
