"""Does the desk keep its word when its processes are killed at random under load?

The long form is `REDPHONE_CRASHES=50 pytest -m crash -s`. Each report that was accepted is a case,
each deadline is handled once, and no page is lost, or doubled for who reads mail by Message-ID.
"""

from __future__ import annotations

import json
import os
import random
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.crash.desk import Desk, Killer, Reporter, a_desk, post
from tests.crash.sink import Sink, a_sink

pytestmark = [pytest.mark.crash, pytest.mark.slow]

CRASHES = int(os.environ.get("REDPHONE_CRASHES", "6"))
SEED = int(os.environ.get("REDPHONE_CRASH_SEED", str(random.SystemRandom().randrange(10**6))))
POLICY = Path(__file__).parents[2] / "policies" / "urgent-support.toml"

QUICK = {
    "2 min": "1 s",
    "5 min": "3 s",
    "15 min": "5 s",
    "30 min": "9 s",
    "1 h": "12 s",
    "2 h": "20 s",
    "4 h": "30 s",
    "6 h": "36 s",
    "8 h": "45 s",
}
"""Our policy for a desk whose emergencies take half a minute."""


@pytest.fixture
def sink() -> Iterator[Sink]:
    with a_sink() as sink:
        yield sink


@pytest.fixture
def desk(sink: Sink, tmp_path: Path) -> Iterator[Desk]:
    quick = re.sub(
        r'"(\d+ (?:min|h))"', lambda m: f'"{QUICK.get(m[1], m[1])}"', POLICY.read_text()
    )
    policy = tmp_path / "quick.toml"
    policy.write_text(quick)
    with a_desk(smtp_port=sink.port, policy=policy) as desk:
        desk.add("web", "web")
        for number in "12":
            desk.add(f"clock{number}", "clock")
            desk.add(f"worker{number}", "worker")
        desk.await_web()
        yield desk


def test_nothing_is_lost_or_doubled_when_processes_are_killed(
    desk: Desk, sink: Sink, capsys: pytest.CaptureFixture[str]
) -> None:
    """POL-2, POL-4, EMG-1 to EMG-5, FAQ-3."""
    chance = random.Random(SEED)
    killer = Killer(desk, chance)
    reporters = load(desk, chance)

    began = time.monotonic()
    kill(killer, CRASHES)
    settle(desk, reporters)

    report(capsys, desk, sink, killer, reporters, time.monotonic() - began)
    every_accepted_report_is_a_case(desk, reporters)
    every_deadline_was_handled_once(desk)
    no_page_was_lost_or_doubled(desk, sink)
    verified = desk.run("verify", "--json")
    assert verified.returncode == 0, verified.stdout[:3000] + verified.stderr[-1000:]


# ── Load ─────────────────────────────────────────────────────────────────────────────────────────


def load(desk: Desk, chance: random.Random) -> list[tuple[threading.Thread, Reporter]]:
    """Customers who report, and a responder who now and then takes something."""
    found = []
    for email in ("mira@nordwind.example", "jon@petrel.example"):
        reporter = Reporter(
            desk, desk.token(email), random.Random(chance.random()), 1.5, threading.Event()
        )
        thread = threading.Thread(target=reporter.run)
        thread.start()
        found.append((thread, reporter))
    return found


def kill(killer: Killer, crashes: int) -> None:
    desk, chance = killer.desk, killer.chance
    ana = desk.token("ana@redphone.example")
    while len(killer.kills) < crashes:
        until = time.monotonic() + chance.uniform(0.3, 2.0)
        while time.monotonic() < until:
            desk.tend()
            time.sleep(0.05)
        killer.kill_somebody()
        if chance.random() < 0.5:
            # Half of the time all is well again before the next one dies, else it dies in a heap.
            desk.await_web()
            answer_somebody(desk, chance, ana)


def answer_somebody(desk: Desk, chance: random.Random, token: str) -> None:
    ringing = desk.sql("select ref from incident where status = 'open' order by number")
    if ringing:
        (ref,) = chance.choice(ringing)
        post(f"{desk.address}/api/v1/incidents/{ref}/acknowledge", token, {})


WAITING = """
    select (select count(*) from report where opened_at is null),
           (select count(*) from delivery where state in ('pending', 'sending')),
           (select count(*) from deadline where outcome = 'running'
            and next_at < clock_timestamp() - interval '1 second'),
           (select count(*) from deadline where outcome = 'running' and kind = 'next_step')
"""


def settle(desk: Desk, reporters: list[tuple[threading.Thread, Reporter]]) -> None:
    """Stop the load, and wait until everything that is owed has been done."""
    for _, reporter in reporters:
        reporter.stop.set()
    desk.wait(lambda: not any(thread.is_alive() for thread, _ in reporters), "the load ends", 60)
    left: list[tuple[Any, ...]] = []

    def quiet() -> bool:
        left[:] = desk.sql(WAITING)
        time.sleep(0.4)
        return not any(left[0])

    desk.wait(quiet, f"nothing is left to be done, but {left}", within=300)


# ── What has to hold ─────────────────────────────────────────────────────────────────────────────


def every_accepted_report_is_a_case(
    desk: Desk, reporters: list[tuple[threading.Thread, Reporter]]
) -> None:
    accepted = {key for _, reporter in reporters for key in reporter.accepted}
    cases = {
        key: (case, stored)
        for key, case, stored in desk.sql(
            'select r.idempotency_key, r.case_ref, c.ref from report r left join "case" c '
            "on c.report_id = r.id"
        )
    }
    assert accepted
    assert [r for _, reporter in reporters for r in reporter.refused] == []
    assert accepted <= cases.keys()
    assert [key for key in accepted if cases[key][0] is None or len(set(cases[key])) > 1] == []


def every_deadline_was_handled_once(desk: Desk) -> None:
    missed_twice = desk.sql(
        "select stream, data->>'clock', clause, data->>'due_at', count(*) from entry, "
        "jsonb_array_elements_text(data->'clauses') clause where kind = 'missed' "
        "group by 1, 2, 3, 4 having count(*) > 1"
    )
    # Whoever went quiet sets off a walk of its own, of which each step is called anew.
    called_twice = desk.sql(
        "select stream, data->>'lane', data->>'step', data->>'turn', data->>'reason', "
        "(select count(*) from entry q where q.stream = e.stream and q.seq <= e.seq "
        "and q.kind = 'asked' and q.data->>'reason' = 'went_quiet' "
        "and q.data->>'lane' = e.data->>'lane') as walk, count(*) "
        "from entry e where kind = 'asked' group by 1, 2, 3, 4, 5, 6 having count(*) > 1"
    )
    (missed,) = desk.sql("select count(*) from entry where kind = 'missed'")
    assert missed[0] > 0
    assert (missed_twice, called_twice) == ([], [])


def no_page_was_lost_or_doubled(desk: Desk, sink: Sink) -> None:
    """Each page was sent, or was no longer true when its turn came; and each mail has one key."""
    states = dict(
        desk.sql("select state, count(*) from delivery where purpose = 'page' group by state")
    )
    assert states.get("sent", 0) > 0
    assert states.keys() <= {"sent", "delivered", "stale", "cancelled"}, states
    times = sink.times()
    sent = desk.sql("select key, message_id, tries from delivery where state = 'sent'")
    assert [key for key, message_id, _ in sent if times[message_id] == 0] == []
    assert len({message_id for _, message_id, _ in sent}) == len(sent)
    # A mail goes out again only when its worker was killed before it could write down the first.
    unexplained = [key for key, message_id, tries in sent if times[message_id] > tries]
    assert unexplained == []


def report(
    capsys: pytest.CaptureFixture[str],
    desk: Desk,
    sink: Sink,
    killer: Killer,
    reporters: list[tuple[threading.Thread, Reporter]],
    seconds: float,
) -> None:
    """The numbers, for whoever looks: shown with `-s`, and kept in build/crash.json."""
    times = sink.times()
    ((entries, missed, asked),) = desk.sql(
        "select count(*), count(*) filter (where kind = 'missed'), "
        "count(*) filter (where kind = 'asked') from entry"
    )
    numbers = {
        "seed": SEED,
        "seconds": round(seconds),
        "kills": len(killer.kills),
        "killed": {name: killer.kills.count(name) for name in sorted(set(killer.kills))},
        "accepted": sum(len(reporter.accepted) for _, reporter in reporters),
        "entries": entries,
        "missed": missed,
        "asked": asked,
        "mails": len(times),
        "mails_taken_twice": sum(1 for count in times.values() if count > 1),
        "pages": dict(
            desk.sql("select state, count(*) from delivery where purpose = 'page' group by state")
        ),
    }
    build = Path(__file__).parents[2] / "build"
    build.mkdir(exist_ok=True)
    (build / "crash.json").write_text(json.dumps(numbers, indent=1) + "\n")
    with capsys.disabled():
        print("\n" + json.dumps(numbers))  # noqa: T201
