"""Nothing with a 202 is lost, and no key opens or pages twice, whoever is killed.

The long form is `REDPHONE_CRASHES=50 pytest -m crash -s tests/crash/test_alerts.py`.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from tests.crash.desk import Desk, Killer, a_desk
from tests.crash.sink import Sink, a_sink

pytestmark = [pytest.mark.crash, pytest.mark.slow]

CRASHES = int(os.environ.get("REDPHONE_CRASHES", "6"))
SEED = int(os.environ.get("REDPHONE_CRASH_SEED", str(random.SystemRandom().randrange(10**6))))


@pytest.fixture
def sink() -> Iterator[Sink]:
    with a_sink() as sink:
        yield sink


@pytest.fixture
def desk(sink: Sink) -> Iterator[Desk]:
    with a_desk(smtp_port=sink.port) as desk:
        desk.add("web", "web", "--processes", "2")
        for name in ("clock", "worker"):
            desk.add(name, name)
        desk.await_web()
        yield desk


@dataclass
class Monitor:
    """Sends alerts of a few keys, each until it is taken, and remembers what was taken."""

    desk: Desk
    token: str
    name: str
    stop: threading.Event = field(default_factory=threading.Event)
    taken: Counter[str] = field(default_factory=Counter)
    refused: list[int] = field(default_factory=list)

    def run(self) -> None:
        number = 0
        while not self.stop.is_set():
            number += 1
            # Each key comes several times: it opens once, and is counted after that.
            self._send(f"{self.name}-{number // 8}")
            self.stop.wait(0.02)

    def _send(self, key: str) -> None:
        event = {
            "routing_key": self.token,
            "event_action": "trigger",
            "dedup_key": key,
            "payload": {"summary": f"{key} is down", "source": "web-1", "severity": "critical"},
        }
        request = Request(f"{self.desk.address}/v2/enqueue", json.dumps(event).encode())
        while not self.stop.is_set():
            try:
                with urlopen(request, timeout=10) as answer:
                    assert answer.status == 202
                self.taken[key] += 1
                return
            except HTTPError as error:
                if error.code != 503:
                    self.refused.append(error.code)
                    return
            except (OSError, HTTPException):
                pass
            time.sleep(0.1)


def test_no_alert_is_lost_and_no_key_pages_twice(desk: Desk, sink: Sink) -> None:
    chance = random.Random(SEED)
    made = desk.run(
        *("door", "create", "--name", "Crash", "--format", "pagerduty"),
        *("--most-a-minute", "40"),
    )
    monitors = [Monitor(desk, made.stdout.strip(), name) for name in ("left", "right", "both")]
    threads = [threading.Thread(target=monitor.run) for monitor in [*monitors, monitors[2]]]
    for thread in threads:
        thread.start()

    killer = Killer(desk, chance)
    while len(killer.kills) < CRASHES:
        until = time.monotonic() + chance.uniform(0.5, 2.0)
        while time.monotonic() < until:
            desk.tend()
            time.sleep(0.05)
        killer.kill_somebody()
    desk.await_web()
    for monitor in monitors:
        monitor.stop.set()
    desk.wait(lambda: not any(t.is_alive() for t in threads), "the monitors end", 60)
    waiting = "select count(*) from alert where became = 'waiting'"
    desk.wait(lambda: desk.sql(waiting) == [(0,)], "all alerts are settled", 120)

    everything_taken_is_there(desk, monitors)
    nothing_opened_twice(desk)
    verified = desk.run("verify", "--json")
    assert verified.returncode == 0, f"seed {SEED}\n{verified.stdout[:3000]}"


def everything_taken_is_there(desk: Desk, monitors: list[Monitor]) -> None:
    stored = dict(desk.sql("select key, count(*) from alert group by key"))
    known = dict(desk.sql("select key, incident_id from signal"))
    taken = Counter[str]()
    for monitor in monitors:
        taken += monitor.taken
        assert monitor.refused == [], f"seed {SEED}"
    assert sum(taken.values()) > 50
    lost = [key for key, count in taken.items() if stored.get(key, 0) < count]
    assert lost == [], f"seed {SEED}"
    assert [key for key in taken if known.get(key) is None] == [], f"seed {SEED}"


def nothing_opened_twice(desk: Desk) -> None:
    opened = desk.sql(
        "select key, count(*) from alert where became in ('opened', 'coalesced') "
        "group by key having count(*) > 1"
    )
    asked = desk.sql(
        "select stream, data->>'lane', data->>'step', count(*) from entry where kind = 'asked' "
        "group by 1, 2, 3 having count(*) > 1"
    )
    keys = desk.sql(
        "select join_key, count(*) from incident where join_key is not null "
        "group by 1 having count(*) > 1"
    )
    assert (opened, asked, keys) == ([], [], []), f"seed {SEED}"
