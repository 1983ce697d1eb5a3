"""The watcher on another machine, before a real server that is away, slow, stale or ill."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from redphone.cli import main
from redphone.cli.watch import turn

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass
class Desk:
    """A desk as a watcher sees it, and the service that the watcher tells by."""

    url: str = ""
    status: int = 200
    body: bytes | None = None
    slow: float = 0
    says: str = "ok"
    now: datetime = NOON
    refuses: bool = False
    told: list[str] = field(default_factory=list)

    def answer(self) -> bytes:
        if self.body is not None:
            return self.body
        late = [] if self.says == "ok" else [{"what": "pages", "why": "2 pages wait"}]
        return json.dumps({"status": self.says, "at": self.now.isoformat(), "late": late}).encode()

    @property
    def line(self) -> str:
        return self.url.replace("http://", "json://") + "/told"


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(desk.slow)
            self._say(desk.status, desk.answer())

        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not desk.refuses:
                desk.told.append(told["title"] + ": " + told["message"])
            self._say(500 if desk.refuses else 200, b"{}")

        def _say(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    desk.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield desk
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def looks(desk: Desk, memory: Path, *minutes: int, slow: float = 10, url: str = "") -> None:
    for minute in minutes:
        if desk.now != NOON - 10 * MINUTE:
            desk.now = NOON + minute * MINUTE
        at = NOON + minute * MINUTE
        turn(url or desk.url, [desk.line], memory, slow=slow, at=at)


def test_a_desk_that_is_well_is_told_of_to_nobody(desk: Desk, tmp_path: Path) -> None:
    looks(desk, tmp_path / "m", *range(5))

    assert desk.told == []


def test_trouble_is_told_after_two_looks_and_each_hour_and_its_end(
    desk: Desk, tmp_path: Path
) -> None:
    desk.status, desk.says = 503, "late"
    looks(desk, tmp_path / "m", 0)
    assert desk.told == []
    looks(desk, tmp_path / "m", *range(1, 61))
    assert len(desk.told) == 1
    looks(desk, tmp_path / "m", 61, 62)
    assert len(desk.told) == 2
    desk.status, desk.says = 200, "ok"
    looks(desk, tmp_path / "m", 63, 64)

    first, again, well = desk.told
    assert "2 pages wait" in first
    assert "2 pages wait" in again
    assert "well again" in well
    assert "63 min" in well


def test_one_bad_look_is_forgotten(desk: Desk, tmp_path: Path) -> None:
    for minute in range(0, 10, 2):
        desk.status, desk.says = 503, "late"
        looks(desk, tmp_path / "m", minute)
        desk.status, desk.says = 200, "ok"
        looks(desk, tmp_path / "m", minute + 1)

    assert desk.told == []


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ({"body": b"<html>It works!</html>"}, "none of a desk's"),
        ({"body": b'{"status": "ok"}'}, "none of a desk's"),
        ({"body": b"[]"}, "none of a desk's"),
        ({"status": 502, "body": b"Bad gateway"}, "HTTP 502"),
        ({"status": 503, "says": "down"}, "It says down"),
        ({"now": NOON - 10 * MINUTE}, "stale"),
        ({"slow": 0.2}, "slow"),
    ],
)
def test_each_kind_of_trouble_is_told_in_its_words(
    desk: Desk, tmp_path: Path, trouble: dict[str, object], words: str
) -> None:
    for name, value in trouble.items():
        setattr(desk, name, value)

    looks(desk, tmp_path / "m", 0, 1, slow=0.1)

    (told,) = desk.told
    assert words in told


def test_a_desk_that_does_not_answer_is_told_of(desk: Desk, tmp_path: Path) -> None:
    looks(desk, tmp_path / "m", 0, 1, url="http://127.0.0.1:1")

    (told,) = desk.told
    assert "It does not answer" in told


def test_a_restart_tells_nothing_twice_and_forgets_nothing(desk: Desk, tmp_path: Path) -> None:
    """Each look here is a process of its own: only the file goes from one to the next."""
    runner = CliRunner()
    memory = str(tmp_path / "deep" / "m.json")
    desk.body = b"gone"
    command = ["watch", desk.url, "--once", "--tell", desk.line, "--memory", memory]

    codes = [runner.invoke(main, command).exit_code for _ in range(4)]

    assert codes == [1, 1, 1, 1]
    assert len(desk.told) == 1
    Path(memory).write_text("half a fi")
    assert runner.invoke(main, command).exit_code == 1
    assert len(desk.told) == 1


def test_what_could_not_be_told_is_told_at_the_next_look(desk: Desk, tmp_path: Path) -> None:
    desk.status, desk.says, desk.refuses = 503, "late", True
    looks(desk, tmp_path / "m", 0, 1, 2)
    assert desk.told == []

    desk.refuses = False
    looks(desk, tmp_path / "m", 3, 4)
    assert len(desk.told) == 1


def test_an_address_that_nobody_knows_is_refused_without_showing_it(desk: Desk) -> None:
    found = CliRunner().invoke(main, ["watch", desk.url, "--tell", "secret-of-mine", "--once"])

    assert found.exit_code == 1
    assert "--tell number 1" in found.output
    assert "secret-of-mine" not in found.output


def test_whom_to_tell_can_stay_out_of_the_list_of_processes(desk: Desk) -> None:
    """An address holds a password, and everybody on a machine may read its command lines."""
    around = {"REDPHONE_WATCH_TELL": f"{desk.line} {desk.line}"}

    found = CliRunner().invoke(main, ["watch", desk.url, "--try"], env=around)

    assert found.exit_code == 0
    assert len(desk.told) == 2


def test_a_test_is_told_when_asked_for(desk: Desk) -> None:
    found = CliRunner().invoke(main, ["watch", desk.url, "--tell", desk.line, "--try"])

    assert (found.exit_code, len(desk.told)) == (0, 1)
    desk.refuses = True
    again = CliRunner().invoke(main, ["watch", desk.url, "--tell", desk.line, "--try"])
    assert again.exit_code == 1
