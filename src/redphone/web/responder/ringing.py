"""What a page did, person by person: "SMS 03:12, arrived"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from redphone.records.queries.told import Rung
from redphone.web import words


@dataclass(frozen=True, slots=True)
class Tried:
    """One try in words. `tone` is "green" for one that was answered, "red" for a failed one."""

    says: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class RungPerson:
    """Everything that a page tried with one person, soonest first.

    `unneeded` is how many more tries were planned that nobody needed any more.
    """

    name: str
    tries: tuple[Tried, ...]
    unneeded: int


CHANNELS = {"voice": "call", "sms": "SMS", "push": "push", "mail": "mail", "app": "app"}
_UNNEEDED = ("cancelled", "stale")


def in_words(pages: Iterable[Rung], at: datetime) -> tuple[RungPerson, ...]:
    """The tries at a page of this moment, person by person as they were first rung."""
    by_name: dict[str, list[Rung]] = {}
    for page in pages:
        by_name.setdefault(page.person, []).append(page)
    return tuple(_person(name, tried, at) for name, tried in by_name.items())


def _person(name: str, tried: list[Rung], at: datetime) -> RungPerson:
    gone = [each for each in tried if each.state not in _UNNEEDED or each.answered]
    return RungPerson(name, tuple(_try(each, at) for each in gone), len(tried) - len(gone))


def _try(rung: Rung, at: datetime) -> Tried:
    when = words.clock_time(rung.at, at).removesuffix(" UTC")
    what = f"{CHANNELS.get(rung.channel, rung.channel)} {when}"
    if rung.answered:
        return Tried(f"{what}, answered", "green")
    if rung.is_bundled:
        return Tried(f"{what}, together with others")
    match rung.state:
        case "pending":
            return Tried(f"{what}, if nobody answers before")
        case "sending":
            return Tried(f"{what}, on its way")
        case "failed":
            return Tried(f"{what}, not delivered", "red")
        case "delivered":
            return Tried(f"{what}, {'rang' if rung.channel == 'voice' else 'arrived'}")
    return Tried(f"{what}, sent")
