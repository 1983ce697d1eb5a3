"""How somebody is reached, in words; and what of it would let them sleep through a page.

A personal rule is a list of tries: on which device, how long after the page was made. The ladder
does not wait for it: its next step is called when its own time is up, and the rule goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

LOUD = "voice"
"""The kind of device that rings until somebody answers. All others may come to a silent phone."""

_SAID = {
    "voice": "a call to",
    "sms": "an SMS to",
    "push": "a push to",
    "mail": "a mail to",
    "app": "a message to",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One try of a rule, `after` the page was made.

    `carrier` names what it hangs on: two devices of one carrier can fail together. A device that
    is not `is_working` is passed over.
    """

    device: int
    kind: str
    name: str
    carrier: str
    after: timedelta = timedelta()
    is_working: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One moment of a rule: when it is ("At once", "After 3 minutes"), and what happens then."""

    when: str
    what: str

    def __str__(self) -> str:
        return f"{self.when}: {self.what}."


def in_words(tries: Iterable[Try], climbs_after: timedelta | None) -> tuple[Line, ...]:
    """A rule as it would run, moment by moment.

    `climbs_after` is when the ladder calls its next step; None when nothing does.
    """
    planned = sorted((each for each in tries if each.is_working), key=lambda each: each.after)
    rung: set[int] = set()
    lines = []
    for after, together in groupby(planned, key=lambda each: each.after):
        if climbs_after is not None and after > climbs_after:
            lines.append(_climb(climbs_after, goes_on=True))
            climbs_after = None
        lines.append(Line(when=_when(after), what=_and(_said(each, rung) for each in together)))
    if climbs_after is not None:
        lines.append(_climb(climbs_after, goes_on=False))
    return tuple(lines)


def _climb(after: timedelta, *, goes_on: bool) -> Line:
    more = ", and your rule goes on" if goes_on else ""
    return Line(when=_when(after), what=f"the next step of the ladder is called as well{more}")


def _said(each: Try, rung: set[int]) -> str:
    """One try; what was tried before is said so. `rung` is added to."""
    said = f"{_SAID[each.kind]} {each.name}"
    if each.device in rung:
        return f"{said} again"
    rung.add(each.device)
    return said


def warnings(
    tries: Sequence[Try], *, is_urgent: bool, climbs_after: timedelta | None
) -> tuple[str, ...]:
    """What somebody would want to know of this rule before the night, the worst first."""
    working = [each for each in tries if each.is_working]
    if not working:
        return ("Nothing of this rule works: pages go to all devices that do.",)
    return (
        *(_urgent(working, climbs_after) if is_urgent else _calm(working)),
        *_passed_over(tries),
    )


def _urgent(working: Sequence[Try], climbs_after: timedelta | None) -> Iterator[str]:
    first = min(each.after for each in working)
    loud = [each.after for each in working if each.kind == LOUD]
    if not loud:
        yield (
            "Nothing rings: a message to a silent phone wakes nobody. Add a telephone that is "
            "called."
        )
    elif climbs_after is not None and min(loud) >= climbs_after:
        yield (
            f"The phone first rings after {length(min(loud))}: by then the next step has been "
            f"called, after {length(climbs_after)}. Let it ring sooner."
        )
    if first > timedelta():
        yield f"Nothing at all happens for {length(first)}."
    if len({each.device for each in working}) == 1:
        yield f"All hangs on {working[0].name}. Add a second device for when it is lost or empty."
    elif len({each.carrier for each in working}) == 1:
        yield (
            f"All of it goes by {working[0].carrier}: when that is down, nothing arrives. "
            "Add a device of another kind."
        )


def _calm(working: Sequence[Try]) -> Iterator[str]:
    if any(each.kind == LOUD for each in working):
        yield "The phone rings for what could wait: leave it out to be rung for emergencies only."


def _passed_over(tries: Sequence[Try]) -> Iterator[str]:
    for name in dict.fromkeys(each.name for each in tries if not each.is_working):
        yield f"{name} is passed over until it works again."


def masked(kind: str, address: str) -> str:
    """As much of an address as tells two of one person apart: "…321", "a…@home.example"."""
    if kind in ("voice", "sms"):
        return f"…{address[-3:]}"
    if kind == "mail":
        name, at, domain = address.partition("@")
        return f"{name[:1]}…{at}{domain}"
    return address


def length(of: timedelta) -> str:
    """A length in whole words: "3 minutes", "1 minute 30 seconds"."""
    minutes, seconds = divmod(int(of.total_seconds()), 60)
    parts = [_counted(minutes, "minute")] if minutes else []
    if seconds or not minutes:
        parts.append(_counted(seconds, "second"))
    return " ".join(parts)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _when(after: timedelta) -> str:
    return f"After {length(after)}" if after else "At once"


def _and(said: Iterable[str]) -> str:
    *before, last = said
    return f"{', '.join(before)} and {last}" if before else last
