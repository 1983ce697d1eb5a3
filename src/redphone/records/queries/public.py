"""What everyone may see: components, public incidents, and the words said in public about them.

Nothing here comes from a report: its words are the customer's. An incident is shown once
something was said of it in public, or a person has decided that it is public.

Source: EMG-1, EMG-2, EMG-3, EMG-4, POL-4.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q

from redphone.core.stream import moment
from redphone.records import policies, states
from redphone.records.models import Component, ComponentChange, EntryRow, IncidentRow
from redphone.records.models.component import ComponentState
from redphone.records.models.stream import Status
from redphone.records.queries.asker import Asker, NotYours

DAYS = 90
STILL_SHOWN_FOR = timedelta(hours=24)
"""How long a resolved incident stays on the first page: as long as it may be reopened."""

MOST = 100

SEVERITY = {
    ComponentState.OPERATIONAL.value: 0,
    ComponentState.MAINTENANCE.value: 1,
    ComponentState.DEGRADED.value: 2,
    ComponentState.PARTIAL_OUTAGE.value: 3,
    ComponentState.MAJOR_OUTAGE.value: 4,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicUpdate:
    """What was said in public. `stage` is the update's, or `resolved` or `reopened`."""

    at: datetime
    stage: str
    words: str
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicIncident:
    """An incident as everyone sees it, its updates newest first; `next_at` is when we said that
    the next one comes."""

    ref: str
    title: str
    started_at: datetime
    resolved_at: datetime | None
    updates: tuple[PublicUpdate, ...]
    components: tuple[str, ...]
    next_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None

    @property
    def changed_at(self) -> datetime:
        return self.updates[0].at if self.updates else self.started_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day (UTC) of a component: its worst state and how long it was not operational, or no
    state at all before the component was there."""

    on: date
    state: str | None
    trouble: timedelta = timedelta(0)

    @property
    def says(self) -> str:
        return ComponentState(self.state).label if self.state else "Not there yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentHistory:
    """A component now, and its last 90 days, oldest first."""

    name: str
    slug: str
    description: str
    state: str
    days: tuple[Day, ...]

    @property
    def says(self) -> str:
        return ComponentState(self.state).label

    @property
    def bad_days(self) -> tuple[Day, ...]:
        """The days with trouble, newest first. Planned work is none."""
        return tuple(day for day in reversed(self.days) if SEVERITY.get(day.state or "", 0) > 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPage:
    """The public status page. `incidents` are the open ones and those resolved within a day,
    newest first."""

    built_at: datetime
    components: tuple[ComponentHistory, ...]
    incidents: tuple[PublicIncident, ...]

    @property
    def open_incidents(self) -> tuple[PublicIncident, ...]:
        return tuple(incident for incident in self.incidents if incident.is_open)

    @property
    def severity(self) -> int:
        """The worst that any component is in; an open incident is trouble in any case."""
        worst = max((SEVERITY[component.state] for component in self.components), default=0)
        return max(worst, SEVERITY["degraded"]) if self.open_incidents else worst

    @property
    def troubled(self) -> tuple[ComponentHistory, ...]:
        """The components that aren't operational, the worst first."""
        bad = [component for component in self.components if SEVERITY[component.state]]
        return tuple(sorted(bad, key=lambda component: -SEVERITY[component.state]))


def status_page(asker: Asker, at: datetime) -> StatusPage:
    """The status page at a moment: the same for everyone who asks."""
    recent = Q(status=Status.OPEN) | Q(resolved_at__gt=at - STILL_SHOWN_FOR)
    rows = IncidentRow.objects.filter(recent, is_public=True).order_by("-opened_at")[:MOST]
    return StatusPage(built_at=at, components=_components(at), incidents=_incidents(rows))


def public_incidents(asker: Asker) -> tuple[PublicIncident, ...]:
    """The public incidents there ever were, newest first, at most a hundred."""
    rows = IncidentRow.objects.filter(is_public=True).order_by("-opened_at")[:MOST]
    return _incidents(rows)


def public_incident(asker: Asker, ref: str) -> PublicIncident:
    """One public incident.

    Raises:
        NotYours: there is none of that name, or it isn't public.
    """
    found = _incidents(IncidentRow.objects.filter(is_public=True, ref=ref))
    if not found:
        raise NotYours
    return found[0]


def is_shown(ref: str) -> bool:
    """Whether an incident stands on the public pages."""
    row = IncidentRow.objects.filter(is_public=True, ref=ref).first()
    return row is not None and _was_spoken_of(row)


def _incidents(rows: Iterable[IncidentRow]) -> tuple[PublicIncident, ...]:
    shown = [row for row in rows if _was_spoken_of(row)]
    said = _said([row.ref for row in shown])
    touched = _touched([row.ref for row in shown])
    return tuple(_incident(row, said[row.ref], touched[row.ref]) for row in shown)


def _was_spoken_of(row: IncidentRow) -> bool:
    """Whether people took it to the public page: what a report alone says never gets there."""
    state = states.load_incident(row.state)
    return not state.declined_at and bool(state.last_status_at or state.public_by_hand)


def _incident(row: IncidentRow, said: list[PublicUpdate], components: list[str]) -> PublicIncident:
    policy = policies.pinned(row.policy_id).policy
    types = " and ".join(policy.issue_type(slug).name for slug in row.types)
    next_at = said[0].next_at if said and row.is_open else None
    return PublicIncident(
        ref=row.ref,
        title=row.public_title or types,
        started_at=row.started_at,
        resolved_at=row.resolved_at,
        updates=tuple(said),
        components=tuple(components),
        next_at=next_at,
    )


def _said(refs: list[str]) -> dict[str, list[PublicUpdate]]:
    """What was said in public of each incident, newest first."""
    found: dict[str, list[PublicUpdate]] = defaultdict(list)
    if refs:
        kinds = Q(kind="update_posted", data__is_public=True) | Q(
            kind__in=("resolved", "reopened")
        )
        rows = EntryRow.objects.filter(kinds, stream__in=refs).select_related("words")
        for row in rows.order_by("-at", "-seq"):
            found[row.stream].append(_update(row))
    return found


def _update(row: EntryRow) -> PublicUpdate:
    # What is said on resolving or reopening goes to the affected customers; here only that it was.
    if row.kind != "update_posted":
        return PublicUpdate(at=row.at, stage=row.kind, words="")
    return PublicUpdate(
        at=row.at,
        stage=row.data["stage"],
        words=row.words.text if row.words else "",
        next_at=moment(row.data["next_at"]),
    )


def _touched(refs: list[str]) -> dict[str, list[str]]:
    """The components that incidents have touched, by name."""
    found: dict[str, list[str]] = defaultdict(list)
    if refs:
        named = ComponentChange.objects.filter(incident_ref__in=refs)
        for ref, name in named.order_by("at").values_list("incident_ref", "component__name"):
            if ref and name not in found[ref]:
                found[ref].append(name)
    return found


def _components(at: datetime) -> tuple[ComponentHistory, ...]:
    today = at.astimezone(UTC).date()
    start = _midnight(today - timedelta(days=DAYS - 1))
    changes: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    earlier = (
        ComponentChange.objects.filter(at__lt=start)
        .order_by("component_id", "-at")
        .distinct("component_id")
        .values_list("component_id", "at", "state")
    )
    later = ComponentChange.objects.filter(at__gte=start, at__lte=at).order_by("at", "pk")
    for component_id, changed_at, state in (
        *earlier,
        *later.values_list("component_id", "at", "state"),
    ):
        changes[component_id].append((changed_at, state))
    return tuple(
        ComponentHistory(
            name=row.name,
            slug=row.slug,
            description=row.description,
            state=row.state,
            days=_days(changes[row.pk], row.state, start, at),
        )
        for row in Component.objects.all()
    )


def _days(
    changes: list[tuple[datetime, str]], state_now: str, start: datetime, at: datetime
) -> tuple[Day, ...]:
    """Each of the 90 days up to `at`. A component that never changed has always been as it is."""
    known = changes or [(start, state_now)]
    return tuple(_day(known, start + timedelta(days=number), at) for number in range(DAYS))


def _day(changes: list[tuple[datetime, str]], opens: datetime, at: datetime) -> Day:
    closes = min(opens + timedelta(days=1), at)
    worst: str | None = None
    trouble = timedelta(0)
    ends = [*(begun for begun, _ in changes[1:]), at]
    for (begun, state), ended in zip(changes, ends, strict=True):
        since, until = max(begun, opens), min(ended, closes)
        if since > until or (since == until and begun != since):
            continue
        if worst is None or SEVERITY[state] > SEVERITY[worst]:
            worst = state
        trouble += until - since if SEVERITY[state] > 1 else timedelta(0)
    return Day(on=opens.date(), state=worst, trouble=trouble)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
