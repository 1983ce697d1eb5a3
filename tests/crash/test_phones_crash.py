"""Do pages by telephone survive whoever is killed? The provider is a process that nobody kills.

Nothing that was accepted is lost, and for one key nothing rings twice. The long form is
`REDPHONE_CRASHES=50 pytest -m crash -s tests/crash/test_phones_crash.py`.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.crash.desk import Desk, Killer, Reporter, a_desk
from tests.crash.sink import Sink, a_sink

from redphone.channels.telephone import fake_room
from redphone.channels.telephone.fake import Exchange
from redphone.channels.telephone.fake_server import serving

pytestmark = [pytest.mark.crash, pytest.mark.slow]

CRASHES = int(os.environ.get("REDPHONE_CRASHES", "6"))
SEED = int(os.environ.get("REDPHONE_CRASH_SEED", str(random.SystemRandom().randrange(10**6))))


TELEPHONES = """
    insert into device (person_id, kind, address, name, sealed, code_hash, code_tries, added_by,
                        off_why, verified_at, created_at)
    select id, kind, '+4420794601' || (20 + id), '', '', '', 0, '', '', now(), now()
    from person, (values ('sms'), ('voice')) as k (kind) where role <> 'customer'
"""


@dataclass
class Wired:
    """A desk, and the provider that it rings by."""

    desk: Desk
    exchange: Exchange


@pytest.fixture
def sink() -> Iterator[Sink]:
    with a_sink() as sink:
        yield sink


@pytest.fixture
def wired(sink: Sink) -> Iterator[Wired]:
    with a_desk(smtp_port=sink.port) as desk:
        made = fake_room.exchange(public=desk.address, reached=desk.address, token="of the test")
        with serving(made) as door:
            desk.environment["REDPHONE_PUBLIC_URL"] = desk.address
            desk.environment["REDPHONE_PHONE_1"] = door.setting()
            desk.environment["REDPHONE_WEBHOOK_ALLOW"] = "127.0.0.1"
            desk.sql(TELEPHONES)
            desk.add("web", "web")
            for name in ("clock", "worker"):
                desk.add(name, name)
            desk.await_web()
            yield Wired(desk, made)
            for process in desk.processes.values():
                process.kill()


def test_nothing_rings_twice_for_one_key_whoever_is_killed(wired: Wired) -> None:
    """EMG-1 to EMG-5."""
    desk, chance = wired.desk, random.Random(SEED)
    token = desk.token("mira@nordwind.example")
    reporter = Reporter(desk, token, chance, 1.5, threading.Event())
    thread = threading.Thread(target=reporter.run)
    thread.start()
    killer = Killer(desk, chance)

    while len(killer.kills) < CRASHES:
        until = time.monotonic() + chance.uniform(0.3, 2.0)
        while time.monotonic() < until:
            desk.tend()
            time.sleep(0.05)
        killer.kill_somebody()
    reporter.stop.set()
    desk.wait(lambda: not thread.is_alive(), "the load ends", 60)
    desk.wait(lambda: desk.sql(LEFT) == [(0, 0)], f"all due pages are sent: {SEED}", 150)

    every_report_rang(desk, reporter)
    nothing_rang_twice(wired)
    verified = desk.run("verify", "--json")
    assert verified.returncode == 0, f"seed {SEED}\n{verified.stdout[:3000]}"


LEFT = """
    select (select count(*) from report where opened_at is null),
           (select count(*) from delivery where purpose = 'page' and bundled_into_id is null
            and (state = 'sending' or state = 'pending' and next_try_at < now()))
"""


def every_report_rang(desk: Desk, reporter: Reporter) -> None:
    cases = dict(desk.sql("select idempotency_key, case_ref from report"))
    assert reporter.accepted
    assert [key for key in reporter.accepted if cases.get(key) is None] == []
    silent = desk.sql(
        "select i.ref from incident i where not exists (select 1 from delivery d where "
        "d.stream = i.ref and d.purpose = 'page' "
        "and d.state in ('sent', 'delivered', 'pending'))"
    )
    assert silent == [], f"seed {SEED}"


def nothing_rang_twice(wired: Wired) -> None:
    """What the provider rang, by the address of its news, which is a delivery's own."""
    rung = [each for each in wired.exchange.rung if "StatusCallback" in each.form]
    keys = Counter(each.form["StatusCallback"] for each in rung)
    assert rung, f"seed {SEED}"
    assert [key for key, count in keys.items() if count > 1] == [], f"seed {SEED}"
