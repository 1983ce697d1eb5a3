"""What the desk knows of a batch of mails, asked of the database once for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet

from redphone.channels.mail.arrived import Opened
from redphone.records.models import CaseRow, Delivery, IncidentRow, ReceivedMail
from redphone.records.models.received_mail import Became
from redphone.records.policies import Pinned
from redphone.records.queries import senders
from redphone.records.queries.senders import Sender

AN_HOUR = timedelta(hours=1)
MOST_REFERENCES = 40


@dataclass(slots=True)
class Desk:
    """What the desk knows of a batch of mails, asked of the database once for all of them."""

    policy: Pinned
    at: datetime
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    received: dict[str, ReceivedMail] = field(default_factory=dict)
    cases: dict[str, CaseRow] = field(default_factory=dict)
    incidents: dict[str, IncidentRow] = field(default_factory=dict)
    senders: dict[str, Sender] = field(default_factory=dict)
    lately: Counter[tuple[str, str]] = field(default_factory=Counter)
    opened: Counter[str] = field(default_factory=Counter)

    def case(self, ref: str) -> CaseRow | None:
        if ref not in self.cases:
            found = cases().filter(ref=ref).first()
            if found is None:
                return None
            self.cases[ref] = found
        return self.cases[ref]

    def sender(self, address: str) -> Sender:
        if address not in self.senders:
            self.senders[address] = senders.by_email(address)
        return self.senders[address]


def survey(mails: Sequence[Opened], *, policy: Pinned, at: datetime) -> Desk:
    """Ask what is known of everything that these mails name."""
    desk = Desk(policy=policy, at=at)
    ids = {name for opened in mails for name in _names(opened)}
    for delivery in Delivery.objects.select_related("person").filter(message_id__in=ids):
        desk.deliveries[delivery.message_id] = delivery
    threads = {name for opened in mails for name in references(opened)}
    known = ReceivedMail.objects.filter(message_id__in=threads).defer("raw")
    for mail in known.select_related("report").defer("raw", "report__raw"):
        desk.received[mail.message_id] = mail
    refs = {ref for opened in mails for ref in opened.mail.case_refs}
    refs |= {each.report.case_ref or "" for each in desk.received.values() if each.report}
    refs |= {each.stream for each in desk.received.values()}
    refs |= {each.stream for each in desk.deliveries.values()}
    desk.cases = {row.ref: row for row in cases().filter(ref__in=[r for r in refs if r])}
    rows = IncidentRow.objects.filter(ref__in=[r for r in refs if r and r.startswith("INC-")])
    desk.incidents = {row.ref: row for row in rows.only("ref", "status")}
    addresses = {opened.mail.sender.lower() for opened in mails}
    desk.senders = senders.by_emails(addresses)
    _count_lately(desk, addresses)
    return desk


def cases() -> QuerySet[CaseRow]:
    """Cases as mails ask for them: with their report and reporter, without the bytes."""
    rows = CaseRow.objects.select_related("report", "reporter", "incident")
    return rows.defer("report__raw", "state", "incident__state")


def _count_lately(desk: Desk, addresses: set[str]) -> None:
    lately = ReceivedMail.objects.filter(
        sender__in=addresses - {""}, received_at__gt=desk.at - AN_HOUR
    )
    counted = lately.values("sender", "stream", "became").annotate(count=Count("pk"))
    for row in counted.order_by():
        if row["became"] == Became.OPENED:
            desk.opened[row["sender"]] += row["count"]
        desk.lately[row["sender"], row["stream"]] += row["count"]


def references(opened: Opened) -> list[str]:
    """The mails that a mail answers, the newest first."""
    mail = opened.mail
    # The newest of a long thread say best where it stands.
    return [*reversed(mail.references[-MOST_REFERENCES:]), *mail.in_reply_to[:MOST_REFERENCES]]


def _names(opened: Opened) -> set[str]:
    bounced = {bounce.original_message_id for bounce in opened.mail.bounces}
    return {*references(opened), opened.mail.message_id, *bounced} - {""}
