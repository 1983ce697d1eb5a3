"""`redphone demo`: an outage with forty customers, played through the desk's real doors."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from redphone import clock
from redphone.cli.start import database
from redphone.config import environ

if TYPE_CHECKING:
    from redphone.cli.demo_cast import Cast
    from redphone.cli.demo_story import Beat, Play


@click.command()
@click.option("--url", default=None, help="Where the desk is (REDPHONE_PUBLIC_URL).")
@click.option(
    "--speed",
    type=click.FloatRange(min=0.01),
    default=60.0,
    show_default=True,
    help="Seconds of the story in a second of yours: 60 plays a minute a second, 1 plays live.",
)
def demo(url: str | None, speed: float) -> None:
    """Play an outage with forty customers on the desk that runs here ('redphone up').

    The story takes 26 minutes at speed 1. Faster, its pauses shrink and nothing else: the desk's
    clocks are real and can't be sped up, so a deadline of 15 minutes stays 15 minutes away.
    Everything happens by the pages and the API, as it would in earnest. The customers stay on the
    desk and are used again the next time; they are from companies whose mail ends in
    demo.example.
    """
    with database():
        from redphone.cli.demo_cast import CannotPlay, dismiss, gather
        from redphone.cli.demo_doors import Desk, Refused
        from redphone.cli.demo_story import Play

        desk = Desk(url or environ.public_url())
        try:
            cast = gather(clock.now())
        except CannotPlay as error:
            raise click.ClickException(str(error)) from None
        play = Play(desk, cast, clock.now)
        try:
            _perform(play, speed)
        except (Refused, KeyboardInterrupt) as error:
            _say_what_is_left(play)
            raise click.ClickException(str(error) or "The play was broken off.") from None
        finally:
            dismiss(cast, clock.now())
        _say_where_to_look(play, cast)


def _perform(play: Play, speed: float) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console()
    beats = play.beats()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("[dim]{task.fields[minute]} of the story"),
    )
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("An outage", total=len(beats), minute="0:00")
        began = time.monotonic()
        for beat in beats:
            # Beats keep to the story's own time: a slow one makes the next pause shorter.
            time.sleep(max(0.0, began + beat.minute * 60 / speed - time.monotonic()))
            beat.do()
            progress.console.print(f"[dim]{_minute(beat)}[/]  {beat.says}", highlight=False)
            progress.update(bar, advance=1, minute=_minute(beat))
            if beat.minute == 0:
                where = f"{play.desk.address}/incidents/{play.incident}/"
                progress.console.print(f"       Watch it: {play.desk.address}/now/ and {where}")


def _minute(beat: Beat) -> str:
    minutes, seconds = divmod(round(beat.minute * 60), 60)
    return f"{minutes}:{seconds:02}"


def _say_what_is_left(play: Play) -> None:
    if play.incident:
        click.echo(f"{play.incident} was left as it is: resolve it, or play again beside it.")


def _say_where_to_look(play: Play, cast: Cast) -> None:
    at, first = play.desk.address, cast.customers[0]
    click.echo(
        f"""
{play.incident} had {len(play.reported) + 1} customers' cases. Look at:
  {at}/incidents/{play.incident}/   the room, with its whole timeline
  {at}/cases/{play.case}/   the first customer's case
  {at}/status/   what everyone saw
  {at}/outbox/   the mail that was sent, while no mail server is set
{first.name} signs in as {first.email} with {cast.password}"""
    )
