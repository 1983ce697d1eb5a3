"""Where a mail belongs: whom it is from, which mail of ours it answers, and what may come of it.

Nothing is written here. What a mail refers to is a claim; what lets it into somebody's case is
that its sender is at home there. Whoever is not gets a case of their own, so that nothing is lost.

Source: POL-6, FAQ-2, FAQ-8.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from redphone.channels.mail.arrived import Opened
from redphone.channels.mail.incoming import Bounce, Kind
from redphone.core.updates import Purpose
from redphone.records.models import CaseRow, Contact, Delivery, IncidentRow, ReceivedMail
from redphone.records.models.received_mail import Became
from redphone.records.policies import Pinned
from redphone.records.queries import senders
from redphone.records.queries.senders import NOBODY, Sender

AN_HOUR = timedelta(hours=1)
MOST_AN_HOUR = 30
"""Mails of one sender to one case; those after it are kept beside the case."""

MOST_CASES_AN_HOUR = 10
"""Cases that one sender opens; those after it get no receipt, and join one incident."""

MOST_HOPS = 40
"""From so many servers on a mail is going round in circles: it is answered by nothing."""

MOST_REFERENCES = 40
OUR_ID = re.compile(r"<[0-9a-f]{40}@(.+)>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What shall become of a mail, and why.

    `stream` is the case or incident that it goes to, `delivery` the mail of ours that it answers.
    `actor` is who wrote it. `about` is a case that it says it belongs to, and may not get into;
    `escalated` marks what came to the escalations address, `quiet` what gets no receipt,
    `gathered` what joins the incident of its sender's other mails.
    """

    became: Became
    why: str
    stream: str = ""
    delivery: Delivery | None = None
    bounce: Bounce | None = None
    actor: str = ""
    sender: Sender = NOBODY
    customer: int | None = None
    about: str = ""
    escalated: bool = False
    quiet: bool = False
    gathered: bool = False
    is_doubtful: bool = False
    notes: dict[str, str] = field(default_factory=dict)


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
            found = _cases().filter(ref=ref).first()
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
    threads = {name for opened in mails for name in _references(opened)}
    known = ReceivedMail.objects.filter(message_id__in=threads).defer("raw")
    for mail in known.select_related("report").defer("raw", "report__raw"):
        desk.received[mail.message_id] = mail
    refs = {ref for opened in mails for ref in opened.mail.case_refs}
    refs |= {each.report.case_ref or "" for each in desk.received.values() if each.report}
    refs |= {each.stream for each in desk.received.values()}
    refs |= {each.stream for each in desk.deliveries.values()}
    desk.cases = {row.ref: row for row in _cases().filter(ref__in=[r for r in refs if r])}
    rows = IncidentRow.objects.filter(ref__in=[r for r in refs if r and r.startswith("INC-")])
    desk.incidents = {row.ref: row for row in rows.only("ref", "status")}
    addresses = {opened.mail.sender.lower() for opened in mails}
    desk.senders = senders.by_emails(addresses)
    _count_lately(desk, addresses)
    return desk


def _cases() -> QuerySet[CaseRow]:
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


def _references(opened: Opened) -> list[str]:
    mail = opened.mail
    # The newest of a long thread say best where it stands.
    return [*reversed(mail.references[-MOST_REFERENCES:]), *mail.in_reply_to[:MOST_REFERENCES]]


def _names(opened: Opened) -> set[str]:
    bounced = {bounce.original_message_id for bounce in opened.mail.bounces}
    return {*_references(opened), opened.mail.message_id, *bounced} - {""}


def decide(opened: Opened, desk: Desk) -> Decision:
    """What shall become of one mail. Bounce before auto-reply before human."""
    mail = opened.mail
    if mail.message_id in desk.deliveries or _looks_ours(opened):
        return Decision(became=Became.OURS, why="It is a mail of our own that has come back.")
    if mail.kind is Kind.BOUNCE:
        return _bounce(opened, desk)
    if mail.kind is Kind.FEEDBACK:
        return Decision(became=Became.PARKED, why="Somebody has marked a mail of ours as spam.")
    thread = _thread(opened, desk)
    if mail.kind is Kind.AUTO_REPLY:
        return _auto_reply(opened, thread, desk)
    return _written(opened, thread, desk)


def our_domain() -> str:
    """The domain in the Message-IDs of our own mails."""
    return parseaddr(str(settings.DEFAULT_FROM_EMAIL))[1].rpartition("@")[2].lower()


def _looks_ours(opened: Opened) -> bool:
    """A mail of ours whose row does not name its Message-ID yet: it was sent this moment."""
    found = OUR_ID.fullmatch(opened.mail.message_id)
    return bool(opened.mail.is_ours and found and found[1].lower() == our_domain())


# ── What it answers ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Thread:
    """What a mail answers: a mail of ours, the case behind it or behind its number, an incident.

    `named` is a number that stands in it, known to us or not; `is_early` says that the case is
    not opened yet.
    """

    delivery: Delivery | None = None
    case: CaseRow | None = None
    incident: str = ""
    named: str = ""
    is_early: bool = False


def _thread(opened: Opened, desk: Desk) -> Thread:
    named = next(iter(opened.mail.case_refs), "")
    for name in _references(opened):
        if delivery := desk.deliveries.get(name):
            return _of_stream(delivery.stream, desk, named, delivery)
        if earlier := desk.received.get(name):
            ref = (earlier.report and earlier.report.case_ref) or earlier.stream
            if ref:
                return _of_stream(ref, desk, named)
            if earlier.became in (Became.OPENED, Became.WAITING):
                return Thread(named=named, is_early=True)
    for ref in _numbers(opened, desk):
        if ref in desk.cases or ref in desk.incidents:
            return _of_stream(ref, desk, ref)
    return Thread(named=named)


def _numbers(opened: Opened, desk: Desk) -> list[str]:
    """The numbers that say where a mail belongs: those in its subject.

    "The same as RP-1001 last week" in the words of a new emergency must not keep it from ringing;
    only an escalation rings all the same, and may name its case anywhere.
    """
    if is_escalation(opened, desk.policy.policy.escalations):
        return list(opened.mail.case_refs)
    subject = opened.mail.subject.upper()
    return [ref for ref in opened.mail.case_refs if re.search(rf"\b{ref}\b", subject)]


def _of_stream(ref: str, desk: Desk, named: str, delivery: Delivery | None = None) -> Thread:
    if ref.startswith("INC-"):
        return Thread(delivery=delivery, incident=ref, named=named)
    case = desk.case(ref)
    incident = case.incident.ref if case and case.incident else ""
    return Thread(delivery=delivery, case=case, incident=incident, named=named or ref)


# ── Who is at home where ────────────────────────────────────────────────────────────────────────


def is_doubtful(opened: Opened) -> bool:
    """Whether the sender's address is only a claim: it failed DMARC, or proof is demanded."""
    dmarc = opened.arrived.notes.get("dmarc", "")
    if dmarc == "fail":
        return True
    return bool(settings.MAIL_NEEDS_PROOF) and dmarc != "pass"


def _believed(opened: Opened, desk: Desk) -> Sender:
    return NOBODY if is_doubtful(opened) else desk.sender(opened.mail.sender.lower())


def _is_at_home(opened: Opened, sender: Sender, case: CaseRow) -> bool:
    """Whether a mail's sender is the reporter of the case, or a known one of that customer."""
    if is_doubtful(opened) or not opened.mail.sender:
        return False
    address = opened.mail.sender.lower()
    reporter = case.reporter.email if case.reporter else ""
    told = (case.report.contact, reporter, str(case.report.notes.get("from", "")))
    if address in {parseaddr(each)[1].lower() for each in told}:
        return True
    if case.customer_id is None or sender.customer != case.customer_id:
        return False
    return sender.person is not None or _is_verified(sender)


def _is_verified(sender: Sender) -> bool:
    if sender.contact is None:
        return False
    return Contact.objects.filter(pk=sender.contact, verified_at__isnull=False).exists()


def actor_of(sender: Sender) -> str:
    """The name under which entries know a sender."""
    if sender.person:
        return f"person:{sender.person}"
    return f"contact:{sender.contact}" if sender.contact else "anonymous"


# ── The kinds of mail ───────────────────────────────────────────────────────────────────────────


def _bounce(opened: Opened, desk: Desk) -> Decision:
    """A bounce is believed when it names a mail of ours, and the very address that it went to."""
    for bounce in opened.mail.bounces:
        delivery = desk.deliveries.get(bounce.original_message_id)
        if delivery is None:
            continue
        if bounce.address and bounce.address.lower() != delivery.address.lower():
            continue
        final = bounce.is_hard and bounce.is_final
        why = "The address takes no mail." if final else "It is late, or did not get through now."
        return Decision(
            became=Became.BOUNCE, why=why, stream=delivery.stream, delivery=delivery, bounce=bounce
        )
    names = [bounce.original_message_id for bounce in opened.mail.bounces]
    early = any(_is_our_id(name) and name not in desk.deliveries for name in names)
    why = "A bounce that belongs to no mail that we have sent to that address."
    return Decision(became=Became.PARKED, why=why, notes={"early": "1"} if early else {})


def _is_our_id(name: str) -> bool:
    found = OUR_ID.fullmatch(name)
    return bool(found and found[1].lower() == our_domain())


def _auto_reply(opened: Opened, thread: Thread, desk: Desk) -> Decision:
    sender = _believed(opened, desk)
    if sender.is_staff and thread.incident:
        return Decision(
            became=Became.AUTO_REPLY,
            why="The answering machine of one of our own people.",
            stream=thread.incident,
            delivery=thread.delivery,
            actor=actor_of(sender),
            sender=sender,
        )
    if thread.case is not None and _is_at_home(opened, sender, thread.case):
        return Decision(
            became=Became.AUTO_REPLY,
            why="Their answering machine; it counts as no contact.",
            stream=thread.case.ref,
            delivery=thread.delivery,
            actor=actor_of(sender),
            sender=sender,
        )
    why = f"An answering machine, and we don't know what it answers. {opened.mail.why}".strip()
    return Decision(became=Became.PARKED, why=why, stream="")


def _written(opened: Opened, thread: Thread, desk: Desk) -> Decision:
    sender = _believed(opened, desk)
    escalated = is_escalation(opened, desk.policy.policy.escalations)
    if thread.is_early:
        return Decision(became=Became.WAITING, why="The case that it answers is being opened.")
    if sender.is_staff and thread.incident and not _reported(thread.case, sender):
        return _of_staff(thread, sender)
    case = thread.case or _case_of_sender(opened, thread, sender, escalated=escalated)
    if case is not None and case.is_open and _is_at_home(opened, sender, case):
        return _into(case, opened, thread, sender, desk, escalated=escalated)
    return _own_case(opened, thread, case, sender, desk, escalated=escalated)


def is_escalation(opened: Opened, address: str) -> bool:
    """Whether it came to the address of escalations. Source: FAQ-8."""
    where = opened.arrived.recipients or opened.mail.to
    return address.lower() in {each.lower() for each in where}


def _reported(case: CaseRow | None, sender: Sender) -> bool:
    return case is not None and case.reporter_id is not None and case.reporter_id == sender.person


def _of_staff(thread: Thread, sender: Sender) -> Decision:
    """A reply by one of our own: it answers a page that was sent to them, and approves nothing."""
    delivery = thread.delivery
    is_page = delivery is not None and delivery.purpose == Purpose.PAGE
    theirs = delivery is not None and delivery.person_id == sender.person
    became = Became.ACKNOWLEDGED if is_page and theirs else Became.NOTED
    why = (
        "A reply to the page that was sent to them."
        if became is Became.ACKNOWLEDGED
        else "A mail by one of our own people: a note, which approves and answers nothing."
    )
    return Decision(
        became=became,
        why=why,
        stream=thread.incident,
        delivery=delivery,
        actor=actor_of(sender),
        sender=sender,
    )


def _case_of_sender(
    opened: Opened, thread: Thread, sender: Sender, *, escalated: bool
) -> CaseRow | None:
    """The open case that a mail means without its number: in the incident that it answers, or,
    for an escalation, the sender's newest one."""
    rows = _cases().filter(status="open").order_by("-number")
    if thread.incident:
        rows = rows.filter(incident__ref=thread.incident)
    elif not escalated or thread.named:
        return None
    address = opened.mail.sender
    mine = Q(report__contact__iexact=address) if address else Q(pk__in=[])
    if sender.person:
        mine |= Q(reporter=sender.person)
    if sender.customer:
        mine |= Q(customer=sender.customer)
    found: CaseRow | None = rows.filter(mine).first()
    return found


def _into(
    case: CaseRow,
    opened: Opened,
    thread: Thread,
    sender: Sender,
    desk: Desk,
    *,
    escalated: bool,
) -> Decision:
    address = opened.mail.sender.lower()
    desk.lately[address, case.ref] += 1
    many = desk.lately[address, case.ref] > MOST_AN_HOUR
    why = "The sender is at home in this case."
    if many and not escalated:
        why = f"More than {MOST_AN_HOUR} mails in an hour from this sender: kept beside the case."
    return Decision(
        became=Became.COALESCED if many and not escalated else Became.ADDED,
        why=why,
        stream=case.ref,
        delivery=thread.delivery,
        actor=actor_of(sender),
        sender=sender,
        escalated=escalated,
    )


def _own_case(
    opened: Opened,
    thread: Thread,
    case: CaseRow | None,
    sender: Sender,
    desk: Desk,
    *,
    escalated: bool,
) -> Decision:
    mail = opened.mail
    address = mail.sender.lower()
    desk.opened[address] += 1
    many = bool(address) and desk.opened[address] > MOST_CASES_AN_HOUR
    is_at_home = case is not None and _is_at_home(opened, sender, case)
    is_known = thread.named in desk.cases or thread.named in desk.incidents
    about, why = _said_to_be(opened, thread, case, is_at_home=is_at_home, is_known=is_known)
    return Decision(
        became=Became.OPENED,
        why=why,
        sender=sender,
        customer=sender.customer or (case.customer_id if case and is_at_home else None),
        delivery=thread.delivery,
        about=about,
        escalated=escalated,
        is_doubtful=is_doubtful(opened),
        quiet=mail.kind is Kind.MACHINE or many or mail.hops >= MOST_HOPS,
        gathered=many,
    )


def _said_to_be(
    opened: Opened,
    thread: Thread,
    case: CaseRow | None,
    *,
    is_at_home: bool,
    is_known: bool,
) -> tuple[str, str]:
    """What a case of its own says of the one that the mail speaks of."""
    if case is not None and is_at_home:
        return case.ref, f"It answers {case.ref}, which is over: so it is a case of its own."
    if case is not None:
        return case.ref, (
            f"It says that it is about {case.ref}, and comes from an address that we don't know "
            "there."
        )
    if thread.incident:
        return thread.incident, f"It answers a mail about {thread.incident}."
    if thread.named and not is_known:
        return "", f"It speaks of {thread.named}, which we don't know."
    if thread.named:
        return thread.named, f"It speaks of {thread.named}."
    return "", opened.mail.why
