"""A whole desk as real processes on a database of its own, to be killed or measured.

PostgreSQL keeps its promises here (fsync and all), and every process is the one that operators
run. What dies is started again, as `redphone up` or a supervisor does.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psycopg

from redphone.config.embedded import Cluster
from redphone.config.ground import EmbeddedError, Ground
from redphone.config.layout import Layout
from redphone.config.processes import spawn

WAIT_FOR_START = 60.0


@dataclass
class Process:
    """One process of the desk, and whatever it has started."""

    name: str
    arguments: tuple[str, ...]
    environment: dict[str, str]
    log: Path
    running: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = spawn(
                [sys.executable, "-m", "redphone.cli", *self.arguments],
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        self.starts += 1

    def has_died(self) -> bool:
        return self.running is not None and self.running.poll() is not None

    def kill(self, signum: int = signal.SIGKILL) -> None:
        """The process and its children, at once: nothing is said to them."""
        if self.running is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.running.pid, signum)
            self.running.wait(10)


@dataclass
class Desk:
    """The processes, their database, and what is asked of it past them."""

    folder: Path
    cluster: Cluster
    environment: dict[str, str]
    port: int
    processes: dict[str, Process] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of `redphone`, to its end."""
        return subprocess.run(
            [sys.executable, "-m", "redphone.cli", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def add(self, name: str, *arguments: str) -> Process:
        process = Process(name, arguments, self.environment, self.folder / f"{name}.log")
        self.processes[name] = process
        process.start()
        return process

    def tend(self) -> None:
        """Start again whatever has died. From the main thread only: see `spawn`."""
        try:
            self.cluster.tend()
        except EmbeddedError as error:
            raise AssertionError(f"the database does not come back: {error}") from error
        for process in self.processes.values():
            if process.has_died():
                process.kill()
                process.start()

    def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the database, however often it takes while it is being killed."""
        until = time.monotonic() + WAIT_FOR_START
        while True:
            try:
                with self.cluster.connect() as connection:
                    cursor = connection.execute(query, values)
                    return cursor.fetchall() if cursor.description else []
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                self.tend()
                time.sleep(0.1)

    def answers(self) -> bool:
        try:
            with urlopen(f"{self.address}/accounts/login/", timeout=2) as page:
                return bool(page.status == 200)
        except OSError:
            return False

    def await_web(self) -> None:
        self.wait(self.answers, "the web server answers")

    def wait(self, done: Callable[[], bool], what: str, within: float = WAIT_FOR_START) -> None:
        """Wait for something, and keep everything alive meanwhile."""
        until = time.monotonic() + within
        while not done():
            assert time.monotonic() < until, f"in {within:.0f} s not: {what}\n{self.tails()}"
            self.tend()
            time.sleep(0.1)

    def token(self, email: str) -> str:
        """A new token of somebody, for the API."""
        made = self.run("token", "create", "--person", email, "--name", "load")
        found = [word for word in made.stdout.split() if word.startswith("rp_")]
        assert found, made.stdout + made.stderr
        return found[0]

    def tails(self) -> str:
        """The ends of all logs, for whoever reads why a test failed."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(
            f"--- {log.name}\n{log.read_text('utf-8', 'replace')[-1500:]}" for log in logs
        )

    def stop(self) -> None:
        for process in self.processes.values():
            process.kill()
        self.cluster.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def a_desk(*, smtp_port: int, policy: Path | None = None, **options: str) -> Iterator[Desk]:
    """A desk with the small company on it; its processes are still to be added.

    `options` go to PostgreSQL. Without a policy it is the one that comes with Redphone.
    """
    folder = Path(tempfile.mkdtemp(prefix="redphone-real-", dir="/tmp"))
    folder.chmod(0o711)
    port = free_port()
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("REDPHONE_", "DJANGO_"))}
    environment = clean | {
        "REDPHONE_DATA": str(folder),
        "REDPHONE_PORT": str(port),
        "REDPHONE_SYSTEM_USER": "nobody",
        "REDPHONE_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
        "REDPHONE_LOG": "text",
        **({"REDPHONE_POLICY": str(policy)} if policy else {}),
    }
    ground = Ground(layout=Layout(folder), user="nobody")
    desk = Desk(folder, Cluster(ground=ground, options=options), environment, port)
    try:
        desk.cluster.start()
        made = desk.run("migrate", "--with-company", "--quiet")
        assert made.returncode == 0, made.stdout + made.stderr
        yield desk
    finally:
        desk.stop()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Killer:
    """Kills somebody at random, and waits until they can be killed again to some effect."""

    desk: Desk
    chance: random.Random
    kills: list[str] = field(default_factory=list)

    def kill_somebody(self) -> None:
        desk = self.desk
        victims = [*desk.processes, "web", "postmaster", "backend"]
        victim = self.chance.choice(victims)
        if victim == "postmaster":
            self._kill_postmaster()
        elif victim == "backend":
            self._kill_backend()
        else:
            desk.processes[victim].kill()
        self.kills.append(victim)

    def _kill_postmaster(self) -> None:
        pid = self.desk.cluster.pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        # Its `poll` must have seen the end before `tend` looks.
        until = time.monotonic() + 5
        while self.desk.cluster.pid is not None and time.monotonic() < until:
            time.sleep(0.01)

    def _kill_backend(self) -> None:
        """One connection's process: PostgreSQL then drops all of them and recovers."""
        found = self.desk.sql(
            "select pid from pg_stat_activity where backend_type = 'client backend' "
            "and pid <> pg_backend_pid() and datname = current_database()"
        )
        for (pid,) in self.chance.sample(found, min(1, len(found))):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


@dataclass
class Reporter:
    """Sends reports until it is told to stop, each until it is accepted: one key a report."""

    desk: Desk
    token: str
    chance: random.Random
    every: float
    stop: threading.Event
    accepted: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def run(self) -> None:
        number = 0
        while not self.stop.is_set():
            number += 1
            self._send(f"{self.token[-6:]}-{number}")
            self.stop.wait(self.chance.expovariate(1 / self.every))

    def _send(self, key: str) -> None:
        body = {"description": f"Report {key}: the checkout is down, nobody can pay."}
        if self.chance.random() < 0.6:
            body["join_key"] = f"trouble-{self.chance.randrange(4)}"
        until = time.monotonic() + 45
        while time.monotonic() < until:
            answer = post(f"{self.desk.address}/api/v1/reports", self.token, body, key)
            if answer is not None and answer[0] in {200, 201, 202}:
                self.accepted[key] = answer[1]
                return
            if answer is not None and answer[0] < 500:
                self.refused.append(f"{key}: {answer}")
                return
            time.sleep(0.2)


def post(
    url: str, token: str, body: dict[str, Any], key: str = ""
) -> tuple[int, dict[str, Any]] | None:
    """One request; None when there was no answer."""
    from urllib.error import HTTPError
    from urllib.request import Request

    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    if key:
        headers["Idempotency-Key"] = key
    request = Request(url, json.dumps(body).encode(), headers)
    try:
        with urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except HTTPError as error:
        with error:
            return error.code, {}
    except (OSError, ValueError):
        # Killed in the middle of its answer: whether it was accepted, the same key will tell.
        return None
    except Exception as error:
        if type(error).__module__ == "http.client":
            return None
        raise
