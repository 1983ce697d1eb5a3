"""Signed doors from the wrong side, and real payloads through the open one."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from django.db import connection
from tests.conftest import NOON, Cast
from tests.integration.test_alert_doors import Answer, send, settled

from redphone import clock
from redphone.actions import doors
from redphone.api import alert_keys, alert_proofs
from redphone.api.alert_desk import desk
from redphone.channels import amazon
from redphone.channels.alerts import FORMATS, fake, sns
from redphone.channels.alerts.alert import Change
from redphone.records.models import Alert, CaseRow

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_keys() -> Iterator[None]:
    alert_keys.forget()
    yield
    settled()
    desk.end()


def a_door(kind: str, **more: Any) -> str:
    return doors.create(name=kind, format=kind, at=NOON, **more)[1]


def post(kind: str, token: str, request: fake.Request, **more: str) -> Answer:
    headers: Any = {name.replace("-", "_"): value for name, value in request.headers.items()}
    return send(f"/alerts/{kind}/{token}/", request.body, **(headers | more))


@pytest.mark.parametrize("kind", [slug for slug in FORMATS if slug != "sns"])
def test_each_format_opens_and_ends_by_its_own_door(cast: Cast, kind: str) -> None:
    secret = "whsec_" + base64.b64encode(b"a secret of 24 bytes long").decode()
    secret = secret if doors.signs(kind) else ""
    token = a_door(kind, secret=secret)
    at = clock.now()

    for later, change in enumerate((Change.FIRING, Change.FIRING, Change.RESOLVED)):
        # A message of its own each time, and no second sending of the same.
        trouble = fake.Trouble(change=change, at=at + timedelta(seconds=later))
        answer = post(kind, token, fake.request(kind, trouble, token=token, secret=secret))
        assert answer.status == 202, answer
        settled()

    found = list(Alert.objects.order_by("id").values_list("became", flat=True))
    assert found == ["opened", "repeat", "resolved"]
    assert fake.Trouble().title in CaseRow.objects.get().title


@pytest.mark.parametrize("kind", ["sentry", "standard"])
def test_a_forged_old_or_missing_signature_opens_nothing(cast: Cast, kind: str) -> None:
    secret, other = (
        "whsec_" + base64.b64encode(text).decode()
        for text in (b"the door's own secret 123", b"another one of somebody 1")
    )
    token = a_door(kind, secret=secret)
    now = fake.Trouble(at=clock.now())
    good = fake.request(kind, now, secret=secret)

    forged = post(kind, token, fake.request(kind, now, secret=other))
    changed = post(kind, token, fake.Request(body=good.body + b" ", headers=good.headers))
    bare = post(kind, token, fake.Request(body=good.body))
    around = [post(way, token, good) for way in ("generic", "pagerduty")]

    assert {each.status for each in (forged, changed, bare, *around)} == {403}
    assert Alert.objects.count() == 0
    assert post(kind, token, good).status == 202


def test_an_old_message_is_not_played_again(cast: Cast) -> None:
    secret = "whsec_" + base64.b64encode(b"the door's own secret 123").decode()
    token = a_door("standard", secret=secret)
    old = fake.Trouble(at=clock.now() - timedelta(hours=1))

    assert post("standard", token, fake.request("standard", old, secret=secret)).status == 403


def test_a_signed_message_that_is_replayed_at_once_opens_nothing_again(cast: Cast) -> None:
    secret = "whsec_" + base64.b64encode(b"the door's own secret 123").decode()
    token = a_door("standard", secret=secret)
    firing, over = (
        fake.request("standard", fake.Trouble(change=change, at=clock.now()), secret=secret)
        for change in (Change.FIRING, Change.RESOLVED)
    )

    for request in (firing, over, firing, firing):
        assert post("standard", token, request).status == 202
        settled()

    found = list(Alert.objects.order_by("id").values_list("became", flat=True))
    assert found == ["opened", "resolved"]


class Amazon:
    """A topic with a certificate of its own making, as if it came from where Amazon's do."""

    url = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        built = (
            x509.CertificateBuilder(name, name, self.key.public_key())
            .serial_number(1)
            .not_valid_before(NOON - timedelta(days=1))
            .not_valid_after(NOON + timedelta(days=400))
            .sign(self.key, hashes.SHA256())
        )
        self.pem = built.public_bytes(serialization.Encoding.PEM)

    def signed(self, **parts: str) -> bytes:
        told = {
            "Type": "Notification",
            "MessageId": "4f6f8f4e-1",
            "TopicArn": "arn:aws:sns:eu-central-1:123456789012:alarms",
            "Timestamp": "2026-11-23T12:00:00.000Z",
            "SignatureVersion": "2",
            "SigningCertURL": self.url,
            **parts,
        }
        envelope = sns.read_envelope(json.dumps(told).encode(), {})
        assert envelope is not None
        signature = self.key.sign(sns.canonical(envelope), padding.PKCS1v15(), hashes.SHA256())
        return json.dumps(told | {"Signature": base64.b64encode(signature).decode()}).encode()


@pytest.fixture
def theirs() -> Iterator[Amazon]:
    theirs = Amazon()
    alert_proofs.certificates[theirs.url] = theirs.pem
    yield theirs
    alert_proofs.certificates.clear()


ALARM = json.dumps(
    {"AlarmName": "Checkout errors", "NewStateValue": "ALARM", "NewStateReason": "Above 20 %"}
)


def test_an_alarm_of_cloudwatch_opens_when_amazon_signed_it(cast: Cast, theirs: Amazon) -> None:
    token = a_door("sns")
    forger = Amazon()

    forged = send(f"/alerts/sns/{token}/", forger.signed(Message=ALARM))
    elsewhere = send(
        f"/alerts/sns/{token}/",
        theirs.signed(Message=ALARM, SigningCertURL="https://sns.evil.example/x.pem"),
    )
    around = send(f"/alerts/generic/{token}/", theirs.signed(Message=ALARM))
    assert [each.status for each in (forged, elsewhere, around)] == [403] * 3

    assert send(f"/alerts/sns/{token}/", theirs.signed(Message=ALARM)).status == 202
    settled()
    assert CaseRow.objects.get().title == "Checkout errors"


def jobs() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select args->>'url' from procrastinate_jobs where task_name = %s", [doors.CONFIRM]
        )
        return [url for (url,) in cursor.fetchall()]


def test_a_subscription_is_confirmed_by_a_job_and_at_amazon_only(
    cast: Cast, theirs: Amazon
) -> None:
    token = a_door("sns")
    good = (
        "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription"
        "&TopicArn=arn:aws:sns:eu-central-1:123456789012:alarms&Token=abc"
    )
    bad = "https://evil.example/?Action=ConfirmSubscription&Token=abc"
    parts = {"Type": "SubscriptionConfirmation", "Token": "abc", "Message": "You have chosen…"}

    wrong = send(f"/alerts/sns/{token}/", theirs.signed(SubscribeURL=bad, **parts))
    right = send(f"/alerts/sns/{token}/", theirs.signed(SubscribeURL=good, **parts))

    assert (wrong.status, right.status) == (403, 202)
    assert jobs() == [good]
    with pytest.raises(amazon.NotTheirs):
        amazon.confirm(bad)
    with pytest.raises(amazon.NotTheirs):
        amazon.certificate("http://169.254.169.254/latest/meta-data/")


def corpus() -> list[Path]:
    for folder in Path(__file__).parents:
        if (found := folder / "shared" / "real" / "webhooks").is_dir():
            return sorted(found.rglob("*.json"))
    return []


def test_every_real_payload_is_taken_or_clearly_refused(cast: Cast) -> None:
    files = corpus()
    if not files:
        pytest.skip("The real webhooks are not here: 'shared/real/webhooks' beside the project.")
    token = a_door("any", most_a_minute=1000)
    statuses: dict[str, int] = {}

    for file in files:
        raw = file.read_bytes()
        statuses[file.name] = send(f"/alerts/any/{token}/", raw).status
        told = json.loads(raw)
        if isinstance(told, dict) and {"path", "body"} <= told.keys():
            body = json.dumps(told["body"]).replace("R0123456789abcdefghijklmnopqrstu", token)
            path = told["path"] if told["path"].startswith("/v2/") else f"/alerts/any/{token}/"
            assert send(path, body.encode()).status == 202, file.name

    settled()
    assert {status for status in statuses.values() if status != 202} <= {400, 413}
    assert Alert.objects.exclude(became="unreadable").count() >= len(files) / 2
