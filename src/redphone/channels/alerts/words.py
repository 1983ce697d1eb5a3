"""An alert in sentences, for somebody who has just been woken by it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from redphone.channels.alerts.alert import Change
from redphone.channels.alerts.values import LONGEST_TEXT

SAYS = {
    Change.FIRING: "says that this is happening",
    Change.ACKNOWLEDGED: "says that somebody there has taken it",
    Change.RESOLVED: "says that this is over",
}


def sentences(
    *,
    title: str,
    source: str,
    change: Change,
    since: datetime | None = None,
    says: Iterable[str] = (),
    about: Iterable[tuple[str, str]] = (),
    link: str = "",
) -> str:
    """What a responder reads: the trouble first, then who says so since when, then the rest.

    `says` are the sender's own texts; one that only repeats the title is left out. `about` are
    names with values, such as ("Severity", "critical"); those without a value are left out.
    """
    lines = [_ended(title)]
    for each in says:
        if each and not any(each in told for told in lines):
            lines.append(_ended(each))
    lines.append(f"{source or 'A monitor'} {SAYS[change]}{_since(since)}.")
    lines += [f"{name}: {value}." for name, value in about if value]
    if link:
        lines.append(f"Look at {link}")
    return "\n".join(lines)[:LONGEST_TEXT]


def _ended(sentence: str) -> str:
    return sentence if sentence[-1:] in ".!?:…" else f"{sentence}."


def _since(moment: datetime | None) -> str:
    if moment is None:
        return ""
    return (
        f", since {moment.year:04}-{moment.month:02}-{moment.day:02}"
        f" {moment.hour:02}:{moment.minute:02} UTC"
    )
