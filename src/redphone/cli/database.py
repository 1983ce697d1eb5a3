"""Commands for the database itself: its form, its version, its first content."""

import json
import secrets
from typing import Any

import click

from redphone.cli.start import database, embedded_cluster, plain_errors
from redphone.config import environ, secret
from redphone.config.database import is_embedded
from redphone.config.upgrade import upgrade

# Two machines that start at once must not migrate at once.
_MIGRATION_LOCK = 0x52656470686F6E65  # "Redphone" in ASCII.
# Letters that are not taken for each other when they are read out or typed.
_LETTERS = "abcdefghjkmnpqrstuvwxyz"


@click.command()
@click.option("--with-company", is_flag=True, help="Publish the policy; fill an empty desk.")
@click.option("--quiet", is_flag=True, help="Say nothing when there is nothing to do.")
def migrate(with_company: bool, quiet: bool) -> None:
    """Bring the database to the form that this version needs."""
    with plain_errors():
        secret.ensure()
    with database():
        done = _migrate()
        if with_company:
            _publish_policy()
            _found_company()
        if done or not quiet:
            click.echo(f"The database is up to date ({done} steps done).")


def _migrate() -> int:
    from django.core.management import call_command
    from django.core.management.commands.migrate import Command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor
    from rich.progress import Progress

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
        try:
            executor = MigrationExecutor(connection)
            steps = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
            if not steps:
                return 0
            with Progress(transient=True) as progress:
                bar = progress.add_task("Preparing the database", total=steps)

                class WithProgress(Command):
                    def migration_progress_callback(self, action: str, *_: Any, **__: Any) -> None:
                        if action == "apply_success":
                            progress.advance(bar)

                call_command(WithProgress(), verbosity=0, interactive=False)
            call_command("createcachetable", verbosity=0)
            return steps
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATION_LOCK])


def _publish_policy() -> None:
    """Publish the policy file; a text that is published already changes nothing."""
    from redphone import clock
    from redphone.actions import policies
    from redphone.core.policy.file import PolicyUnreadable

    with plain_errors():
        file = environ.policy_file()
    try:
        policies.publish(text=file.read_text("utf-8"), filename=str(file), at=clock.now())
    except (OSError, PolicyUnreadable) as error:
        raise click.ClickException(str(error)) from None


def _found_company() -> None:
    """Make the small company once, and keep on disk who can sign in, to say it at each start."""
    from django.conf import settings

    from redphone import clock
    from redphone.actions import company

    if not company.is_empty():
        return
    password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
    # Made-up numbers are for telephones that ring nowhere: a real provider would dial them.
    has_phones = bool(getattr(settings, "PHONES_URL", ""))
    people = company.found(
        password=password, at=clock.now(), has_phones=has_phones, has_turns=True
    )
    note = environ.data_dir() / "sign-in.json"
    note.touch(mode=0o600)
    note.write_text(
        json.dumps([[who.name, who.role, who.email, who.password] for who in people], indent=1)
    )


@click.command(name="upgrade-database")
def upgrade_database() -> None:
    """Move the embedded database to the newest PostgreSQL on this machine. Stop 'up' first."""
    with plain_errors():
        if not is_embedded():
            raise click.ClickException(
                "REDPHONE_DATABASE_URL is set: that PostgreSQL is upgraded where it runs."
            )
        click.echo(upgrade(embedded_cluster(), say=click.echo))
