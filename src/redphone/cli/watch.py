"""`redphone watch`: on another machine, it tells when the desk itself is in trouble."""

from __future__ import annotations

import hashlib
import logging
import os
import time
import warnings
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from redphone import clock
from redphone.channels import watching
from redphone.core import watch as core
from redphone.core.watch import News

if TYPE_CHECKING:
    from apprise import Apprise


@click.command()
@click.argument("url")
@click.option("--every", type=click.FloatRange(min=1), default=60, show_default=True)
@click.option(
    "--tell",
    "addresses",
    multiple=True,
    metavar="ADDRESS",
    envvar="REDPHONE_WATCH_TELL",
    help="Whom to tell: an Apprise address, as mailto://…, twilio://…, ntfy://…. Once or more.",
)
@click.option(
    "--slow", type=float, default=10, show_default=True, help="Seconds that are too long."
)
@click.option("--memory", type=click.Path(path_type=Path), help="The file that it remembers in.")
@click.option("--once", is_flag=True, help="Look once, and end: with 1 when it is in trouble.")
@click.option("--try", "is_try", is_flag=True, help="Tell everyone a test, and end.")
def watch(
    url: str,
    every: float,
    addresses: tuple[str, ...],
    slow: float,
    memory: Path | None,
    once: bool,
    is_try: bool,
) -> None:
    """Look at the desk at URL from another machine, and tell when it is in trouble.

    It tells after two bad looks in a row, each hour again, and when all is well again. It needs no
    database and nothing else of the desk's.
    """
    kept = memory or _memory(url)
    lines = tell_by(addresses)
    if is_try:
        test = News(subject=f"Redphone watch: a test from {url}", words="Nothing has happened.")
        if not lines or not tell(lines, test):
            raise click.ClickException("It was not told: see --tell.")
        click.echo("Told.")
        return
    if not lines and not once:
        click.echo("Nobody will be told: there is no --tell. It only writes here.", err=True)
    while True:
        try:
            trouble = turn(url, lines, kept, slow=slow, at=clock.now())
        except Exception as error:  # A watcher that dies of a full disk watches nothing.
            click.echo(f"This look failed: {error!r}", err=True)
            trouble = repr(error)
        if once:
            raise SystemExit(1 if trouble else 0)
        time.sleep(every)


def turn(url: str, lines: list[str], kept: Path, *, slow: float, at: datetime) -> str:
    """One look, told if it has to be. What is wrong; "" when nothing is.

    What could not be told is told at the next look.
    """
    look = watching.look(url, at=at, slow_after=slow)
    known = core.after(watching.remembered(kept), look)
    found = core.news(known, look, url=url)
    click.echo(f"{at:%Y-%m-%d %H:%M:%S} UTC {look.trouble or 'well'}")
    if found is not None and tell(lines, found):
        known = core.told(known, look)
    watching.remember(known, kept)
    return look.trouble


def tell_by(addresses: tuple[str, ...]) -> list[str]:
    """The addresses as they are, once Apprise knows each of them.

    Raises:
        ClickException: one is of no service that it knows; nobody would ever hear by it.
    """
    for number, address in enumerate(addresses, 1):
        if not _apprise().add(address):
            # The address itself holds a password, and is not shown.
            raise click.ClickException(f"--tell number {number} is no address that Apprise knows.")
    return list(addresses)


def tell(addresses: list[str], news: News) -> bool:
    """Tell everyone, whatever became of the one before; whether anybody could be told."""
    click.echo(f"  {news.subject}: {news.words.splitlines()[0]}")
    reached = False
    for number, address in enumerate(addresses, 1):
        line = _apprise()
        line.add(address)
        if line.notify(title=news.subject, body=news.words):
            reached = True
        else:
            click.echo(f"  --tell number {number} took nothing", err=True)
    return reached or not addresses


def _apprise() -> Apprise:
    """Apprise, loaded when there is something to tell, and kept from writing passwords down."""
    with warnings.catch_warnings():
        # Some of its plugins ask for modules that Python is about to drop.
        warnings.simplefilter("ignore")
        from apprise import Apprise
        from apprise.manager_plugins import NotificationManager

        NotificationManager().load_modules()  # type: ignore[no-untyped-call]
    logging.getLogger("apprise").propagate = False
    return Apprise()


def _memory(url: str) -> Path:
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    name = hashlib.sha256(url.encode()).hexdigest()[:16]
    return Path(state) / "redphone" / f"watch-{name}.json"
