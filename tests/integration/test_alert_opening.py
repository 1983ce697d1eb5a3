"""What alerts become: incidents, repeats, notes; and whom they page."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from tests.conftest import NOON, Cast

from redphone.actions import alarms, alerts, doors, incidents
from redphone.records import alerts as hot
from redphone.records import ledger
from redphone.records.models import (
    Alert,
    CaseRow,
    Customer,
    Delivery,
    Door,
    EntryRow,
    IncidentRow,
    Signal,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def door(cast: Cast) -> Door:
    made, _ = doors.create(name="Prometheus", format="pagerduty", at=NOON)
    return made


def come(
    door: Door,
    *keys: str,
    change: str = "firing",
    at: datetime = NOON,
    title: str = "",
    **more: Any,
) -> None:
    """Alerts of one request, written as the hot path does, and then opened."""
    store(door, *keys, change=change, at=at, title=title, **more)
    alerts.open_waiting(at=at)


def store(
    door: Door,
    *keys: str,
    change: str = "firing",
    at: datetime = NOON,
    title: str = "",
    **more: Any,
) -> int:
    request = uuid.uuid4()
    lines = [
        hot.Line(
            door=door.pk,
            request=request,
            part=part,
            received_at=at,
            key=key,
            change=change,
            title=title or f"{key} is down",
            said=json.dumps({"words": title or f"{key} is down. Nobody can reach it.", **more}),
            raw=b'{"as": "it came"}' if part == 0 else b"",
            content_type="application/json",
        )
        for part, key in enumerate(keys)
    ]
    with hot.connect(dict(connection.get_connection_params())) as writer:
        return hot.write(writer, lines)


def became() -> list[str]:
    return list(Alert.objects.order_by("id").values_list("became", flat=True))


def kinds(ref: str) -> list[str]:
    return list(EntryRow.objects.filter(stream=ref).order_by("seq").values_list("kind", flat=True))


def pages() -> int:
    return Delivery.objects.filter(purpose="page").count()


def the_incident() -> IncidentRow:
    return IncidentRow.objects.get()


def minutes(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def test_a_firing_alert_opens_an_incident_with_a_case_and_pages(door: Door) -> None:
    come(door, "db-1")

    case = CaseRow.objects.get()
    assert became() == ["opened"]
    assert the_incident().title == "db-1 is down"
    assert (case.channel, case.off_channel, case.customer_id) == ("alert", False, None)
    assert case.opened_at == NOON
    assert bytes(case.report.raw) == b'{"as": "it came"}'
    assert pages() > 0


def test_repeats_of_an_open_alert_cost_a_row_and_page_nobody_again(door: Door) -> None:
    come(door, "db-1")
    before = pages(), EntryRow.objects.count()

    left = [store(door, "db-1", at=minutes(n / 10)) for n in range(5)]

    assert left == [0] * 5
    assert became() == ["opened", *["repeat"] * 5]
    assert Alert.objects.filter(incident=the_incident()).count() == 6
    assert (pages(), EntryRow.objects.count()) == before


def test_the_same_key_twice_before_it_is_opened_opens_once(door: Door) -> None:
    store(door, "db-1")
    store(door, "db-1")

    alerts.open_waiting(at=NOON)

    assert became() == ["opened", "repeat"]
    assert IncidentRow.objects.count() == 1


def test_what_is_over_is_noted_once_and_resolves_nothing(door: Door) -> None:
    come(door, "db-1")
    come(door, "db-1", change="resolved", at=minutes(1))
    come(door, "db-1", change="resolved", at=minutes(2))

    assert became() == ["opened", "resolved", "stray"]
    assert kinds(the_incident().ref).count("alert_resolved") == 1
    assert the_incident().is_open
    assert CaseRow.objects.get().is_open


def test_one_body_with_both_does_both(door: Door) -> None:
    come(door, "db-1")
    come(door, "db-1", change="resolved", at=minutes(1))
    come(door, "db-2", "db-1", at=minutes(2))

    assert became() == ["opened", "resolved", "opened", "returned"]
    assert IncidentRow.objects.count() == 2


def test_flapping_is_noted_and_not_spammed(door: Door) -> None:
    come(door, "db-1")
    for number in range(1, 30):
        come(door, "db-1", change="resolved" if number % 2 else "firing", at=minutes(number))

    noted = [kind for kind in kinds(the_incident().ref) if kind.startswith("alert_")]
    assert noted == [
        "alert_resolved",
        "alert_returned",
        "alert_resolved",
        "alert_returned",
        "alert_flaps",
    ]
    assert IncidentRow.objects.count() == 1


def test_a_machine_acknowledges_nothing(door: Door) -> None:
    """POL-2: only a person engages."""
    come(door, "db-1")
    come(door, "db-1", change="acknowledged", at=minutes(1))
    come(door, "db-1", change="acknowledged", at=minutes(2))

    assert became() == ["opened", "acknowledged", "stray"]
    assert kinds(the_incident().ref).count("alert_acknowledged") == 1
    assert the_incident().engaged_at is None


def test_what_fires_after_the_end_opens_anew(door: Door, cast: Cast) -> None:
    come(door, "db-1")
    first = the_incident()
    incidents.acknowledge(incident=first.ref, by=cast.ana.actor, at=minutes(1))
    incidents.resolve(
        incident=first.ref, by=cast.ana.actor, words="It is up again.", at=minutes(5)
    )

    come(door, "db-1", at=minutes(6))

    assert became() == ["opened", "opened"]
    assert IncidentRow.objects.filter(status="open").count() == 1
    assert Signal.objects.get().incident_id != first.number


def test_what_a_person_declined_stays_quiet_until_it_has_ended(door: Door, cast: Cast) -> None:
    """POL-10."""
    come(door, "db-1")
    ref = the_incident().ref
    incidents.decline(incident=ref, by=cast.ana.actor, reason="It is a drill.", at=minutes(1))

    come(door, "db-1", at=minutes(2))
    come(door, "db-1", change="resolved", at=minutes(3))
    come(door, "db-1", at=minutes(4))

    assert became() == ["opened", "repeat", "stray", "opened"]


def test_over_the_limit_alerts_become_one_incident_and_page_once(door: Door) -> None:
    keys = [f"pod-{number}" for number in range(40)]
    store(door, *keys)

    alerts.open_waiting(at=NOON)

    assert became() == ["opened"] * 10 + ["coalesced"] * 30
    assert IncidentRow.objects.count() == 11
    storm = IncidentRow.objects.get(join_key=f"door:{door.pk}:storm")
    assert storm.alerts.count() == 30
    assert "Prometheus" in storm.title

    come(door, "pod-99", "pod-20", at=minutes(0.5))

    assert became()[-2:] == ["coalesced", "repeat"]
    assert IncidentRow.objects.count() == 11


def test_a_storm_that_is_over_is_noted_once(door: Door) -> None:
    keys = [f"pod-{number}" for number in range(20)]
    come(door, *keys)
    storm = IncidentRow.objects.get(join_key__endswith=":storm")

    come(door, *keys[:15], change="resolved", at=minutes(1))
    assert "alerts_over" not in kinds(storm.ref)
    come(door, *keys[15:], change="resolved", at=minutes(2))

    assert kinds(storm.ref).count("alerts_over") == 1
    assert kinds(storm.ref).count("alert_resolved") == 0


def test_a_calm_minute_after_a_storm_opens_incidents_again(door: Door) -> None:
    come(door, *[f"pod-{number}" for number in range(20)])

    come(door, "calm", at=minutes(3))

    assert became()[-1] == "opened"


def test_alerts_of_a_customers_door_are_its_cases(cast: Cast) -> None:
    nordwind = Customer.objects.get(slug="nordwind")
    made, _ = doors.create(name="Theirs", format="pagerduty", customer="nordwind", at=NOON)

    come(made, "db-1")

    assert CaseRow.objects.get().customer_id == nordwind.pk


def test_two_doors_with_the_same_key_are_two_troubles(door: Door) -> None:
    other, _ = doors.create(name="Other", format="pagerduty", at=NOON)
    come(door, "db-1")
    come(other, "db-1")
    come(other, "db-1", change="resolved", at=minutes(1))

    assert IncidentRow.objects.count() == 2
    assert Signal.objects.get(door=door).is_firing


def test_an_alert_about_a_gathered_component_joins_and_pages_nobody(cast: Cast) -> None:
    taken = cast.report(cast.mira)
    assert taken.incident is not None
    incidents.gather(incident=taken.incident, component="api", by=cast.ana.actor, at=NOON)
    made, _ = doors.create(name="API", format="pagerduty", component="api", at=NOON)

    come(made, "latency")

    assert became() == ["joined"]
    assert IncidentRow.objects.count() == 1


def test_one_alert_that_cannot_be_settled_holds_up_no_other(door: Door) -> None:
    store(door, "good-1")
    store(door, "bad")
    Alert.objects.filter(key="bad").update(change="nonsense")
    store(door, "good-2")

    alerts.open_waiting(at=NOON)

    assert became() == ["opened", "waiting", "opened"]
    assert "nonsense" in Alert.objects.get(key="bad").last_error


def test_the_sweep_takes_what_was_left_behind(door: Door) -> None:
    store(door, "db-1")

    assert alerts.sweep(at=NOON) == 0
    assert alerts.sweep(at=minutes(1)) == 1
    assert became() == ["opened"]


def test_an_alert_that_nobody_settles_raises_an_alarm(door: Door) -> None:
    store(door, "db-1")

    late = {each.key: each.count for each in alarms.troubles(at=minutes(1))}

    assert late["alerts"] == 1


def test_a_resolve_that_a_repeat_has_overtaken_leaves_it_firing(door: Door) -> None:
    come(door, "db-1")
    store(door, "db-1", change="resolved", at=minutes(1))
    store(door, "db-1", at=minutes(1))

    alerts.open_waiting(at=minutes(1))

    assert became() == ["opened", "resolved", "repeat"]
    assert Signal.objects.get().is_firing


def test_what_could_not_be_read_is_a_case_with_its_raw_message(door: Door) -> None:
    for _ in range(3):
        come(door, alerts.UNREADABLE, unreadable="The body is no JSON.")

    case = CaseRow.objects.get()
    assert became() == ["unreadable", "repeat", "repeat"]
    assert case.report.notes["unreadable"] == "The body is no JSON."
    assert bytes(case.report.raw) == b'{"as": "it came"}'


def test_what_alerts_wrote_replays(door: Door) -> None:
    come(door, "db-1")
    come(door, "db-1", change="resolved", at=minutes(1))

    from redphone.core import incident as core

    row = the_incident()
    assert core.replay(ledger.entries(row.ref), ref=row.ref).status == row.status


def test_old_alerts_are_forgotten_and_what_waits_is_not(door: Door) -> None:
    come(door, "db-1")
    store(door, "db-2")
    come(door, "db-1", at=minutes(60))
    store(door, "db-3")
    Alert.objects.filter(key="db-3").update(became="waiting")

    assert alerts.forget_old(before=minutes(30)) == 2

    assert set(Alert.objects.values_list("key", flat=True)) == {"db-1", "db-3"}
    assert CaseRow.objects.count() == 2
