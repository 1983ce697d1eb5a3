"""`redphone verify`: read every stream again, and say what does not follow from its entries."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import click

from redphone.cli.start import database


@click.command()
@click.argument("refs", nargs=-1, metavar="[REF]...")
@click.option("--json", "as_json", is_flag=True, help="Write findings as JSON, one a line.")
@click.option("--checkpoint", is_flag=True, help="If all is well, sign and print a checkpoint.")
@click.option(
    "--against",
    type=click.File(encoding="utf-8"),
    help="Hold the ledger against a checkpoint that has left the machine.",
)
@click.option("--key", default="", metavar="HEX", help="The public key it must be signed with.")
def verify(
    refs: tuple[str, ...], *, as_json: bool, checkpoint: bool, against: IO[str] | None, key: str
) -> None:
    """Check the ledger: all of it, or the cases and incidents named (RP-1001, INC-101).

    Reads every entry, replays every stream, reckons every deadline a second time, and compares.
    Changes nothing. Ends with 1 when something is wrong, and says for each finding what to do.
    """
    if refs and (checkpoint or against):
        raise click.UsageError("A checkpoint is over all streams: leave the names away.")
    with database():
        told = _Told(as_json, apart=as_json or checkpoint)
        entries = _streams(refs, told)
        if not refs:
            _checkpoints(told, _read(against), key)
        if told.number:
            told.say(f"{_counted(told.number, 'finding')} in {_counted(entries, 'entry')}.")
            sys.exit(1)
        told.say(f"All is as its entries say ({_counted(entries, 'entry')} checked).")
        if checkpoint:
            _write_checkpoint()


class _Told:
    """Prints findings as they come, and counts them."""

    def __init__(self, as_json: bool, *, apart: bool) -> None:
        self.as_json = as_json
        self.apart = apart
        self.number = 0

    def __call__(self, finding: Any) -> None:
        self.number += 1
        if self.as_json:
            click.echo(json.dumps(asdict(finding), ensure_ascii=False))
            return
        label = click.style(finding.place, fg="red", bold=True)
        click.echo(f"{label} {finding.says} [{finding.rule}]")
        click.echo(f"    → {finding.do}")

    def say(self, words: str) -> None:
        """A sentence for people; it stays apart from what programs read on standard output."""
        click.echo(words, err=self.apart)


def _streams(refs: tuple[str, ...], told: _Told) -> int:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from redphone import clock
    from redphone.actions import verify as action
    from redphone.core.stream import DeskError

    columns = ("Checking", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, transient=True, console=console, disable=not console.is_terminal) as p:
        bar = p.add_task("")
        try:
            verdict = action.verify(
                refs=refs,
                at=clock.now(),
                found=told,
                total=lambda streams: p.update(bar, total=streams),
                advance=lambda streams: p.advance(bar, streams),
            )
        except DeskError as error:
            raise click.ClickException(str(error)) from None
    return verdict.entries


def _read(against: IO[str] | None) -> Any:
    from redphone.actions import checkpoints

    if against is None:
        return None
    try:
        return checkpoints.from_data(json.load(against))
    except ValueError as error:
        said = str(error) if isinstance(error, checkpoints.CheckpointUnreadable) else "No JSON."
        raise click.ClickException(f"{Path(against.name).name}: {said}") from None


def _checkpoints(told: _Told, signed: Any, key: str) -> None:
    from redphone.actions import checkpoints

    for finding in checkpoints.compare():
        told(finding)
    if signed is None:
        return
    if signed.key != (key or checkpoints.our_key()):
        raise click.ClickException(
            f"That checkpoint is signed with the key {signed.key}, and not with this desk's. "
            "If the desk had another secret then, and you know that key, give it with --key."
        )
    for finding in checkpoints.compare_with(signed):
        told(finding)


def _write_checkpoint() -> None:
    from redphone import clock
    from redphone.actions import checkpoints

    signed = checkpoints.write(at=clock.now())
    click.echo(json.dumps(signed.as_data(), indent=1))


def _counted(number: int, noun: str) -> str:
    if number == 1:
        return f"1 {noun}"
    return (
        f"{number:,} {noun.removesuffix('y')}ies" if noun.endswith("y") else f"{number:,} {noun}s"
    )
