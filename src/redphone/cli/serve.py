"""The processes of a desk, one command each. `redphone up` runs them all; a fleet picks."""

import logging
import os
import sys

import click

from redphone.cli.start import plain_errors, start_django
from redphone.config import environ, secret

log = logging.getLogger("redphone.cli")


@click.command()
@click.option("--host", default=None, help="Address to listen on (REDPHONE_HOST).")
@click.option("--port", type=int, default=None, help="Port to listen on (REDPHONE_PORT).")
@click.option("--processes", type=click.IntRange(1), default=None, help="Web processes.")
def web(host: str | None, port: int | None, processes: int | None) -> None:
    """Serve the pages, the API and the live streams."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    with plain_errors():
        secret.ensure()
        # The workers are processes of their own: what they need to know is in the environment.
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "redphone.config.settings")
        os.environ.setdefault("REDPHONE_DATABASE_POOL", "1")
        server = Granian(
            "redphone.config.asgi:application",
            address=host or environ.host(),
            port=port or environ.port(),
            interface=Interfaces.ASGI,
            workers=processes or environ.number("REDPHONE_WEB_PROCESSES", 1, least=1),
            websockets=False,
            # Open live streams would hold up the end for as long as someone watches.
            workers_kill_timeout=2,
            respawn_failed_workers=True,
            respawn_interval=0.5,
            log_level=LogLevels.warning,
        )
    server.serve()


@click.command()
def clock() -> None:
    """Watch the deadlines and do what is due. Any number may run side by side."""
    start_django()
    from redphone.jobs import auditor, clock_loop

    auditor.start()
    # It only comes back when it was told to end.
    clock_loop.run()


@click.command()
@click.option("--jobs", type=click.IntRange(1), default=10, show_default=True, help="At a time.")
def worker(jobs: int) -> None:
    """Send pages and mail, and do the other jobs. Any number may run side by side."""
    start_django()
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector

    from redphone.jobs import auditor

    auditor.start()
    connector = app.connector
    assert isinstance(connector, DjangoConnector)
    with app.replace_connector(connector.get_worker_connector()):
        app.run_worker(
            concurrency=jobs,
            fetch_job_polling_interval=1.0,
            shutdown_graceful_timeout=2.0,
        )
    # It ends quietly when its connection drops, too: whoever started it starts it again.
    log.info("The worker has ended.")
    sys.exit(1)


@click.command()
def mail() -> None:
    """Let mail in: by SMTP or LMTP (REDPHONE_MAIL_IN), and from a mailbox elsewhere by IMAP."""
    start_django()
    from django.conf import settings

    from redphone.jobs import mail_in

    if not (settings.MAIL_IN or settings.MAIL_BOX):
        raise click.ClickException(
            "No door for mail is set. Set REDPHONE_MAIL_IN, as smtp://0.0.0.0:25, or "
            "REDPHONE_MAIL_IMAP_URL."
        )
    with plain_errors():
        mail_in.run()


@click.command()
@click.option("--port", type=int, default=8025, show_default=True)
def mailbox(port: int) -> None:
    """Take mail by SMTP on this machine and keep it to look at, instead of sending it on."""
    start_django()
    from redphone.jobs import mailbox as room

    room.run(port=port)


@click.command()
def phones() -> None:
    """Play a telephone provider on this machine whose telephones ring only at /phones/."""
    start_django()
    from redphone.jobs import phone_room

    phone_room.run(reached=f"http://127.0.0.1:{environ.port()}")


@click.command()
def check() -> None:
    """Check the settings, and say what to mend."""
    start_django()
    from django.core.management import call_command

    call_command("check", "--deploy", fail_level="ERROR")
