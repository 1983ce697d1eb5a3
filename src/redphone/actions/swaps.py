"""Swaps: somebody asks a colleague to take their duty, and may take some of theirs in return.

Accepting writes the overrides of both sides in one transaction. It is refused when either no
longer has what they give, when somebody would stand twice, or when anything else about the rota
would come out differently than the two agreed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from redphone.actions import duty_news
from redphone.actions.rota import NoSuchTeam, RotaError, reachable_colleagues, staff, standing_in
from redphone.core.oncall import Change, Rota
from redphone.core.oncall.held import Held, held, overlap
from redphone.records import rotas
from redphone.records.models import Override, Swap, Team
from redphone.records.models.swap import SwapState
from redphone.records.queries.asker import NotYours

LONGEST = timedelta(days=92)


class NoSuchSwap(RotaError):
    """That swap is answered already, withdrawn, or too late. Reload to see how it stands."""


class SwapEndsBeforeItBegins(RotaError):
    """Each part of a swap ends after it begins, and is three months long at most."""


class SwapIsOver(RotaError):
    """Only duty that is still to come can be swapped. For now, ask a manager for a stand-in."""


class SwapWithThemselves(RotaError):
    """Nobody swaps with themselves. Choose a colleague."""


class NothingToGive(RotaError):
    """One of you is not on call in the time that you would give. Choose another time."""


class NoLongerTheirs(RotaError):
    """One of you is no longer on call in all of the time that was to be given. Ask anew."""


class WouldStandTwice(RotaError):
    """You are both on call for a part of that time: one of the two places would be empty."""


class WouldNotHold(RotaError):
    """The swap would not put each of you in the other's place. Look at stand-ins and absences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The time that somebody gives away, and when within it they are on call."""

    giver: int
    taker: int
    starts_at: datetime
    ends_at: datetime
    stretches: Held


def ask_swap(
    *,
    team: str,
    asked_of: int,
    starts_at: datetime,
    ends_at: datetime,
    by: str,
    at: datetime,
    back_starts_at: datetime | None = None,
    back_ends_at: datetime | None = None,
    why: str = "",
) -> Swap:
    """Ask a colleague to take one's duty between two moments; for some of theirs in return.

    Nothing changes until they accept.

    Raises:
        NotYours: `by` is none of the desk's own people.
        RotaError: one of the kinds above; NoSuchTeam, NotOfTheDesk, NotReachable.
    """
    me = staff(by).pk
    row = Team.objects.filter(name=team).first()
    if row is None:
        raise NoSuchTeam
    if me == asked_of:
        raise SwapWithThemselves
    wanted = [(me, asked_of, starts_at, ends_at)]
    if (back_starts_at is None) != (back_ends_at is None):
        raise SwapEndsBeforeItBegins
    if back_starts_at is not None and back_ends_at is not None:
        wanted.append((asked_of, me, back_starts_at, back_ends_at))
    for _, _, start, end in wanted:
        if not start < end <= start + LONGEST:
            raise SwapEndsBeforeItBegins
        if start <= at:
            raise SwapIsOver
    reachable_colleagues([asked_of])
    parts = [_part(row, *each) for each in wanted]
    _check(row, parts)
    return _asked_of_them(
        team=row,
        asked_by_id=me,
        asked_of_id=asked_of,
        starts_at=starts_at,
        ends_at=ends_at,
        back_starts_at=parts[1].starts_at if len(parts) > 1 else None,
        back_ends_at=parts[1].ends_at if len(parts) > 1 else None,
        gives=_stored(parts[0].stretches),
        gives_back=_stored(parts[1].stretches) if len(parts) > 1 else [],
        why=why.strip(),
        asked_at=at,
    )


def _asked_of_them(*, asked_at: datetime, **fields: Any) -> Swap:
    with transaction.atomic():
        row = Swap.objects.create(asked_at=asked_at, **fields)
        duty_news.asked_to_swap(row, at=asked_at)
    return row


def accept_swap(*, swap: int, by: str, at: datetime) -> None:
    """Take it: from now on each has the other's place in what was given.

    Raises:
        NotYours: it was asked of somebody else.
        NoSuchSwap: it is answered already, or its time has come.
        NoLongerTheirs, WouldStandTwice, WouldNotHold, NotReachable: the rota is another by now.
    """
    with transaction.atomic():
        row = _asked(swap, at, by, of=True)
        reachable_colleagues([row.asked_of_id, row.asked_by_id])
        parts = _parts(row)
        _check(row.team, parts)
        start = min(part.starts_at for part in parts)
        end = max(part.ends_at for part in parts)
        with standing_in(
            [row.team],
            start=start,
            end=end,
            by=by,
            at=at,
            holes_named=False,
            known=[row.asked_by.actor],
        ) as changes:
            for part in parts:
                _stand_in(row.team, part, by, at)
        _check_changes(parts, [change for _, change in changes])
        _answer(row, SwapState.ACCEPTED, at)


def decline_swap(*, swap: int, by: str, at: datetime) -> None:
    """Leave everything as it is.

    Raises:
        NotYours: it was asked of somebody else.
        NoSuchSwap: it is answered already, or its time has come.
    """
    with transaction.atomic():
        _answer(_asked(swap, at, by, of=True), SwapState.DECLINED, at)


def withdraw_swap(*, swap: int, by: str, at: datetime) -> None:
    """Take the question back.

    Raises:
        NotYours: somebody else asked it.
        NoSuchSwap: it is answered already, or its time has come.
    """
    with transaction.atomic():
        _answer(_asked(swap, at, by, of=False), SwapState.WITHDRAWN, at)


def expire_swaps(*, at: datetime) -> int:
    """Mark what nobody answered before its time came. How many."""
    late = Q(starts_at__lte=at) | Q(back_starts_at__lte=at)
    with transaction.atomic():
        waiting = Swap.objects.select_for_update(skip_locked=True, of=("self",))
        rows = list(waiting.filter(late, state=SwapState.ASKED))
        for row in rows:
            _answer(row, SwapState.EXPIRED, at)
    return len(rows)


# ── Rows ────────────────────────────────────────────────────────────────────────────────────────


def _asked(swap: int, at: datetime, by: str, *, of: bool) -> Swap:
    """The swap under lock, if it waits for an answer and `by` is the one to give it."""
    row = Swap.objects.select_for_update().filter(pk=swap).first()
    if row is None or staff(by).pk != (row.asked_of_id if of else row.asked_by_id):
        raise NotYours
    begins = min(each for each in (row.starts_at, row.back_starts_at) if each)
    if row.state != SwapState.ASKED or begins <= at:
        raise NoSuchSwap
    return row


def _answer(row: Swap, state: SwapState, at: datetime) -> None:
    row.state, row.answered_at = state, at
    row.save(update_fields=["state", "answered_at"])
    duty_news.swap_answered(row, at=at)


def _parts(row: Swap) -> list[Part]:
    """What each gives, as the rota stands now.

    Raises:
        NoLongerTheirs: it is not what it was when it was asked.
    """
    found = [_part(row.team, row.asked_by_id, row.asked_of_id, row.starts_at, row.ends_at)]
    if row.back_starts_at and row.back_ends_at:
        both = (row.back_starts_at, row.back_ends_at)
        found.append(_part(row.team, row.asked_of_id, row.asked_by_id, *both))
    for part, stored in zip(found, (row.gives, row.gives_back), strict=False):
        if _stored(part.stretches) != stored:
            raise NoLongerTheirs
    return found


def _part(team: Team, giver: int, taker: int, start: datetime, end: datetime) -> Part:
    stretches = held(_rota(team, start, end), f"person:{giver}", start, end)
    return Part(giver=giver, taker=taker, starts_at=start, ends_at=end, stretches=stretches)


def _rota(team: Team, start: datetime, end: datetime) -> Rota:
    return rotas.rotas(start, [team.name], until=end)[team.name]


def _stored(stretches: Held) -> list[list[str]]:
    return [[start.isoformat(), end.isoformat()] for start, end in stretches]


def _stand_in(team: Team, part: Part, by: str, at: datetime) -> None:
    Override.objects.bulk_create(
        Override(
            team=team,
            person_id=part.taker,
            instead_of_id=part.giver,
            starts_at=start,
            ends_at=end,
            made_by=by,
            made_at=at,
        )
        for start, end in part.stretches
    )


# ── What is refused ─────────────────────────────────────────────────────────────────────────────


def _check(team: Team, parts: Iterable[Part]) -> None:
    for part in parts:
        if not part.stretches:
            raise NothingToGive
        rota = _rota(team, part.starts_at, part.ends_at)
        theirs = held(rota, f"person:{part.taker}", part.starts_at, part.ends_at)
        if overlap(part.stretches, theirs):
            raise WouldStandTwice


def _check_changes(parts: list[Part], changes: list[Change]) -> None:
    """Raises: WouldNotHold, unless each stretch has the taker for the giver, and nothing else."""
    changed = {part.giver: timedelta() for part in parts}
    for change in changes:
        part = next((each for each in parts if _is_of(change, each)), None)
        if part is None:
            raise WouldNotHold
        changed[part.giver] += change.ends_at - change.starts_at
    for part in parts:
        given = sum((end - start for start, end in part.stretches), timedelta())
        if changed[part.giver] != given:
            raise WouldNotHold


def _is_of(change: Change, part: Part) -> bool:
    """Whether a change is one of those that somebody agreed to."""
    wanted = (set(change.before) - {f"person:{part.giver}"}) | {f"person:{part.taker}"}
    inside = any(
        start <= change.starts_at and change.ends_at <= end for start, end in part.stretches
    )
    return inside and set(change.after) == wanted
