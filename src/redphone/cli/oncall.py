"""Commands about who is on call."""

import sys
from pathlib import Path

import click

from redphone import clock
from redphone.channels.schedules import FORMATS
from redphone.cli.start import database
from redphone.core.stream import SYSTEM


@click.group()
def oncall() -> None:
    """Take schedules over from elsewhere, with proof."""


@oncall.command("import")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False, exists=True)
)
@click.option("--from", "source", required=True, type=click.Choice(list(FORMATS)))
@click.option("--team", required=True, metavar="NAME", help="Whose plan it becomes.")
@click.option("--dry-run", is_flag=True, help="Show the proof and write nothing.")
@click.option(
    "--person",
    "people",
    multiple=True,
    metavar="NAME=EMAIL",
    help="Who somebody of the source is here.",
)
@click.option("--accept", multiple=True, metavar="NAME", help="Leave this out, and go on.")
@click.option("--differences-seen", is_flag=True, help="Save though the proof has differences.")
@click.option("--replace", is_flag=True, help="Let it take the place of the team's present plan.")
@click.option("--holes-known", is_flag=True, help="Save though hours ahead have nobody.")
@click.option("--by", metavar="EMAIL", help="Who imports it; without it, the desk.")
def import_(
    files: tuple[Path, ...],
    source: str,
    team: str,
    dry_run: bool,
    people: tuple[str, ...],
    accept: tuple[str, ...],
    differences_seen: bool,
    replace: bool,
    holes_known: bool,
    by: str | None,
) -> None:
    """Take a schedule over from FILES, and prove that the same people are on call here.

    Several files of one schedule go together: the schedule, its overrides, its users, its
    timeline. Fails (1) when something has to be said first, or with --dry-run when a minute
    differs or something is lost.
    """
    given = [(path.name, path.read_bytes()) for path in files]
    with database():
        from redphone.actions import import_told, imports
        from redphone.actions.import_consent import Consent
        from redphone.core.stream import DeskError
        from redphone.records.models import Person

        at = clock.now()
        consent = Consent(
            lost=accept, differences=differences_seen, replaces=replace, holes=holes_known
        )
        try:
            chosen = imports.people_by_address(dict(_pair(each) for each in people))
            who = imports.people_by_address({"by": by})["by"] if by else None
            actor = Person(pk=who).actor if who else SYSTEM
            row = imports.try_out(
                team=team,
                source=source,
                files=given,
                chosen=chosen,
                by=actor,
                at=at,
                keep=not dry_run,
            )
            for line in import_told.lines(row):
                click.echo(line)
            if dry_run:
                sys.exit(0 if import_told.is_clean(row) else 1)
            imports.adopt(
                number=row.pk, chosen=row.proof["chosen"], consent=consent, by=actor, at=at
            )
        except DeskError as error:
            raise click.ClickException(str(error)) from None
        click.echo(f"Saved. {team} is on call by this plan from now on.")


def _pair(text: str) -> tuple[str, str]:
    name, sign, email = text.rpartition("=")
    if not sign or not name:
        raise click.BadParameter(f"Write {text!r} as NAME=EMAIL.", param_hint="--person")
    return name, email
