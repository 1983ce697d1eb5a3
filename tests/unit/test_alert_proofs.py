"""Are requests of alert formats proven by their signatures, and by nothing less?"""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from redphone.channels import alerts
from redphone.channels.alerts import fake, sns, standard

AT = fake.MOMENT

# The example of the standard's own libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NUMBER = "msg_p5jXN8AQM9LWM0D4loKWxJek"
SENT = datetime.fromtimestamp(1614265330, tz=UTC)
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def _headers(signature: str = SIGNATURE, **others: str) -> dict[str, str]:
    told = {"id": NUMBER, "timestamp": str(int(SENT.timestamp())), "signature": signature}
    return {f"webhook-{name}": value for name, value in (told | others).items()}


def _is_genuine(headers: dict[str, str], *secrets: str, at: datetime = SENT) -> bool:
    return alerts.is_genuine("standard", BODY, headers, secrets=secrets or (SECRET,), at=at)


def test_the_standards_own_example_is_genuine() -> None:
    assert standard.sign(SECRET, message_id=NUMBER, at=SENT, body=BODY) == SIGNATURE
    assert _is_genuine(_headers())


def test_one_of_several_signatures_by_one_of_several_secrets_is_enough() -> None:
    new = "whsec_" + base64.b64encode(b"n" * 24).decode()
    other = "v1," + base64.b64encode(b"x" * 32).decode()

    assert _is_genuine(_headers(f"{other} v2,zzz {SIGNATURE}"), new, SECRET)
    assert not _is_genuine(_headers(), new)
    assert not _is_genuine(_headers(other), new, SECRET)


@pytest.mark.parametrize("minutes", [-6, 6, 60 * 24 * 365])
def test_a_request_of_another_time_is_a_replay(minutes: int) -> None:
    assert not _is_genuine(_headers(), at=SENT + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        _headers(signature=""),
        _headers(id=""),
        _headers(id=NUMBER + "x"),
        _headers(timestamp="soon"),
        _headers(timestamp="-1614265330"),
        _headers(timestamp="9" * 12),
        _headers(timestamp=str(int(SENT.timestamp()) + 1)),
        _headers(signature=SIGNATURE.removeprefix("v1,")),
        _headers(signature=SIGNATURE.replace("v1,", "v1a,")),
        _headers(signature="v1,"),
        _headers(signature="v1,ü"),
    ],
)
def test_a_request_that_lacks_or_changes_a_part_is_not_genuine(headers: dict[str, str]) -> None:
    assert not _is_genuine(headers)


def test_a_changed_body_or_an_empty_secret_is_not_genuine() -> None:
    changed = alerts.is_genuine("standard", BODY + b" ", _headers(), secrets=[SECRET], at=SENT)

    assert not changed
    assert not _is_genuine(_headers(), "")
    assert not _is_genuine(_headers(), "whsec_")
    assert not alerts.is_genuine("standard", BODY, _headers(), secrets=[], at=SENT)


def test_a_public_key_proves_a_signature_of_its_private_key_alone() -> None:
    mine, theirs = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    signed = f"{NUMBER}.{int(SENT.timestamp())}.".encode() + BODY
    raw = theirs.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    key = "whpk_" + base64.b64encode(raw).decode()

    def given(signer: Ed25519PrivateKey) -> dict[str, str]:
        return _headers("v1a," + base64.b64encode(signer.sign(signed)).decode())

    assert _is_genuine(given(theirs), key)
    assert not _is_genuine(given(mine), key)
    assert not _is_genuine(given(theirs), SECRET)


def test_a_public_key_is_no_secret_to_sign_with() -> None:
    """Who knows only the public key must not get in by using it as an HMAC secret."""
    raw = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    public = base64.b64encode(raw).decode()
    forged = standard.sign("whsec_" + public, message_id=NUMBER, at=SENT, body=BODY)

    assert not _is_genuine(_headers(forged), "whpk_" + public)


def test_sentry_signs_the_body_with_the_client_secret() -> None:
    request = fake.request("sentry", fake.Trouble(), secret="client secret")
    signature = request.headers["sentry-hook-signature"]

    def genuine(body: bytes, headers: dict[str, str], *secrets: str) -> bool:
        return alerts.is_genuine("sentry", body, headers, secrets=secrets, at=AT)

    given = {"Sentry-Hook-Signature": signature}
    assert genuine(request.body, given, "old secret", "client secret")
    assert not genuine(request.body + b" ", given, "client secret")
    assert not genuine(request.body, given, "another")
    assert not genuine(request.body, given, "")
    assert not genuine(request.body, {}, "client secret")
    assert not genuine(request.body, {"Sentry-Hook-Signature": "\ud800"}, "client secret")


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _certificate(key: rsa.RSAPrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.example")])
    made = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=1,
        not_valid_before=AT - timedelta(days=1),
        not_valid_after=AT + timedelta(days=1),
    ).sign(key, SHA256())
    return made.public_bytes(Encoding.PEM)


CERTIFICATE = _certificate(KEY)


def _signed(told: dict[str, str], version: str) -> sns.Envelope:
    told = told | {"SignatureVersion": version}
    unsigned = sns.read_envelope(json.dumps(told).encode(), {})
    assert unsigned is not None
    kind = {"1": SHA1(), "2": SHA256()}[version]
    signature = KEY.sign(sns.canonical(unsigned), PKCS1v15(), kind)
    told["Signature"] = base64.b64encode(signature).decode()
    envelope = sns.read_envelope(json.dumps(told).encode(), {})
    assert envelope is not None
    return envelope


NOTIFICATION = {
    "Type": "Notification",
    "MessageId": "da41e39f-ea4d-435a-b922-c6aae3915ebe",
    "TopicArn": "arn:aws:sns:us-west-2:123456789012:MyTopic",
    "Subject": "test",
    "Message": "test message",
    "Timestamp": "2012-04-25T21:49:25.719Z",
    "UnsubscribeURL": "https://sns.us-west-2.amazonaws.com/?Action=Unsubscribe",
}
CONFIRMATION = {
    "Type": "SubscriptionConfirmation",
    "MessageId": "3d891288-136d-417f-bc05-901c108273ee",
    "TopicArn": "arn:aws:sns:us-west-2:123456789012:MyTopic",
    "Token": "233",
    "Message": "You have chosen to subscribe.",
    "SubscribeURL": "https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription",
    "Timestamp": "2012-04-26T20:06:41.581Z",
}


def test_what_is_signed_is_written_as_the_provider_documents_it() -> None:
    envelope = sns.read_envelope(json.dumps(NOTIFICATION).encode(), {})

    assert envelope is not None
    assert sns.canonical(envelope) == (
        b"Message\ntest message\n"
        b"MessageId\nda41e39f-ea4d-435a-b922-c6aae3915ebe\n"
        b"Subject\ntest\n"
        b"Timestamp\n2012-04-25T21:49:25.719Z\n"
        b"TopicArn\narn:aws:sns:us-west-2:123456789012:MyTopic\n"
        b"Type\nNotification\n"
    )


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize(
    "told", [NOTIFICATION, CONFIRMATION], ids=["notification", "confirmation"]
)
def test_a_message_is_proven_by_the_certificate_in_both_versions(
    told: dict[str, str], version: str
) -> None:
    envelope = _signed(told, version)
    other = _certificate(rsa.generate_private_key(public_exponent=65537, key_size=2048))

    assert sns.verify(envelope, CERTIFICATE)
    assert not sns.verify(envelope, other)
    for name in sns.SIGNED[envelope.kind]:
        if name in envelope.parts and name != "Type":
            forged = replace(envelope, parts={**envelope.parts, name: "changed"})
            assert not sns.verify(forged, CERTIFICATE), name


def test_a_message_without_a_subject_is_proven_without_it() -> None:
    told = {name: value for name, value in NOTIFICATION.items() if name != "Subject"}

    assert sns.verify(_signed(told, "2"), CERTIFICATE)


@pytest.mark.parametrize(
    "changed",
    [
        {"SignatureVersion": "3"},
        {"SignatureVersion": "1"},
        {"Signature": ""},
        {"Signature": "not base64!"},
        {"Signature": "\ud800"},
    ],
)
def test_an_odd_signature_proves_nothing(changed: dict[str, str]) -> None:
    envelope = _signed(NOTIFICATION, "2")

    assert not sns.verify(replace(envelope, parts={**envelope.parts, **changed}), CERTIFICATE)


@pytest.mark.parametrize("certificate", [b"", b"no certificate", CERTIFICATE[:200]])
def test_an_odd_certificate_proves_nothing(certificate: bytes) -> None:
    assert not sns.verify(_signed(NOTIFICATION, "2"), certificate)


PEM = "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"


@pytest.mark.parametrize(
    ("url", "is_trusted"),
    [
        (f"https://sns.us-east-1.amazonaws.com{PEM}", True),
        (f"https://sns.us-gov-west-1.amazonaws.com{PEM}", True),
        (f"https://sns.cn-north-1.amazonaws.com.cn{PEM}", True),
        (f"http://sns.us-east-1.amazonaws.com{PEM}", False),
        (f"https://sns.us-east-1.amazonaws.com.evil.example{PEM}", False),
        (f"https://evil.example/sns.us-east-1.amazonaws.com{PEM}", False),
        (f"https://sns.us-east-1.amazonaws.com@evil.example{PEM}", False),
        (f"https://evil@sns.us-east-1.amazonaws.com{PEM}", False),
        (f"https://sns.us-east-1.amazonaws.com:8443{PEM}", False),
        (f"https://sns.us-east-1.amazonaws.com:443{PEM}", False),
        (f"https://s3.us-east-1.amazonaws.com{PEM}", False),
        (f"https://bucket.sns.us-east-1.amazonaws.com{PEM}", False),
        (f"https://sns.us-east-1.amazonaws.com/x/..{PEM}", False),
        (f"https://sns.us-east-1.amazonaws.com{PEM}?x=1", False),
        (f"https://sns.us-east-1.amazonaws.com{PEM}#x", False),
        (f"https://sns.us-east-1.amazonaws.com\\.evil.example{PEM}", False),
        (f"https://sns.us-east-1.amazonaws.com\n{PEM}", False),
        (f"https://ѕns.us-east-1.amazonaws.com{PEM}", False),
        ("https://sns.us-east-1.amazonaws.com/other.pem", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_a_certificate_comes_from_the_provider_and_from_nobody_else(
    url: str, is_trusted: bool
) -> None:
    assert sns.certificate_url_is_trusted(url) is is_trusted


ASKED = "Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-west-2:123456789012:MyTopic&Token=233"


@pytest.mark.parametrize(
    ("url", "is_trusted"),
    [
        (f"https://sns.us-west-2.amazonaws.com/?{ASKED}", True),
        (f"http://sns.us-west-2.amazonaws.com/?{ASKED}", False),
        (f"https://sns.us-east-1.amazonaws.com/?{ASKED}", False),
        (f"https://evil.example/?{ASKED}", False),
        (f"https://sns.us-west-2.amazonaws.com@evil.example/?{ASKED}", False),
        (f"https://sns.us-west-2.amazonaws.com.evil.example/?{ASKED}", False),
        (f"https://sns.us-west-2.amazonaws.com/x?{ASKED}", False),
        (f"https://sns.us-west-2.amazonaws.com/?{ASKED}&Action=DeleteTopic", False),
        (f"https://sns.us-west-2.amazonaws.com/?{ASKED.replace('Confirm', 'Delete')}", False),
        ("https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription", False),
        ("https://sns.us-west-2.amazonaws.com/", False),
        ("http://169.254.169.254/latest/meta-data", False),
    ],
)
def test_a_confirmation_is_one_call_of_the_provider_for_one_topic(
    url: str, is_trusted: bool
) -> None:
    assert sns.confirmation_url_is_trusted(url) is is_trusted


def test_a_message_that_is_sent_again_has_the_same_number_and_no_other_has_it() -> None:
    sent = _headers()
    told = json.dumps(NOTIFICATION).encode()

    assert alerts.number("standard", BODY, sent) == alerts.number("standard", BODY, sent) != ""
    assert alerts.number("standard", BODY, sent) != alerts.number("standard", BODY + b" ", sent)
    assert alerts.number("standard", BODY, sent) != alerts.number(
        "standard", BODY, _headers(id="2")
    )
    assert alerts.number("sns", told, {}) == alerts.number("sns", told, {}) != ""
    assert alerts.number("standard", BODY, {}) == alerts.number("sns", BODY, {}) == ""
    assert alerts.number("sns", b"{", {}) == alerts.number("pagerduty", BODY, sent) == ""
