"""Telling people what became of their duty: who asks them to swap, who put them on call.

It goes by the calm one of their personal rules, to what comes first there, with a link to their
own duty. It is written in the transaction of what it tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from redphone.actions import wording
from redphone.core.oncall import Change
from redphone.records import devices, wake
from redphone.records.models import DeviceMessage, Person, Swap, Team
from redphone.records.models.device import Urgency
from redphone.records.models.device_message import DeviceMessagePurpose as Purpose
from redphone.records.models.swap import SwapState

WORTH_SENDING_FOR = timedelta(days=1)
MOST_STRETCHES = 3

Stretch = tuple[datetime, datetime]


def asked_to_swap(row: Swap, *, at: datetime) -> None:
    """Tell whoever is asked, with the link to say yes or no. Source: POL-6."""
    who, zone = row.asked_of, row.asked_of.time_zone
    says = f"{row.asked_by.name} asks you to take {row.team.name}, {_of(row, zone, at)}"
    if row.back_starts_at and row.back_ends_at:
        back = _spelled([(row.back_starts_at, row.back_ends_at)], zone, at)
        says += f", and takes yours in return: {back}"
    _tell(who, f"{says}." + (f" “{row.why}”" if row.why else ""), at)


def swap_answered(row: Swap, *, at: datetime) -> None:
    """Tell the other one what became of a swap. Source: POL-6."""
    by_asker = row.state == SwapState.WITHDRAWN
    who, other = (row.asked_of, row.asked_by) if by_asker else (row.asked_by, row.asked_of)
    what = f"{row.team.name}, {_of(row, who.time_zone, at)}"
    match SwapState(row.state):
        case SwapState.ACCEPTED:
            says = f"{other.name} takes {what}. The rota says so from now on."
        case SwapState.DECLINED:
            says = f"{other.name} can't take {what}. Everything stays as it was."
        case SwapState.WITHDRAWN:
            says = f"{other.name} asks you no longer to take {what}."
        case _:
            says = f"{other.name} has not said whether they take {what}. It stays yours."
    _tell(who, says, at)


def put_on_call(
    changes: Iterable[tuple[Team, Change]], *, by: str, at: datetime, known: Iterable[str] = ()
) -> None:
    """Tell who is on call by what somebody else has changed, and who is no longer.

    `known` are actors who are told in other words, as `by` knows it.
    """
    quiet = {by, *known}
    gained: dict[tuple[str, str], list[Stretch]] = {}
    lost: dict[tuple[str, str], list[Stretch]] = {}
    for team, change in changes:
        stretch = (change.starts_at, change.ends_at)
        for found, actors in (
            (gained, _only(change.after, change.before)),
            (lost, _only(change.before, change.after)),
        ):
            for actor in actors - quiet:
                _add(found.setdefault((actor, team.name), []), stretch)
    people = _people({actor for actor, _ in (*gained, *lost)})
    for found, begins in (
        (gained, "You are on call for"),
        (lost, "You are no longer on call for"),
    ):
        for (actor, team_name), stretches in found.items():
            who = people[actor]
            _tell(who, f"{begins} {team_name}: {_spelled(stretches, who.time_zone, at)}.", at)


def _only(these: Sequence[str], those: Sequence[str]) -> set[str]:
    return set(these) - set(those)


def _add(stretches: list[Stretch], stretch: Stretch) -> None:
    """One that follows at once makes the last one longer."""
    if stretches and stretches[-1][1] == stretch[0]:
        stretches[-1] = (stretches[-1][0], stretch[1])
    else:
        stretches.append(stretch)


def _people(actors: Iterable[str]) -> dict[str, Person]:
    ids = [int(actor.removeprefix("person:")) for actor in actors]
    return {person.actor: person for person in Person.objects.filter(pk__in=ids)}


def _of(row: Swap, zone: str, at: datetime) -> str:
    return _spelled([(row.starts_at, row.ends_at)], zone, at)


def _spelled(stretches: Sequence[Stretch], zone: str, at: datetime) -> str:
    where = wording.zone(zone)
    told = [
        f"{wording.moment(start, where, at)} to {wording.moment(end, where, at)}"
        for start, end in stretches
    ]
    return wording.listed(told, most=MOST_STRETCHES)


def _tell(who: Person, says: str, at: datetime) -> None:
    """Nothing when nothing reaches them: their page shows it all the same."""
    rings = devices.rings([who.pk], Urgency.CALM).get(who.pk, ())
    if not rings:
        return
    first = rings[0]
    DeviceMessage.objects.create(
        person=who,
        device_id=first.device,
        purpose=Purpose.DUTY,
        channel=first.channel,
        address=first.address,
        about=says,
        next_try_at=at,
        deadline_at=at + WORTH_SENDING_FOR,
        created_at=at,
    )
    wake.devices()
