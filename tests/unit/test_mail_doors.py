"""Where mail comes in, and what can be proven of its sender: without a network. FAQ-2, POL-6."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from redphone.channels.mail.arrived import Arrived, findings, read
from redphone.channels.mail.doors import BadDoor, mailbox, place
from redphone.channels.mail.proof import prove
from redphone.channels.mail.spf import DnsAway, spf

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def names(**records: Any) -> Any:
    """A name server that knows these: `a_b__TXT` is b's … in short, (name, kind) pairs."""
    known = records.pop("known", {})

    def lookup(name: str, kind: str) -> list[str]:
        found = known.get((name, kind), [])
        if found is DnsAway:
            raise DnsAway
        return list(found)

    return lookup


@pytest.mark.parametrize(
    ("record", "ip", "result"),
    [
        ("v=spf1 ip4:192.0.2.0/24 -all", "192.0.2.7", "pass"),
        ("v=spf1 ip4:192.0.2.0/24 -all", "198.51.100.7", "fail"),
        ("v=spf1 ip4:192.0.2.0/24 ~all", "198.51.100.7", "softfail"),
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db8::1", "pass"),
        ("v=spf1 a -all", "192.0.2.1", "pass"),
        ("v=spf1 a/24 -all", "192.0.2.99", "pass"),
        ("v=spf1 mx -all", "192.0.2.2", "pass"),
        ("v=spf1 include:other.example -all", "203.0.113.5", "pass"),
        ("v=spf1 include:nothing.example -all", "203.0.113.5", "permerror"),
        ("v=spf1 redirect=other.example", "203.0.113.5", "pass"),
        ("v=spf1 exists:here.example -all", "203.0.113.9", "pass"),
        ("v=spf1 what:is.this -all", "203.0.113.9", "permerror"),
        ("v=spf1 ip4:192.0.2.1/99 -all", "192.0.2.1", "permerror"),
        ("v=spf1 ?all", "192.0.2.1", "neutral"),
        ("v=spf1", "192.0.2.1", "neutral"),
        ("something else", "192.0.2.1", "none"),
    ],
)
def test_spf_answers_as_the_standard_says(record: str, ip: str, result: str) -> None:
    known = {
        ("customer.example", "TXT"): [record],
        ("customer.example", "A"): ["192.0.2.1"],
        ("customer.example", "MX"): ["10 mx.customer.example."],
        ("mx.customer.example", "A"): ["192.0.2.2"],
        ("other.example", "TXT"): ["v=spf1 ip4:203.0.113.0/28 -all"],
        ("here.example", "A"): ["127.0.0.2"],
    }

    assert spf(ip, "customer.example", names(known=known)) == result


def test_spf_asks_at_most_ten_times() -> None:
    asked = []

    def lookup(name: str, kind: str) -> list[str]:
        asked.append(name)
        return [f"v=spf1 include:x{len(asked)}.example -all"]

    assert spf("192.0.2.1", "loop.example", lookup) == "permerror"
    assert len(asked) <= 11


def test_name_servers_that_are_away_prove_and_refute_nothing() -> None:
    away = names(known={("customer.example", "TXT"): DnsAway})

    assert spf("192.0.2.1", "customer.example", away) == "temperror"


KEY = rsa.generate_private_key(public_exponent=65537, key_size=1024)


def signed(sender: str, domain: str) -> bytes:
    raw = f"From: {sender}\r\nSubject: help\r\n\r\nIt is down.\r\n".encode()
    pem = KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return bytes(dkim.sign(raw, b"s", domain.encode(), pem)) + raw


def published(*, policy: str = "v=DMARC1; p=reject", at: str = "my-customer.com") -> Any:
    import base64

    der = KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    key = f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"
    return names(
        known={
            (f"s._domainkey.{at}", "TXT"): [key],
            ("_dmarc.my-customer.com", "TXT"): [policy],
            (at, "TXT"): ["v=spf1 ip4:192.0.2.1 -all"],
        }
    )


def proven(raw: bytes, lookup: Any, *, ip: str = "203.0.113.1", mail_from: str = "") -> Any:
    return prove(
        raw,
        ip=ip,
        helo="mx.example",
        mail_from=mail_from,
        sender="a@my-customer.com",
        lookup=lookup,
    )


def test_a_signature_of_the_from_domain_passes_dmarc() -> None:
    found = proven(signed("a@my-customer.com", "my-customer.com"), published())

    assert found == {"spf": "none", "dkim": "pass", "dmarc": "pass"}


def test_a_changed_mail_fails() -> None:
    raw = signed("a@my-customer.com", "my-customer.com").replace(b"down", b"up")

    assert proven(raw, published())["dmarc"] == "fail"


def test_anothers_signature_proves_nothing_of_this_domain() -> None:
    raw = signed("a@my-customer.com", "evil.com")

    found = proven(raw, published(at="evil.com"))

    assert (found["dkim"], found["dmarc"]) == ("pass", "fail")


def test_spf_of_the_same_organisation_passes_and_of_a_strict_one_not() -> None:
    raw = b"From: a@my-customer.com\r\n\r\nx\r\n"
    sub = {("mail.my-customer.com", "TXT"): ["v=spf1 ip4:192.0.2.1 -all"]}
    relaxed = {("_dmarc.my-customer.com", "TXT"): ["v=DMARC1; p=reject"]}
    strict = {("_dmarc.my-customer.com", "TXT"): ["v=DMARC1; p=reject; aspf=s"]}
    sent = {"ip": "192.0.2.1", "mail_from": "b@mail.my-customer.com"}

    assert proven(raw, names(known=sub | relaxed), **sent)["dmarc"] == "pass"
    assert proven(raw, names(known=sub | strict), **sent)["dmarc"] == "fail"


def test_a_sender_s_slow_name_servers_hide_no_record_of_the_domain_that_it_claims() -> None:
    slow = names(known={("evil.com", "TXT"): DnsAway, ("_dmarc.my-customer.com", "TXT"): DnsAway})
    raw = b"From: a@my-customer.com\r\n\r\nx\r\n"

    found = prove(
        raw,
        ip="203.0.113.1",
        helo="mx.evil.com",
        mail_from="b@evil.com",
        sender="a@my-customer.com",
        lookup=slow,
        again=published(),
    )

    assert (found["spf"], found["dmarc"]) == ("temperror", "fail")


@pytest.mark.parametrize(
    "raw", [b"", b"DKIM-Signature: v=1\r\n\r\n", b"\xff\x00", b"DKIM-Signature"]
)
def test_nothing_that_strangers_send_breaks_the_checks(raw: bytes) -> None:
    assert set(proven(raw, names())) == {"spf", "dkim", "dmarc"}


def test_only_a_trusted_servers_topmost_line_is_believed() -> None:
    raw = (
        b"Authentication-Results: mx.ours.example; dmarc=fail\r\n"
        b"Authentication-Results: mx.ours.example; dmarc=pass\r\n"
        b"Authentication-Results: mx.else.example; spf=pass\r\n\r\nx"
    )
    mail = read(Arrived(raw=raw, door="imap", at=NOON)).mail

    assert findings(mail, ("mx.ours.example",)) == {"dmarc": "fail"}
    assert findings(mail, ()) == {}


def test_doors_are_read_from_their_addresses() -> None:
    assert (place("smtp://0.0.0.0:2525").host, place("smtp://[::1]").port) == ("0.0.0.0", 25)
    assert place("lmtp:///run/desk.sock").socket == "/run/desk.sock"
    box = mailbox("imaps://a%40b.example:p%2Fw@mail.example/INBOX,Urgent?done=Taken")
    assert (box.user, box.password, box.port) == ("a@b.example", "p/w", 993)
    assert (box.folders, box.done, box.tls) == (("INBOX", "Urgent"), "Taken", "tls")
    assert "p/w" not in repr(box)


@pytest.mark.parametrize("address", ["http://x", "smtp://", "smtp://x:port", "nonsense"])
def test_what_is_no_door_says_what_to_write(address: str) -> None:
    with pytest.raises(BadDoor, match="Write"):
        place(address)


def test_a_bad_mailbox_does_not_show_its_password() -> None:
    with pytest.raises(BadDoor) as refused:
        mailbox("pop3://me:secret@mail.example")

    assert "secret" not in str(refused.value)
