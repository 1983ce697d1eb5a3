"""Laws of reading a mail: whatever comes is a mail, in bounded time, and harms nothing."""

from __future__ import annotations

import base64
import resource
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redphone.channels.mail.incoming import Mail
from redphone.channels.mail.receive import receive

HEAD = b"From: Mira <mira@customer.example>\nSubject: Help\n"
FROM_DAEMON = b"From: MAILER-DAEMON\nSubject: failure notice\n"
MIXED = b"Content-Type: multipart/mixed; boundary=b\n"
FLOWED = b"Content-Type: text/plain; format=flowed\n\n"
HTML = HEAD + b"Content-Type: text/html\n\n"
BOUNCE = b"From: MAILER-DAEMON@x.example\nSubject: failure notice\nReturn-Path: <>\n\n"

FRAGMENTS = st.sampled_from(
    [
        b"From: a@b.example\n", b"Subject: =?utf-8?b?", MIXED,
        b"\n\n", b"--b\n", b"--b--\n", b"Content-Type: message/rfc822\n",
        b"Content-Type: text/html\n",
        b"Content-Transfer-Encoding: base64\n", b"=?x?q?=0d=0aBcc:_x?=", b"filename*0*=utf-8''%",
        b"Content-Disposition: attachment; ", b"<blockquote>", b"On Monday x wrote:\n", b"> ",
        b"550 5.1.1 ", b"Final-Recipient: rfc822; ", b"Action: failed\n", b"Date: 99\n",
        b"\r", b"\x00",
        b"Content-Type: text/plain; charset=utf-7\n", b"begin 644 x\n",
        b"<<< 550 x\n", b">>> DATA\n",
        FROM_DAEMON, b"+AGE-", b"\x1b$B", b"<a@b>", b"{",
    ]
)  # fmt: skip


def check(read: Mail) -> None:
    lines = (read.subject, read.sender, read.sender_name, read.reply_to, read.message_id)
    names = tuple(file.name for file in read.files)
    assert not any(mark in line for line in lines + names for mark in "\r\n\x00\u2028")
    assert not any(mark in name for name in names for mark in "/\\")
    assert all(names)
    assert "\x00" not in read.text + read.words
    assert not any(bad in read.html.lower() for bad in ("<script", "<img", "<style", "<form"))
    assert "could not be read (" not in read.unreadable


@given(st.binary(max_size=2_000))
def test_any_bytes_are_a_mail(raw: bytes) -> None:
    """Law: reading never raises, and what it gives is safe to show and to store."""
    check(receive(raw))


@given(st.lists(FRAGMENTS | st.binary(max_size=12), max_size=60))
def test_any_heap_of_a_mails_pieces_is_a_mail(pieces: list[bytes]) -> None:
    """Law: the same holds where the bytes look like a mail's."""
    check(receive(b"".join(pieces)))


@given(st.text(max_size=200))
def test_no_name_or_subject_makes_another_line(text: str) -> None:
    """Law: a header's value is one line, whichever way its sender encoded it."""
    word = base64.b64encode(text.encode("utf-8", "replace")).decode()
    raw = (
        f"From: =?utf-8?b?{word}?= <a@b.example>\nSubject: =?utf-8?b?{word}?=\n"
        f'Content-Disposition: attachment; filename="=?utf-8?b?{word}?="\n\nx'
    )

    check(receive(raw.encode()))


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=300))
def test_words_are_never_empty_where_a_person_wrote_some(text: str) -> None:
    """Law: whatever is taken for history, something stays if there was something."""
    read = receive(HEAD + b"Content-Type: text/plain; charset=utf-8\n\n" + text.encode())

    assert bool(read.words.strip()) == bool(read.text.strip())


BOMBS: dict[str, Callable[[], bytes]] = {
    "parts in parts": lambda: HEAD
    + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i)
               for i in range(10_000)),
    "mails in mails": lambda: HEAD + b"Content-Type: message/rfc822\n\n" * 10_000,
    "many parts": lambda: HEAD + MIXED + b"\n" + b"--b\n\nx\n" * 100_000,
    "many headers": lambda: b"".join(b"X-%d: y\n" % i for i in range(100_000)) + b"\nhi",
    "a header of words": lambda: b"Subject: " + b"=?utf-8?q?=41?= " * 60_000 + b"\n\nhi",
    "a header of brackets": lambda: b"From: " + b"<" * 60_000 + b"a@" * 10_000 + b"\n\nhi",
    "a parameter in pieces": lambda: HEAD
    + b"Content-Type: a/b; " + b"".join(b"n*%d=a;" % i for i in range(50_000)) + b"\n\nhi",
    "deep HTML": lambda: HTML + b"<div>" * 1_000_000,
    "wide HTML": lambda: HTML + b"<table>" + b"<tr><td>y<td>z" * 30_000,
    "open scripts": lambda: HTML + b"<script>" * 100_000,
    "lines that may quote": lambda: HEAD
    + b"\n" + b"On a <a@b 2026 10:10 x wrote x:\nx:\n" * 300_000,
    "rules": lambda: HEAD + b"\n" + (b"-_" * 200 + b"x\n") * 5_000,
    "flowed lines": lambda: HEAD + FLOWED + b"a \n" * 2_000_000,
    "a bounce of addresses": lambda: BOUNCE + b"user unknown <a@b.c>: \n" * 300_000,
    "a bounce of one line": lambda: BOUNCE + b"user unknown mailbox " + b"mailbox " * 100_000,
    "uuencoded begins": lambda: HEAD + b"\n" + b"begin 644 a\nM\n" * 300_000 + b"\nend\n",
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_mail_built_to_cost_much_costs_little(name: str) -> None:
    """Law: no mail takes 2 s of the processor, however it is built."""
    raw = BOMBS[name]()

    begun = time.process_time()
    read = receive(raw)
    spent = time.process_time() - begun

    check(read)
    assert spent < 2


def test_a_hundred_megabytes_are_read_in_bounded_time_and_memory() -> None:
    """Law: the same for sheer size; what is left out is said."""
    raw = (
        HEAD + b"Content-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\n"
    ) + (b"A" * 76 + b"\n") * 1_750_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    begun = time.process_time()
    read = receive(raw)
    spent = time.process_time() - begun

    assert "larger than" in read.unreadable
    assert [file.name for file in read.files] == ["a.zip"]
    assert spent < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000
