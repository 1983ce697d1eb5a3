"""The embedded PostgreSQL starts, survives, upgrades and stops; nobody else gets in."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from redphone.config import binaries
from redphone.config.binaries import Binaries
from redphone.config.embedded import Cluster
from redphone.config.ground import AlreadyRunning, EmbeddedError, Ground
from redphone.config.layout import Layout
from redphone.config.upgrade import upgrade


@pytest.fixture
def root() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="redphone-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def cluster_in(root: Path, programs: Binaries | None = None) -> Cluster:
    """A cluster as `redphone up` has it, but for the system user, and for power cuts."""
    return Cluster(
        ground=Ground(layout=Layout(root), user="nobody"),
        options={"fsync": "off"},
        programs=programs,
    )


@pytest.fixture(scope="module")
def desk() -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="redphone-", dir="/tmp"))
    folder.chmod(0o711)
    cluster = cluster_in(folder)
    cluster.start()
    yield cluster
    cluster.stop()
    shutil.rmtree(folder)


def kill_nine(cluster: Cluster) -> None:
    assert cluster.pid is not None
    os.kill(cluster.pid, signal.SIGKILL)
    while cluster.pid is not None:
        time.sleep(0.01)


def test_data_is_kept_from_one_start_to_the_next(root: Path) -> None:
    cluster = cluster_in(root)
    cluster.start()
    with cluster.connect() as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'Mira' AS name")
    cluster.stop()

    cluster.start()

    with cluster.connect() as connection:
        assert connection.execute("SELECT name FROM kept").fetchone() == ("Mira",)
    cluster.stop()
    assert not cluster.answers()


def test_after_kill_nine_it_comes_back_with_all_that_was_committed(desk: Cluster) -> None:
    with desk.connect() as connection:
        connection.execute("CREATE TABLE survivors AS SELECT generate_series(1, 1000) AS n")

    for _ in range(5):
        kill_nine(desk)
        assert desk.tend()

    with desk.connect() as connection:
        assert connection.execute("SELECT count(*) FROM survivors").fetchone() == (1000,)
    assert not desk.tend()


def test_it_does_not_run_as_root_and_not_on_the_network(desk: Cluster) -> None:
    with desk.connect() as connection:
        listens = connection.execute("SHOW listen_addresses").fetchone()

    assert desk.pid is not None
    assert Path(f"/proc/{desk.pid}").stat().st_uid != 0
    assert listens == ("",)


def test_the_socket_is_in_a_folder_that_only_its_owner_enters(desk: Cluster) -> None:
    for folder in (desk.layout.postgres, desk.layout.socket):
        assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be someone else")
def test_another_user_of_the_machine_is_refused_even_with_the_folder_open(desk: Cluster) -> None:
    for folder in (desk.layout.postgres, desk.layout.socket):
        folder.chmod(0o755)
    for socket in desk.layout.socket.iterdir():
        socket.chmod(0o777)
    assert desk.chosen is not None
    command = [desk.chosen.program("psql"), "-h", str(desk.layout.socket), "-U", "redphone"]

    stranger = subprocess.run(
        [*command, "-d", "redphone", "-c", "SELECT 1"],
        user="daemon", group="daemon", extra_groups=[], cwd="/",
        capture_output=True, text=True, check=False, env={"PATH": os.defpath},
    )  # fmt: skip

    assert stranger.returncode != 0
    assert "Peer authentication failed" in stranger.stderr
    for folder in (desk.layout.postgres, desk.layout.socket):
        folder.chmod(0o700)


def test_a_second_start_says_who_runs_it(desk: Cluster) -> None:
    program = (
        "import sys; from pathlib import Path; from redphone.config.embedded import Cluster;"
        "from redphone.config.ground import Ground; from redphone.config.layout import Layout;"
        "Cluster(ground=Ground(layout=Layout(Path(sys.argv[1])), user='nobody')).start()"
    )

    second = subprocess.run(
        [sys.executable, "-c", program, str(desk.layout.root)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert "AlreadyRunning" in second.stderr
    assert f"process {os.getpid()}" in second.stderr
    assert desk.answers()


def test_a_second_start_in_the_same_process_is_refused_too(desk: Cluster) -> None:
    with pytest.raises(AlreadyRunning):
        cluster_in(desk.layout.root).start()


def test_the_server_ends_when_whoever_started_it_is_killed(root: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from redphone.config.embedded import Cluster;"
        "from redphone.config.ground import Ground; from redphone.config.layout import Layout;"
        "c = Cluster(ground=Ground(layout=Layout(Path(sys.argv[1])), user='nobody'));"
        "c.start(); print(c.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(root)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    postmaster = int(parent.stdout.readline())
    parent.stdout.close()

    parent.kill()
    parent.wait()

    until = time.monotonic() + 10
    while Path(f"/proc/{postmaster}/cwd").exists() and time.monotonic() < until:
        time.sleep(0.05)
    heir = cluster_in(root)
    heir.start()
    assert heir.answers()
    heir.stop()


def test_an_orphan_is_ended_and_its_data_taken_over(root: Path) -> None:
    orphan = cluster_in(root)
    orphan.start()
    with orphan.connect() as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    orphan.ground.let_go()
    heir = cluster_in(root)

    heir.start()

    with heir.connect() as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (1,)
    assert orphan.pid is None
    heir.stop()


def test_a_stale_note_with_someone_elses_process_harms_nobody(root: Path) -> None:
    cluster = cluster_in(root)
    cluster.start()
    cluster.stop()
    assert cluster.chosen is not None
    stranger = subprocess.Popen(["sleep", "60"], cwd="/")
    note = cluster.layout.cluster(cluster.chosen.major) / "postmaster.pid"
    note.write_text(f"{stranger.pid}\n")

    cluster.ground.end_orphans()

    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_folder_that_others_can_enter_is_refused(root: Path) -> None:
    cluster = cluster_in(root)
    cluster.ground.prepare()
    cluster.layout.socket.chmod(0o755)

    with pytest.raises(EmbeddedError, match="nobody else can enter"):
        cluster.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends the database to another user")
def test_a_data_folder_that_the_system_user_cannot_reach_is_refused(root: Path) -> None:
    closed = root / "closed"
    closed.mkdir(mode=0o700)

    with pytest.raises(EmbeddedError, match=r"cannot pass through .*/closed"):
        cluster_in(closed / "data").start()


def test_a_long_path_gets_a_short_socket(root: Path) -> None:
    deep = root / ("d" * 60) / ("e" * 60)
    cluster = cluster_in(deep)

    cluster.start()

    assert cluster.answers()
    assert len(str(cluster.layout.socket)) < 60
    cluster.stop()
    shutil.rmtree(cluster.layout.socket)


def test_data_of_a_version_that_is_gone_says_what_to_install(root: Path) -> None:
    cluster = cluster_in(root)
    cluster.ground.prepare()
    old = cluster.layout.cluster(9)
    old.mkdir()
    (old / "PG_VERSION").write_text("9\n")

    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 9.*postgresql-9"):
        cluster.start()


def test_broken_off_making_of_data_is_made_anew(root: Path) -> None:
    cluster = cluster_in(root)
    cluster.ground.prepare()
    offers = [*binaries.installed(), *cluster.copied()]
    draft = cluster.layout.postgres / f"{offers[0].major}.new"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("half")

    cluster.start()

    assert cluster.answers()
    cluster.stop()


def test_an_upgrade_takes_the_data_to_the_newer_version_and_keeps_the_old(root: Path) -> None:
    cluster = cluster_in(root)
    cluster.ground.prepare()
    offers = sorted([*binaries.installed(), *cluster.copied()], key=lambda one: one.major)
    if offers[0].major == offers[-1].major:
        pytest.skip(f"Only PostgreSQL {offers[0].major} is here: an upgrade needs two versions.")
    cluster.programs = offers[0]
    cluster.start()
    with cluster.connect() as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 500) AS n")
    cluster.stop()
    cluster.programs = None

    said = upgrade(cluster, say=lambda _: None)

    cluster.start()
    with cluster.connect() as connection:
        assert connection.info.server_version // 10000 == offers[-1].major
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (500,)
    cluster.stop()
    assert (cluster.layout.postgres / f"old-{offers[0].major}" / "PG_VERSION").exists()
    assert f"PostgreSQL {offers[-1].version}" in said


def test_an_upgrade_to_what_is_there_does_nothing(root: Path) -> None:
    cluster = cluster_in(root)
    newest = max([*binaries.installed(), *cluster.copied()], key=lambda one: one.major)
    cluster.programs = newest

    said = upgrade(cluster, say=lambda _: None)

    assert "nothing to do" in said


def test_the_wheels_programs_work_for_the_system_user(root: Path) -> None:
    cluster = cluster_in(root)
    cluster.ground.prepare()
    wheel = cluster.copied()
    cluster.programs = wheel[0]

    cluster.start()

    with cluster.connect() as connection:
        row = connection.execute("SELECT 'Zoë' < 'zoë', lower('ÄÖ')").fetchone()
    assert row == (True, "äö")
    cluster.stop()


def test_a_borrowed_server_is_given_back_as_it_was(root: Path) -> None:
    cluster = cluster_in(root)

    with cluster.borrowed():
        assert cluster.answers()

    with pytest.raises(psycopg.OperationalError):
        cluster.connect()
