"""An alert in sentences, for somebody who has just been woken by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from redphone.channels.alerts.alert import Alert, Change
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
    lines.append(f"{source or 'A monitor'} {SAYS[change]}{_since(since, change)}.")
    # A full stop after an address would become part of it when it is copied.
    lines += [
        f"{name}: {value}" if "://" in value else f"{name}: {_ended(value)}"
        for name, value in about
        if value
    ]
    if link:
        lines.append(f"Look at {link}")
    return "\n".join(lines)[:LONGEST_TEXT]


def compose(
    *,
    key: str,
    change: Change,
    title: str,
    source: str,
    fields: Mapping[str, str],
    severity: str = "",
    component: str = "",
    since: datetime | None = None,
    says: Iterable[str] = (),
    about: Iterable[tuple[str, str]] = (),
    link: str = "",
    is_test: bool = False,
) -> Alert:
    """An alert with its words made of its parts."""
    return Alert(
        key=key,
        change=change,
        title=title,
        words=sentences(
            title=title,
            source=source,
            change=change,
            since=since,
            says=says,
            about=(*about, ("Severity", severity)),
            link=link,
        ),
        severity=severity,
        component=component,
        source=source,
        link=link,
        started_at=since,
        fields=fields,
        is_test=is_test,
    )


def _ended(sentence: str) -> str:
    return sentence if sentence[-1:] in ".!?:…" else f"{sentence}."


def _since(moment: datetime | None, change: Change) -> str:
    if moment is None:
        return ""
    told = (
        f"{moment.year:04}-{moment.month:02}-{moment.day:02}"
        f" {moment.hour:02}:{moment.minute:02} UTC"
    )
    return f", since {told}" if change is Change.FIRING else f"; it began at {told}"
