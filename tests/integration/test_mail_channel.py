"""The contract of a mail channel, kept by real SMTP and by the fake alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest
from pytest_django import Settings

from redphone.channels import Channel
from redphone.channels.mail.fake import FakeMail
from redphone.channels.mail.send import SmtpMail
from redphone.core.message import Message, Sent

if TYPE_CHECKING:
    from tests.integration.conftest import MailRoom

PAGE = Message(
    key="INC-101/2/person:1/mail/page",
    to="ana@redphone.example",
    subject="Page INC-101: System Outage: nobody can reach the dashboard",
    lines=("System Outage, reported 03:00 CET.", "If nobody answers, Bo is paged at 03:05."),
    thread="INC-101",
    quote="It says <500> & nothing else.",
    facts=(("Somebody takes it", "by 03:15 CET"),),
    link=("I have it", "https://desk.example/a/token/"),
    footer="The link is yours.",
    is_urgent=True,
    reply_to="urgent@ourcompany.example",
    is_automatic=True,
)


@dataclass
class Desk:
    """A channel, and what can be done to the world that it speaks to."""

    open: Callable[[], Channel]
    mails: Callable[[], list[EmailMessage]]
    refuse: Callable[[str], None]
    be_busy: Callable[[str], None]
    go_down: Callable[[], None]


def _fake() -> Desk:
    mail = FakeMail()
    return Desk(
        open=lambda: mail,
        mails=lambda: [_parsed(each.as_bytes()) for each in mail.mails],
        refuse=mail.refused.add,
        be_busy=mail.busy.add,
        go_down=lambda: setattr(mail, "is_down", True),
    )


def _parsed(raw: bytes) -> EmailMessage:
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


@contextmanager
def _real(room: MailRoom, settings: Settings) -> Iterator[Desk]:
    settings.DEFAULT_FROM_EMAIL = "Redphone <desk@redphone.example>"
    yield Desk(
        open=SmtpMail,
        mails=lambda: room.mails,
        refuse=lambda address: room.refused.update({address: "550 5.1.1 no such mailbox"}),
        be_busy=lambda address: room.busy.update({address: "450 4.2.1 try later"}),
        go_down=lambda: setattr(settings, "EMAIL_PORT", 1),
    )


@pytest.fixture(params=["fake", "smtp"])
def desk(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Desk]:
    if request.param == "fake":
        yield _fake()
        return
    with _real(request.getfixturevalue("mail_room"), settings) as real:
        yield real


def test_a_taken_message_arrives_whole(desk: Desk) -> None:
    with desk.open() as line:
        outcome = line.send(PAGE)

    (mail,) = desk.mails()
    assert outcome.sent is Sent.TAKEN
    assert outcome.provider_id == mail["Message-ID"]
    assert (mail["To"], mail["Subject"].strip()) == (PAGE.to, PAGE.subject)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    for part in (*PAGE.lines, PAGE.quote, "https://desk.example/a/token/", "by 03:15 CET"):
        assert part in text.get_content()
    assert "It says &lt;500&gt; &amp; nothing else." in html.get_content()
    assert 'href="https://desk.example/a/token/"' in html.get_content()


def test_its_headers_say_what_it_is(desk: Desk) -> None:
    with desk.open() as line:
        line.send(PAGE)
        line.send(replace(PAGE, key="other", is_automatic=False, is_urgent=False))

    automatic, written = desk.mails()
    assert automatic["X-Redphone-Ref"] == "INC-101"
    assert automatic["Auto-Submitted"] == "auto-generated"
    assert automatic["Importance"] == "high"
    assert automatic["Reply-To"] == "urgent@ourcompany.example"
    assert written["Auto-Submitted"] is None
    assert written["Importance"] is None


def test_the_same_key_has_the_same_message_id_at_every_try(desk: Desk) -> None:
    with desk.open() as line:
        line.send(PAGE)
        line.send(replace(PAGE, subject="Page INC-101, once more"))
        line.send(replace(PAGE, key="INC-101/2/person:2/mail/page"))

    first, again, other = (mail["Message-ID"] for mail in desk.mails())
    assert first == again
    assert first != other


def test_messages_of_a_thread_refer_to_its_first(desk: Desk) -> None:
    with desk.open() as line:
        line.send(PAGE)
        line.send(replace(PAGE, key="INC-101/9/person:1/mail/warning", in_reply_to=PAGE.key))

    first, later = desk.mails()
    assert first["References"] is None
    assert later["References"] == later["In-Reply-To"] == first["Message-ID"]


def test_an_address_that_takes_no_mail_is_refused(desk: Desk) -> None:
    desk.refuse(PAGE.to)

    with desk.open() as line:
        outcome = line.send(PAGE)

    assert outcome.sent is Sent.REFUSED
    assert outcome.detail.startswith("550")
    assert desk.mails() == []


def test_a_busy_address_is_to_be_tried_again(desk: Desk) -> None:
    desk.be_busy(PAGE.to)

    with desk.open() as line:
        outcome = line.send(PAGE)

    assert outcome.sent is Sent.TRY_AGAIN
    assert outcome.detail.startswith("450")


def test_one_refusal_does_not_hurt_the_next_message(desk: Desk) -> None:
    desk.refuse(PAGE.to)

    with desk.open() as line:
        line.send(PAGE)
        outcome = line.send(replace(PAGE, key="other", to="bo@redphone.example"))

    assert outcome.sent is Sent.TAKEN
    assert [mail["To"] for mail in desk.mails()] == ["bo@redphone.example"]


def test_a_server_that_is_away_is_to_be_tried_again(desk: Desk) -> None:
    desk.go_down()

    with desk.open() as line:
        outcome = line.send(PAGE)

    assert outcome.sent is Sent.TRY_AGAIN
    assert outcome.detail


def test_a_line_break_in_a_subject_makes_no_header(desk: Desk) -> None:
    evil = "Help\r\nBcc: everyone@customer.example\n\nand a body\u2028of its own"

    with desk.open() as line:
        line.send(replace(PAGE, subject=evil))

    (mail,) = desk.mails()
    assert mail["Bcc"] is None
    assert mail["Subject"].strip() == ("Help Bcc: everyone@customer.example and a body of its own")


@pytest.mark.parametrize(
    "address", ["ana@redphone.example\nBcc: x@y.example", "+44 20 7946 0321", "ana@", "@x.example"]
)
def test_what_is_no_address_is_refused(desk: Desk, address: str) -> None:
    with desk.open() as line:
        outcome = line.send(replace(PAGE, to=address))

    assert outcome.sent is Sent.REFUSED
    assert desk.mails() == []


def test_a_line_break_in_where_answers_go_makes_no_header(desk: Desk) -> None:
    with desk.open() as line:
        line.send(replace(PAGE, reply_to="urgent@x.example\r\nBcc: everyone@y.example"))

    assert [mail["Bcc"] for mail in desk.mails()] == [None]


def test_a_refusal_that_is_about_us_is_tried_again(mail_room: MailRoom) -> None:
    """Not signed in, or not let through: no reason to write a customer's address off."""
    for answer in ("550 5.7.1 relaying denied", "530 authentication required"):
        mail_room.refused[PAGE.to] = answer

        with SmtpMail() as line:
            outcome = line.send(PAGE)

        assert outcome.sent is Sent.TRY_AGAIN


def test_a_batch_goes_over_one_connection(mail_room: MailRoom) -> None:
    with SmtpMail() as line:
        for number in range(5):
            line.send(replace(PAGE, key=f"INC-101/{number}"))

    assert len(mail_room.mails) == 5
    assert mail_room.connections == 1
