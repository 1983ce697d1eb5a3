"""The `redphone` command as an operator types it, on an embedded PostgreSQL of its own."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from redphone.cli import COMMANDS
from redphone.config.rooms import is_there


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:

    folder = Path(tempfile.mkdtemp(prefix="redphone-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def redphone(data: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Type a command; what came of it."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("REDPHONE_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, "-m", "redphone.cli", *arguments],
        env={**clean, "REDPHONE_DATA": str(data), "REDPHONE_SYSTEM_USER": "nobody", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def desk(data: Path) -> Path:
    """A data folder with the small company in it; nothing runs."""
    made = redphone(data, "migrate", "--with-company")
    assert made.returncode == 0, made.stderr
    return data


def count_people(data: Path) -> int:
    program = (
        "from redphone.cli.start import database\n"
        "with database():\n"
        "    from redphone.records.models import Person\n"
        "    print(Person.objects.count())"
    )
    said = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "REDPHONE_DATA": str(data), "REDPHONE_SYSTEM_USER": "nobody"},
        capture_output=True,
        text=True,
        check=True,
    )
    return int(said.stdout)


def add_admin(data: Path, email: str) -> subprocess.CompletedProcess[str]:
    return redphone(
        data, "createadmin", "--email", email, "--name", "Rosa", "--password", "a-long-enough-1"
    )


def test_every_command_has_help(data: Path) -> None:
    for name, where in COMMANDS.items():
        if not is_there(where.partition(":")[0]):
            continue
        said = redphone(data, name, "--help")

        assert said.returncode == 0, said.stderr
        assert f"redphone {name}" in said.stdout


def test_a_folder_without_a_desk_is_one_sentence_and_no_traceback(data: Path) -> None:
    said = redphone(data / "other", "people")

    assert said.returncode == 1
    assert "run 'redphone migrate'" in said.stderr
    assert "Traceback" not in said.stderr


def test_a_bad_setting_is_one_sentence_and_no_traceback(data: Path) -> None:
    said = redphone(data, "migrate", REDPHONE_DATABASE_URL="mysql://db.example/desk")

    assert said.returncode == 1
    assert "REDPHONE_DATABASE_URL must start with postgresql://" in said.stderr
    assert "Traceback" not in said.stderr


def test_migrating_twice_does_nothing_the_second_time(desk: Path) -> None:
    said = redphone(desk, "migrate")

    assert said.returncode == 0
    assert "(0 steps done)" in said.stdout


def test_an_admin_is_made_once(desk: Path) -> None:
    first = add_admin(desk, "Rosa@Desk.example")
    again = add_admin(desk, "rosa@desk.example")

    assert "Rosa can sign in" in first.stdout
    assert again.returncode == 1
    assert "is someone already" in again.stderr


def test_a_weak_password_is_refused(desk: Path) -> None:
    said = redphone(
        desk, "createadmin", "--email", "x@desk.example", "--name", "X", "--password", "secret"
    )

    assert said.returncode == 1
    assert "too short" in said.stderr


def test_a_backup_brings_everyone_back(desk: Path, tmp_path: Path) -> None:
    file = tmp_path / "desk.backup"
    before = count_people(desk)

    written = redphone(desk, "backup", str(file))
    add_admin(desk, "late@desk.example")
    assert count_people(desk) == before + 1
    refused = redphone(desk, "restore", str(file))
    restored = redphone(desk, "restore", str(file), "--force")

    assert written.returncode == 0, written.stderr
    assert file.stat().st_mode & 0o077 == 0
    assert "--force" in refused.stderr
    assert restored.returncode == 0, restored.stderr
    assert count_people(desk) == before


def test_a_broken_backup_changes_nothing(desk: Path, tmp_path: Path) -> None:
    file = tmp_path / "desk.backup"
    redphone(desk, "backup", str(file))
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) - 20_000])
    before = count_people(desk)

    said = redphone(desk, "restore", str(file), "--force")

    assert said.returncode == 1
    assert "Traceback" not in said.stderr
    assert count_people(desk) == before


def test_a_file_that_is_no_backup_is_said_to_be_none(desk: Path, tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear Ines,\n")

    said = redphone(desk, "restore", str(file), "--force")

    assert said.returncode == 1
    assert "is no backup of a desk" in said.stderr
