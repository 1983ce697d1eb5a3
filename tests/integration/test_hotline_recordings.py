"""Recordings: fetched from the named address only, kept once, and heard by nobody else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from redphone.actions import hotline, recordings
from redphone.channels.hotline import fetch as fetching
from redphone.channels.hotline.fetch import Fetched, NotFetched, fetch
from redphone.clock import now
from redphone.core.hotline import Callback, Step
from redphone.records import ledger
from redphone.records.models import Attachment, Call, CaseRow, Recording
from redphone.records.models.call import RecordingState

if TYPE_CHECKING:
    from tests.conftest import Cast

WAV = b"RIFF" + bytes(range(256)) * 8


class Shelf(ThreadingHTTPServer):
    """A provider's recordings: what to answer by path, and who has asked for what."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Ask)
        self.asked: list[tuple[str, str]] = []
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Ask(BaseHTTPRequestHandler):
    server: Shelf

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Authorization", "")))
        missing: tuple[int, dict[str, str], bytes] = (404, {}, b"")
        status, headers, body = self.server.answers.get(self.path, missing)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    found = Shelf()
    thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


def got(shelf: Shelf, url: str) -> Fetched | NotFetched:
    return fetch(url, origins=[shelf.origin], user="AC1", password="secret")


def a_call(url: str) -> CaseRow:
    """A call with one recording, which lies at an address."""
    at = now()
    hotline.hear(Callback(step=Step.VOICE, call="CA1", at=at, caller="+442079460321"))
    told = Callback(
        step=Step.RECORDING, call="CA1", at=at, recording="RE1", recording_url=url, seconds=7
    )
    hotline.hear(told)
    return CaseRow.objects.get()


def fetched(shelf: Shelf, *, minutes: float = 0) -> int:
    return recordings.fetch_waiting(
        at=now() + timedelta(minutes=minutes), fetch=lambda url, account: got(shelf, url)
    )


def test_a_recording_is_fetched_with_our_name_and_kept_with_the_case(
    shelf: Shelf, cast: Cast
) -> None:
    shelf.answers["/RE1"] = (200, {"Content-Type": "audio/x-wav"}, WAV)
    case = a_call(f"{shelf.origin}/RE1")

    assert fetched(shelf) == 1

    kept = Attachment.objects.get()
    (entry,) = [each for each in ledger.entries(case.ref) if each.kind == "added"]
    assert bytes(kept.content) == WAV
    assert entry.data["files"] == [kept.digest]
    assert entry.words == "Recorded on the phone, 7 seconds."
    assert shelf.asked == [("/RE1", "Basic QUMxOnNlY3JldA==")]


def test_a_recording_that_is_told_and_fetched_twice_is_kept_once(shelf: Shelf, cast: Cast) -> None:
    shelf.answers["/RE1"] = (200, {}, WAV)
    a_call(f"{shelf.origin}/RE1")
    row = Recording.objects.get()

    assert fetched(shelf) == 1
    assert recordings._keep(row, Fetched(content=WAV, content_type="audio/wav"), now()) is False
    a_call(f"{shelf.origin}/RE1")

    assert (fetched(shelf), Attachment.objects.count()) == (0, 1)


def test_a_recording_that_is_not_there_yet_is_asked_for_again(shelf: Shelf, cast: Cast) -> None:
    a_call(f"{shelf.origin}/RE1")
    first = fetched(shelf)
    shelf.answers["/RE1"] = (200, {}, WAV)

    at_once, later = fetched(shelf), fetched(shelf, minutes=1)

    assert (first, at_once, later) == (0, 0, 1)


def test_after_all_tries_the_case_says_so(shelf: Shelf, cast: Cast) -> None:
    case = a_call(f"{shelf.origin}/RE1")
    Recording.objects.update(tries=len(recordings.WAITS))

    fetched(shelf)

    row = Recording.objects.get()
    assert (row.state, row.why) == (RecordingState.GIVEN_UP, "The provider says 404")
    client = Client()
    client.force_login(cast.ana)
    assert "It is still at the provider" in client.get(f"/cases/{case.ref}/").content.decode()


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost:{port}/RE1",
        "http://127.0.0.1/RE1",
        "https://127.0.0.1:{port}/RE1",
        "http://127.0.0.1:{port}@elsewhere.example/RE1",
        "http://user@127.0.0.1:{port}/RE1",
        "http://127.0.0.1:{port}\\@elsewhere.example/",
        "http://127.0.0.1:{port}.elsewhere.example/RE1",
        "//127.0.0.1:{port}/RE1",
        "file:///etc/passwd",
        "http://[::1]:{port}/RE1",
        "http://127.0.0.1:99999/RE1",
        "",
    ],
)
def test_what_lies_elsewhere_is_never_asked_for(shelf: Shelf, url: str) -> None:
    shelf.answers["/RE1"] = (200, {}, WAV)

    found = got(shelf, url.format(port=shelf.server_port))

    assert isinstance(found, NotFetched)
    assert found.for_good
    assert shelf.asked == []


def test_nobody_is_sent_on_to_elsewhere(shelf: Shelf) -> None:
    shelf.answers["/RE1"] = (302, {"Location": "http://169.254.169.254/"}, b"")
    shelf.answers["/RE2"] = (307, {"Location": "/RE3"}, b"")
    shelf.answers["/RE3"] = (200, {}, WAV)
    shelf.answers["/RE4"] = (302, {"Location": "/RE4"}, b"")

    assert isinstance(got(shelf, f"{shelf.origin}/RE1"), NotFetched)
    assert isinstance(got(shelf, f"{shelf.origin}/RE2"), Fetched)
    assert isinstance(got(shelf, f"{shelf.origin}/RE4"), NotFetched)


def test_too_much_is_not_read(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "LARGEST", 1000)
    shelf.answers["/RE1"] = (200, {}, WAV)

    found = got(shelf, f"{shelf.origin}/RE1")

    assert isinstance(found, NotFetched)
    assert "larger" in found.why


def test_a_provider_that_is_gone_is_tried_again(shelf: Shelf) -> None:
    found = fetch("http://127.0.0.1:9/RE1", origins=["http://127.0.0.1:9"], user="", password="")

    assert isinstance(found, NotFetched)
    assert not found.for_good


def test_other_organisations_hear_no_recording(shelf: Shelf, cast: Cast) -> None:
    shelf.answers["/RE1"] = (200, {}, WAV)
    case = a_call(f"{shelf.origin}/RE1")
    fetched(shelf)
    file = Attachment.objects.get().pk

    def status(person: object, where: str) -> int:
        client = Client()
        client.force_login(person)  # type: ignore[arg-type]
        return client.get(f"{where}/{case.ref}/files/{file}/").status_code

    assert status(cast.ana, "/cases") == 200
    assert {
        status(who, where) for who in (cast.mira, cast.jon) for where in ("/cases", "/my/cases")
    } == {404}
    assert Call.objects.get().case_ref == case.ref
