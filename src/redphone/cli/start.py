"""What commands do before their work: Django, the embedded database, errors as one sentence."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from redphone.config import environ
from redphone.config.database import is_embedded
from redphone.config.embedded import Cluster
from redphone.config.ground import SYSTEM_USER, EmbeddedError, Ground
from redphone.config.layout import Layout


@contextmanager
def plain_errors() -> Iterator[None]:
    """Show what the operator can mend as a sentence, without a traceback."""
    try:
        yield
    except (environ.BadSetting, EmbeddedError) as error:
        raise click.ClickException(str(error)) from None


def start_django() -> None:
    """Make Django ready, in a process that stays."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "redphone.config.settings")
    with plain_errors():
        django.setup()


def embedded_cluster() -> Cluster:
    """The embedded PostgreSQL of this machine's data folder, not started."""
    user = environ.text("REDPHONE_SYSTEM_USER", SYSTEM_USER)
    return Cluster(ground=Ground(layout=Layout(environ.data_dir()), user=user))


@contextmanager
def database() -> Iterator[None]:
    """Django with a database that answers: the embedded one is started if nothing runs it."""
    with plain_errors():
        start_django()
        if not is_embedded():
            with _tables():
                yield
            return
        with embedded_cluster().borrowed(), _tables():
            yield


@contextmanager
def _tables() -> Iterator[None]:
    """A database without our tables, or with those of an older release, named as what it is."""
    from django.db import ProgrammingError
    from psycopg.errors import UndefinedColumn, UndefinedTable

    try:
        yield
    except ProgrammingError as error:
        if not isinstance(error.__cause__, UndefinedColumn | UndefinedTable):
            raise
        where = Layout(environ.data_dir()).root if is_embedded() else "REDPHONE_DATABASE_URL"
        raise click.ClickException(
            f"The database of {where} has no tables of this release. If it is the right one, run "
            "'redphone migrate'; else set REDPHONE_DATA or REDPHONE_DATABASE_URL."
        ) from None
