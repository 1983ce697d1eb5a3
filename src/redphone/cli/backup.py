"""Copies of the whole desk in one file, and the way back."""

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from redphone.cli.start import database, embedded_cluster
from redphone.config import binaries
from redphone.config.binaries import Binaries
from redphone.config.database import libpq_environment


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write everything in the database to FILE, while the desk runs.

    The secret key is not in it: keep the file secret-key in REDPHONE_DATA too.
    """
    with database():
        programs = _programs()
        draft = file.with_name(f".{file.name}.part")
        try:
            draft.touch(mode=0o600)
            command = [programs.program("pg_dump"), "--format=custom", "--verbose"]
            command += ["--no-owner", "--no-privileges", f"--file={draft}"]
            with _running(command, stderr=subprocess.PIPE) as dump:
                assert dump.stderr is not None
                said = _count("Writing", dump.stderr, r"dumping contents of table", len(_tables()))
            if dump.returncode:
                raise click.ClickException(f"The backup failed: {said}")
            listing = _listing(programs, draft)
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
    size = file.stat().st_size / 1e6
    click.echo(f"{file} holds the desk: {len(listing)} tables, {size:.1f} MB.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace what is in the database now.")
def restore(file: Path, force: bool) -> None:
    """Put the desk back from FILE, all of it or nothing. Stop web, clock and worker first."""
    with database():
        programs = _programs()
        listing = _listing(programs, file)
        if others := _scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        ):
            raise click.ClickException(
                f"Others use the database ({others} connections). Stop the desk first."
            )
        if _tables() and not force:
            raise click.ClickException(
                "There is a desk in this database. --force puts the file's in its place."
            )
        said, failed = _restore(programs, file, len(listing))
        if failed:
            raise click.ClickException(
                f"Nothing was restored, and nothing was deleted. PostgreSQL said: {said}"
            )
        if missing := listing - _tables():
            raise click.ClickException(f"These tables are missing: {', '.join(sorted(missing))}.")
    click.echo(f"The desk of {file} is back: {len(listing)} tables.")
    click.echo("'redphone verify' replays every case and incident and compares them.")


def _restore(programs: Binaries, file: Path, tables: int) -> tuple[str, int]:
    """Delete and restore in one transaction: a file that turns out bad changes nothing."""
    _close()
    command = [programs.program("pg_restore"), "--no-owner", "--no-privileges"]
    with _running([*command, "--file=-", str(file)], stdout=subprocess.PIPE) as reading:
        command = [programs.program("psql"), "--no-psqlrc", "--single-transaction"]
        command += ["-v", "ON_ERROR_STOP=1"]
        command += ["-c", "SET client_min_messages = warning"]
        command += ["-c", "DROP SCHEMA public CASCADE", "-c", "CREATE SCHEMA public"]
        with _running(
            [*command, "-f", "-"],
            stdin=reading.stdout,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as writing:
            assert writing.stdout is not None
            said = _count("Restoring", writing.stdout, r"^COPY ", tables)
    return said, reading.returncode or writing.returncode


def _running(command: list[str], **options: Any) -> subprocess.Popen[str]:
    from django.db import connection

    place = libpq_environment(connection.settings_dict)
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", **place}
    return subprocess.Popen(command, text=True, env=environment, **options)


def _count(what: str, lines: Iterable[str], sign: str, total: int) -> str:
    """Show progress by the lines that carry the sign; the last other line, which tells why."""
    from rich.progress import Progress

    last = ""
    with Progress(transient=True) as progress:
        bar = progress.add_task(what, total=total)
        for line in lines:
            if re.search(sign, line):
                progress.advance(bar)
            elif "error" in line.lower():
                last = line.strip()
    return last


def _listing(programs: Binaries, file: Path) -> set[str]:
    """The tables in a backup.

    Raises:
        ClickException: it is no backup, or broken.
    """
    with _running(
        [programs.program("pg_restore"), "--list", str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as reading:
        listing, complaint = reading.communicate()
    tables = set(re.findall(r"^\d+; \d+ \d+ TABLE DATA public (\S+)", listing, re.MULTILINE))
    if reading.returncode or not tables:
        raise click.ClickException(f"{file} is no backup of a desk. {complaint.strip()}")
    return tables


def _programs() -> Binaries:
    """Programs that are not older than the server, which they refuse."""
    server = int(_scalar("SHOW server_version_num")) // 10000
    offers = [*binaries.installed(), *embedded_cluster().copied()]
    for one in sorted(offers, key=lambda one: one.major):
        if one.major >= server:
            return one
    raise click.ClickException(
        f"The server is PostgreSQL {server}; install its programs, or newer ones "
        f"('apt-get install postgresql-client-{server}')."
    )


def _scalar(query: str) -> Any:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
    return row[0] if row else None


def _tables() -> set[str]:
    from django.db import connection

    return set(connection.introspection.table_names())


def _close() -> None:
    """Let go of our own connection, which would hold up the DROP."""
    from django.db import connection

    connection.close()
