"""What a mail answers, whom it is from, and whether they are at home there.

What a mail refers to is a claim; what lets it into somebody's case is that its sender is at home
there.

Source: POL-6, FAQ-2, FAQ-8.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parseaddr

from django.conf import settings

from redphone.actions.mail_survey import Desk, references
from redphone.channels.mail.arrived import Opened
from redphone.records.models import CaseRow, Contact, Delivery
from redphone.records.models.received_mail import Became
from redphone.records.queries.senders import NOBODY, Sender

OUR_ID = re.compile(r"<[0-9a-f]{40}@(.+)>")


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


def thread_of(opened: Opened, desk: Desk) -> Thread:
    """What a mail answers: by its references, or else by a number."""
    named = next(iter(opened.mail.case_refs), "")
    for name in references(opened):
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


def is_escalation(opened: Opened, address: str) -> bool:
    """Whether it came to the address of escalations. Source: FAQ-8."""
    where = opened.arrived.recipients or opened.mail.to
    return address.lower() in {each.lower() for each in where}


def our_domain() -> str:
    """The domain in the Message-IDs of our own mails."""
    return parseaddr(str(settings.DEFAULT_FROM_EMAIL))[1].rpartition("@")[2].lower()


def looks_ours(opened: Opened) -> bool:
    """A mail of ours whose row does not name its Message-ID yet: it was sent this moment."""
    found = OUR_ID.fullmatch(opened.mail.message_id)
    return bool(opened.mail.is_ours and found and found[1].lower() == our_domain())


def is_our_id(name: str) -> bool:
    """Whether a Message-ID is made as ours are, known to us or not."""
    found = OUR_ID.fullmatch(name)
    return bool(found and found[1].lower() == our_domain())


def is_doubtful(opened: Opened) -> bool:
    """Whether the sender's address is only a claim: it failed DMARC, or proof is demanded."""
    dmarc = opened.arrived.notes.get("dmarc", "")
    if dmarc == "fail":
        return True
    return bool(settings.MAIL_NEEDS_PROOF) and dmarc != "pass"


def believed(opened: Opened, desk: Desk) -> Sender:
    """Whom its address belongs to; nobody, when the address is doubtful."""
    return NOBODY if is_doubtful(opened) else desk.sender(opened.mail.sender.lower())


def is_at_home(opened: Opened, sender: Sender, case: CaseRow) -> bool:
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
