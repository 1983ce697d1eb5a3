"""`redphone ack`: take an incident from the command line."""

import click

from redphone import clock
from redphone.cli.start import database


@click.command()
@click.argument("incident")
@click.option("--as", "email", default="", metavar="EMAIL", help="Who takes it.")
def ack(incident: str, email: str) -> None:
    """Acknowledge INCIDENT, as INC-1001: its ringing ends.

    Without --as it is taken by the one person for whom it rings.
    """
    with database():
        from redphone.actions import answering
        from redphone.core.stream import DeskError

        ref = incident.strip().upper()
        try:
            person = answering.who_is_meant(ref, email)
            done = answering.acknowledge(
                incident=ref, by=person.actor, through="command", at=clock.now()
            )
        except DeskError as error:
            raise click.ClickException(str(error)) from None
        click.echo(f"{person.name} has {ref}.")
        if done.others:
            click.echo(f"Also asked, and let go: {', '.join(done.others)}.")
