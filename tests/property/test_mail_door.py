"""Laws of the mail door: whatever strangers send or publish, it answers and never breaks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from redphone.channels.mail.arrived import LONGEST_NAME, Arrived, read
from redphone.channels.mail.proof import prove
from redphone.channels.mail.spf import spf
from redphone.jobs.mail_smtp import plain

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
RESULTS = {"pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"}
SAID = """
+all -all a mx a/33 ip4:1.2.3.4 ip4: ip6:::1/129 include:x.example redirect=x.example
exists:%{i}.x ptr = : / a:b:c ~ include:
"""
TERMS = st.sampled_from(SAID.split())


def arrived(raw: bytes, at: datetime = NOON) -> Arrived:
    return Arrived(raw=raw, door="smtp", at=at)


@given(st.binary(max_size=3000))
def test_any_bytes_are_a_mail_that_can_be_looked_up(raw: bytes) -> None:
    """Whatever comes is a mail; its names are short, and hold no sign that a database refuses."""
    opened = read(arrived(raw))

    names = (opened.mail.sender, opened.mail.message_id, *opened.mail.references)
    assert all(len(name) <= LONGEST_NAME and "\x00" not in name for name in names)
    assert len(opened.key) == 64


@given(st.binary(max_size=500), st.integers(0, 10**6))
def test_trace_headers_and_time_leave_a_dated_mail_the_same(body: bytes, seconds: int) -> None:
    """The same mail by another way, at another time, has the same key."""
    head = b"Message-ID: <a@b>\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\n"
    raw = head + b"\r\n" + body
    later = NOON + timedelta(seconds=seconds)

    again = read(arrived(b"Received: from x\r\nX-Spam: no\r\n" + raw, later))

    assert again.key == read(arrived(raw)).key


@given(st.lists(TERMS, max_size=12), st.ip_addresses())
def test_any_published_record_has_a_result(terms: list[str], ip: object) -> None:
    """SPF answers for any record, with few lookups."""
    asked: list[str] = []

    def lookup(name: str, kind: str) -> list[str]:
        asked.append(name)
        return ["v=spf1 " + " ".join(terms)] if kind == "TXT" else ["10 a.example."]

    assert spf(str(ip), "customer.example", lookup) in RESULTS
    assert len(asked) < 150


@given(st.binary(max_size=500), st.text(max_size=50), st.text(max_size=50))
def test_any_mail_can_be_proven_or_not(raw: bytes, sender: str, txt: str) -> None:
    """The checks give a result for any mail, sender and record."""
    found = prove(
        b"DKIM-Signature: " + raw,
        ip="192.0.2.1",
        helo="x.example",
        mail_from=sender,
        sender=sender,
        lookup=lambda name, kind: [txt],
    )

    assert set(found) == {"spf", "dkim", "dmarc"}


@given(st.text(max_size=60))
def test_an_address_is_plain_once_and_for_all(address: str) -> None:
    """What is plain stays so."""
    assert plain(plain(address)) == plain(address)
