"""The SMTP and LMTP door as other mail servers meet it: 250 only after the commit. POL-6."""

from __future__ import annotations

import asyncio
import datetime
import smtplib
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db import DatabaseError, connections
from pytest_django import Settings
from tests.conftest import Cast
from tests.integration.mails import letter

from redphone import clock
from redphone.channels.mail.arrived import Arrived, read
from redphone.channels.mail.doors import Place
from redphone.jobs import mail_gather, mail_in, mail_smtp
from redphone.records.models import CaseRow, ReceivedMail, Report

URGENT = "urgent@ourcompany.com"


@dataclass
class Served:
    """The mail process in a thread, and how to reach it."""

    room: mail_in.Room
    port: int = 0

    def call(self, **more: Any) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.port, local_hostname="mx.example", timeout=10)

    def send(self, raw: bytes, to: str = URGENT) -> tuple[int, bytes]:
        """One mail on a connection of its own; the answer to its data."""
        with self.call() as line:
            line.ehlo_or_helo_if_needed()
            line.mail("a@b.example")
            code, said = line.rcpt(to)
            return line.data(raw) if code == 250 else (code, said)


Serve = Callable[..., Served]


@pytest.fixture
def serve(cast: Cast) -> Iterator[Serve]:
    """Starts the real process's room on free ports; all are ended after the test."""
    ends: list[Callable[[], None]] = []

    def start(place: Place | None = None, gate: mail_smtp.Gate | None = None) -> Served:
        served = Served(mail_in.Room([place or Place(kind="smtp", host="127.0.0.1", port=0)]))
        served.room.gate = gate or served.room.gate
        served.room.addresses.refresh()
        loop, ended, up = asyncio.new_event_loop(), asyncio.Event(), threading.Event()

        def run() -> None:
            loop.run_until_complete(served.room.serve(ended, up.set))
            loop.run_until_complete(asyncio.sleep(0.05))
            loop.close()

        thread = threading.Thread(target=run)
        thread.start()

        def end() -> None:
            loop.call_soon_threadsafe(ended.set)
            thread.join(10)

        ends.append(end)
        assert up.wait(10)
        served.port = next(iter(served.room.ports), 0)
        return served

    yield start
    for end in ends:
        end()


def test_a_mail_by_smtp_is_a_case_before_its_250(cast: Cast, serve: Serve) -> None:
    served = serve()

    code, said = served.send(letter(cast.mira.email).as_bytes())

    kept = ReceivedMail.objects.select_related("report").get()
    assert code == 250
    assert str(kept.pk).encode() in said
    assert kept.report is not None
    case = CaseRow.objects.get(ref=kept.report.case_ref)
    assert case.reporter == cast.mira
    assert kept.notes["peer"] == "127.0.0.1"
    assert kept.notes["helo"] == "mx.example"


def test_it_relays_nothing(serve: Serve) -> None:
    served = serve()

    for to in ("someone@elsewhere.example", "urgent@elsewhere.example", "urgent@ourcompany.com.x"):
        assert served.send(b"Subject: x\r\n\r\nx", to=to)[0] == 550
    assert served.send(b"Subject: x\r\n\r\nx", to="Urgent+RP-1001@OurCompany.com")[0] == 250


def test_a_database_that_is_away_is_a_451_and_the_retry_is_one_case(
    cast: Cast, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = serve()
    raw = letter(cast.mira.email).as_bytes()
    with monkeypatch.context() as patch:
        # Where the writer's thread will look for its database: a connection is made there.
        patch.setitem(connections.settings["default"], "HOST", "/nowhere")
        assert served.send(raw)[0] == 451
    assert not Report.objects.exists()
    taken = served.send(raw)
    again = served.send(raw)

    assert (taken[0], again[0]) == (250, 250)
    assert again[1].startswith(b"2.0.0 Known")
    assert CaseRow.objects.count() == 1


def test_a_client_that_was_cut_off_before_its_250_comes_again_as_one_case(
    cast: Cast, serve: Serve
) -> None:
    served = serve()
    raw = letter(cast.mira.email).as_bytes()
    line = served.call()
    line.ehlo()
    line.mail("a@b.example")
    line.rcpt(URGENT)
    line.docmd("DATA")
    line.send(raw + b"\r\n.\r\n")
    assert line.sock is not None
    line.sock.close()
    until = time.monotonic() + 10
    while not ReceivedMail.objects.exists() and time.monotonic() < until:
        time.sleep(0.02)

    code, said = served.send(raw)

    assert code == 250
    assert b"Known" in said
    assert CaseRow.objects.count() == Report.objects.count() == 1


def test_what_is_larger_than_announced_is_refused_at_its_size(
    serve: Serve, settings: Settings
) -> None:
    settings.MAIL_LARGEST = 1_000_000
    served = serve()
    with served.call() as line:
        line.ehlo()
        assert line.esmtp_features["size"] == "1000000"
        assert line.docmd("MAIL FROM:<a@b.example> SIZE=100000000")[0] == 552
        line.mail("a@b.example")
        line.rcpt(URGENT)
        code, _ = line.data(b"x" * 76 + b"\r\n" * 1 + (b"y" * 76 + b"\r\n") * 20_000)

    assert code == 552
    assert not ReceivedMail.objects.exists()


def in_data(served: Served) -> socket.socket:
    """A connection that has said DATA and may write."""
    sock = socket.create_connection(("127.0.0.1", served.port), timeout=10)
    for said in (
        b"HELO a",
        b"MAIL FROM:<a@b.example>",
        b"RCPT TO:<urgent@ourcompany.com>",
        b"DATA",
    ):
        sock.recv(1000)
        sock.sendall(said + b"\r\n")
    assert sock.recv(1000).startswith(b"354")
    return sock


def test_large_mails_share_a_memory_and_small_ones_get_in_all_the_same(serve: Serve) -> None:
    gate = mail_smtp.Gate(most_held=5_000_000)
    served = serve(gate=gate)
    with in_data(served) as one, in_data(served) as other:
        one.sendall((b"y" * 76 + b"\r\n") * 50_000)
        until = time.monotonic() + 5
        while gate.held < 3_900_000 and time.monotonic() < until:
            time.sleep(0.02)
        # More than the sockets buffer, so that the end may be seen while it still sends.
        with suppress(OSError):
            other.sendall((b"z" * 76 + b"\r\n") * 50_000)
        with suppress(ConnectionResetError):
            assert other.recv(1000).startswith(b"421")
        assert served.send(b"Subject: small\r\n\r\nhelp")[0] == 250
        one.sendall(b".\r\n")
        assert one.recv(1000).startswith(b"250")
    until = time.monotonic() + 5
    while gate.here and time.monotonic() < until:
        time.sleep(0.02)

    assert gate.held == 0
    assert ReceivedMail.objects.count() == 2


def test_a_line_without_an_end_is_cut_off(serve: Serve, settings: Settings) -> None:
    settings.MAIL_LARGEST = 1_000_000
    served = serve()
    with in_data(served) as sock:
        sent = 0
        with suppress(OSError):
            while sent < 50_000_000:
                sock.sendall(b"x" * 100_000)
                sent += 100_000

    assert sent < 50_000_000
    assert not ReceivedMail.objects.exists()


def test_a_line_longer_than_the_standard_loses_no_mail(serve: Serve) -> None:
    served = serve()

    code, _ = served.send(b"Subject: long\r\n\r\n" + b"x" * 50_000 + b"\r\n")

    assert code == 250
    assert Report.objects.get().description.count("x") == 50_000


def bombs() -> Iterator[tuple[str, bytes]]:
    depth = 10_000
    yield (
        "nested parts",
        b"".join(
            b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n)
            for n in range(depth)
        ),
    )
    yield "headers", b"".join(b"X-%d: y\r\n" % n for n in range(100_000)) + b"\r\nhelp"
    yield "encoded words", b"Subject: " + b"=?utf-8?q?a?= " * 50_000 + b"\r\n\r\nhelp"
    parts = b'--b\r\nContent-Disposition: attachment; filename="a"\r\n\r\nx\r\n' * 10_000
    yield "parts", b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + parts


BOMBS = dict(bombs())


@pytest.mark.parametrize("name", list(BOMBS))
def test_a_bomb_is_a_case_soon_and_holds_up_nobody(serve: Serve, name: str) -> None:
    served = serve()
    began = time.monotonic()

    code, _ = served.send(BOMBS[name])

    assert code == 250
    assert time.monotonic() - began < 10
    assert CaseRow.objects.count() == 1


def test_a_slow_sender_is_cut(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_smtp, "TIMEOUT", 0.5)
    assert mail_smtp.line.__kwdefaults__ is not None
    monkeypatch.setitem(mail_smtp.line.__kwdefaults__, "timeout", 0.5)
    served = serve()
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as slow:
        slow.recv(100)
        slow.sendall(b"EHLO a\r\n")
        began = time.monotonic()
        while time.monotonic() - began < 8:
            try:
                slow.sendall(b"N")
                slow.settimeout(0.1)
                if slow.recv(1000) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break

    assert time.monotonic() - began < 5


def test_connections_are_counted_and_given_back(serve: Serve) -> None:
    gate = mail_smtp.Gate(most=2, most_from_one=2)
    served = serve(gate=gate)
    first, second = served.call(), served.call()

    with pytest.raises((smtplib.SMTPConnectError, smtplib.SMTPServerDisconnected)):
        served.call()
    first.close()
    second.close()
    until = time.monotonic() + 5
    while gate.here and time.monotonic() < until:
        time.sleep(0.02)

    assert served.send(b"Subject: x\r\n\r\nx")[0] == 250


def test_who_sends_too_much_is_slowed_then_put_off_and_never_refused_for_good() -> None:
    gate = mail_smtp.Gate(slowed_from=2, put_off_from=4)

    delays = [gate.delay("192.0.2.1") for _ in range(5)]

    assert delays == [0.0, 0.0, 0.01, 0.02, None]
    assert gate.delay("192.0.2.2") == 0.0


def test_a_smuggled_second_mail_stays_inside_the_first(serve: Serve) -> None:
    served = serve()
    inner = b"MAIL FROM:<x@y.example>\r\nRCPT TO:<" + URGENT.encode() + b">\r\nDATA\r\n"
    for end in (b"\n.\n", b"\r\n.\n", b"\n.\r\n"):
        with socket.create_connection(("127.0.0.1", served.port), timeout=10) as sock:
            answers = sock.makefile("rb")
            answers.readline()
            sock.sendall(b"HELO a\r\n")
            answers.readline()
            for said in (b"MAIL FROM:<a@b.example>", b"RCPT TO:<" + URGENT.encode() + b">"):
                sock.sendall(said + b"\r\n")
                answers.readline()
            sock.sendall(b"DATA\r\n")
            answers.readline()
            sock.sendall(b"Subject: " + end.hex().encode() + b"\r\n\r\nouter" + end + inner)
            sock.sendall(b"Subject: inner\r\n\r\ninner\r\n.\r\n")
            assert answers.readline().startswith(b"250")

    assert ReceivedMail.objects.count() == 3
    assert not ReceivedMail.objects.filter(subject="inner").exists()


def test_starttls_is_offered_and_works(
    cast: Cast, serve: Serve, settings: Settings, tmp_path: Path
) -> None:
    cert = certificate(tmp_path)
    settings.MAIL_TLS_CERT, settings.MAIL_TLS_KEY = str(cert), str(tmp_path / "key.pem")
    served = serve()
    context = ssl.create_default_context(cafile=str(cert))
    with served.call() as line:
        line._host = "localhost"  # type: ignore[attr-defined]
        line.starttls(context=context)
        line.sendmail("a@b.example", [URGENT], letter(cast.mira.email).as_bytes())

    assert ReceivedMail.objects.get().notes["tls"] == "yes"


def certificate(folder: Path) -> Path:
    """A certificate for localhost that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    at = clock.now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - datetime.timedelta(days=1))
        .not_valid_after(at + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem"


def test_lmtp_on_a_socket_takes_one_recipient_a_mail(
    cast: Cast, serve: Serve, data_folder: Path
) -> None:
    path = data_folder / "lmtp.sock"
    serve(Place(kind="lmtp", socket=str(path)))
    raw = letter(cast.mira.email).as_bytes()
    with smtplib.LMTP(str(path)) as line:
        refused = line.sendmail("a@b.example", [URGENT, "escalations@ourcompany.com"], raw)

    assert list(refused) == ["escalations@ourcompany.com"]
    assert refused["escalations@ourcompany.com"][0] == 452
    assert ReceivedMail.objects.get().door == "lmtp"


def test_a_server_near_by_is_believed_and_a_sender_is_not(
    cast: Cast, serve: Serve, settings: Settings
) -> None:
    settings.MAIL_TRUSTED = ("mx.ourcompany.com",)
    served = serve()
    found = "mx.ourcompany.com; dmarc=fail header.from=nordwind.example; spf=pass"
    forged = "elsewhere.example; dmarc=pass"

    served.send(letter(cast.mira.email, authentication_results=found).as_bytes())
    served.send(letter(cast.mira.email, authentication_results=forged).as_bytes())

    first, second = ReceivedMail.objects.order_by("received_at")
    assert (first.notes["dmarc"], first.notes["spf"]) == ("fail", "pass")
    assert "dmarc" not in second.notes


def test_one_mail_that_fails_takes_no_other_with_it() -> None:
    def take(mails: Any) -> Any:
        if any(opened.mail.subject == "bad" for opened in mails):
            raise ValueError("bad")
        return [opened.mail.subject for opened in mails]

    gather = mail_gather.Gather(take=take)
    mails = [
        read(Arrived(raw=f"Subject: {name}\r\n\r\nx".encode(), door="smtp", at=clock.now()))
        for name in ("good", "bad", "fine")
    ]
    found: list[Any] = gather._write(mails)
    gather.close()

    assert (found[0], found[2]) == ("good", "fine")
    assert isinstance(found[1], ValueError)


def test_a_database_error_is_everybodys() -> None:
    def take(mails: Any) -> Any:
        raise DatabaseError("away")

    gather = mail_gather.Gather(take=take)
    found = gather._write([None, None])  # type: ignore[list-item]
    gather.close()

    assert [type(each) for each in found] == [DatabaseError, DatabaseError]


def test_the_command_says_what_is_missing() -> None:
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "redphone.cli", "mail"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "REDPHONE_MAIL_IN" in done.stderr
