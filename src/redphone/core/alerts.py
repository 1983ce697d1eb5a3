"""What an alert of a monitor means for the desk: it opens, it repeats, or it is only noted.

A monitor can open an incident and say that it is over; it can answer for nobody. What it says
after the opening changes no clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from redphone.core.stream import SYSTEM, Entry

STEADY_AFTER = timedelta(hours=1)
"""A key that has not changed for so long is steady again, and its next change is noted."""

MOST_NOTED = 4
"""So many changes of one key are noted one by one; then once that it flaps, and no more."""


class Change(Enum):
    """What an alert says of its key."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Meaning(Enum):
    """What is to be done about an alert."""

    OPENS = auto()
    REPEATS = auto()
    RETURNS = auto()
    IS_ACKNOWLEDGED = auto()
    IS_OVER = auto()
    NOTHING = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of a key before an alert: what it said last, and how its incident stands.

    `was_declined` is true while a person's word that this is no emergency stands.
    """

    is_firing: bool
    is_open: bool
    was_declined: bool = False
    is_acknowledged: bool = False


def meaning(change: Change, standing: Standing | None) -> Meaning:
    """What an alert means. A key that nobody has heard of has no standing.

    What fires when its incident is over opens a new one, with clocks and pages of its own: the
    strictest reading. Only where a person has said that it is no emergency, and it has fired
    without a break since, does it stay quiet.

    Source: POL-2, POL-10.
    """
    if change is Change.FIRING:
        return _of_firing(standing)
    if standing is None or not standing.is_open or not standing.is_firing:
        return Meaning.NOTHING
    if change is Change.RESOLVED:
        return Meaning.IS_OVER
    return Meaning.NOTHING if standing.is_acknowledged else Meaning.IS_ACKNOWLEDGED


def _of_firing(standing: Standing | None) -> Meaning:
    if standing is None:
        return Meaning.OPENS
    if standing.is_open:
        return Meaning.REPEATS if standing.is_firing else Meaning.RETURNS
    unbroken = standing.is_firing and standing.was_declined
    return Meaning.REPEATS if unbroken else Meaning.OPENS


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One alert as its entry tells it: when it came, by which door, and its title."""

    at: datetime
    door: str
    title: str

    @property
    def data(self) -> dict[str, str]:
        return {"door": self.door}


def resolved(said: Said) -> Entry:
    """The monitor says that it is over. That resolves nothing: a person does.

    Source: POL-4.
    """
    return Entry(kind="alert_resolved", at=said.at, actor=SYSTEM, data=said.data, words=said.title)


def returned(said: Said) -> Entry:
    """It fires again while its incident is still open. Nobody is paged again."""
    return Entry(kind="alert_returned", at=said.at, actor=SYSTEM, data=said.data, words=said.title)


def acknowledged(said: Said) -> Entry:
    """Somebody took it in the monitor. That answers no page of ours, since a machine can't engage.

    Source: POL-2.
    """
    return Entry(
        kind="alert_acknowledged", at=said.at, actor=SYSTEM, data=said.data, words=said.title
    )


def flaps(said: Said) -> Entry:
    """It goes to and fro: from here on its changes are counted and no longer noted."""
    return Entry(kind="alert_flaps", at=said.at, actor=SYSTEM, data=said.data, words=said.title)


def all_over(said: Said, *, count: int) -> Entry:
    """All alerts that were put together have ended."""
    data = {**said.data, "count": count}
    return Entry(kind="alerts_over", at=said.at, actor=SYSTEM, data=data)


def changed(said: Said, *, fires: bool, changes: int) -> Entry | None:
    """What is noted of the change number `changes` of a key, counted since it was steady."""
    if changes > MOST_NOTED + 1:
        return None
    if changes == MOST_NOTED + 1:
        return flaps(said)
    return returned(said) if fires else resolved(said)


def changes_after(changes: int, *, last_at: datetime, at: datetime) -> int:
    """How often a key has changed, one more included; from one again after a steady hour."""
    return 1 if at - last_at > STEADY_AFTER else changes + 1
