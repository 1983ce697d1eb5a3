"""Delivery rows on their way: claimed, looked at again, sent, tried again, given up."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from redphone.actions import cases, claims, deliveries, duty, incidents
from redphone.channels.mail.fake import FakeMail
from redphone.core import incident
from redphone.core.message import Message, Outcome
from redphone.records import ledger, states
from redphone.records.models import Contact, Delivery, EntryRow, IncidentRow
from redphone.records.models.delivery import DeliveryState as State

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def send(mail: FakeMail, at: datetime = NOON + SECOND) -> int:
    return deliveries.send_waiting(channel=lambda: mail, now=lambda: at)


def sent_to(mail: FakeMail, address: str) -> list[str]:
    return [message.subject for message in mail.messages if message.to == address]


def asked(ref: str | None) -> list[tuple[str, str]]:
    rows = EntryRow.objects.filter(stream=ref, kind="asked").order_by("seq")
    return [(row.data["teams"][0], row.data["reason"]) for row in rows]


def test_what_is_owed_is_sent_once(cast: Cast) -> None:
    mail = FakeMail()
    cast.report(cast.mira)

    send(mail)
    send(mail)

    assert sorted(message.to for message in mail.messages) == [cast.ana.email, cast.mira.email]
    for row in Delivery.objects.all():
        assert (row.state, row.tries, row.sending_since) == (State.SENT, 1, None)
        assert row.message_id.startswith("<")


def test_the_first_page_goes_ahead_of_everything(cast: Cast) -> None:
    mail = FakeMail()
    cast.report(cast.mira)
    cast.report(cast.jon)

    send(mail)

    assert [message.to for message in mail.messages][:2] == [cast.ana.email, cast.ana.email]


def test_two_workers_share_the_rows_and_send_none_twice(cast: Cast) -> None:
    mail = FakeMail()
    for _ in range(6):
        cast.report(cast.mira)
    workers = [threading.Thread(target=_work, args=(mail,)) for _ in range(4)]

    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    keys = [message.key for message in mail.messages]
    assert len(keys) == len(set(keys)) == Delivery.objects.count()


def _work(mail: FakeMail) -> None:
    try:
        send(mail)
    finally:
        connection.close()


def test_an_answered_page_is_not_sent_any_more(cast: Cast) -> None:
    mail = FakeMail()
    taken = cast.report(cast.mira)
    duty.handle_due(at=NOON + 5 * MINUTE)
    incidents.acknowledge(incident=str(taken.incident), by=cast.bo.actor, at=NOON + 6 * MINUTE)

    send(mail, NOON + 7 * MINUTE)

    pages = Delivery.objects.filter(purpose="page")
    assert {page.state for page in pages} == {State.CANCELLED}
    assert sent_to(mail, cast.bo.email) == []


def test_an_ended_incident_pages_nobody(cast: Cast) -> None:
    mail = FakeMail()
    taken = cast.report(cast.mira)
    incidents.decline(
        incident=str(taken.incident), by=cast.ines.actor, reason="A drill.", at=NOON + SECOND
    )

    send(mail, NOON + 2 * SECOND)

    assert sent_to(mail, cast.ana.email) == []
    assert Delivery.objects.get(purpose="page").state == State.CANCELLED


def test_what_has_outlived_its_deadline_is_not_sent(cast: Cast) -> None:
    mail = FakeMail()
    cast.report(cast.mira)
    Delivery.objects.update(deadline_at=NOON + SECOND)

    send(mail, NOON + 2 * SECOND)

    assert mail.messages == []
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.STALE}


def test_a_busy_server_is_tried_again_ever_more_slowly(cast: Cast) -> None:
    mail = FakeMail(busy={cast.ana.email})
    cast.report(cast.mira)
    waits = []

    at = NOON
    for _ in range(4):
        send(mail, at)
        page = Delivery.objects.get(purpose="page")
        waits.append((page.next_try_at - at).total_seconds())
        at = page.next_try_at

    assert [2 <= waits[0] <= 2.5, 4 <= waits[1] <= 5, 8 <= waits[2] <= 10] == [True] * 3
    assert (page.state, page.tries, page.error) == (State.PENDING, 4, "450 busy")
    mail.busy.clear()
    send(mail, at)
    assert len(sent_to(mail, cast.ana.email)) == 1


def test_a_page_waits_for_a_mail_server_that_is_away(cast: Cast) -> None:
    """Our own server being down says nothing of the person: the ladder climbs by its time."""
    mail = FakeMail(is_down=True)
    taken = cast.report(cast.mira)

    for second in range(0, 240, 10):
        send(mail, NOON + second * SECOND)
    mail.is_down = False
    send(mail, NOON + 4 * MINUTE + 30 * SECOND)

    assert asked(taken.incident) == [("L1 Support", "opened")]
    assert len(sent_to(mail, cast.ana.email)) == 1


def test_a_refused_page_calls_the_next_step_at_once(cast: Cast) -> None:
    mail = FakeMail(refused={cast.ana.email})
    taken = cast.report(cast.mira)

    send(mail)

    assert asked(taken.incident) == [
        ("L1 Support", "opened"),
        ("On-call Engineer", "nobody_reached"),
    ]
    assert len(sent_to(mail, cast.bo.email)) == 1
    failed = Delivery.objects.get(address=cast.ana.email, purpose="page")
    assert (failed.state, failed.error) == (State.FAILED, "550 no such mailbox")


def test_a_failure_is_told_to_who_can_act_and_the_row_follows_its_entries(cast: Cast) -> None:
    mail = FakeMail(refused={cast.ana.email})
    taken = cast.report(cast.mira)

    send(mail)

    (told,) = sent_to(mail, cast.maya.email)
    assert told == f"{taken.incident}: no mail reaches Ana Reyes"
    assert len(sent_to(mail, cast.rosa.email)) == 1
    row = IncidentRow.objects.get(ref=taken.incident)
    replayed = incident.replay(ledger.entries(row.ref), ref=row.ref)
    assert replayed == states.load_incident(row.state)


def test_a_desk_whose_every_mail_is_refused_comes_to_rest(cast: Cast) -> None:
    everyone = {cast.ana, cast.bo, cast.maya, cast.tom, cast.rosa, cast.ines, cast.mira}
    mail = FakeMail(refused={person.email for person in everyone})
    cast.report(cast.mira)

    send(mail)
    again = send(mail, NOON + MINUTE)

    assert again == 0
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.FAILED}


def test_a_refused_contact_is_written_to_no_more_until_put_right(cast: Cast) -> None:
    mail = FakeMail(refused={"siri@haldenfoods.example"})
    ref = str(cast.report(cast.mira).incident)
    siri = Contact.objects.get(email="siri@haldenfoods.example")
    incidents.name_customer(
        incident=ref,
        customer=siri.customer_id,
        evidence="seen",
        by=cast.ines.actor,
        words="They call the same gateway.",
        at=NOON + SECOND,
    )

    send(mail, NOON + 2 * SECOND)
    incidents.resolve(
        incident=ref, by=cast.ines.actor, words="Restored and checked.", at=NOON + MINUTE
    )

    siri.refresh_from_db()
    assert (siri.unreachable_at, siri.unreachable_why) == (
        NOON + 2 * SECOND,
        "550 no such mailbox",
    )
    assert not Delivery.objects.filter(purpose="resolved", contact=siri).exists()
    assert [subject for subject in sent_to(mail, cast.maya.email) if "Siri Moe" in subject]


def test_a_message_whose_worker_died_is_sent_again_under_its_key(cast: Cast) -> None:
    mail = FakeMail()
    cast.report(cast.mira)
    (page,) = claims.claim(at=NOON + SECOND, limit=1)
    with pytest.raises(Killed):
        deliveries.send(page, Dying(mail), now=lambda: NOON + SECOND)

    early = send(mail, NOON + 20 * SECOND)
    late = send(mail, NOON + 40 * SECOND)

    assert (early, late) == (1, 1)
    pages = [message for message in mail.messages if message.to == cast.ana.email]
    assert [message.key for message in pages] == [page.key, page.key]
    assert len({str(mime["Message-ID"]) for mime in mail.mails if mime["To"] == page.address}) == 1
    assert Delivery.objects.get(pk=page.pk).tries == 2


class Dying(FakeMail):
    """A channel that hands the message over and never comes back to say so."""

    def __init__(self, mail: FakeMail) -> None:
        super().__init__()
        self._mail = mail

    def send(self, message: Message) -> Outcome:
        self._mail.send(message)
        raise Killed


class Killed(BaseException):
    """Nothing that the desk could catch: the process is gone."""


def test_a_row_that_was_not_reached_in_its_batch_is_given_back(cast: Cast) -> None:
    """A slow server must not make the lease of the last row run out before its turn."""
    mail = SlowMail(NOON + SECOND)
    for _ in range(4):
        cast.report(cast.mira)

    deliveries.send_waiting(channel=lambda: mail, now=lambda: mail.at)

    assert sorted(Delivery.objects.values_list("state", "tries")) == [(State.SENT, 1)] * 8
    assert len(mail.messages) == 8


class SlowMail(FakeMail):
    """A server that takes six seconds for each message."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self.at = at

    def send(self, message: Message) -> Outcome:
        self.at += 6 * SECOND
        return super().send(message)


def test_one_message_that_cannot_be_written_holds_up_no_other(cast: Cast) -> None:
    mail = FakeMail()
    cast.report(cast.mira)
    Delivery.objects.filter(purpose="page").update(seq=999)

    send(mail)

    assert len(sent_to(mail, cast.mira.email)) == 1
    page = Delivery.objects.get(purpose="page")
    assert (page.state, page.tries) == (State.PENDING, 1)
    assert "DoesNotExist" in page.error


def test_a_first_answer_is_sent_before_other_mail(cast: Cast) -> None:
    """POL-2: the promise is an answer; a receipt can wait for it."""
    mail = FakeMail()
    taken = cast.report(cast.mira)
    cases.respond(case=str(taken.case), by=cast.ana.actor, words="We see it.", at=NOON + SECOND)

    send(mail, NOON + 2 * SECOND)

    to_mira = sent_to(mail, cast.mira.email)
    assert to_mira == [
        f"{taken.case}: Ana Reyes has answered",
        f"{taken.case}: we have your report",
    ]
