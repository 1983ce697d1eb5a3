"""A mail that came in: kept as it came, then put where it belongs.

Mails are committed together, whatever stands in them, before anything else can fail. Those that
open a case go the way of every report; what else is to be done with one is a second transaction,
and the sweep does again what that could not do.

Source: POL-6, FAQ-2, FAQ-8.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import Error, IntegrityError, transaction

from redphone.actions import canaries, mail_deeds, mail_reports, reports
from redphone.actions.mail_decisions import Decision, decide
from redphone.actions.mail_survey import survey
from redphone.channels.mail.arrived import Arrived, Opened, read
from redphone.records import attachments, bulk, policies
from redphone.records.chain import storable
from redphone.records.models import Attachment, ReceivedMail
from redphone.records.models import Report as ReportRow
from redphone.records.models.received_mail import Became

log = logging.getLogger(__name__)

TRY_AGAIN_AFTER = timedelta(seconds=5)
GIVE_UP_AFTER = 12
"""Tries after which a mail that can't be put anywhere is parked, where people see it."""

MOST_WORDS = 50_000
IN_HAND = frozenset(
    {Became.ADDED, Became.NOTED, Became.ACKNOWLEDGED, Became.BOUNCE, Became.AUTO_REPLY}
)
"""What is done in a stream, in a transaction of its own."""


TEST = Decision(became=Became.OURS, why="A test message of the desk to itself has come back.")

UNPLACED = Decision(
    became=Became.OPENED,
    why="By a mistake of ours it could not be looked at: see what it belongs to.",
    quiet=True,
)
"""What is done with a mail at which the rules themselves have failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a mail. `stream` is its case or incident, "" for none or none yet; a mail
    that came before is not new, and gets its first answer again."""

    mail: uuid.UUID
    became: str
    stream: str
    is_new: bool


def take_mail(raw: bytes, envelope: Arrived) -> Outcome:
    """Take one mail in, whatever is wrong with it; `envelope` says how it came.

    Source: POL-6, FAQ-2.
    """
    arrived = Arrived(
        raw=raw,
        door=envelope.door,
        at=envelope.at,
        mail_from=envelope.mail_from,
        recipients=envelope.recipients,
        notes=envelope.notes,
    )
    return take_mails([read(arrived)])[0]


def take_mails(mails: Sequence[Opened]) -> list[Outcome]:
    """Take several mails in, in few commits. They are safe when this returns."""
    if len(mails) > 1 and _speak_of_each_other(mails):
        return [outcome for each in mails for outcome in take_mails([each])]
    known = _known([opened.key for opened in mails])
    fresh = [opened for opened in mails if opened.key not in known]
    stored = {opened.key: row for opened, row in zip(fresh, _store(fresh), strict=True)}
    found = known | stored
    return [_outcome(found[opened.key], is_new=opened.key in stored) for opened in mails]


def _speak_of_each_other(mails: Sequence[Opened]) -> bool:
    """Whether one of them is an answer to another, or the same: then they go one by one."""
    ids = {opened.mail.message_id for opened in mails} - {""}
    refers = {ref for each in mails for ref in (*each.mail.references, *each.mail.in_reply_to)}
    return bool(ids & refers) or len({opened.key for opened in mails}) < len(mails)


def _known(keys: list[str]) -> dict[str, ReceivedMail]:
    rows = ReceivedMail.objects.filter(key__in=keys).select_related("report")
    return {row.key: row for row in rows.defer("raw", "report__raw")}


def _outcome(row: ReceivedMail, *, is_new: bool) -> Outcome:
    stream = row.stream or (row.report.case_ref if row.report else "") or ""
    return Outcome(mail=row.pk, became=str(row.became), stream=stream, is_new=is_new)


def _store(mails: Sequence[Opened]) -> list[ReceivedMail]:
    """Commit mails that are new, then do what is to be done with each; the rows as they are."""
    if not mails:
        return []
    at = max(opened.arrived.at for opened in mails)
    try:
        decisions = _decisions(mails, at)
    except Error:
        raise
    except Exception:  # A mistake of ours must cost nobody their emergency.
        log.exception("%s mails could not be placed", len(mails))
        if len(mails) > 1:
            return [row for each in mails for row in _store([each])]
        decisions = [UNPLACED]
    made = [_rows(opened, what) for opened, what in zip(mails, decisions, strict=True)]
    try:
        with transaction.atomic(durable=True):
            bulk.insert([report for _, report, _ in made if report])
            attachments.keep([file for _, _, files in made for file in files])
            bulk.insert([row for row, _, _ in made])
    except IntegrityError:
        if len(mails) > 1:
            return [row for each in mails for row in _store([each])]
        # Another process has just taken the same mail.
        return list(_known([mails[0].key]).values())
    reports.open_or_leave([report for _, report, _ in made if report])
    for opened, what, (row, _, _) in zip(mails, decisions, made, strict=True):
        if what.became in IN_HAND:
            _do_or_leave(row, opened, what, at)
    return [row for row, _, _ in made]


def _decisions(mails: Sequence[Opened], at: datetime) -> list[Decision]:
    desk = survey(mails, policy=policies.current(), at=at)
    tests = [canaries.arrived(opened.mail.subject, at=at) for opened in mails]
    return [
        TEST if is_test else decide(opened, desk)
        for opened, is_test in zip(mails, tests, strict=True)
    ]


def _rows(
    opened: Opened, what: Decision
) -> tuple[ReceivedMail, ReportRow | None, list[Attachment]]:
    if what.became != Became.OPENED:
        return _row(opened, what, None), None, []
    report, files = reports.rows_of(mail_reports.incoming(opened, what))
    return _row(opened, what, report), report, files


def _row(opened: Opened, what: Decision, report: ReportRow | None) -> ReceivedMail:
    mail, arrived = opened.mail, opened.arrived
    waits = what.became in IN_HAND or what.became == Became.WAITING or "early" in what.notes
    return ReceivedMail(
        key=opened.key,
        door=arrived.door,
        received_at=arrived.at,
        message_id=storable(mail.message_id),
        sender=storable(mail.sender.lower()),
        mail_from=storable(arrived.mail_from),
        recipients=[storable(each) for each in (arrived.recipients or mail.to)[:20]],
        subject=storable(mail.subject)[:1000],
        words=storable(mail.words or mail.text)[:MOST_WORDS],
        kind=mail.kind.value,
        became=Became.WAITING if waits else what.became,
        why=storable(what.why),
        notes=mail_reports.notes(opened, what),
        raw=b"" if report else arrived.raw,
        report=report,
        stream="" if waits else what.stream,
        delivery=what.delivery,
        next_try_at=arrived.at + TRY_AGAIN_AFTER if waits else None,
    )


def _do_or_leave(row: ReceivedMail, opened: Opened, what: Decision, at: datetime) -> None:
    """Do it now. What fails is left to the sweep: the mail is safe already."""
    try:
        mail_deeds.do(row, opened, what, at=at)
    except Exception:  # Whatever is wrong with a stream, the sender must hear that we have it.
        log.exception("mail %s could not be put where it belongs at once", row.pk)


def work_waiting(*, at: datetime, limit: int = 50) -> int:
    """The sweep: read the mails that wait again, and put them where they belong now.

    How many it has settled. One that fails is tried later, and in the end parked.
    """
    with transaction.atomic():
        waiting = list(
            ReceivedMail.objects.select_for_update(skip_locked=True)
            .filter(became=Became.WAITING, next_try_at__lte=at)
            .order_by("next_try_at")[:limit]
        )
        for row in waiting:
            row.attempts += 1
            row.next_try_at = at + TRY_AGAIN_AFTER * row.attempts
        ReceivedMail.objects.bulk_update(waiting, ["attempts", "next_try_at"])
    return sum(_work(row, at) for row in waiting)


def _work(row: ReceivedMail, at: datetime) -> bool:
    try:
        opened = read(mail_reports.arrived(row))
        what = decide(opened, survey([opened], policy=policies.current(), at=at))
        if what.became == Became.OPENED:
            return mail_deeds.open_waiting(row, opened, what, at=at)
        is_last = row.attempts >= GIVE_UP_AFTER
        if not is_last and (what.became == Became.WAITING or _is_early(row, what)):
            return False
        return mail_deeds.do(row, opened, what, at=at)
    except Exception as error:  # One bad mail must not hold up the others.
        log.exception("mail %s could not be put where it belongs", row.pk)
        said = storable(str(error))[:500]
        waiting = ReceivedMail.objects.filter(pk=row.pk, became=Became.WAITING)
        waiting.update(last_error=said)
        if row.attempts >= GIVE_UP_AFTER:
            why = f"It could not be put anywhere: {said}"
            waiting.update(became=Became.PARKED, next_try_at=None, why=why)
        return False


def _is_early(row: ReceivedMail, what: Decision) -> bool:
    """Whether a bounce may be here before the row of its mail says that this was sent."""
    return "early" in what.notes and row.attempts < 3
