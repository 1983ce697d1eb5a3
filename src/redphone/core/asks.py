"""The calls of a ladder: whom each step called, when and why, and who has answered.

Source: EMG-1 to EMG-5; clauses.md, row 16.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from redphone.core.stream import Entry

WENT_QUIET = "went_quiet"
"""The reason of a call because whoever had it did nothing and did not answer."""

DECLINED = "declined"
"""Why a page counts as answered with no: they can't come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One step of a ladder that was called: whom, when, why. Nobody on call is an empty `people`.

    `step` counts from 0, `turn` counts the walks of the ladder from 1. `unreached` are those of
    `people` whom the page could not reach: no device of theirs takes it. `without` are those whom
    the step names and nobody stands behind, each with the reason; `names` are all of them in
    words, where they are more than the teams. With `all_must` it is answered
    when each of `people` has; `answers` are those who have so far. `whys` says of each of the
    unreached why no page did: DECLINED of whoever has said that they can't come.
    """

    lane: str
    step: int
    teams: tuple[str, ...]
    people: tuple[str, ...]
    at: datetime
    reason: str
    turn: int = 1
    answered_by: str | None = None
    answered_at: datetime | None = None
    unreached: tuple[str, ...] = ()
    without: tuple[tuple[str, str], ...] = ()
    names: tuple[str, ...] = ()
    all_must: bool = False
    answers: tuple[str, ...] = ()
    whys: tuple[tuple[str, str], ...] = ()

    @property
    def reached(self) -> tuple[str, ...]:
        """Whom the page has reached, as far as is known."""
        return tuple(person for person in self.people if person not in self.unreached)

    @property
    def missing(self) -> tuple[str, ...]:
        """Who has not answered yet and still has to."""
        if self.answered_at is not None:
            return ()
        return tuple(person for person in self.people if person not in self.answers)

    @property
    def is_ringing(self) -> bool:
        return any(person in self.missing for person in self.reached)

    @property
    def declined(self) -> tuple[str, ...]:
        """Who has said that they can't come: they ring no more, and may still answer."""
        return tuple(person for person, why in self.whys if why == DECLINED)

    def awaits(self, person: str) -> bool:
        """Whether this call has no answer of this person yet."""
        return person in self.missing

    def rings(self, person: str) -> bool:
        """Whether this call still rings for this person."""
        return self.awaits(person) and person not in self.declined

    def hears(self, person: str) -> bool:
        """Whether an answer of theirs changes anything here: whoever was not asked answers for
        all, but not where each of those who were asked has to."""
        return self.awaits(person) if self.all_must else self.answered_at is None


def of_entry(entry: Entry) -> Ask:
    """The call that an entry `asked` tells of."""
    data = entry.data
    return Ask(
        lane=data["lane"],
        step=data["step"],
        teams=tuple(data["teams"]),
        people=tuple(data["people"]),
        at=entry.at,
        reason=data["reason"],
        turn=data["turn"],
        without=tuple((name, why) for name, why in data.get("without", ())),
        names=tuple(data.get("names", ())),
        all_must=bool(data.get("all_must")),
    )


def lanes_heard(asks: Iterable[Ask], person: str) -> list[str]:
    """The ladders that an answer of this person ends the ringing of.

    Those where they were asked; all that wait, when they were asked in none.
    """
    known = [ask for ask in asks if ask.hears(person)]
    mine = {ask.lane for ask in known if ask.awaits(person)}
    return sorted(mine or {ask.lane for ask in known})


def answered(
    asks: tuple[Ask, ...], lanes: Iterable[str], *, by: str, at: datetime
) -> tuple[Ask, ...]:
    """The calls after somebody has answered in these ladders.

    Whoever was called by a later step answers for those below, whose turn has passed.
    """
    found: list[Ask] = []
    higher = {ask.lane: n for n, ask in enumerate(asks) if ask.awaits(by)}
    for number, ask in enumerate(asks):
        if ask.lane not in lanes or ask.answered_at is not None:
            found.append(ask)
        elif not ask.all_must or (not ask.awaits(by) and higher.get(ask.lane, -1) > number):
            found.append(replace(ask, answered_by=by, answered_at=at))
        else:
            found.append(_one_more(ask, by, at))
    return tuple(found)


def _one_more(ask: Ask, by: str, at: datetime) -> Ask:
    if not ask.awaits(by):
        return ask
    after = replace(ask, answers=(*ask.answers, by))
    if after.missing:
        return after
    return replace(after, answered_by=by, answered_at=at)


def unreached(asks: tuple[Ask, ...], lane: str, person: str, why: str) -> tuple[Ask, ...]:
    """The calls after it is known that no page of a ladder reaches somebody."""
    return tuple(
        replace(ask, unreached=(*ask.unreached, person), whys=(*ask.whys, (person, why)))
        if ask.lane == lane and ask.answered_at is None and person in ask.reached
        else ask
        for ask in asks
    )


def declined(asks: tuple[Ask, ...], lanes: Iterable[str], person: str) -> tuple[Ask, ...]:
    """The calls after somebody has said that they can't come: as if no page had reached them."""
    return tuple(
        replace(
            ask,
            unreached=tuple(dict.fromkeys((*ask.unreached, person))),
            whys=(*(each for each in ask.whys if each[0] != person), (person, DECLINED)),
        )
        if ask.lane in lanes and ask.rings(person)
        else ask
        for ask in asks
    )


def walk(asks: list[Ask]) -> list[Ask]:
    """The calls of one ladder since whoever had it went quiet: what was answered before that
    counts no more."""
    starts = [number for number, ask in enumerate(asks) if ask.reason == WENT_QUIET]
    return asks[starts[-1] :] if starts else asks
