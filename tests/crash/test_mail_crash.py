"""Does the mail door keep its word when its process, or the database, is killed under load?

Each mail that was answered 250 is one case, and a sender who heard nothing and came again has made
no second one. POL-6, FAQ-2.
"""

from __future__ import annotations

import os
import random
import smtplib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage

import pytest
from tests.crash.desk import Desk, Killer, a_desk, free_port

pytestmark = [pytest.mark.crash, pytest.mark.slow]

CRASHES = int(os.environ.get("REDPHONE_CRASHES", "6"))
SEED = int(os.environ.get("REDPHONE_CRASH_SEED", str(random.SystemRandom().randrange(10**6))))


@pytest.fixture
def desk() -> Iterator[Desk]:
    with a_desk(smtp_port=free_port()) as desk:
        desk.environment["REDPHONE_MAIL_IN"] = f"smtp://127.0.0.1:{free_port()}"
        desk.add("mail", "mail")
        desk.add("clock", "clock")
        yield desk


@dataclass
class Sender:
    """A mail server that has mails to hand over: each is sent until it is answered 250."""

    port: int
    name: str
    stop: threading.Event
    sent: list[str] = field(default_factory=list)
    tries: int = 0

    def run(self) -> None:
        number = 0
        while not self.stop.is_set():
            number += 1
            made = letter(f"{self.name}-{number}")
            while not self._is_taken(made):
                time.sleep(0.1)
            self.sent.append(str(made["Message-ID"]))

    def _is_taken(self, made: EmailMessage) -> bool:
        self.tries += 1
        try:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=10) as line:
                line.send_message(made, "a@b.example", ["urgent@ourcompany.com"])
        except (smtplib.SMTPException, OSError):
            return False
        return True


def letter(name: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"] = f"{name}@customer.example", "urgent@ourcompany.com"
    made["Subject"], made["Message-ID"] = f"{name} is down", f"<{name}@customer.example>"
    made["Date"] = "Mon, 23 Nov 2026 12:00:00 +0000"
    made.set_content(f"{name}: nobody can sign in, every page says error 502.")
    return made


def test_a_mail_that_was_taken_is_one_case_whoever_was_killed(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(SEED)
    killer = Killer(desk, chance)
    port = int(desk.environment["REDPHONE_MAIL_IN"].rpartition(":")[2])
    stop = threading.Event()
    senders = [Sender(port, f"sender{n}", stop) for n in range(3)]
    threads = [threading.Thread(target=sender.run) for sender in senders]
    for thread in threads:
        thread.start()

    for _ in range(CRASHES):
        until = time.monotonic() + chance.uniform(0.5, 2.0)
        while time.monotonic() < until:
            desk.tend()
            time.sleep(0.05)
        desk.processes["mail"].kill()
        killer.kills.append("mail")
        if chance.random() < 0.3:
            killer._kill_postmaster()
            killer.kills.append("postmaster")
    stop.set()
    desk.wait(lambda: not any(thread.is_alive() for thread in threads), "all mails are taken")
    desk.wait(lambda: not waiting(desk), "each mail is a case")

    kept = desk.sql("select message_id, count(*) from received_mail group by message_id")
    ((cases,),) = desk.sql('select count(*) from "case"')
    sent = {each for sender in senders for each in sender.sent}
    tries = sum(sender.tries for sender in senders)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{len(killer.kills)} kills, {len(sent)} mails in {tries} tries, {cases} cases"
        )
    assert sent <= {name for name, _ in kept}
    assert {count for _, count in kept} == {1}
    assert cases == len(kept)


def waiting(desk: Desk) -> int:
    ((count,),) = desk.sql("select count(*) from report where case_ref is null")
    return int(count)
