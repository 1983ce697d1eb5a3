"""The auditor: a thread of its own in every worker and every clock process.

It looks each half-minute whether anything is late, and tells the operator by a way of its own: one
mail straight to the mail server, past deliveries and queue, which may be what is broken. When a
process has died, the auditor of another kind sees it; when all have, `/health` says so.
"""

from __future__ import annotations

import logging
import smtplib
import threading
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import Error, connections

from redphone import clock
from redphone.actions import alarms
from redphone.jobs import dead_man
from redphone.jobs import operators as ringing
from redphone.records.models import Alarm, Person
from redphone.records.models.person import Role

log = logging.getLogger(__name__)

EVERY = 30.0
SILENT_LOOKS = 2
"""So many looks in a row have to fail before the database is called away."""

CANARY = "canary-"
"""How the keys of alarms about a silent channel begin; its name follows."""

REMIND_AFTER = 3600.0 / EVERY
"""Looks between two mails about a database that is away."""


class Auditor:
    """What one process knows of the desk: also whom to write to when nobody can be asked."""

    def __init__(self) -> None:
        self._operators: list[str] = _set_by_hand()
        self._failed = 0

    def look(self, *, at: datetime) -> None:
        """Look once, and tell whoever has to know."""
        try:
            told = alarms.audit(at=at)
            self._operators = operators()
        except Error as error:
            self._failed += 1
            log.error("the auditor cannot read the database: %s", error)
            if self._failed == SILENT_LOOKS or self._failed % REMIND_AFTER == 0:
                tell(self._operators, ["The database does not answer."], at=at)
            return
        self._failed = 0
        for alarm in told:
            log.error("alarm: %s", alarm.message)
        if told and not _tell_all(self._operators, told, at=at):
            alarms.not_told(told)
        if settings.HEARTBEAT_URL and dead_man.is_well(alarms.troubles(at=at, is_thorough=True)):
            dead_man.call(settings.HEARTBEAT_URL)

    def run(self, stop: threading.Event) -> None:
        """Look each half-minute until told to stop."""
        while not stop.wait(EVERY):
            try:
                self.look(at=clock.now())
            except Exception:  # The auditor must outlive whatever it finds.
                log.exception("the auditor failed")
            finally:
                connections.close_all()


def _tell_all(addresses: Iterable[str], told: list[Alarm], *, at: datetime) -> bool:
    """Tell by mail, and by what rings when a channel has fallen silent or mail does not go out.

    Devices ring for what is new; of what still stands, a mail each hour is enough.
    """
    says = [alarm.message for alarm in told]
    was_mailed = tell(addresses, says, at=at)
    silent = {alarm.key.removeprefix(CANARY) for alarm in told if alarm.key.startswith(CANARY)}
    dead = {name.partition(":")[0] for name in silent}
    is_new = any(alarm.raised_at == at for alarm in told)
    if was_mailed and not (dead and is_new):
        return True
    return ringing.ring(says, dead=dead) or was_mailed


def operators() -> list[str]:
    """Who is told: the address of the settings, or else everyone who administers the desk."""
    return _set_by_hand() or list(
        Person.objects.filter(role=Role.ADMIN, is_active=True).values_list("email", flat=True)
    )


def _set_by_hand() -> list[str]:
    return str(getattr(settings, "ALARM_MAIL", "")).replace(",", " ").split()


def tell(addresses: Iterable[str], says: list[str], *, at: datetime) -> bool:
    """Write to the operator, straight to the mail server. Whether that worked."""
    body = "\n".join(
        [
            f"Redphone at {settings.PUBLIC_URL} does not do what it owes ({at:%H:%M:%S} UTC):",
            "",
            *(f"- {line}" for line in says),
            "",
            f"What is late, and why: {settings.PUBLIC_URL}/health",
            "You are told again in an hour if it is still so.",
        ]
    )
    mail = EmailMessage(
        subject=f"Redphone alarm: {says[0]}",
        body=body,
        to=list(addresses),
        headers={"Auto-Submitted": "auto-generated", "Importance": "high"},
    )
    if not mail.to:
        log.error("nobody can be told of an alarm: set REDPHONE_ALARM_MAIL")
        return False
    try:
        mail.send()
    except (smtplib.SMTPException, OSError) as error:
        log.error("the operator could not be told by mail: %s", error)
        return False
    return True


def start() -> threading.Event:
    """Start the auditor of this process; set what is given back to stop it."""
    stop = threading.Event()
    threading.Thread(target=Auditor().run, args=(stop,), name="auditor", daemon=True).start()
    return stop
