"""From an acknowledgement to silence: what waits is cancelled, and every call is told to end.

Each incident rings at ten people, by a call that is under way and a second one that is still to
come. The call to a provider itself is not in it: a desk of its own has none.
"""

from __future__ import annotations

import os
import time

from tests.crash.desk import Desk, a_desk, post
from tests.crash.sink import a_sink

from bench.figures import Figure, below, percentile, plain
from bench.pages import fill

ROUNDS = int(os.environ.get("REDPHONE_BENCH_SILENCE", "100"))
PEOPLE = 10
EVERY = 0.1


def measure() -> list[Figure]:
    """One acknowledgement by the API after the other, until nothing rings or waits any more."""
    with a_sink() as sink, a_desk(smtp_port=sink.port) as desk:
        fill(desk, "rung", str(ROUNDS), str(PEOPLE))
        for name in ("web", "clock", "worker"):
            desk.add(name, name)
        desk.await_web()
        token = desk.token("bo@redphone.example")
        refs = desk.sql(
            "select distinct stream from delivery where channel = 'voice' and state = 'sent'"
        )
        time.sleep(3)
        waits = [_silence(desk, token, str(ref)) for (ref,) in refs]
    waits = waits[5:]  # The first ones warm up.
    return [
        plain("acknowledged to silence: p50", percentile(waits, 0.5), "ms"),
        below("acknowledged to silence: p99", percentile(waits, 0.99), "ms", 1000),
    ]


def _silence(desk: Desk, token: str, ref: str) -> float:
    """Milliseconds from the request until no row of this incident rings or waits."""
    with desk.cluster.connect() as connection:
        connection.autocommit = True
        began = time.monotonic()
        answer = post(f"{desk.address}/api/v1/incidents/{ref}/acknowledge", token, {})
        assert answer is not None
        assert answer[0] == 200, answer
        while _rings(connection, ref):
            assert time.monotonic() - began < 20, f"{ref} still rings"
            time.sleep(0.002)
    took = time.monotonic() - began
    time.sleep(EVERY)
    return took * 1000


def _rings(connection: object, ref: str) -> bool:
    execute = connection.execute  # type: ignore[attr-defined]
    found = execute(
        "select exists (select from delivery where stream = %s and purpose = 'page' "
        "and channel = 'voice' and (state = 'pending' or hang_up_at is not null))",
        [ref],
    ).fetchone()
    return bool(found[0])
