"""Numbers for operators, in Prometheus's text format: `/metrics`.

All are read from the database at the moment of asking, so any web process gives the same answer,
and a client library's registry per process would only be in the way. Every query is on an index
that holds only what is unfinished, or on the last few minutes.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error, connection
from django.db.models import Count, Max, Min
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from redphone import clock
from redphone.actions import alarms, providers
from redphone.records.models import (
    Alarm,
    CaseRow,
    DeadlineRow,
    Delivery,
    Heartbeat,
    IncidentRow,
    Report,
)
from redphone.records.models.clocks import Outcome
from redphone.records.models.delivery import DeliveryState as State

TEXT = "text/plain; version=0.0.4; charset=utf-8"
RECENT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Gauge:
    """One line: a name, its meaning, its labels, its value."""

    name: str
    says: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        labels = ",".join(f'{name}="{value}"' for name, value in self.labels)
        return f"redphone_{self.name}{f'{{{labels}}}' if labels else ''} {self.value:g}"


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The numbers, for who may see them."""
    if not _may_read(request):
        return HttpResponse(
            "Ask from this machine, sign in as one of the desk, or send REDPHONE_METRICS_TOKEN "
            "as a bearer token.\n",
            status=403,
            content_type="text/plain; charset=utf-8",
        )
    try:
        gauges = list(_gauges(clock.now()))
    except Error:
        gauges = [Gauge("database_up", "Whether the database answers.", 0)]
    return HttpResponse(_text(gauges), content_type=TEXT)


def _may_read(request: HttpRequest) -> bool:
    """From this machine, with the token of the settings, or signed in as one of the desk."""
    token = str(getattr(settings, "METRICS_TOKEN", ""))
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    if is_local(request):
        return True
    user = request.user
    return user.is_authenticated and not user.is_customer


def is_local(request: HttpRequest) -> bool:
    """Whether it was asked for on this machine, with no proxy in between."""
    came_through = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    here = request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1"}
    return here and not came_through and not getattr(settings, "PROXIES", 0)


def _text(gauges: list[Gauge]) -> str:
    lines: list[str] = []
    named: set[str] = set()
    for gauge in gauges:
        if gauge.name not in named:
            named.add(gauge.name)
            lines += [
                f"# HELP redphone_{gauge.name} {gauge.says}",
                f"# TYPE redphone_{gauge.name} gauge",
            ]
        lines.append(str(gauge))
    return "\n".join(lines) + "\n"


def _gauges(at: datetime) -> Iterator[Gauge]:
    yield Gauge("database_up", "Whether the database answers.", 1)
    for model, noun in ((CaseRow, "case"), (IncidentRow, "incident")):
        count = model.objects.filter(status="open").count()
        yield Gauge("open_streams", "Open cases and incidents.", count, (("kind", noun),))
    yield from _clocks(at)
    yield from _deliveries(at)
    waiting = Report.objects.filter(opened_at=None).count()
    yield Gauge("reports_without_case", "Reports whose case is still to be opened.", waiting)
    for name, last in Heartbeat.objects.values_list("kind").annotate(last=Max("at")):
        age = (at - last).total_seconds()
        says = "Seconds since a process of this kind last showed life."
        yield Gauge("heartbeat_age_seconds", says, age, (("kind", name),))
    unwell = providers.failing(at=at)
    for each in settings.PHONE_PROVIDERS:
        since = unwell[each.name].failing_since if each.name in unwell else None
        age = (at - since).total_seconds() if since else 0
        says = "Seconds since when a telephone provider has been failing; 0 while it works."
        yield Gauge("phone_provider_failing_seconds", says, age, (("provider", each.name),))
    for trouble in alarms.troubles(at=at):
        says = "How much is late that should long have been done, by kind."
        yield Gauge("late", says, trouble.count, (("what", trouble.key),))
    standing = Alarm.objects.filter(cleared_at=None).count()
    yield Gauge("alarms_open", "Alarms of the auditor that stand.", standing)
    yield Gauge("jobs_waiting", "Jobs in the queue that no worker has begun.", _jobs())


def _clocks(at: datetime) -> Iterator[Gauge]:
    running = DeadlineRow.objects.filter(outcome=Outcome.RUNNING)
    yield Gauge("clocks_running", "Clocks that run.", running.count())
    due = running.filter(next_at__lte=at).aggregate(count=Count("pk"), oldest=Min("next_at"))
    yield Gauge("clocks_due", "Clocks that are due and not yet handled.", due["count"])
    late = (at - due["oldest"]).total_seconds() if due["oldest"] else 0
    yield Gauge("clocks_due_oldest_seconds", "How long the oldest of them is due.", late)
    ended = DeadlineRow.objects.filter(ended_at__gt=at - RECENT)
    for outcome, count in ended.values_list("outcome").annotate(count=Count("pk")):
        says = "Clocks that ended in the last five minutes, by outcome."
        yield Gauge("clocks_ended_recently", says, count, (("outcome", outcome),))


def _deliveries(at: datetime) -> Iterator[Gauge]:
    for state in (State.PENDING, State.SENDING):
        rows = Delivery.objects.filter(state=state)
        says = "Messages that are to be sent, or are being sent."
        yield Gauge("deliveries", says, rows.count(), (("state", state.value),))
    pending = Delivery.objects.filter(state=State.PENDING, next_try_at__lte=at)
    oldest = pending.aggregate(oldest=Min("next_try_at"))["oldest"]
    late = (at - oldest).total_seconds() if oldest else 0
    yield Gauge("deliveries_oldest_seconds", "How long the oldest due message waits.", late)


def _jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from procrastinate_jobs where status = 'todo'")
        return int(cursor.fetchone()[0])
