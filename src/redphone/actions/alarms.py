"""Whether the desk does what it owes, looked at from outside: from rows alone.

The auditor trusts neither the clock loop nor the queue. It asks for what should have happened and
has not, keeps one open alarm for each trouble, and says which of them the operator has to be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Max, Min, QuerySet

from redphone.actions import canaries, ladder_audit
from redphone.actions.claims import URGENT
from redphone.actions.ladder_audit import LadderAudit
from redphone.records.models import (
    Alarm,
    Alert,
    DeadlineRow,
    Delivery,
    Heartbeat,
    IncidentRow,
    ReceivedMail,
    Report,
    Webhook,
)
from redphone.records.models.alert import Became
from redphone.records.models.clocks import Outcome
from redphone.records.models.delivery import DeliveryState as State
from redphone.records.models.received_mail import Became as MailBecame

LATE_AFTER = timedelta(seconds=30)
"""What is due is done within a second; after this somebody has to know."""

BULK_LATE_AFTER = timedelta(minutes=5)
SENDING_LATE_AFTER = timedelta(seconds=90)
WEBHOOK_FAILING_AFTER = timedelta(hours=1)
CLOCK_SILENT_AFTER = timedelta(seconds=20)
WORKER_SILENT_AFTER = timedelta(seconds=60)
MAIL_SILENT_AFTER = timedelta(seconds=60)
MAILBOX_SILENT_AFTER = timedelta(minutes=3)
FAILING_TRIES = 3
FAILING_MESSAGES = 10

LADDERS_SILENT_AFTER = timedelta(minutes=3)
"""The ladders are looked at each half-minute, by one process of all."""

REMIND_AFTER = timedelta(hours=1)
ONE_AT_A_TIME = 0x0DE5_A0D1
"""The advisory lock of the audit: any number of processes try, one does it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that is late. `key` names the kind, `since` when the oldest of it was due."""

    key: str
    says: str
    count: int
    since: datetime | None


def troubles(*, at: datetime, is_thorough: bool = False) -> list[Trouble]:
    """What is late at `at`. Costs what is late, not what there is; `is_thorough` looks at every
    open incident's ladder too, and otherwise what the last such look has found is told.

    Source: POL-2, POL-4.
    """
    found = [*_deadlines(at), *_deliveries(at), *_reports(at), *_processes(at), *_webhooks(at)]
    found += [*_mailboxes(at), *_mails(at), *_canaries(at)]
    return [*found, *(_ladders(at) if is_thorough else _last_ladders(at))]


def _canaries(at: datetime) -> Iterator[Trouble]:
    """Channels of which the last test message has not come back."""
    for each in canaries.standings(at=at):
        if each.since is not None:
            why = each.error or "it was taken, and did not come back"
            says = f"the test message by {each.sink.name} is overdue: {why}"
            yield Trouble(key=f"canary-{each.sink.name}", says=says, count=1, since=each.since)


def _counted(key: str, says: str, rows: QuerySet[Any], since: str) -> Iterator[Trouble]:
    found = rows.aggregate(count=Count("pk"), oldest=Min(since))
    if found["count"]:
        yield Trouble(
            key=key, says=says.format(found["count"]), count=found["count"], since=found["oldest"]
        )


def _deadlines(at: datetime) -> Iterator[Trouble]:
    late = DeadlineRow.objects.filter(outcome=Outcome.RUNNING, next_at__lt=at - LATE_AFTER)
    yield from _counted("deadlines", "{} clocks were due and nobody looked", late, "next_at")


def _deliveries(at: datetime) -> Iterator[Trouble]:
    pending = Delivery.objects.filter(state=State.PENDING, bundled_into=None)
    yield from _counted(
        "pages",
        "{} pages wait and nobody sends them",
        pending.filter(priority__lte=URGENT, next_try_at__lt=at - LATE_AFTER),
        "next_try_at",
    )
    yield from _counted(
        "mail",
        "{} messages wait and nobody sends them",
        pending.filter(priority__gt=URGENT, next_try_at__lt=at - BULK_LATE_AFTER),
        "next_try_at",
    )
    yield from _counted(
        "sending",
        "{} messages were begun and never finished",
        Delivery.objects.filter(state=State.SENDING, sending_since__lt=at - SENDING_LATE_AFTER),
        "sending_since",
    )
    unconfirmed = Delivery.objects.filter(
        state=State.SENT, receipt_due_at__lt=at - LATE_AFTER, receipt_due_at__isnull=False
    )
    yield from _counted(
        "receipts",
        "{} messages were not confirmed and nobody looked",
        unconfirmed,
        "receipt_due_at",
    )
    yield from _failing(pending)


def _failing(pending: QuerySet[Delivery]) -> Iterator[Trouble]:
    """Messages that nobody takes.

    One full mailbox is no trouble of ours; a page that fails is, whoever's fault it is.
    """
    failing = pending.filter(tries__gte=FAILING_TRIES)
    found = failing.aggregate(count=Count("pk"), oldest=Min("created_at"), first=Min("priority"))
    count = found["count"]
    if count and (found["first"] <= URGENT or count >= FAILING_MESSAGES):
        says = f"{count} messages fail again and again: look at the mail server"
        yield Trouble(key="failing", says=says, count=count, since=found["oldest"])


def _reports(at: datetime) -> Iterator[Trouble]:
    waiting = Report.objects.filter(opened_at=None, received_at__lt=at - LATE_AFTER)
    yield from _counted("reports", "{} reports have no case yet", waiting, "received_at")
    alerts = Alert.objects.filter(became=Became.WAITING, received_at__lt=at - LATE_AFTER)
    yield from _counted("alerts", "{} alerts have opened nothing yet", alerts, "received_at")


def _webhooks(at: datetime) -> Iterator[Trouble]:
    """Programs elsewhere that have taken nothing for long: their people should hear of it."""
    failing = Webhook.objects.filter(
        disabled_at=None, failing_since__lt=at - WEBHOOK_FAILING_AFTER
    )
    says = "{} webhooks take nothing: look at /webhooks/"
    yield from _counted("webhooks", says, failing, "failing_since")


def _processes(at: datetime) -> Iterator[Trouble]:
    last = dict(Heartbeat.objects.values_list("kind").annotate(last=Max("at")))
    for kind, patience in (
        ("clock", CLOCK_SILENT_AFTER),
        ("worker", WORKER_SILENT_AFTER),
        *((("mail", MAIL_SILENT_AFTER),) if _takes_mail() else ()),
    ):
        seen = last.get(kind)
        if seen is None or seen < at - patience:
            says = f"no {kind} shows signs of life: start 'redphone {kind}'"
            yield Trouble(key=f"no-{kind}", says=says, count=1, since=seen)


def _takes_mail() -> bool:
    return bool(settings.MAIL_IN or settings.MAIL_BOX)


def _mailboxes(at: datetime) -> Iterator[Trouble]:
    """Folders elsewhere that nobody reads: the server is away, or the password was changed."""
    if settings.MAIL_BOX is None:
        return
    kinds = {f"imap/{folder}" for folder in settings.MAIL_BOX.folders}
    last = dict(
        Heartbeat.objects.filter(kind__in=kinds).values_list("kind").annotate(last=Max("at"))
    )
    for kind in sorted(kinds):
        seen = last.get(kind)
        if seen is None or seen < at - MAILBOX_SILENT_AFTER:
            says = f"the mailbox folder {kind.removeprefix('imap/')} can't be read: see the log"
            yield Trouble(key=f"no-{kind}", says=says, count=1, since=seen)


def _mails(at: datetime) -> Iterator[Trouble]:
    if not _takes_mail():
        return
    waiting = ReceivedMail.objects.filter(
        became=MailBecame.WAITING, received_at__lt=at - MAIL_SILENT_AFTER
    )
    yield from _counted(
        "mails", "{} mails came in and are put nowhere yet", waiting, "received_at"
    )


LADDERS = LadderAudit()
"""What this process remembers of the ladders that it has looked at."""


def _ladders(at: datetime) -> Iterator[Trouble]:
    """Ladders whose next step should have been called, worked out apart: no deadline row is asked.

    Source: EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    found = LADDERS.look(at=at)
    yield from _wrong_ladders(found.behind, found.since, found.unreadable)


def _wrong_ladders(behind: int, since: datetime | None, unreadable: int) -> Iterator[Trouble]:
    if behind:
        says = f"{behind} incidents wait for the next step of their ladder"
        yield Trouble(key="ladders", says=says, count=behind, since=since)
    if unreadable:
        says = f"the ladders of {unreadable} incidents can't be worked out: see the log"
        yield Trouble(key="ladders-unreadable", says=says, count=unreadable, since=None)


def _last_ladders(at: datetime) -> Iterator[Trouble]:
    """What the last look at the ladders has found, and that there was one."""
    last = ladder_audit.last_look()
    if last is None or last[0] < at - LADDERS_SILENT_AFTER:
        since = last[0] if last else None
        old = IncidentRow.objects.filter(status="open", opened_at__lt=at - LADDERS_SILENT_AFTER)
        if old.exists():
            says = "nobody has looked whether the ladders are in time: start 'redphone worker'"
            yield Trouble(key="no-ladder-audit", says=says, count=1, since=since)
    else:
        kept = {name: str(value) for name, value in last[1].items() if value}
        since = datetime.fromisoformat(kept["since"]) if "since" in kept else None
        behind, unreadable = int(kept.get("behind", 0)), int(kept.get("unreadable", 0))
        yield from _wrong_ladders(behind, since, unreadable)


def audit(*, at: datetime) -> list[Alarm]:
    """Look, raise and clear alarms. Those that the operator is to be told of now.

    Nothing when another process is just doing it. An alarm is told when it is raised, and again
    each hour while it stands; one that comes and goes is told once an hour too.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        if not cursor.fetchone()[0]:
            return []
        found = troubles(at=at, is_thorough=True)
        _clear_others({trouble.key for trouble in found}, at)
        return [alarm for trouble in found if (alarm := _raise(trouble, at))]


def _clear_others(standing: set[str], at: datetime) -> None:
    Alarm.objects.filter(cleared_at=None).exclude(key__in=standing).update(cleared_at=at)


def _raise(trouble: Trouble, at: datetime) -> Alarm | None:
    """Keep the alarm of a trouble; give it back when it is time to tell of it."""
    detail: dict[str, Any] = {"count": trouble.count}
    if trouble.since:
        detail["since"] = trouble.since.isoformat()
    alarm, _ = Alarm.objects.get_or_create(
        key=trouble.key,
        cleared_at=None,
        defaults={"raised_at": at, "message": trouble.says, "detail": detail},
    )
    alarm.message = trouble.says
    told = _last_told(trouble.key)
    is_time = told is None or at - told >= REMIND_AFTER
    known = {key: value for key, value in alarm.detail.items() if key == "told_at"}
    alarm.detail = detail | known | ({"told_at": at.isoformat()} if is_time else {})
    alarm.save(update_fields=["message", "detail"])
    return alarm if is_time else None


def not_told(those: Iterable[Alarm]) -> None:
    """Take back that somebody was told of these: it did not work. The next look tells again."""
    for alarm in those:
        alarm.detail = {name: value for name, value in alarm.detail.items() if name != "told_at"}
        alarm.save(update_fields=["detail"])


def _last_told(key: str) -> datetime | None:
    told = Alarm.objects.filter(key=key, detail__has_key="told_at")
    last = told.order_by("-raised_at").values_list("detail__told_at", flat=True).first()
    return datetime.fromisoformat(last) if last else None
