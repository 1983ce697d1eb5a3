"""Commands about the hotline: hear your menu before a customer does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import click
from urllib3.exceptions import HTTPError

from redphone.channels.hotline.fake import Broken, Provider
from redphone.channels.hotline.script import (
    HANGS_UP,
    NO_ANSWER,
    TAKES,
    WAITS,
    Heard,
    Input,
    Pickup,
)
from redphone.cli.start import plain_errors
from redphone.config import environ


@click.group()
def hotline() -> None:
    """Try the hotline without a telephone."""


@hotline.command()
@click.option("--keys", help="What the caller presses, a menu each: '1', '1,12345678'.")
@click.option("--say", help="What the caller says into the menu, instead of a key.")
@click.option("--message", help="What the caller says after the tone.")
@click.option("--answer", type=click.IntRange(0), help="Which person dialled takes it; 0: nobody.")
@click.option("--from", "caller", default="+15005550006", show_default=True, help="The caller.")
@click.option("--withheld", is_flag=True, help="The caller shows no number.")
@click.option("--to", "called", default="+15005550000", show_default=True, help="Your hotline.")
@click.option("--url", help="Where the desk answers, if not at REDPHONE_PUBLIC_URL.")
def rehearse(
    keys: str | None,
    say: str | None,
    message: str | None,
    answer: int | None,
    caller: str,
    withheld: bool,
    called: str,
    url: str | None,
) -> None:
    """Call your own hotline, and read what is heard. Type what the caller does.

    It is played by the path of a real call: there will be a case, which says that it is a
    rehearsal, and people are paged. No telephone rings.
    """
    with plain_errors():
        token = next(iter(environ.text("REDPHONE_HOTLINE_TOKEN").split()), "")
        public = environ.public_url()
    if not token:
        raise click.ClickException(
            "The hotline is not set up. Start the desk with REDPHONE_HOTLINE_TOKEN, and give the "
            "same here; any words do for a rehearsal."
        )
    script = Typed(
        keys=iter(keys.split(",")) if keys is not None else None,
        say=say,
        message=message,
        answer=answer,
        is_written=any(each is not None for each in (keys, say, message, answer)),
    )
    provider = Provider(public=public, reached=(url or "").rstrip("/"), token=token, tell=_print)
    try:
        call = provider.call(
            script, caller="" if withheld else caller, called=called, rehearsal=True
        )
    except Broken as error:
        raise click.ClickException(f"The desk did not answer as it should: {error}") from None
    except (OSError, HTTPError) as error:
        raise click.ClickException(f"The desk can't be reached: {error}") from None
    finally:
        provider.close()
    click.echo(f"\nThe call is over ({call.sid}). Its case is on the board of {public}/now/")


def _print(heard: Heard) -> None:
    click.echo(f"{click.style(heard.who + ':', bold=True)} {heard.what}")


@dataclass
class Typed:
    """What was given with the command; what was not is asked for, if nothing was given at all."""

    keys: Iterator[str] | None
    say: str | None
    message: str | None
    answer: int | None
    is_written: bool
    _rung: int = field(default=0)

    def asked(self, words: str) -> Input:
        if not self.is_written:
            return _typed(
                click.prompt("  keys, words, 'hang up', or nothing", "", show_default=False)
            )
        if self.say is not None:
            said, self.say = self.say, None
            return Input(speech=said)
        return Input(digits=next(self.keys, "")) if self.keys is not None else WAITS

    def recorded(self) -> Input:
        if not self.is_written:
            said = click.prompt("  what the caller says after the tone", "", show_default=False)
            return Input(speech=said)
        said, self.message = self.message or "", None
        return Input(speech=said)

    def rung(self, number: str) -> Pickup:
        self._rung += 1
        if self.is_written:
            return TAKES if self._rung == self.answer else NO_ANSWER
        taken = click.confirm(f"  {number} rings. Do they take it?", default=False)
        return TAKES if taken else NO_ANSWER


def _typed(text: str) -> Input:
    text = text.strip()
    if text.lower() in {"hang up", "hangup"}:
        return HANGS_UP
    if text and all(each in "0123456789*#" for each in text):
        return Input(digits=text)
    return Input(speech=text)
