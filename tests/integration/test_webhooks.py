"""Programs elsewhere are told: signed, at least once, of one incident in order."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from tests.conftest import NOON

from redphone import clock
from redphone.actions import cases, incidents, webhook_posts, webhooks
from redphone.channels.webhook.address import Allowed
from redphone.channels.webhook.fake import FakeLine
from redphone.channels.webhook.send import Answer, Line
from redphone.records.models import Webhook, WebhookPost
from redphone.records.models.webhook import PostState

if TYPE_CHECKING:
    from tests.conftest import Cast

HERE = Allowed.read(["127.0.0.1", "localhost"])
DOWN = Answer(detail="connection refused")
HOUR = timedelta(hours=1)


@dataclass
class Receiver:
    """A real program that is told. `answers` are (status, headers, body), given in turn."""

    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/hook?x=1"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    told = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.taken.append(({k.lower(): v for k, v in self.headers.items()}, body))
            status, headers, said = told.answers.pop(0) if told.answers else (204, {}, b"")
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(said))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


def made(url: str = "https://hooks.example/", events: tuple[str, ...] = ()) -> tuple[Webhook, str]:
    return webhooks.create(name="Pager bridge", url=url, events=events, by="person:1", at=NOON)


def at(moment: datetime) -> webhook_posts.Now:
    return lambda: moment


def told(line: FakeLine) -> list[str]:
    return [json.loads(body)["type"] for _, body, _ in line.posts]


def test_a_program_is_told_in_order_and_can_check_the_signature(
    cast: Cast, receiver: Receiver
) -> None:
    _, secret = made(receiver.url)
    taken = cast.report(cast.mira)
    assert taken.incident is not None
    incidents.acknowledge(incident=taken.incident, by=cast.ana.actor, at=NOON)

    webhook_posts.send_waiting(line=Line(HERE), now=at(NOON))

    kinds = [json.loads(body)["type"] for _, body in receiver.taken]
    assert kinds == [
        "incident.opened",
        "incident.asked",
        "case.opened",
        "incident.acknowledged",
    ]
    headers, body = receiver.taken[-1]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["host"] == f"localhost:{receiver.port}"
    data = json.loads(body)["data"]
    assert (data["incident"], data["actor"]["name"]) == (taken.incident, cast.ana.name)


def test_only_what_was_asked_for_is_told_and_no_words_of_the_house(cast: Cast) -> None:
    made(events=("case.*", "incident.noted"))
    taken = cast.report(cast.mira, "A secret thing is broken")
    assert taken.case is not None
    cases.respond(case=taken.case, by=cast.ana.actor, words="We are on it.", at=NOON)
    line = FakeLine()

    webhook_posts.send_waiting(line=line, now=at(NOON))

    assert told(line) == ["case.opened", "case.responded"]
    assert b"secret thing" not in line.posts[0][1]
    assert json.loads(line.posts[1][1])["data"]["words"] == "We are on it."


def test_of_a_breach_no_words_are_told(cast: Cast) -> None:
    made(events=("case.responded",))
    taken = cast.report(cast.mira, "Our customer data was stolen: a data breach, we were hacked")
    assert taken.case is not None
    assert taken.incident is not None
    assert webhook_posts.is_guarded(taken.incident)
    cases.respond(case=taken.case, by=cast.ana.actor, words="The dump is on pastebin.", at=NOON)
    line = FakeLine()

    webhook_posts.send_waiting(line=line, now=at(NOON))

    assert told(line) == ["case.responded"]
    assert b"pastebin" not in line.posts[0][1]


def test_nothing_of_an_incident_overtakes_what_was_not_taken(cast: Cast) -> None:
    made(events=("incident.opened", "incident.asked", "case.opened"))
    first, second = cast.report(cast.mira), cast.report(cast.jon)
    disliked = Answer(status=400, detail="no")
    line = FakeLine(answers=[disliked])

    webhook_posts.send_waiting(line=line, now=at(NOON))

    tried = [json.loads(body)["data"]["incident"] for _, body, _ in line.posts]
    assert tried == [first.incident, *[second.incident] * 3]
    webhook_posts.send_waiting(line=line, now=at(NOON + timedelta(seconds=10)))
    of_first = [
        t
        for t, i in zip(told(line), [*tried, *[first.incident] * 3], strict=True)
        if i == first.incident
    ]
    assert of_first == ["incident.opened", "incident.opened", "incident.asked", "case.opened"]
    ids = [headers["webhook-id"] for _, _, headers in line.posts]
    assert ids[0] == ids[4]
    assert len(set(ids)) == len(ids) - 1


def test_who_does_not_answer_is_left_in_peace_and_tried_for_two_days(cast: Cast) -> None:
    webhook, _ = made(events=("incident.opened",))
    cast.report(cast.mira)
    cast.report(cast.jon)
    line = FakeLine(answers=[DOWN] * 10_000)
    now, tries = NOON, 0

    while now < NOON + 50 * HOUR:
        tries += webhook_posts.send_waiting(line=line, now=at(now))
        now += timedelta(minutes=5)

    assert {post.state for post in WebhookPost.objects.all()} == {PostState.FAILED}
    assert 2 * 48 <= tries <= 2 * 100
    last = max(int(headers["webhook-timestamp"]) for _, _, headers in line.posts)
    assert 46 * HOUR < datetime.fromtimestamp(last, NOON.tzinfo) - NOON <= 48 * HOUR
    webhook.refresh_from_db()
    assert webhook.failing_since == NOON


def test_an_outage_of_the_other_end_costs_no_event(cast: Cast, receiver: Receiver) -> None:
    made(receiver.url, events=("incident.opened", "case.opened"))
    receiver.answers = [(503, {"Retry-After": "120"}, b"down for repair")]
    cast.report(cast.mira)

    webhook_posts.send_waiting(line=Line(HERE), now=at(NOON))
    webhook_posts.send_waiting(line=Line(HERE), now=at(NOON + timedelta(seconds=100)))

    assert len(receiver.taken) == 1
    post = WebhookPost.objects.order_by("id").first()
    assert post is not None
    assert (post.status, post.answer) == (503, "down for repair")
    webhook_posts.send_waiting(line=Line(HERE), now=at(NOON + timedelta(seconds=300)))
    assert len(receiver.taken) == 3
    assert Webhook.objects.get().failing_since is None


def test_a_worker_that_died_loses_nothing_and_its_double_has_the_same_id(cast: Cast) -> None:
    made(events=("incident.opened",))
    cast.report(cast.mira)
    lost = webhook_posts.claim(at=NOON)
    assert lost is not None
    assert webhook_posts.claim(at=NOON) is None
    line = FakeLine()

    later = NOON + webhook_posts.LEASE + timedelta(seconds=1)
    assert webhook_posts.is_waiting(at=later)
    webhook_posts.send_waiting(line=line, now=at(later))

    assert [headers["webhook-id"] for _, _, headers in line.posts] == [lost.message_id]


def test_gone_ends_it_and_a_redirect_is_not_followed(cast: Cast, receiver: Receiver) -> None:
    webhook, _ = made(receiver.url, events=("incident.opened",))
    receiver.answers = [(302, {"Location": "http://169.254.169.254/"}, b""), (410, {}, b"")]
    cast.report(cast.mira)

    webhook_posts.send_waiting(line=Line(HERE), now=at(NOON))
    assert WebhookPost.objects.get().error == "HTTP 302"
    webhook_posts.send_waiting(line=Line(HERE), now=at(NOON + HOUR))

    webhook.refresh_from_db()
    assert webhook.disabled_at == NOON + HOUR
    assert len(receiver.taken) == 2


def test_what_was_told_can_be_told_again_in_its_order(cast: Cast) -> None:
    webhook, _ = made()
    cast.report(cast.mira)
    line, again = FakeLine(), FakeLine()
    webhook_posts.send_waiting(line=line, now=at(NOON))

    count = webhooks.replay(webhook=webhook.pk, since=NOON - HOUR, at=NOON + HOUR)
    webhook_posts.send_waiting(line=again, now=at(NOON + HOUR))

    assert count == len(line.posts)
    assert [h["webhook-id"] for _, _, h in again.posts] == [
        h["webhook-id"] for _, _, h in line.posts
    ]
    with pytest.raises(webhooks.NothingToSend):
        webhooks.replay(webhook=webhook.pk, since=NOON + 2 * HOUR, at=NOON + 2 * HOUR)


def test_skipping_one_lets_the_next_of_its_incident_go(cast: Cast) -> None:
    webhook, _ = made(events=("incident.opened", "case.opened"))
    cast.report(cast.mira)
    line = FakeLine(answers=[Answer(status=422)])
    webhook_posts.send_waiting(line=line, now=at(NOON))
    stuck = WebhookPost.objects.get(state=PostState.PENDING, tries=1)

    webhooks.skip(webhook=webhook.pk, post=stuck.pk)
    webhook_posts.send_waiting(line=line, now=at(NOON))

    assert told(line) == ["incident.opened", "case.opened"]


def test_while_a_secret_is_changed_both_sign(cast: Cast) -> None:
    webhook, _ = made(events=("incident.opened",))
    webhooks.change_secret(webhook=webhook.pk, at=NOON)
    cast.report(cast.mira)
    line = FakeLine()
    webhook_posts.send_waiting(line=line, now=at(NOON))
    cast.report(cast.jon, at=NOON + 25 * HOUR)

    webhook_posts.send_waiting(line=line, now=at(NOON + 25 * HOUR))

    signatures = [len(h["webhook-signature"].split()) for _, _, h in line.posts]
    assert signatures == [2, 1]
    assert not Webhook.objects.filter(secret__startswith="whsec_").exists()


def test_a_private_address_is_not_knocked_on(cast: Cast, receiver: Receiver) -> None:
    made(receiver.url, events=("incident.opened",))
    cast.report(cast.mira)

    webhook_posts.send_waiting(line=Line(Allowed()), now=at(NOON))

    assert receiver.taken == []
    assert "REDPHONE_WEBHOOK_ALLOW" in WebhookPost.objects.get().error


def test_the_connection_goes_to_the_address_that_was_looked_at(receiver: Receiver) -> None:
    looked: list[str] = []

    def look_up(host: str, port: int) -> list[str]:
        """A name that answers something else each time it is asked."""
        looked.append(host)
        return ["127.0.0.1"] if len(looked) == 1 else ["10.0.0.1"]

    line = Line(Allowed.read(["127.0.0.1/32"]), look_up=look_up)
    first = line.post(f"http://rebind.invalid:{receiver.port}/", b"{}", {})
    second = line.post(f"http://rebind.invalid:{receiver.port}/", b"{}", {})

    assert first.is_taken
    assert receiver.taken[0][0]["host"] == f"rebind.invalid:{receiver.port}"
    assert second.is_refused
    assert len(receiver.taken) == 1


def test_one_that_drips_is_cut_off_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def drip() -> None:
            line, _ = listening.accept()
            with line:
                try:
                    for sign in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1000:
                        line.send(bytes([sign]))
                        time.sleep(0.05)
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        answer = Line(HERE, within=1.0).post(f"http://localhost:{port}/", b"{}", {})
        took = time.monotonic() - began
        thread.join()

    assert answer.status is None
    assert took < 3


def test_a_certificate_for_another_name_is_not_believed(tmp_path: Path) -> None:
    certificate, key = _self_signed(tmp_path, "other.example")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    trust = ssl.create_default_context(cafile=str(certificate))

    assert "other.example" in _handshake(server, trust, "localhost").detail
    assert "self-signed" in _handshake(server, ssl.create_default_context(), "localhost").detail


def test_the_console_is_for_who_looks_after_it(cast: Cast) -> None:
    webhook, _ = made()
    paths = ["/webhooks/", f"/webhooks/{webhook.pk}/"]

    def answers(person: Any) -> list[int]:
        client = Client()
        client.force_login(person)
        return [client.get(path).status_code for path in paths] + [
            client.post(f"/webhooks/{webhook.pk}/end/").status_code
        ]

    assert answers(cast.mira) == [404, 404, 404]
    assert answers(cast.ana) == [403, 403, 403]
    assert Webhook.objects.get().disabled_at is None
    assert answers(cast.rosa)[:2] == [200, 200]


def _handshake(server: ssl.SSLContext, trust: ssl.SSLContext, host: str) -> Answer:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            line, _ = listening.accept()
            try:
                server.wrap_socket(line, server_side=True).close()
            except OSError:
                line.close()

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"https://{host}:{listening.getsockname()[1]}/"
        answer = Line(HERE, trust=trust, within=5).post(url, b"{}", {})
        thread.join()
        return answer


def _self_signed(folder: Path, name: str) -> tuple[Path, Path]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = clock.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - HOUR)
        .not_valid_after(now + HOUR)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths
