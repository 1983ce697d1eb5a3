"""Who of the desk the people of a source are: by address, then by name, and never by a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from redphone.channels.schedules.found import Who


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """One of the desk's own people."""

    id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A person of the source, and who they are here: nobody is (). `by` says how it was found."""

    who: Who
    people: tuple[int, ...] = ()
    by: str = ""


def match(
    people: Iterable[Who], colleagues: Sequence[Colleague], chosen: Mapping[str, int]
) -> tuple[Matched, ...]:
    """Each of these with their colleague. `chosen` is what somebody said by hand, and wins.

    A name that two colleagues share matches neither. "Ana, Bo" is both, when both are known.
    """
    mails = {each.email.lower(): each.id for each in colleagues}
    names: dict[str, list[int]] = {}
    for each in colleagues:
        names.setdefault(_folded(each.name), []).append(each.id)
    unique = {name: ids[0] for name, ids in names.items() if len(ids) == 1}
    return tuple(_matched(who, mails, unique, chosen) for who in people)


def _matched(
    who: Who, mails: Mapping[str, int], names: Mapping[str, int], chosen: Mapping[str, int]
) -> Matched:
    if who.key in chosen:
        return Matched(who=who, people=(chosen[who.key],), by="choice")
    for address in (who.email, who.name, who.key):
        if address.strip().lower() in mails:
            return Matched(who=who, people=(mails[address.strip().lower()],), by="e-mail")
    for name in (who.name, who.key):
        if _folded(name) in names:
            return Matched(who=who, people=(names[_folded(name)],), by="name")
    several = [_one(part, mails, names) for part in re.split(r"[,;/&+]", who.name or who.key)]
    known = [each for each in several if each is not None]
    if len(several) > 1 and len(known) == len(several):
        return Matched(who=who, people=tuple(dict.fromkeys(known)), by="names")
    return Matched(who=who)


def _one(part: str, mails: Mapping[str, int], names: Mapping[str, int]) -> int | None:
    return mails.get(part.strip().lower(), names.get(_folded(part)))


def _folded(name: str) -> str:
    return " ".join(name.strip().removeprefix("@").casefold().split())
