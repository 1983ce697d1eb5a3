"""Where the embedded database stands: its folders, the user it runs as, who may hold it.

Root hands PostgreSQL to a system user. What that user can write, root neither opens nor writes:
the log and the access rules lie one folder above.
"""

import fcntl
import json
import os
import pwd
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from redphone.config.layout import ROLE, Layout

SYSTEM_USER = "redphone"


class EmbeddedError(Exception):
    """The embedded database cannot run; the message says what to do."""


class AlreadyRunning(EmbeddedError):
    """Another `redphone up` holds this data folder."""

    def __init__(self, holder: dict[str, Any]) -> None:
        super().__init__(
            f"Redphone runs already (process {holder.get('pid', '?')}). Stop that one first."
        )
        self.holder = holder


@dataclass(kw_only=True)
class Ground:
    """The folders of one embedded database, and the user who owns them."""

    layout: Layout
    user: str = SYSTEM_USER
    _lock: IO[str] | None = None

    @property
    def owner(self) -> pwd.struct_passwd:
        """Who runs the server: ourselves, or the system user when we are root."""
        if os.geteuid() != 0:
            return pwd.getpwuid(os.geteuid())
        try:
            return pwd.getpwnam(self.user)
        except KeyError:
            _add_system_user(self.user)
            return pwd.getpwnam(self.user)

    @property
    def as_owner(self) -> dict[str, Any]:
        """How to run one of PostgreSQL's programs: never as root, in a plain environment."""
        plain: dict[str, Any] = {
            "env": {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            "cwd": self.layout.postgres,
        }
        if os.geteuid() != 0:
            return plain
        owner = self.owner
        return {**plain, "user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}

    def prepare(self) -> None:
        """Make the folders, or check those that are there.

        Raises:
            EmbeddedError: others could enter them, or the owner cannot.
        """
        owner, layout = self.owner, self.layout
        # The owner has to pass through the data folder, and only pass.
        if not layout.root.exists():
            layout.root.mkdir(parents=True)
            layout.root.chmod(0o711)
        for folder in (layout.postgres, layout.socket):
            with suppress(FileExistsError):
                folder.mkdir(mode=0o700)
                os.chown(folder, owner.pw_uid, owner.pw_gid)
            found = folder.lstat()
            if found.st_uid != owner.pw_uid or found.st_mode & 0o077 or folder.is_symlink():
                raise EmbeddedError(
                    f"{folder} must be a folder of {owner.pw_name}'s that nobody else can enter. "
                    f"Mend it ('chown {owner.pw_name}', 'chmod 700') or move it away."
                )
        if blocked := _closed_to(owner, layout.postgres):
            raise EmbeddedError(
                f"The system user {owner.pw_name}, which runs the database for root, cannot "
                f"pass through {blocked}. Set REDPHONE_DATA to another folder, as "
                "/var/lib/redphone."
            )

    def write_access_rules(self) -> dict[str, str]:
        """Say who may connect: root and the owner, whom the kernel vouches for. The options."""
        names = dict.fromkeys(["root", self.owner.pw_name])
        rules = {
            "hba_file": f"local all all peer map={ROLE}\n",
            "ident_file": "".join(f'{ROLE} "{name}" {ROLE}\n' for name in names),
        }
        options = {}
        for option, content in rules.items():
            path = self.layout.root / f"pg_{option.removesuffix('_file')}.conf"
            path.write_text(content)
            path.chmod(0o644)
            options[option] = str(path)
        return options

    def hold(self, about: dict[str, Any]) -> None:
        """Take the data folder for this process; `about` is told to whoever comes second.

        Raises:
            AlreadyRunning: another process holds it.
        """
        if self._lock:
            return
        lock = self.layout.lock.open("a+", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            try:
                holder = json.loads(lock.read() or "{}")
            except ValueError:
                holder = {}
            lock.close()
            raise AlreadyRunning(holder) from None
        lock.truncate(0)
        lock.write(json.dumps({"pid": os.getpid(), **about}))
        lock.flush()
        self._lock = lock

    def let_go(self) -> None:
        """Give the data folder free."""
        if self._lock:
            self._lock.close()
            self._lock = None

    def end_orphans(self) -> None:
        """Stop a server that a killed `redphone up` left here: we hold the folder, so nobody's."""
        for note in self.layout.postgres.glob("*/postmaster.pid"):
            with suppress(ValueError, IndexError, FileNotFoundError):
                _end_server(int(note.read_text().split()[0]), note.parent)


def _add_system_user(name: str) -> None:
    if not shutil.which("useradd"):
        raise EmbeddedError(
            f"PostgreSQL must not run as root, and there is no 'useradd' to make the user {name}. "
            "Make that user, or run Redphone as an ordinary one."
        )
    subprocess.run(
        [
            *("useradd", "--system", "--user-group", "--no-create-home"),
            *("--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", name),
        ],
        check=True,
    )


def _closed_to(owner: pwd.struct_passwd, folder: Path) -> Path | None:
    """The first folder on the way that this user may not pass through."""
    for step in [*reversed(folder.resolve().parents), folder.resolve()]:
        found = step.stat()
        if found.st_uid == owner.pw_uid:
            bit = 0o100
        elif found.st_gid == owner.pw_gid:
            bit = 0o010
        else:
            bit = 0o001
        if not found.st_mode & bit and os.geteuid() == 0:
            return step
    return None


def _serves(pid: int, data: Path) -> bool:
    """Whether that process is the server of this data: the pid may long be someone else's."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cwd").resolve() == data.resolve()
        except OSError:
            return False
    seen = subprocess.run(
        ["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return f"-D {data}" in seen.stdout


def _end_server(pid: int, data: Path) -> None:
    """Stop a server that is not our child, ever more firmly."""
    for signum in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        until = time.monotonic() + 10
        while _serves(pid, data) and time.monotonic() < until:
            with suppress(ProcessLookupError):
                os.kill(pid, signum)
            time.sleep(0.1)
