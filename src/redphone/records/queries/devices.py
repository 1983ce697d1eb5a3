"""What people are reached on, for themselves and for those who answer for the desk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from redphone.core import reach
from redphone.core.reach import Try
from redphone.core.spans import SpanUnit
from redphone.records import devices, policies, rotas
from redphone.records.models import Device, DeviceMessage, Heartbeat, Person, RuleStep
from redphone.records.models.device import DeviceKind, Urgency
from redphone.records.models.device_message import DeviceMessagePurpose as Purpose
from redphone.records.queries.asker import STAFF, Asker, NotYours, require_staff
from redphone.records.queries.rights import require

WORKER_LIVES = timedelta(seconds=30)
"""So long a worker's word is believed on what this desk can send by."""

SIGN_IN = "the sign-in address"
"""What a page goes to when nothing else works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """A device as its owner sees it. `last` is the newest code or test that went to it.

    `waits_for_code`: a code was sent and is still good.
    """

    row: Device
    last: DeviceMessage | None
    is_ruled: bool
    waits_for_code: bool

    @property
    def is_under_way(self) -> bool:
        """Whether a message to it has not ended yet."""
        return self.last is not None and self.last.ended_at is None

    @property
    def state(self) -> str:
        """What it is to a page: works, waits for its code, or off."""
        if self.row.off_at is not None:
            return "off"
        return "works" if self.row.verified_at is not None else "waits"

    @property
    def is_past(self) -> bool:
        """Whether the last message was a code that has done its work."""
        return self.row.is_working and self.last is not None and self.last.purpose == Purpose.CODE


def own(asker: Asker, *, at: datetime) -> tuple[Owned, ...]:
    """One's own devices, in the order in which they were added.

    Raises:
        NotYours: the asker is none of the desk's own people.
    """
    require_staff(asker)
    rows = Device.objects.filter(person=asker.person_id).order_by("pk")
    return tuple(_owned(rows, asker.person_id or 0, at))


def one(asker: Asker, device: int, *, at: datetime) -> Owned:
    """One of one's own devices.

    Raises:
        NotYours: it is somebody else's, or nobody's.
    """
    require_staff(asker)
    rows = Device.objects.filter(person=asker.person_id, pk=device)
    found = list(_owned(rows, asker.person_id or 0, at))
    if not found:
        raise NotYours
    return found[0]


def _owned(rows: Iterable[Device], person: int, at: datetime) -> Iterable[Owned]:
    found = list(rows)
    ruled = set(RuleStep.objects.filter(person=person).values_list("device_id", flat=True))
    asked = DeviceMessage.objects.filter(
        device__in=found, purpose__in=[Purpose.CODE, Purpose.TEST]
    )
    newest = asked.order_by("device_id", "-pk")
    last = {each.device_id: each for each in newest.distinct("device_id")}
    for row in found:
        yield Owned(
            row=row,
            last=last.get(row.pk),
            is_ruled=row.pk in ruled,
            waits_for_code=bool(
                row.code_hash and row.code_tries and row.code_until and row.code_until > at
            ),
        )


def lines(*, at: datetime) -> frozenset[str] | None:
    """What this desk can send by, as its workers say; None when none of them says anything."""
    beats = Heartbeat.objects.filter(kind="worker", at__gt=at - WORKER_LIVES)
    said = [
        detail["lines"] for detail in beats.values_list("detail", flat=True) if "lines" in detail
    ]
    return frozenset(line for each in said for line in each) if said else None


def tries(person: int, urgency: Urgency) -> tuple[Try, ...]:
    """How somebody is tried: by their own rule, or by the desk's where they have none."""
    rows = {row.pk: row for row in Device.objects.filter(person=person)}
    return _tries(devices.rings([person], urgency).get(person, ()), rows)


def _tries(
    rings: Iterable[devices.Ring], rows: Mapping[int, Device], *, is_masked: bool = False
) -> tuple[Try, ...]:
    return tuple(
        as_try(rows[ring.device], ring.after, is_masked=is_masked)
        if ring.device
        else Try(device=0, kind=ring.channel, name=SIGN_IN, carrier="mail", after=ring.after)
        for ring in rings
    )


def as_try(row: Device, after: timedelta, *, is_masked: bool = False) -> Try:
    """One step of a rule as the core reads it."""
    shown = reach.masked(row.kind, row.address) if is_masked else row.address
    return Try(
        device=row.pk,
        kind=row.kind,
        name=row.name or shown,
        carrier=_carrier(row),
        after=after,
        is_working=row.is_working,
    )


def _carrier(row: Device) -> str:
    match row.kind:
        case DeviceKind.VOICE | DeviceKind.SMS:
            return "the telephone"
        case DeviceKind.MAIL:
            return "mail"
        case DeviceKind.PUSH:
            return "push to browsers"
        case _:
            return row.address.partition(" ·")[0]


def steps(person: int, urgency: Urgency) -> tuple[RuleStep, ...]:
    """One's own rule as it was saved, soonest first; nothing where one has none."""
    found = RuleStep.objects.filter(person=person, urgency=urgency).select_related("device")
    return tuple(found.order_by("after_s", "position"))


def climbs_after() -> timedelta | None:
    """When the ladder calls its next step; None when no policy says so in minutes."""
    try:
        span = policies.current().policy.ladder.unanswered_after
    except policies.NoPolicy:
        return None
    return span.length if span.unit is SpanUnit.WALL else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Somebody's device with what may be shown of its address."""

    row: Device
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How one of the desk's people is reached, as those who answer for the desk may see it.

    `rule` is what an urgent page does, `warnings` what is weak about it; `teams` name them on a
    rota. Who has nothing that works is written to at their sign-in address, and on no account
    to be put on a rota.
    """

    person: Person
    devices: tuple[Shown, ...]
    teams: tuple[str, ...]
    rule: tuple[reach.Line, ...]
    warnings: tuple[str, ...]

    @property
    def is_reachable(self) -> bool:
        return any(each.row.is_working for each in self.devices)

    @property
    def is_rung(self) -> bool:
        """Whether something of theirs rings until somebody answers."""
        return any(each.row.is_working and each.row.kind == reach.LOUD for each in self.devices)


def reached(asker: Asker, *, at: datetime) -> tuple[Reached, ...]:
    """Everybody of the desk: those who are on a rota and can't be reached first, then by name.

    Raises:
        NotYours, NotAllowed: the asker does not answer for the desk.
    """
    require(asker, "devices.see")
    people = list(Person.objects.filter(is_active=True, role__in=STAFF).order_by("name", "pk"))
    ids = [person.pk for person in people]
    owned: dict[int, dict[int, Device]] = {}
    for row in Device.objects.filter(person__in=ids).order_by("pk"):
        owned.setdefault(row.person_id, {})[row.pk] = row
    rings = devices.rings(ids, Urgency.URGENT)
    teams = rotas.named(at)
    climbs = climbs_after()
    found = []
    for person in people:
        rows = owned.get(person.pk, {})
        planned = _tries(rings.get(person.pk, ()), rows, is_masked=True)
        found.append(
            Reached(
                person=person,
                devices=tuple(
                    Shown(row=row, address=reach.masked(row.kind, row.address))
                    for row in rows.values()
                ),
                teams=tuple(teams.get(person.actor, ())),
                rule=reach.in_words(planned, None),
                warnings=reach.warnings(planned, is_urgent=True, climbs_after=climbs),
            )
        )
    return tuple(sorted(found, key=lambda each: each.is_reachable or not each.teams))
