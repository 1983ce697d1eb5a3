"""What shall become of a mail: bounce before auto-reply before human. Nothing is written here.

Whoever is not at home in the case that they speak of gets one of their own, so that nothing is
lost.

Source: POL-6, FAQ-2, FAQ-8.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Q

from redphone.actions import mail_survey
from redphone.actions.mail_survey import Desk
from redphone.actions.mail_threads import (
    Thread,
    actor_of,
    believed,
    is_at_home,
    is_doubtful,
    is_escalation,
    is_our_id,
    looks_ours,
    thread_of,
)
from redphone.actions.paging import BY_MAIL
from redphone.channels.mail.arrived import Opened
from redphone.channels.mail.incoming import Bounce, Kind
from redphone.records.models import CaseRow, Delivery
from redphone.records.models.received_mail import Became
from redphone.records.queries.senders import NOBODY, Sender

MOST_AN_HOUR = 30
"""Mails of one sender to one case; those after it are kept beside the case."""

MOST_CASES_AN_HOUR = 10
"""Cases that one sender opens; those after it get no receipt, and join one incident."""

MOST_HOPS = 40
"""From so many servers on a mail is going round in circles: it is answered by nothing."""


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


def decide(opened: Opened, desk: Desk) -> Decision:
    """What shall become of one mail. Bounce before auto-reply before human."""
    mail = opened.mail
    if mail.message_id in desk.deliveries or looks_ours(opened):
        return Decision(became=Became.OURS, why="It is a mail of our own that has come back.")
    if mail.kind is Kind.BOUNCE:
        return _bounce(opened, desk)
    if mail.kind is Kind.FEEDBACK:
        return Decision(became=Became.PARKED, why="Somebody has marked a mail of ours as spam.")
    thread = thread_of(opened, desk)
    if mail.kind is Kind.AUTO_REPLY:
        return _auto_reply(opened, thread, desk)
    return _written(opened, thread, desk)


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
    early = any(is_our_id(name) and name not in desk.deliveries for name in names)
    why = "A bounce that belongs to no mail that we have sent to that address."
    return Decision(became=Became.PARKED, why=why, notes={"early": "1"} if early else {})


def _auto_reply(opened: Opened, thread: Thread, desk: Desk) -> Decision:
    sender = believed(opened, desk)
    if sender.is_staff and thread.incident:
        return Decision(
            became=Became.AUTO_REPLY,
            why="The answering machine of one of our own people.",
            stream=thread.incident,
            delivery=thread.delivery,
            actor=actor_of(sender),
            sender=sender,
        )
    if thread.case is not None and is_at_home(opened, sender, thread.case):
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
    sender = believed(opened, desk)
    escalated = is_escalation(opened, desk.policy.policy.escalations)
    if thread.is_early:
        return Decision(became=Became.WAITING, why="The case that it answers is being opened.")
    if sender.is_staff and thread.incident and not _reported(thread.case, sender):
        return _of_staff(thread, sender)
    case = thread.case or _case_of_sender(opened, thread, sender, escalated=escalated)
    if case is not None and case.is_open and is_at_home(opened, sender, case):
        return _into(case, opened, thread, sender, desk, escalated=escalated)
    return _own_case(opened, thread, case, sender, desk, escalated=escalated)


def _reported(case: CaseRow | None, sender: Sender) -> bool:
    return case is not None and case.reporter_id is not None and case.reporter_id == sender.person


def _of_staff(thread: Thread, sender: Sender) -> Decision:
    """A reply by one of our own: it answers a page that was sent to them, and approves nothing."""
    delivery = thread.delivery
    is_page = delivery is not None and delivery.purpose in BY_MAIL
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
    rows = mail_survey.cases().filter(status="open").order_by("-number")
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
    belongs = case is not None and is_at_home(opened, sender, case)
    is_known = thread.named in desk.cases or thread.named in desk.incidents
    about, why = _said_to_be(opened, thread, case, belongs=belongs, is_known=is_known)
    return Decision(
        became=Became.OPENED,
        why=why,
        sender=sender,
        customer=sender.customer or (case.customer_id if case and belongs else None),
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
    belongs: bool,
    is_known: bool,
) -> tuple[str, str]:
    """What a case of its own says of the one that the mail speaks of."""
    if case is not None and belongs:
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
