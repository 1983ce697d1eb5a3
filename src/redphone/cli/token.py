"""Commands about API tokens."""

from datetime import timedelta

import click

from redphone import clock
from redphone.cli.start import database


@click.group()
def token() -> None:
    """Make, list and take back the tokens of the API."""


@token.command()
@click.option("--person", required=True, metavar="EMAIL", help="Who acts when it is used.")
@click.option("--name", required=True, help="What uses it: 'Monitoring', 'Chat bridge'.")
@click.option("--days", type=click.IntRange(1, 3650), help="Expires after so many days.")
def create(person: str, name: str, days: int | None) -> None:
    """Make a token. It is shown once."""
    with database():
        from redphone.actions import tokens

        at = clock.now()
        expires_at = at + timedelta(days=days) if days else None
        try:
            made, text = tokens.create(person=person, name=name, at=at, expires_at=expires_at)
        except tokens.TokenError as error:
            raise click.ClickException(str(error)) from None
        click.echo(text)
        until = f" until {made.expires_at:%Y-%m-%d}" if made.expires_at else ""
        said = f"{made.name} acts as {made.person.name}{until}. Keep it: it is not shown again."
        click.echo(said, err=True)


@token.command("list")
def list_tokens() -> None:
    """List the tokens, the newest first."""
    with database():
        from redphone.records.models import ApiToken

        for each in ApiToken.objects.select_related("person").order_by("-created_at"):
            used = f"last used {each.last_used_at:%Y-%m-%d %H:%M} UTC" if each.last_used_at else ""
            state = "taken back" if each.revoked_at else used or "never used"
            click.echo(f"{each.prefix}…  {each.name}  {each.person.email}  {state}")


@token.command()
@click.argument("prefix")
def revoke(prefix: str) -> None:
    """Take back the token that begins with PREFIX."""
    with database():
        from redphone.actions import tokens

        try:
            gone = tokens.revoke(prefix=prefix, at=clock.now())
        except tokens.TokenError as error:
            raise click.ClickException(str(error)) from None
        click.echo(f"{gone.name} ({gone.prefix}…) opens nothing any more.")
