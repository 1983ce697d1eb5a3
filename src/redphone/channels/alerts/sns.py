"""Amazon SNS, and the CloudWatch alarms that come through it.

A notification is signed with a certificate of the provider's. Where it may be fetched from, and
which confirmation may be followed, is decided here; fetching is somebody else's affair.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from redphone.channels.alerts import generic
from redphone.channels.alerts.alert import Alert, Change, NotReadable
from redphone.channels.alerts.body import read_json
from redphone.channels.alerts.format import Headers
from redphone.channels.alerts.values import (
    digest,
    first,
    flat,
    key_of,
    line,
    rows,
    table,
    text,
    when,
)
from redphone.channels.alerts.words import compose

NOTIFICATION = "Notification"
SUBSCRIPTION = "SubscriptionConfirmation"
UNSUBSCRIPTION = "UnsubscribeConfirmation"

STATES = {
    "ALARM": Change.FIRING,
    "INSUFFICIENT_DATA": Change.FIRING,
    "OK": Change.RESOLVED,
}
"""An operator who lets missing data notify wants to be told of it."""

SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    SUBSCRIPTION: (
        "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
    ),
}  # fmt: skip
SIGNED[UNSUBSCRIPTION] = SIGNED[SUBSCRIPTION]

HASHES = {"1": SHA1, "2": SHA256}

_HOST = re.compile(r"sns\.[a-z]{2}(?:-[a-z]+)+-\d{1,2}\.amazonaws\.com(?:\.cn)?")
_CERTIFICATE_PATH = re.compile(r"/SimpleNotificationService-[0-9a-zA-Z]{8,64}\.pem")
_TOPIC = re.compile(r"arn:aws(?:-[a-z]+)*:sns:([a-z0-9-]+):\d{12}:[\w.-]{1,256}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What SNS puts around a message. `parts` are all its text fields, as they were sent."""

    kind: str
    message_id: str
    topic: str
    subject: str
    message: str
    sent_at: str
    certificate_url: str
    subscribe_url: str
    parts: Mapping[str, str]


def read_envelope(body: bytes, headers: Headers) -> Envelope | None:
    """The envelope of a request; None where a topic delivers raw messages, which have none.

    Raises:
        NotReadable: the body is no JSON object.
    """
    told = read_json(body, headers)
    if not isinstance(told, dict):
        raise NotReadable("This is no message of SNS: it is no JSON object.")
    parts = {name: value for name, value in told.items() if isinstance(value, str)}
    if parts.get("Type") not in SIGNED or "MessageId" not in parts:
        return None
    return Envelope(
        kind=parts["Type"],
        message_id=line(parts.get("MessageId")),
        topic=line(parts.get("TopicArn"), 300),
        subject=line(parts.get("Subject")),
        message=parts.get("Message", ""),
        sent_at=line(parts.get("Timestamp")),
        certificate_url=parts.get("SigningCertURL") or parts.get("SigningCertUrl") or "",
        subscribe_url=parts.get("SubscribeURL", ""),
        parts=parts,
    )


def message_id(body: bytes, headers: Headers) -> str:
    """SNS's number of a message, the same when it is sent again; "" for a raw message."""
    try:
        envelope = read_envelope(body, headers)
    except NotReadable:
        return ""
    return envelope.message_id if envelope else ""


def receive(body: bytes, headers: Headers) -> tuple[Alert, ...]:
    """The alerts of a notification; none of a request to subscribe or its end.

    Raises:
        NotReadable: this is no message of SNS, or the message in it can't be read.
    """
    envelope = read_envelope(body, headers)
    if envelope is None:
        return _read_message(read_json(body, headers), None)
    if envelope.kind != NOTIFICATION:
        return ()
    raw = envelope.message.encode("utf-8", "surrogatepass")
    if raw.lstrip()[:1] not in (b"{", b"["):
        return _read_message(envelope.message, envelope)
    try:
        message = read_json(raw, {})
    except NotReadable:  # Words that begin with a bracket are words all the same.
        message = envelope.message
    return _read_message(message, envelope)


def _read_message(message: Any, envelope: Envelope | None) -> tuple[Alert, ...]:
    if isinstance(message, dict) and "AlarmName" in message and "NewStateValue" in message:
        return (_alarm(message),)
    if isinstance(message, str) and envelope and envelope.subject:
        message = {"title": envelope.subject, "message": message}
    return generic.read(message, source="Amazon SNS")


def _alarm(told: Mapping[str, Any]) -> Alert:
    name, state = first(told, "AlarmName"), first(told, "NewStateValue")
    change = STATES.get(state.upper(), Change.FIRING)
    trigger = table(told.get("Trigger"))
    says = text(told.get("AlarmDescription"), 2000)
    metric = "/".join(each for each in (first(trigger, "Namespace"), _metric(trigger)) if each)
    named = (first(told, "AWSAccountId"), first(told, "Region"), name)
    return compose(
        key=key_of(told.get("AlarmArn")) or digest("cloudwatch", *named),
        change=change,
        title=name or "An alarm without a name",
        source="Amazon CloudWatch",
        severity=state,
        component=_dimensions(trigger),
        since=when(told.get("StateChangeTime")),
        says=(says, text(told.get("NewStateReason"), 2000)),
        about=(
            ("Where", _dimensions(trigger)),
            ("Metric", metric),
            ("Region", first(told, "Region")),
            ("Account", first(told, "AWSAccountId")),
            ("It was", first(told, "OldStateValue")),
        ),
        link=_console(told),
        fields=flat(told),
    )


def _metric(trigger: Mapping[str, Any]) -> str:
    return first(trigger, "MetricName")


def _dimensions(trigger: Mapping[str, Any]) -> str:
    pairs = rows(trigger.get("Dimensions"))[:4]
    values = [first(each, "value", "Value") for each in pairs]
    return line(", ".join(each for each in values if each))


def _console(told: Mapping[str, Any]) -> str:
    """The alarm's page in the provider's console, where its region can be told."""
    found = re.match(r"arn:aws:cloudwatch:([a-z0-9-]+):\d+:alarm:", first(told, "AlarmArn"))
    if not found:
        return ""
    region = found[1]
    return f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#alarmsV2:"


def canonical(envelope: Envelope) -> bytes:
    """The bytes that are signed: names and values of certain fields, a line each."""
    lines = [
        f"{name}\n{envelope.parts[name]}\n"
        for name in SIGNED[envelope.kind]
        if name in envelope.parts
    ]
    return "".join(lines).encode("utf-8", "surrogatepass")


def verify(envelope: Envelope, certificate_pem: bytes) -> bool:
    """Whether an envelope is signed with a certificate, by signature version 1 or 2.

    Whether the certificate is the provider's follows from where it was fetched.
    """
    kind = HASHES.get(envelope.parts.get("SignatureVersion", ""))
    if kind is None:
        return False
    try:
        signature = base64.b64decode(envelope.parts.get("Signature", ""), validate=True)
        key = x509.load_pem_x509_certificate(certificate_pem).public_key()
        if not isinstance(key, RSAPublicKey):
            return False
        key.verify(signature, canonical(envelope), PKCS1v15(), kind())
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError, binascii.Error):
        return False
    return True


def certificate_url_is_trusted(url: str) -> bool:
    """Whether a signing certificate may be fetched from there: from the provider and nobody else.

    https, no other port, no user, exactly the provider's host for SNS, and its path for these.
    """
    parts = _parts(url)
    return parts is not None and not parts.query and bool(_CERTIFICATE_PATH.fullmatch(parts.path))


def confirmation_url_is_trusted(url: str) -> bool:
    """Whether a subscription may be confirmed there: one call of the provider's, for one topic."""
    parts = _parts(url)
    if parts is None or parts.path not in ("", "/"):
        return False
    try:
        asked = parse_qs(parts.query, strict_parsing=True, max_num_fields=10)
    except ValueError:
        return False
    topic = _TOPIC.fullmatch(asked.get("TopicArn", [""])[0])
    return (
        asked.get("Action") == ["ConfirmSubscription"]
        and all(len(values) == 1 for values in asked.values())
        and bool(asked.get("Token", [""])[0])
        and topic is not None
        and (parts.hostname or "").startswith(f"sns.{topic[1]}.")
    )


def _parts(url: str) -> Any:
    """The parts of an address of the provider's; None for any other, and for odd spellings."""
    if len(url) > 2000 or not url.isascii() or re.search(r"[\s\\\x00-\x1f\x7f]", url):
        return None
    try:
        parts = urlsplit(url)
        is_plain = parts.port is None and parts.username is None and not parts.fragment
    except ValueError:
        return None
    is_theirs = parts.scheme == "https" and bool(_HOST.fullmatch(parts.netloc))
    return parts if is_plain and is_theirs else None
