"""Moving the embedded data to a newer major version of PostgreSQL, by dump and restore."""

import shutil
import subprocess
from collections.abc import Callable

from redphone.config import binaries
from redphone.config.binaries import Binaries
from redphone.config.embedded import Cluster
from redphone.config.ground import EmbeddedError, Ground
from redphone.config.layout import DATABASE, ROLE, Layout


def upgrade(cluster: Cluster, *, to: Binaries | None = None, say: Callable[[str], None]) -> str:
    """Move the data of a stopped cluster to the newest PostgreSQL here; what was done, in words.

    The old data stays as `old-<major>` until someone deletes it. Broken off at any moment, the old
    data is still the one in use, or the new is whole.

    Raises:
        AlreadyRunning: the cluster runs.
        EmbeddedError: the old programs are gone, or the dump could not be restored.
    """
    cluster.start()
    try:
        old = cluster.chosen
        assert old is not None
        target = to or max([*binaries.installed(), *cluster.copied()], key=lambda one: one.major)
        if target.major <= old.major:
            return f"PostgreSQL {old.version} is the newest here: there is nothing to do."
        say(f"Copying the data from PostgreSQL {old.version} to {target.version}…")
        fresh = Cluster(
            ground=Ground(
                layout=Layout(cluster.layout.root / "upgrade"), user=cluster.ground.user
            ),
            options=cluster.options,
            programs=target,
        )
        fresh.start()
        try:
            _copy(cluster, fresh, target)
        finally:
            fresh.stop(within=60)
    finally:
        cluster.stop(within=60)
    made = fresh.layout.cluster(target.major)
    kept = cluster.layout.postgres / f"old-{old.major}"
    # The highest number is the one in use: from this rename on it is the new data.
    made.rename(cluster.layout.cluster(target.major))
    cluster.layout.cluster(old.major).rename(kept)
    shutil.rmtree(fresh.layout.root, ignore_errors=True)
    return f"The data is now in PostgreSQL {target.version}. Delete {kept} when all is well."


def _copy(old: Cluster, fresh: Cluster, programs: Binaries) -> None:
    """Pipe a dump of the one into the other, all or nothing, with the newer's programs."""
    dump = [programs.program("pg_dump"), "-h", str(old.layout.socket), "-U", ROLE, DATABASE]
    restore = [programs.program("psql"), "-h", str(fresh.layout.socket), "-U", ROLE]
    restore += ["-d", DATABASE, "--no-psqlrc", "--quiet", "--single-transaction"]
    restore += ["-v", "ON_ERROR_STOP=1"]
    with subprocess.Popen(dump, stdout=subprocess.PIPE, **old.ground.as_owner) as dumping:
        restored = subprocess.run(
            restore,
            stdin=dumping.stdout,
            stdout=subprocess.DEVNULL,
            check=False,
            **fresh.ground.as_owner,
        )
    if dumping.returncode or restored.returncode:
        raise EmbeddedError("The data could not be copied; the old data is as it was.")
