"""`redphone up`: the whole desk on one machine, watched, and stopped cleanly."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from types import FrameType

import click

from redphone.cli.start import embedded_cluster, plain_errors
from redphone.config import environ, secret
from redphone.config.database import is_embedded
from redphone.config.embedded import Cluster
from redphone.config.ground import AlreadyRunning, EmbeddedError
from redphone.config.processes import spawn

_TICK = 0.1
_LONGEST_PAUSE = 10.0
# A process that has lived this long was well: its next exit is a new trouble.
_WELL_AFTER = 30.0
_POLITE = 2.5


@dataclass(kw_only=True)
class Child:
    """One process of the desk, started again after any exit, a little later each time."""

    name: str
    arguments: list[str]
    at_our_end: int = signal.SIGTERM
    _process: subprocess.Popen[bytes] | None = None
    _pause: float = 0.2
    _not_before: float = 0.0
    _started: float = 0.0

    def tend(self) -> None:
        """Start it if it does not run; say so if it has ended."""
        now = time.monotonic()
        if self._process is not None:
            if (code := self._process.poll()) is None:
                return
            self._end_group(signal.SIGKILL)
            if now - self._started > _WELL_AFTER:
                self._pause = 0.2
            _say(f"{self.name} has ended ({code}); it starts again in {self._pause:.1f} s.")
            self._not_before = now + self._pause
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
            self._process = None
        if now >= self._not_before:
            self._started = now
            self._process = spawn(
                [sys.executable, "-m", "redphone.cli", *self.arguments],
                at_parents_end=self.at_our_end,
            )

    def ask_to_end(self) -> None:
        self._end_group(signal.SIGTERM)

    def is_gone(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def end(self) -> None:
        """End it at once, with whatever it has started."""
        self._end_group(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def _end_group(self, signum: int) -> None:
        if self._process is not None:
            try:
                os.killpg(self._process.pid, signum)
            except (ProcessLookupError, PermissionError):
                return


class Stop(BaseException):
    """Someone asked for the end."""


def _stop(signum: int, frame: FrameType | None) -> None:
    raise Stop


@click.command()
def up() -> None:
    """Start the whole desk on this machine: database, web, clock, worker, mailbox and phones."""
    with plain_errors():
        try:
            _run()
        except AlreadyRunning as error:
            where = error.holder.get("address", "")
            raise click.ClickException(f"{error}{' It is at ' + where if where else ''}") from None


def _run() -> None:
    began = time.monotonic()
    address = environ.public_url()
    cluster = embedded_cluster() if is_embedded() else None
    children: list[Child] = []
    for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(signum, _stop)
    try:
        if cluster:
            cluster.start(about={"address": address})
        _check_port()
        secret.ensure()
        os.environ.setdefault("REDPHONE_LOG", "text")
        children = _children()
        _prepare()
        for child in children:
            child.tend()
        _await_web(children, cluster)
        _welcome(address, time.monotonic() - began)
        while True:
            _tend(children, cluster)
            time.sleep(_TICK)
    except Stop:
        _say("Stopping…")
    finally:
        for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(signum, signal.SIG_IGN)
        _end(children)
        if cluster:
            cluster.stop(within=1.5)
    _say("Stopped. All data is kept.")


def _children() -> list[Child]:
    """The processes, and what each has to know."""
    children = [
        Child(name="web", arguments=["web"]),
        Child(name="clock", arguments=["clock"]),
        # Asked politely it would wait for a database that is gone by then; a job that it was at
        # is done again.
        Child(name="worker", arguments=["worker"], at_our_end=signal.SIGKILL),
    ]
    if not environ.text("REDPHONE_SMTP_URL"):
        port = _free_port(8025)
        os.environ["REDPHONE_SMTP_URL"] = f"smtp://127.0.0.1:{port}"
        os.environ["REDPHONE_OUTBOX"] = "1"
        children.append(Child(name="mailbox", arguments=["mailbox", "--port", str(port)]))
        # A desk that sends mail in earnest must not ring telephones in play.
        if not environ.text("REDPHONE_PHONE_1") and not environ.text("REDPHONE_PHONE_2"):
            children.append(_telephones())
    if not environ.text("REDPHONE_MAIL_IN") and not environ.text("REDPHONE_MAIL_IMAP_URL"):
        os.environ["REDPHONE_MAIL_IN"] = f"smtp://127.0.0.1:{_free_port(2525)}"
    children.append(Child(name="mail", arguments=["mail"]))
    return children


def _telephones() -> Child:
    """A provider whose telephones ring on a page of the desk, and nowhere else."""
    port = _free_port(8026)
    here = f"127.0.0.1:{port}"
    account, token = "AC" + "0" * 32, secrets.token_urlsafe(24)
    os.environ["REDPHONE_PHONE_1"] = f"http://{account}:{token}@{here}/?from=+15005550006"
    os.environ["REDPHONE_PHONES"] = f"http://{here}"
    return Child(name="phones", arguments=["phones"])


def _prepare() -> None:
    """Migrate and, the first time, fill the desk: in a child, so that we stay small."""
    done = subprocess.run(
        [sys.executable, "-m", "redphone.cli", "migrate", "--with-company", "--quiet"], check=False
    )
    if done.returncode:
        raise click.ClickException("The database could not be prepared; the reason is above.")


def _tend(children: list[Child], cluster: Cluster | None) -> None:
    for child in children:
        child.tend()
    if cluster is None:
        return
    try:
        if cluster.tend():
            _say("The database had died; it runs again, with all that was committed.")
    except EmbeddedError as error:
        _say(f"{error}\nTrying again in {_LONGEST_PAUSE:.0f} s.")
        time.sleep(_LONGEST_PAUSE)


def _end(children: list[Child]) -> None:
    for child in children:
        child.ask_to_end()
    until = time.monotonic() + _POLITE
    while time.monotonic() < until and not all(child.is_gone() for child in children):
        time.sleep(0.02)
    for child in children:
        child.end()


def _await_web(children: list[Child], cluster: Cluster | None) -> None:
    host = environ.host()
    here = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    until = time.monotonic() + 30
    while time.monotonic() < until:
        _tend(children, cluster)
        try:
            socket.create_connection((here, environ.port()), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    _say("The web server does not answer yet; see its messages above.")


def _check_port() -> None:
    try:
        family = socket.AF_INET6 if ":" in environ.host() else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((environ.host(), environ.port()))
    except OSError as error:
        raise click.ClickException(
            f"Port {environ.port()} of {environ.host()} cannot be used ({error.strerror}). "
            "Choose another: REDPHONE_PORT=8001."
        ) from None


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return wanted


def _welcome(address: str, seconds: float) -> None:
    lines = [f"Redphone is at {address}  (started in {seconds:.1f} s; Ctrl-C stops it)"]
    note = environ.data_dir() / "sign-in.json"
    if note.exists():
        people = [tuple(person) for person in json.loads(note.read_text())]
        widths = [max(len(row[i]) for row in people) for i in range(len(people[0]))]
        lines.append("")
        lines.append("Who can sign in:")
        for person in people:
            cells = (cell.ljust(width) for cell, width in zip(person, widths, strict=True))
            lines.append("  " + "  ".join(cells).rstrip())
        lines.append("")
        lines.append(
            "These passwords are for trying it out. Before real use: change them all, then"
        )
        lines.append(f"delete {note}.")
    lines.append(f"Mail comes in at {environ.text('REDPHONE_MAIL_IN') or 'your mailbox'}.")
    if environ.flag("REDPHONE_OUTBOX"):
        lines.append(f"Mail goes only to {address}/outbox/ until REDPHONE_SMTP_URL is set.")
    if environ.text("REDPHONE_PHONES"):
        lines.append(f"Calls and SMS go only to {address}/phones/ until REDPHONE_PHONE_1 is set.")
    _say("\n".join(lines))


def _say(message: str) -> None:
    click.echo(message, err=True)
