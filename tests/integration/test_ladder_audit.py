"""The auditor of ladders: from entries alone, cheaply, and told on `/health`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from tests.conftest import NOON

from redphone.actions import alarms, duty, incidents, ladder_audit
from redphone.actions.ladder_audit import LadderAudit
from redphone.clock import now
from redphone.records.models import DeadlineRow, IncidentRow

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)


def test_a_step_in_time_is_in_time_and_a_late_one_is_late(cast: Cast) -> None:
    """EMG-1: the next step is due after five minutes."""
    cast.report(cast.mira)
    audit = LadderAudit()

    found = [audit.look(at=NOON + minutes * MINUTE) for minutes in (1, 5, 6)]

    assert [look.behind for look in found] == [0, 0, 1]
    assert found[-1].since == NOON + 5 * MINUTE


def test_it_asks_neither_deadline_rows_nor_states(cast: Cast) -> None:
    """A mistake that loses the row and the state would silence the loop."""
    cast.report(cast.mira)
    DeadlineRow.objects.all().delete()
    IncidentRow.objects.update(state={})

    assert LadderAudit().look(at=NOON + 6 * MINUTE).behind == 1


def test_it_knows_that_they_have_to_be_asked_again(cast: Cast) -> None:
    """POL-8: acknowledged, and then nothing."""
    ref = str(cast.report(cast.mira).incident)
    incidents.acknowledge(incident=ref, by=cast.ana.actor, at=NOON + MINUTE)
    audit = LadderAudit()

    looks = [audit.look(at=NOON + minutes * MINUTE).behind for minutes in (10, 32)]
    duty.handle_due(at=NOON + 32 * MINUTE)

    assert looks == [0, 1]
    assert audit.look(at=NOON + 33 * MINUTE).behind == 0


def test_what_has_not_changed_is_not_read_again(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """One list of the open incidents, and the row in which the look is kept."""
    cast.report(cast.mira)
    audit = LadderAudit()
    audit.look(at=NOON)

    with django_assert_num_queries(5):
        audit.look(at=NOON + MINUTE)


def test_more_than_a_look_takes_have_their_turn_in_the_next(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ladder_audit, "AT_ONCE", 2)
    for _ in range(3):
        cast.report(cast.mira, at=NOON)
    audit = LadderAudit()

    looks = [audit.look(at=NOON + 6 * MINUTE) for _ in range(2)]

    assert [(look.unread, look.behind) for look in looks] == [(1, 2), (0, 3)]


def test_an_incident_that_ended_is_looked_at_no_more(cast: Cast) -> None:
    ref = str(cast.report(cast.mira).incident)
    audit = LadderAudit()
    audit.look(at=NOON)
    incidents.resolve(incident=ref, by=cast.ana.actor, words="Restored.", at=NOON + MINUTE)

    found = audit.look(at=NOON + 60 * MINUTE)

    assert (found.open, found.behind, audit.known) == (0, 0, {})


def test_one_that_can_t_be_reckoned_is_counted_and_blinds_it_for_no_other(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (str(cast.report(cast.mira).incident) for _ in range(2))
    _forget_policy(first)

    found = LadderAudit().look(at=NOON + 6 * MINUTE)

    assert (found.unreadable, found.behind) == (1, 1)
    assert second


def _forget_policy(ref: str) -> None:
    """An incident of a type that its policy does not know, which only a forger could write."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        cursor.execute(
            "update entry set data = jsonb_set(data, '{types}', '[\"no-such-type\"]') "
            "where stream = %s and seq = 1",
            [ref],
        )
        cursor.execute("set session_replication_role = default")


def test_health_says_what_the_last_look_found_and_how_long_it_took(cast: Cast) -> None:
    at = now()
    cast.report(cast.mira, at=at - 7 * MINUTE)
    before = Client().get("/health").json()
    alarms.audit(at=at)

    after = Client().get("/health").json()

    assert "no-ladder-audit" in {each["what"] for each in before["late"]}
    assert "ladders" in {each["what"] for each in after["late"]}
    assert after["ladders"]["open"] == 1
    assert after["ladders"]["behind"] == 1
    assert after["ladders"]["took_ms"] > 0


def test_health_tells_of_a_ladder_that_can_t_be_reckoned(cast: Cast) -> None:
    """What nobody can work out is not well: the next step may be late, and nobody would know."""
    at = now()
    _forget_policy(str(cast.report(cast.mira, at=at).incident))
    alarms.audit(at=at)

    told = Client().get("/health").json()

    assert "ladders-unreadable" in {each["what"] for each in told["late"]}
