"""The contract of every way in: what its other end sends is read, and nothing breaks its reader.

A reader is pure: it gives the same for the same bytes. It takes anything, loses no words that a
person could read, and says so when it found none.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from redphone.channels import alerts
from redphone.channels.alerts import fake as monitors
from redphone.channels.alerts.alert import NotReadable
from redphone.channels.button import fake as browser
from redphone.channels.button import receive as button
from redphone.channels.chat import receive as chat
from redphone.channels.hotline import receive as hotline
from redphone.channels.mail.receive import receive as read_mail
from redphone.core.hotline import Step

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
WORDS = "Nobody can reach the dashboard: everything is down."
LIMITS = button.Limits(largest=1000, together=1000, most=3)

Read = Callable[[bytes], tuple[str, str]]
"""Bytes to the words that were found, and why none were."""


def from_mail(raw: bytes) -> tuple[str, str]:
    mail = read_mail(raw)
    return mail.words, mail.unreadable or ("" if mail.words else "no words")


def from_form(raw: bytes) -> tuple[str, str]:
    form = button.read(io.BytesIO(raw), browser.BOUNDARY, LIMITS)
    words = " ".join(value for _, value in form.fields)
    return words, form.unreadable or ("" if words else "no words")


def from_chat(raw: bytes) -> tuple[str, str]:
    typed = chat.read(raw.decode("utf-8", "replace"))
    return typed.words, "" if typed.words else "no words"


def from_monitor(raw: bytes) -> tuple[str, str]:
    try:
        found = alerts.receive("generic", raw, {})
    except NotReadable as error:
        return "", str(error)
    return " ".join(f"{each.title} {each.words}" for each in found), "" if found else "no alert"


def from_call(raw: bytes) -> tuple[str, str]:
    form = dict(parse_qsl(raw.decode("latin-1"), max_num_fields=10_000))
    found = hotline.callback(Step.SAID, {}, form, at=AT)
    return (found.speech, "" if found.speech else "no words") if found else ("", "no call")


def a_mail() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "mira@x.example", "urgent@y.example", "Down"
    mail.set_content(WORDS)
    return mail.as_bytes()


WAYS: dict[str, tuple[Read, bytes]] = {
    "mail": (from_mail, a_mail()),
    "button": (from_form, browser.body([("description", WORDS), ("contact", "+44 20 7946 0321")])),
    "chat": (from_chat, WORDS.encode()),
    "alerts": (from_monitor, monitors.request("generic", monitors.Trouble(title=WORDS)).body),
    "hotline": (from_call, urlencode({"CallSid": "CA1", "SpeechResult": WORDS}).encode()),
}
every_way = pytest.mark.parametrize("way", list(WAYS))


@every_way
def test_what_its_other_end_sends_is_read(way: str) -> None:
    read, sent = WAYS[way]

    words, why_not = read(sent)

    assert WORDS in words
    assert why_not == ""


@every_way
@given(
    raw=st.binary(max_size=2000)
    | st.text(max_size=500).map(lambda t: t.encode("utf-8", "replace"))
)
@example(raw=b"")
@example(raw=b"\x00\xff" * 50)
def test_anything_is_read_or_said_to_be_unreadable(way: str, raw: bytes) -> None:
    """Law: no bytes break a reader; it gives words or a reason, and the same each time."""
    read, _ = WAYS[way]

    words, why_not = read(raw)

    assert words.strip() or why_not
    assert read(raw) == (words, why_not)
    assert "\x00" not in words


@every_way
@given(cut=st.integers(0, 400), junk=st.binary(max_size=30))
def test_what_is_cut_off_or_broken_on_its_way_is_read_all_the_same(
    way: str, cut: int, junk: bytes
) -> None:
    """Law: a real message that was cut off or spoilt anywhere breaks nothing either."""
    read, sent = WAYS[way]

    words, why_not = read(sent[:cut] + junk + sent[cut + len(junk) :])

    assert words.strip() or why_not
