"""What the mails say: to the desk's own people at 3 a.m., and to customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from redphone.actions import (
    cases,
    deliveries,
    duty,
    incidents,
    letters_customers,
    letters_house,
    letters_ladder,
    letters_paging,
    threads,
    updates,
)
from redphone.channels.mail.fake import FakeMail
from redphone.channels.mail.send import SmtpMail
from redphone.core.message import Message
from redphone.core.updates import Purpose, Stage
from redphone.records.models import Contact, Customer, Delivery, Person

if TYPE_CHECKING:
    from tests.conftest import Cast
    from tests.integration.conftest import MailRoom

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
LEAK = "Customer data of Nordwind can be seen by anybody: a data breach, unauthorized access."


@dataclass
class Post:
    """What has been sent so far, read as people would."""

    mail: FakeMail

    def send(self, at: datetime) -> None:
        deliveries.send_waiting(channel=lambda: self.mail, now=lambda: at)

    def to(self, address: str, about: str) -> Message:
        (found,) = [m for m in self.mail.messages if m.to == address and about in m.subject]
        return found

    def all_to(self, address: str) -> list[str]:
        return [message.subject for message in self.mail.messages if message.to == address]


@pytest.fixture
def post() -> Post:
    return Post(FakeMail())


def said(message: Message) -> str:
    facts = " ".join(f"{name}: {value}" for name, value in message.facts)
    return " ".join([*message.lines, message.quote, facts, message.footer])


def test_a_report_becomes_a_page_over_real_smtp(cast: Cast, mail_room: MailRoom) -> None:
    taken = cast.report(cast.mira)

    deliveries.send_waiting(channel=SmtpMail, now=lambda: NOON + SECOND)

    (page,) = mail_room.to(cast.ana.email)
    assert page["X-Redphone-Ref"] == taken.incident
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


def test_every_purpose_has_its_words() -> None:
    rooms = (letters_house, letters_ladder, letters_paging, letters_customers)
    written = {purpose for room in rooms for purpose in room.LETTERS}

    assert written == set(Purpose)


def test_a_page_says_what_who_when_and_what_then(cast: Cast, post: Post) -> None:
    """EMG-1, POL-2."""
    cast.report(cast.mira)

    post.send(NOON + SECOND)

    page = post.to(cast.ana.email, "Page")
    assert "System Outage, reported 12:00 UTC. Affected: Nordwind (Enterprise)." in said(page)
    assert "You are asked as L1 Support" in said(page)
    assert "Somebody takes it: by 12:15 UTC, in 15 minutes (EMG-1)" in said(page)
    assert "On-call Engineer will be paged at 12:05 UTC, in 5 minutes." in said(page)
    assert page.quote.startswith("Nobody can reach the dashboard")
    assert page.link is not None
    assert page.link[1].startswith("http://localhost:8000/a/")
    assert page.is_urgent


def test_a_page_that_climbed_says_why(cast: Cast, post: Post) -> None:
    cast.report(cast.mira)
    duty.handle_due(at=NOON + 5 * MINUTE)

    post.send(NOON + 5 * MINUTE)

    page = post.to(cast.bo.email, "Page")
    assert "as On-call Engineer: L1 Support did not answer within 5 minutes." in said(page)


def test_a_security_page_gives_no_details_away(cast: Cast, post: Post) -> None:
    """EMG-2: what was reported stays behind the sign-in."""
    cast.report(cast.mira, LEAK)

    post.send(NOON + SECOND)

    page = post.to(cast.maya.email, "Page")
    assert "Data Security Incident" in page.subject
    assert "seen by anybody" not in page.subject + said(page)


def test_times_are_in_the_readers_zone(cast: Cast, post: Post) -> None:
    Person.objects.filter(pk=cast.ana.pk).update(time_zone="Asia/Kolkata")
    Customer.objects.filter(name="Nordwind").update(time_zone="America/Sao_Paulo")
    cast.report(cast.mira)

    post.send(NOON + SECOND)

    assert "reported 17:30 IST" in said(post.to(cast.ana.email, "Page"))
    receipt = post.to(cast.mira.email, "we have your report")
    assert "by 09:15 UTC-3, in 15 minutes (FAQ-3)" in said(receipt)


def test_a_receipt_names_the_promise_and_claims_nothing_more(cast: Cast, post: Post) -> None:
    """FAQ-3: Pro is promised 30 min; our own target of 15 is not told. An automatic mail is no
    answer (clauses.md)."""
    at = NOON + timedelta(hours=4)
    taken = cast.report(cast.jon, at=at)

    post.send(at + SECOND)

    receipt = post.to(cast.jon.email, f"{taken.case}: we have your report")
    assert "A person will answer you by 16:30 UTC, in 30 minutes (FAQ-3)." in said(receipt)
    assert "counts as no answer" in said(receipt)
    assert "1-800-555-9999" in said(receipt)
    assert receipt.is_automatic


def test_a_strangers_words_are_not_sent_on(cast: Cast, post: Post) -> None:
    """Anybody may give any address: the desk must not carry their words there."""
    Delivery.objects.all().delete()
    from redphone.actions import reports

    words = "Buy cheap watches at watches.example, everything is down."
    reports.take_report(
        reports.Incoming(
            channel="button",
            received_at=NOON,
            raw=words.encode(),
            content_type="text/plain",
            description=words,
            contact="victim@elsewhere.example",
        )
    )

    post.send(NOON + SECOND)

    receipt = post.to("victim@elsewhere.example", "we have your report")
    assert "watches" not in receipt.subject + said(receipt)


def test_an_answer_carries_the_persons_words_and_is_not_automatic(cast: Cast, post: Post) -> None:
    case = str(cast.report(cast.mira).case)
    cases.respond(case=case, by=cast.ana.actor, words="We see it, and work on it.", at=NOON)

    post.send(NOON + SECOND)

    reply = post.to(cast.mira.email, "has answered")
    assert reply.quote == "We see it, and work on it."
    assert "Ana Reyes of Our Company writes:" in said(reply)
    assert not reply.is_automatic
    assert reply.reply_to == "urgent@ourcompany.com"


def test_an_update_says_when_the_next_one_comes(cast: Cast, post: Post) -> None:
    """POL-4."""
    ref = str(cast.report(cast.mira).incident)
    updated(cast, ref, "We have found the cause and move traffic away.", NOON + 10 * MINUTE)

    post.send(NOON + 10 * MINUTE)

    update = post.to(cast.mira.email, "we know the cause")
    assert update.quote == "We have found the cause and move traffic away."
    assert "Next update: by 12:30 UTC, in 20 minutes (POL-4)" in said(update)
    assert "Nobody can reach" not in update.subject + said(update)


def updated(cast: Cast, ref: str, words: str, at: datetime) -> None:
    updates.post_update(
        incident=ref,
        by=cast.ines.actor,
        words=words,
        next_at=at + 20 * MINUTE,
        stage=Stage.CAUSE_FOUND,
        at=at,
    )


def test_a_missed_promise_is_told_to_the_customer_plainly(cast: Cast, post: Post) -> None:
    """POL-2, FAQ-3."""
    cast.report(cast.mira)
    duty.handle_due(at=NOON + 16 * MINUTE)

    post.send(NOON + 16 * MINUTE)

    missed = post.to(cast.mira.email, "we are late")
    assert "We promised you an answer from a person by 12:15 UTC" in said(missed)
    assert "FAQ-3" in said(missed)
    assert "We are sorry." in said(missed)


def test_a_missed_target_is_told_to_the_house_only(cast: Cast, post: Post) -> None:
    """POL-2 is our own aim: nobody outside hears of it."""
    taken = cast.report(cast.mira)
    duty.handle_due(at=NOON + 6 * MINUTE)

    post.send(NOON + 6 * MINUTE)

    missed = post.to(cast.maya.email, "missed: Triage is confirmed")
    assert "it was due 12:05 UTC, 1 minute ago" in said(missed)
    assert "No customer is told." in said(missed)
    assert post.all_to(cast.mira.email) == [f"{taken.case}: we have your report"]


def test_a_warning_comes_before_the_miss(cast: Cast, post: Post) -> None:
    cast.report(cast.mira)
    for minute in range(30):
        duty.handle_due(at=NOON + minute * MINUTE)
        post.send(NOON + minute * MINUTE)

    warning = post.to(cast.maya.email, "due soon: Next update to the customers")
    assert "POL-4" in said(warning)
    assert "It is a promise." in said(warning)


def test_a_warning_that_was_heeded_is_not_sent(cast: Cast, post: Post) -> None:
    ref = str(cast.report(cast.mira).incident)
    at = NOON + 4 * MINUTE
    duty.handle_due(at=at)
    assert Delivery.objects.filter(purpose="warning").exists()
    incidents.confirm(
        incident=ref, types=("system-outage",), by=cast.ana.actor, why="", at=at + SECOND
    )

    post.send(at + 2 * SECOND)

    assert not [subject for subject in post.all_to(cast.maya.email) if "due soon" in subject]


def test_a_declined_report_says_why_and_how_to_be_heard(cast: Cast, post: Post) -> None:
    """POL-10, FAQ-5, FAQ-8."""
    case = str(cast.report(cast.jon, "Please add a dark theme.").case)
    cases.decline(case=case, by=cast.ana.actor, reason="A wish for a feature.", at=NOON + MINUTE)

    post.send(NOON + MINUTE)

    declined = post.to(cast.jon.email, "not handled as an emergency")
    assert declined.quote == "A wish for a feature."
    assert "write to escalations@ourcompany.com" in said(declined)
    assert "within 1 business hour (FAQ-8)" in said(declined)
    assert "Costs: none" in said(declined)


def test_the_end_is_told_with_what_follows(cast: Cast, post: Post) -> None:
    """POL-5, POL-8, FAQ-7."""
    ref = str(cast.report(cast.mira).incident)
    incidents.resolve(
        incident=ref, by=cast.ines.actor, words="Restored, and checked twice.", at=NOON + MINUTE
    )

    post.send(NOON + MINUTE)

    resolved = post.to(cast.mira.email, "resolved")
    assert resolved.quote == "Restored, and checked twice."
    assert "within 24 hours, and the same incident goes on" in said(resolved)
    assert "Post-incident report: by" in said(resolved)
    assert "(FAQ-7)" in said(resolved)


def test_a_reopened_incident_is_told_and_its_resolution_no_more(cast: Cast, post: Post) -> None:
    ref, ines = str(cast.report(cast.mira).incident), cast.ines.actor
    incidents.resolve(incident=ref, by=ines, words="Restored and checked.", at=NOON + MINUTE)
    incidents.reopen(incident=ref, by=ines, why="Siri says so.", at=NOON + 2 * MINUTE)

    post.send(NOON + 2 * MINUTE)

    told = post.to(cast.mira.email, "it is back")
    assert "Siri" not in said(told)
    assert not [s for s in post.all_to(cast.mira.email) if s.endswith(": resolved")]


def test_who_was_found_late_gets_all_that_was_said(cast: Cast, post: Post) -> None:
    """POL-4; clauses.md, row 23."""
    ref = str(cast.report(cast.mira).incident)
    updated(cast, ref, "We have found the cause and move traffic away.", NOON + 10 * MINUTE)
    updated(cast, ref, "Half of the traffic is moved, errors fall.", NOON + 20 * MINUTE)
    incidents.name_customer(
        incident=ref,
        customer=Customer.objects.get(name="Halden Foods").pk,
        evidence="seen",
        by=cast.ines.actor,
        words="Same gateway.",
        at=NOON + 21 * MINUTE,
    )

    post.send(NOON + 21 * MINUTE)

    caught_up = post.to("siri@haldenfoods.example", "you are affected")
    assert caught_up.quote == (
        "12:10 UTC: We have found the cause and move traffic away.\n\n"
        "12:20 UTC: Half of the traffic is moved, errors fall."
    )
    assert "Nordwind" not in said(caught_up)
    assert "Same gateway" not in said(caught_up)


def test_only_security_contacts_hear_of_a_data_incident(cast: Cast, post: Post) -> None:
    """EMG-2."""
    nordwind = Customer.objects.get(name="Nordwind")
    Contact.objects.create(
        customer=nordwind, name="Front desk", email="hello@nordwind.example", verified_at=NOON
    )
    ref = str(cast.report(cast.mira, LEAK).incident)
    updated(cast, ref, "We have closed the door that stood open.", NOON + 10 * MINUTE)

    post.send(NOON + 10 * MINUTE)

    assert f"Security notice ({ref}): we know the cause" in post.all_to(cast.mira.email)
    assert post.all_to("hello@nordwind.example") == []


def test_an_offer_is_for_who_was_asked(cast: Cast, post: Post) -> None:
    """POL-3."""
    ref = str(cast.report(cast.mira).incident)
    incidents.take(incident=ref, by=cast.ines.actor, at=NOON + MINUTE)
    incidents.offer(
        incident=ref, to=cast.bo.actor, by=cast.ines.actor, note="My shift ends.", at=NOON + MINUTE
    )

    post.send(NOON + MINUTE)

    offer = post.to(cast.bo.email, "Ines Haddad asks you to manage it")
    assert offer.quote == "My shift ends."
    assert offer.link is not None
    assert offer.link[0] == "See it, and accept or say no"
    assert offer.link[1].startswith("http://localhost:8000/a/")


def test_an_exhausted_ladder_is_told_to_the_managers(cast: Cast, post: Post) -> None:
    ref = str(cast.report(cast.mira).incident)
    for minute in range(0, 60):
        duty.handle_due(at=NOON + minute * MINUTE)

    post.send(NOON + 60 * MINUTE)

    told = post.to(cast.maya.email, f"{ref}: nobody answers")
    assert "The whole ladder was called 3 times." in said(told)
    assert "L1 Support: Ana Reyes" in said(told)


def test_a_post_incident_report_goes_out_whole(cast: Cast, post: Post) -> None:
    """FAQ-7: four sections, to Enterprise."""
    for person in (cast.mira, cast.jon):
        cast.report(person, join_key="one")
    ref = Delivery.objects.filter(purpose="page")[0].stream
    ines = cast.ines.actor
    incidents.resolve(incident=ref, by=ines, words="Restored and checked.", at=NOON + MINUTE)
    sections = {
        "timeline": "12:00 down, 12:01 up.",
        "root_cause": "A disk was full.",
        "resolution": "It was emptied.",
        "prevention": "It is watched now.",
    }
    incidents.publish_report(incident=ref, by=ines, sections=sections, at=NOON + 2 * MINUTE)

    post.send(NOON + 2 * MINUTE)

    report = post.to(cast.mira.email, "post-incident report")
    assert report.quote.startswith("WHAT HAPPENED WHEN\n12:00 down")
    assert "ROOT CAUSE\nA disk was full." in report.quote
    assert not [s for s in post.all_to(cast.jon.email) if "post-incident" in s]


def test_messages_of_one_stream_to_one_address_make_one_thread(cast: Cast, post: Post) -> None:
    case = str(cast.report(cast.mira).case)
    cases.respond(case=case, by=cast.ana.actor, words="We see it.", at=NOON + SECOND)
    cases.respond(case=case, by=cast.ana.actor, words="We still see it.", at=NOON + 2 * SECOND)

    post.send(NOON + 3 * SECOND)

    thread = [m for m in post.mail.messages if m.thread == case]
    (first,) = [m for m in thread if not m.in_reply_to]
    assert {m.in_reply_to for m in thread if m is not first} == {first.key}
    assert first.subject.endswith("we have your report")
    assert threads.first_of_thread(Delivery.objects.get(key=first.key), {}) == ""
