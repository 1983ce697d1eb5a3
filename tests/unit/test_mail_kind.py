"""Who or what wrote a mail: bounce before answering machine before machine before person."""

from __future__ import annotations

import pytest

from redphone.channels.mail.bounce_reason import reason_of
from redphone.channels.mail.incoming import Kind
from redphone.channels.mail.receive import receive

DSN = (
    b"From: MAILER-DAEMON@mx.example.org\nSubject: Undelivered\nAuto-Submitted: auto-replied\n"
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
    b"--b\nContent-Type: text/plain\n\nIt did not arrive.\n"
    b"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n"
    b"Final-Recipient: rfc822; ana@desk.example\nAction: %s\nStatus: %s\n"
    b"Diagnostic-Code: smtp; %s\n"
    b"--b\nContent-Type: message/rfc822\n\n"
    b"Message-ID: <page-1@desk.example>\nSubject: Page\n\nCall.\n"
    b"--b--\n"
)


def mail(*headers: str, text: str = "Our shop is down.") -> bytes:
    return "\n".join(("From: mira@customer.example", *headers, "", text)).encode()


def test_a_bounce_says_who_was_not_reached_and_by_which_mail() -> None:
    read = receive(DSN % (b"failed", b"5.1.1", b"550 5.1.1 <ana@desk.example> User unknown"))

    assert read.kind is Kind.BOUNCE
    (bounce,) = read.bounces
    assert (bounce.address, bounce.status, bounce.reply_code) == (
        "ana@desk.example",
        "5.1.1",
        "550",
    )
    assert (bounce.reason, bounce.is_hard, bounce.is_final) == ("userunknown", True, True)
    assert bounce.original_message_id == "<page-1@desk.example>"


def test_a_notice_of_delay_is_a_bounce_that_is_not_final() -> None:
    read = receive(DSN % (b"delayed", b"4.4.1", b"451 Connection timed out"))

    assert read.kind is Kind.BOUNCE
    assert [(one.is_final, one.is_hard) for one in read.bounces] == [(False, False)]


def test_an_address_that_was_delivered_to_is_no_failure() -> None:
    read = receive(DSN % (b"delivered", b"2.0.0", b"250 ok") + b"")

    assert all(one.address != "ana@desk.example" or one.status[0] != "2" for one in read.bounces)


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        (["Subject: Help"], Kind.HUMAN),
        (["Subject: Out of Office: Help", "Auto-Submitted: no"], Kind.AUTO_REPLY),
        (["Subject: Automatische Antwort: Hilfe"], Kind.AUTO_REPLY),
        (["Subject: R\u00e9ponse automatique : panne"], Kind.AUTO_REPLY),
        (["Subject: \u81ea\u52d5\u8fd4\u4fe1"], Kind.AUTO_REPLY),
        (["Subject: Re: Page", "Auto-Submitted: auto-replied"], Kind.AUTO_REPLY),
        (["Subject: Re: Page", "X-Autoreply: yes"], Kind.AUTO_REPLY),
        (["Subject: Re: Page", "Precedence: auto_reply"], Kind.AUTO_REPLY),
        (["Subject: Disk full", "Auto-Submitted: auto-generated"], Kind.MACHINE),
        (["Subject: News", "Precedence: bulk"], Kind.MACHINE),
        (["Subject: [list] Help", "List-Id: <ops.example>"], Kind.MACHINE),
        (["Subject: Alert", "X-Auto-Response-Suppress: All"], Kind.MACHINE),
        (["Subject: Our automatic reply system is down"], Kind.HUMAN),
        (["Subject: Delivery failure of our orders"], Kind.HUMAN),
        (["Subject: Undelivered mail since noon"], Kind.HUMAN),
    ],
)
def test_the_signs_of_a_mail_tell_its_kind(headers: list[str], kind: Kind) -> None:
    assert receive(mail(*headers)).kind is kind


def test_a_person_who_forwards_a_bounce_is_a_person() -> None:
    text = "Nothing gets out!\n\n> From: MAILER-DAEMON\n> 550 5.1.1 User unknown"

    assert receive(mail("Subject: Fwd: Undelivered Mail", text=text)).kind is Kind.HUMAN


def test_a_postmaster_who_writes_is_a_person_or_a_machine_and_no_bounce() -> None:
    head = "From: postmaster@customer.example\nSubject: Delivery problem\nUser-Agent: Mutt\n"

    read = receive(f"{head}\nOur mails could not be delivered to you since noon.".encode())

    assert read.kind is not Kind.BOUNCE


def test_an_abuse_report_is_feedback_and_no_bounce() -> None:
    raw = (
        b"From: fbl@provider.example\nContent-Type: multipart/report;"
        b" report-type=feedback-report; boundary=b\n\n--b\n"
        b"Content-Type: message/feedback-report\n\n"
        b"Feedback-Type: abuse\n--b--\n"
    )

    assert receive(raw).kind is Kind.FEEDBACK


def test_our_own_letter_is_known_by_its_marks() -> None:
    ours = mail("X-Redphone-Ref: RP-1001", "Auto-Submitted: auto-generated", "Subject: [INC-7] x")

    read = receive(ours)

    assert read.is_ours
    assert read.kind is Kind.MACHINE
    assert read.case_refs == ("RP-1001", "INC-7")


@pytest.mark.parametrize(
    ("said", "command", "reason"),
    [
        ("550 5.7.1 Client host [192.0.2.1] blocked using zen.example", "RCPT", "blocked"),
        ("550 No such user here", "RCPT", "userunknown"),
        ("550 User unknown", "DATA", "filtered"),
        ("552 5.2.2 Mailbox size limit exceeded", "DATA", "mailboxfull"),
        ("552 Message exceeds maximum fixed size", "MAIL", "mesgtoobig"),
        ("554 5.7.1 Relay access denied", "RCPT", "norelaying"),
        ("550 5.1.8 Sender address rejected: Domain not found", "MAIL", "rejected"),
        ("550 5.7.26 DMARC policy", "DATA", "authfailure"),
        ("Host or domain name not found. Host not found", "", "hostunknown"),
        ("Message could not be delivered for 5 days", "", "expired"),
        ("connect to mx.example: Connection refused", "", "networkerror"),
        ("", "", "undefined"),
    ],
)
def test_what_a_server_said_has_one_reason(said: str, command: str, reason: str) -> None:
    codes = said.split(" ")
    status = next((word for word in codes if word.count(".") == 2 and word[0] in "45"), "")

    found = reason_of(status=status, reply=codes[0][:3], text=said, command=command)

    assert found == reason
