"""`redphone push-key`: the key by which browsers know this desk."""

import click

from redphone import clock
from redphone.cli.start import database


@click.command("push-key")
@click.option("--renew", is_flag=True, help="Make a new one. Every browser is to be added anew.")
def push_key(renew: bool) -> None:
    """Show the public part of the key for pushes; it is made if there is none."""
    with database():
        from redphone.actions import push_keys
        from redphone.core.stream import DeskError

        try:
            if renew:
                push_keys.renew(at=clock.now())
            click.echo(push_keys.ours(at=clock.now()).public)
        except DeskError as error:
            raise click.ClickException(f"{error} Use --renew.") from None
