"""Ending calls after an answer: how many at the same time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from redphone.actions import incidents
from redphone.records import wake
from redphone.records.models import Delivery
from redphone.records.models.delivery import DeliveryState as State

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("calls", "workers"), [(0, 0), (1, 1), (3, 3), (9, 4)])
def test_many_calls_are_ended_several_at_a_time(cast: Cast, calls: int, workers: int) -> None:
    """POL-1: the last of those who were rung does not wait for a provider's answer to each."""
    taken = cast.report(cast.mira, at=NOON)
    page = Delivery.objects.get(stream=taken.incident, person=cast.ana, purpose="page")
    for number in range(calls):
        page.pk, page.key = None, f"{page.stream}/call/{number}"
        page.channel, page.state, page.sent_at = "voice", State.SENT, NOON
        page.save()

    jobs = ProcrastinateJob.objects.filter(task_name=wake.HANG_UP)
    before = jobs.count()

    incidents.acknowledge(incident=str(taken.incident), by=cast.bo.actor, at=NOON + SECOND)

    assert Delivery.objects.filter(hang_up_at__isnull=False).count() == calls
    assert jobs.count() - before == workers
