"""`redphone up` starts everything, brings back whatever dies, and leaves nothing behind."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="finds processes by /proc, which is Linux's"
)


@dataclass(frozen=True, kw_only=True)
class Running:
    """A desk that `redphone up` runs."""

    process: subprocess.Popen[str]
    data: Path
    port: int
    log: Path

    def answers(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/accounts/login/", timeout=10) as page:
                return bool(page.status == 200)
        except (URLError, OSError):
            return False

    def family(self) -> dict[int, str]:
        """Every process below it, with its command line."""
        found: dict[int, str] = {}
        waiting = [self.process.pid]
        while waiting:
            pid = waiting.pop()
            try:
                below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
                for child in map(int, below):
                    line = Path(f"/proc/{child}/cmdline").read_bytes()
                    found[child] = line.replace(b"\0", b" ").decode()
                    waiting.append(child)
            except (FileNotFoundError, ProcessLookupError):
                continue
        return found

    def child(self, what: str) -> int | None:
        return next((pid for pid, line in self.family().items() if what in line), None)


def environment(data: Path, port: int) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("REDPHONE_", "DJANGO_"))}
    return clean | {
        "REDPHONE_DATA": str(data),
        "REDPHONE_PORT": str(port),
        "REDPHONE_SYSTEM_USER": "nobody",
    }


def start(data: Path, port: int) -> Running:
    log = data / f"up-{port}.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "redphone.cli", "up"],
            env=environment(data, port),
            stdout=file,
            stderr=file,
            text=True,
        )
    running = Running(process=process, data=data, port=port, log=log)
    if not eventually(lambda: "Redphone is at" in log.read_text(), 180):
        stop(running)
        pytest.fail(f"It did not start: {log.read_text()}")
    return running


def stop(running: Running) -> None:
    if running.process.poll() is None:
        running.process.send_signal(signal.SIGINT)
        running.process.wait(30)


def eventually(question: Callable[[], bool], seconds: float = 20) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if question():
            return True
        time.sleep(0.05)
    return question()


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="redphone-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def desk(data: Path) -> Iterator[Running]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    running = start(data, port)
    yield running
    stop(running)


def test_ctrl_c_stops_everything_within_five_seconds(desk: Running) -> None:
    family = desk.family()
    for what in (" web", " clock", " worker", " mailbox", "postgres"):
        assert desk.child(what), family
    assert eventually(desk.answers)

    began = time.monotonic()
    desk.process.send_signal(signal.SIGINT)
    code = desk.process.wait(30)

    assert time.monotonic() - began < 5
    assert code == 0
    assert eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family), 2)


def test_who_can_sign_in_is_kept_for_the_operator_alone(desk: Running) -> None:
    note = desk.data / "sign-in.json"

    people = json.loads(note.read_text())

    assert note.stat().st_mode & 0o077 == 0
    assert len(people) > 5
    assert desk.log.read_text().count(f" {people[0][2]} ") == 1


def test_a_second_start_says_where_the_first_one_is(desk: Running) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "redphone.cli", "up"],
        env=environment(desk.data, desk.port),
        capture_output=True,
        text=True,
        check=False,
    )

    assert second.returncode == 1
    assert f"process {desk.process.pid}" in second.stderr
    assert f"http://127.0.0.1:{desk.port}" in second.stderr
    assert eventually(desk.answers)


@pytest.mark.parametrize("what", [" web", " clock", " worker", " mailbox", "postgres -D"])
def test_what_is_killed_comes_back(desk: Running, what: str) -> None:
    victim = desk.child(what)
    assert victim

    os.kill(victim, signal.SIGKILL)

    assert eventually(lambda: desk.child(what) not in (None, victim))
    assert eventually(desk.answers)


def test_when_up_itself_is_killed_nothing_stays_behind(desk: Running) -> None:
    family = desk.family()

    desk.process.kill()
    desk.process.wait()

    def left() -> list[str]:
        return [line for pid, line in family.items() if Path(f"/proc/{pid}/exe").exists()]

    assert eventually(lambda: not left(), 15), left()


def test_a_port_in_use_is_said_at_once(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        said = subprocess.run(
            [sys.executable, "-m", "redphone.cli", "up"],
            env=environment(data, int(taken.getsockname()[1])),
            capture_output=True,
            text=True,
            check=False,
        )

    assert said.returncode == 1
    assert "REDPHONE_PORT=8001" in said.stderr
