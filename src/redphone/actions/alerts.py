"""From an alert to an incident: what waits is opened, joined or noted, a door at a time.

The hot path has stored the alerts; here is decided what becomes of each, in their order, under one
lock a door, so that two processes never open the same key twice. Alerts, reports, cases and what
was noted of them are one commit.
"""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from redphone.actions import reports
from redphone.actions.reports import Incoming
from redphone.core import alerts as core
from redphone.core.alerts import Change, Meaning, Said, Standing
from redphone.core.report import ALERT
from redphone.core.stream import Entry
from redphone.records import ledger
from redphone.records.ledger import Book
from redphone.records.models import Alert, Door, IncidentRow, Signal
from redphone.records.models import Report as ReportRow
from redphone.records.models.alert import Became

log = logging.getLogger(__name__)

OF_DOOR = "door:"
"""How the exact keys of doors begin, so that nobody joins another's incident by guessing."""

AT_ONCE = 256
"""Alerts that are looked at in one commit."""

OPENED_AT_ONCE = 5
"""Incidents that are opened in one commit: the first page must not wait for hundreds."""

TRY_AGAIN_AFTER = timedelta(seconds=5)

LEFT_AFTER = timedelta(seconds=2)
"""So long an alert may wait for the process that took it, before the sweep does it."""

QUIET_FOR = timedelta(hours=24)
"""So long a person's word that an alert is no emergency holds, while it fires without a break."""

UNREADABLE = "unreadable"
"""The key of what a door could not read: one trouble, however often it comes."""

_LOCK = 7_203_001
"""The class of the advisory locks of doors."""


def open_waiting(*, at: datetime, breathe: Callable[[], None] = lambda: None) -> int:
    """Do what waits, until nothing does. How many alerts were settled.

    Safe in any number of processes: a door is one process's at a time. `breathe` is called after
    each commit, for whoever has to let others work.
    """
    done = 0
    for door in _doors(_waiting(at)):
        while settled := _open_some(door, at):
            done += settled
            breathe()
    return done


def sweep(*, at: datetime) -> int:
    """Settle what some process has left behind: a few of each door, and no door twice.

    What came a moment ago is still in hand elsewhere, and a door that another process works on
    is passed over: whoever sweeps has deadlines to look after.
    """
    left = _waiting(at) & Q(received_at__lte=at - LEFT_AFTER)
    return sum(_open_some(door, at, waits=False) for door in _doors(left))


def forget_old(*, before: datetime, most: int = 50_000) -> int:
    """Delete alerts that came before then, a bounded number at a time. How many it were.

    What opened a case is kept with its report; here only the counting of repeats is lost. The
    last word on each key stays as a signal.
    """
    old = Alert.objects.filter(received_at__lt=before).exclude(became=Became.WAITING)
    ids = list(old.order_by("id").values_list("id", flat=True)[:most])
    return Alert.objects.filter(id__in=ids).delete()[0] if ids else 0


def _waiting(at: datetime) -> Q:
    return Q(became=Became.WAITING) & (Q(next_try_at=None) | Q(next_try_at__lte=at))


def _doors(which: Q) -> list[int]:
    return list(Alert.objects.filter(which).values_list("door_id", flat=True).distinct())


def _open_some(door: int, at: datetime, *, waits: bool = True) -> int:
    """Settle the next alerts of a door; one by one when some can't be settled together."""
    try:
        return _settle(door, at, waits=waits)
    except Exception:  # One bad alert must not hold up its door.
        log.exception("alerts of door %s could not be settled together", door)
    waiting = Alert.objects.filter(_waiting(at), door=door).order_by("id")
    return sum(_open_one(alert, at) for alert in waiting.defer("raw", "said")[:OPENED_AT_ONCE])


def _open_one(alert: Alert, at: datetime) -> int:
    try:
        return _settle(alert.door_id, at, only=alert.pk)
    except Exception as error:  # It is tried again, and says on its row what was wrong.
        log.exception("alert %s could not be settled", alert.pk)
        wait = TRY_AGAIN_AFTER * min(alert.attempts + 1, 12)
        Alert.objects.filter(pk=alert.pk, became=Became.WAITING).update(
            attempts=alert.attempts + 1,
            next_try_at=at + wait,
            last_error=f"{type(error).__name__}: {error}"[:500],
        )
        # It is settled for now: the next ones are not held up.
        return 1


def _settle(door: int, at: datetime, *, waits: bool = True, only: int | None = None) -> int:
    with ledger.writing(at=at) as book:
        if not _have(door, waits=waits):
            return 0
        rows = Alert.objects.filter(_waiting(at), door=door).order_by("id")
        rows = rows.filter(pk=only) if only is not None else rows
        found = list(rows.defer("raw")[:AT_ONCE])
        return _Opening(book, Door.objects.get(pk=door), found).run() if found else 0


def _have(door: int, *, waits: bool) -> bool:
    """Take the door for this transaction; False when another process has it, or only wait."""
    with connection.cursor() as cursor:
        if waits:
            cursor.execute("select pg_advisory_xact_lock(%s, %s)", [_LOCK, door])
            return True
        cursor.execute("select pg_try_advisory_xact_lock(%s, %s)", [_LOCK, door])
        (took,) = cursor.fetchone() or (False,)
        return bool(took)


@dataclass(eq=False)
class _Trouble:
    """What one key of the door stands for while a batch is settled.

    Before it has an incident, `report` is the one that is about to open it.
    """

    signal: Signal
    standing: Standing | None
    report: ReportRow | None = None
    alerts: list[Alert] = field(default_factory=list)
    is_dirty: bool = False


class _Opening:
    """One batch of one door's alerts, in one book."""

    def __init__(self, book: Book, door: Door, alerts: list[Alert]) -> None:
        self.book = book
        self.door = door
        self.alerts = alerts
        self.storm_key = f"{OF_DOOR}{door.pk}:storm"
        self.troubles: dict[str, _Trouble] = {}
        self.leaders: list[_Trouble] = []
        self.notes: dict[int, list[Entry]] = defaultdict(list)
        self.over: dict[int, Said] = {}
        self.storm: _Trouble | None = None
        self.left = 0
        self._load()

    def _load(self) -> None:
        keys = {alert.key for alert in self.alerts}
        signals = Signal.objects.filter(door=self.door, key__in=keys)
        by_key = {signal.key: signal for signal in signals}
        self.incidents = _incidents({s.incident_id for s in by_key.values()}, self.storm_key)
        for key, signal in by_key.items():
            self.troubles[key] = _Trouble(signal, self._standing(signal))

    def _standing(self, signal: Signal) -> Standing:
        row = self.incidents[signal.incident_id]
        declined = row.declined_at is not None and self.book.at - row.declined_at < QUIET_FOR
        return Standing(
            is_firing=signal.is_firing,
            is_open=row.is_open,
            was_declined=declined,
            is_acknowledged=signal.is_acknowledged,
        )

    def run(self) -> int:
        """Settle the batch; how many alerts that were."""
        opened = self._opened_lately()
        for alert in self.alerts:
            if len(self.leaders) >= OPENED_AT_ONCE:
                self.left += 1
                continue
            opened += self._take(alert, opened)
        self._open()
        self._note()
        self._write()
        return len(self.alerts) - self.left

    def _opened_lately(self) -> int:
        since = self.alerts[0].received_at - timedelta(minutes=1)
        lately = Alert.objects.filter(door=self.door, became=Became.OPENED, received_at__gt=since)
        return lately.count()

    def _take(self, alert: Alert, opened: int) -> int:
        """Decide about one alert. 1 when it opens an incident of its own."""
        trouble = self.troubles.get(alert.key)
        change = Change(alert.change)
        match core.meaning(change, trouble.standing if trouble else None):
            case Meaning.OPENS:
                return self._begin(alert, is_storm=opened >= self.door.most_a_minute)
            case Meaning.NOTHING:
                self._ends_unheard(alert, trouble)
            case Meaning.REPEATS:
                assert trouble is not None
                self._belongs(alert, trouble, Became.REPEAT)
            case Meaning.RETURNS:
                assert trouble is not None
                self._change(alert, trouble, fires=True)
            case Meaning.IS_OVER:
                assert trouble is not None
                self._change(alert, trouble, fires=self._fired_since(alert))
            case Meaning.IS_ACKNOWLEDGED:
                assert trouble is not None
                self._acknowledge(alert, trouble)
        return 0

    def _belongs(self, alert: Alert, trouble: _Trouble, became: Became) -> None:
        alert.became = became
        alert.incident_id = trouble.signal.incident_id
        trouble.alerts.append(alert)

    def _ends_unheard(self, alert: Alert, trouble: _Trouble | None) -> None:
        """It is about nothing that is open. That it ended is remembered: it may fire anew."""
        alert.became = Became.STRAY
        if trouble is not None and alert.change == Change.RESOLVED.value:
            trouble.signal.is_firing, trouble.is_dirty = False, True
            trouble.standing = Standing(is_firing=False, is_open=False)

    def _begin(self, alert: Alert, *, is_storm: bool) -> int:
        """A new trouble: an incident of its own, or a place in the storm's."""
        signal = self._signal(alert, coalesced=is_storm)
        standing = Standing(is_firing=True, is_open=True)
        trouble = _Trouble(signal, standing, is_dirty=True)
        self.troubles[alert.key] = trouble
        if not is_storm:
            unread = alert.key == UNREADABLE
            self._belongs(alert, trouble, Became.UNREADABLE if unread else Became.OPENED)
            trouble.report = _report(self.door, alert, self._key(alert.key))
            self.leaders.append(trouble)
            return 1
        self._belongs(alert, trouble, Became.COALESCED)
        if self.storm is None:
            self.storm = trouble
            trouble.report = _report(self.door, alert, self.storm_key, storm=True)
            number = next((n for n, r in self.incidents.items() if self._is_storm(r)), None)
            if number is not None:
                # The storm's incident is open: its alerts are counted there, and page nobody.
                trouble.report, signal.incident_id = None, number
            else:
                self.leaders.append(trouble)
        else:
            trouble.report = self.storm.report
            signal.incident_id = self.storm.signal.incident_id
        return 0

    def _is_storm(self, row: IncidentRow) -> bool:
        return row.is_open and row.join_key == self.storm_key

    def _signal(self, alert: Alert, *, coalesced: bool) -> Signal:
        known = self.troubles.get(alert.key)
        signal = known.signal if known else Signal(door=self.door, key=alert.key)
        signal.is_firing, signal.is_acknowledged = True, False
        signal.is_coalesced = coalesced
        signal.changes, signal.changed_at = 0, alert.received_at
        return signal

    def _key(self, key: str) -> str:
        return f"{OF_DOOR}{self.door.pk}:key:{key}"

    def _fired_since(self, alert: Alert) -> bool:
        """Whether it has fired again since: the writer counted that as a repeat already."""
        later = Alert.objects.filter(door=self.door, pk__gt=alert.pk, key=alert.key)
        return later.filter(became=Became.REPEAT, change=Change.FIRING.value).exists()

    def _change(self, alert: Alert, trouble: _Trouble, *, fires: bool) -> None:
        """It is over, or fires again: noted on the incident as long as that says anything."""
        signal, at = trouble.signal, alert.received_at
        became = Became.RESOLVED if alert.change == "resolved" else Became.RETURNED
        self._belongs(alert, trouble, became)
        signal.changes = core.changes_after(signal.changes, last_at=signal.changed_at, at=at)
        signal.changed_at, signal.is_firing, signal.is_acknowledged = at, fires, False
        trouble.standing = Standing(is_firing=fires, is_open=True)
        trouble.is_dirty = True
        said = self._said(alert)
        if signal.is_coalesced:
            if not fires and signal.incident_id:
                self.over[signal.incident_id] = said
            return
        saying_now = alert.change == "firing"
        if entry := core.changed(said, fires=saying_now, changes=signal.changes):
            self._later(trouble, entry)

    def _acknowledge(self, alert: Alert, trouble: _Trouble) -> None:
        self._belongs(alert, trouble, Became.ACKNOWLEDGED)
        trouble.signal.is_acknowledged = True
        trouble.standing = Standing(is_firing=True, is_open=True, is_acknowledged=True)
        trouble.is_dirty = True
        if not trouble.signal.is_coalesced:
            self._later(trouble, core.acknowledged(self._said(alert)))

    def _later(self, trouble: _Trouble, entry: Entry) -> None:
        """Keep an entry until the incident has a number."""
        # Before it is opened the leader's own list stands in for the incident.
        self.notes[id(trouble)].append(entry)

    def _said(self, alert: Alert) -> Said:
        return Said(at=alert.received_at, door=self.door.name, title=alert.title or alert.key)

    def _open(self) -> None:
        """Open the incidents and cases of what is new, and tell each alert its own."""
        rows = [trouble.report for trouble in self.leaders if trouble.report is not None]
        if rows:
            reports.open_within(self.book, rows)
        for trouble in self.troubles.values():
            if trouble.report is not None and trouble.report.case_ref:
                number = self.book.case(trouble.report.case_ref).row.incident_id
                assert number is not None
                trouble.signal.incident_id = number
        numbers = [trouble.signal.incident_id for trouble in self.leaders]
        # What this book opens is not among the rows yet.
        joined = set(IncidentRow.objects.filter(pk__in=numbers).values_list("pk", flat=True))
        for trouble in self.troubles.values():
            for alert in trouble.alerts:
                alert.incident_id = alert.incident_id or trouble.signal.incident_id
                alert.case_ref = trouble.report.case_ref if trouble.report else None
                if alert.became == Became.OPENED and alert.incident_id in joined:
                    alert.became = Became.JOINED

    def _note(self) -> None:
        """Write what is to be noted on the incidents, in the order of their numbers."""
        by_number: dict[int, list[Entry]] = defaultdict(list)
        for trouble in self.troubles.values():
            by_number[trouble.signal.incident_id] += self.notes.get(id(trouble), [])
        self._note_all_over(by_number)
        for number in sorted(number for number, entries in by_number.items() if entries):
            stream = self.book.incident(f"INC-{number}")
            self.book.append(stream, *sorted(by_number[number], key=lambda entry: entry.at))

    def _note_all_over(self, by_number: dict[int, list[Entry]]) -> None:
        """Of many that were put together it is noted once when all have ended."""
        for number, said in self.over.items():
            mine = {t.signal.key: t.signal.is_firing for t in self.troubles.values()}
            others = Signal.objects.filter(incident=number).exclude(
                door=self.door, key__in=list(mine)
            )
            here = [t for t in self.troubles.values() if t.signal.incident_id == number]
            if any(t.signal.is_firing for t in here) or others.filter(is_firing=True).exists():
                continue
            by_number[number].append(core.all_over(said, count=others.count() + len(here)))

    def _write(self) -> None:
        dirty = [t.signal for t in self.troubles.values() if t.is_dirty]
        Signal.objects.bulk_create([s for s in dirty if s.pk is None])
        Signal.objects.bulk_update(
            [s for s in dirty if s.pk is not None],
            [
                "is_firing",
                "is_acknowledged",
                "is_coalesced",
                "incident",
                "changes",
                "changed_at",
            ],
        )
        settled = [alert for alert in self.alerts if alert.became != Became.WAITING]
        columns: list[Any] = [
            [alert.pk for alert in settled],
            [str(alert.became) for alert in settled],
            [alert.incident_id for alert in settled],
            [alert.case_ref for alert in settled],
        ]
        with connection.cursor() as cursor:
            cursor.execute(SETTLE, columns)


SETTLE = """
    update alert a set became = v.became, incident_id = v.incident, case_ref = v.case_ref,
        said = null
    from unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[])
        as v(id, became, incident, case_ref)
    where a.id = v.id
"""


def _incidents(numbers: set[int], storm_key: str) -> dict[int, IncidentRow]:
    """These incidents and the door's open storm, those that are open held so."""
    held = IncidentRow.objects.raw(
        "select * from incident where status = 'open' and (number = any(%s) or join_key = %s) "
        "order by number for key share",
        [sorted(numbers), storm_key],
    )
    found = {row.number: row for row in held}
    for row in IncidentRow.objects.filter(number__in=numbers - found.keys()):
        found[row.number] = row
    return found


def _report(door: Door, alert: Alert, key: str, *, storm: bool = False) -> ReportRow:
    """The report that an alert stands for: its clocks start when the alert came."""
    said = alert.said or {}
    words = str(said.get("words") or "")
    if why := said.get("unreadable"):
        kept = words or "Its raw message is kept; look at it."
        words = f"{door.name} sent an alert that could not be read: {why}\n{kept}"
    if storm:
        words = (
            f"{door.name} sends more alerts than {door.most_a_minute} new ones a minute. "
            f"They are put together here. The first of them:\n{words}"
        )
    raw = Alert.objects.filter(request=alert.request, part=0).values_list("raw", flat=True)
    fields = {
        name: str(value)[:4000]
        for name, value in {
            "component": door.component,
            "started_at": said.get("started_at"),
            "where": said.get("component"),
        }.items()
        if value
    }
    notes = {
        "door": door.name,
        "format": door.format,
        **{n: str(said[n])[:2000] for n in ("severity", "link", "unreadable") if said.get(n)},
    }
    return reports.as_row(
        Incoming(
            channel=ALERT,
            received_at=alert.received_at,
            raw=bytes(raw.first() or b""),
            content_type=alert.content_type,
            description=words,
            customer=door.customer_id,
            closest_to=door.issue_type or None,
            join_key=key,
            fields=fields,
            notes=notes,
        )
    )


def short(key: str) -> str:
    """A key as it is; one that is too long for an index by its digest, which is as exact."""
    if len(key) <= 400:
        return key
    return "sha256:" + hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
