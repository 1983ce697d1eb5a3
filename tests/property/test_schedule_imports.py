"""Laws of the readers of other systems' schedules: the plan names whom the source names."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from redphone.channels.schedules import FORMATS, Found, Reading
from redphone.channels.schedules.proof import YEAR, Proof, compare
from redphone.core.oncall import Rota, spans

START = datetime(2027, 1, 4, 6, 30, tzinfo=UTC)
HOW = Reading(starts_at=START, ends_at=START + YEAR, time_zone="Europe/Berlin")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
PEOPLE = ("ana", "bo", "ines", "rosa")

zones = st.sampled_from(ZONES)
people = st.sampled_from(PEOPLE)
groups = st.lists(people, min_size=1, max_size=2, unique=True)
clocks = st.tuples(st.integers(0, 23), st.sampled_from([0, 30])).map("{0[0]:02}:{0[1]:02}".format)
days = st.integers(-400, 200).map(lambda n: (START + timedelta(days=n)).date().isoformat())


def proved(source: str, *documents: Any) -> tuple[Found, Proof]:
    found = FORMATS[source].read([json.dumps(each).encode() for each in documents], HOW)
    assert not found.broken, found.broken
    assert found.said is not None
    rota = Rota(
        team="L1", time_zone=found.time_zone, layers=found.layers, overrides=found.overrides
    )
    return found, compare(found.said.spans, spans(rota, HOW.starts_at, HOW.ends_at))


@st.composite
def pagerduty(draw: st.DrawFn) -> dict[str, Any]:
    def restriction() -> dict[str, Any]:
        weekly = draw(st.booleans())
        most = 7 * 86_400 if weekly else 86_400
        return {
            "type": "weekly_restriction" if weekly else "daily_restriction",
            "start_time_of_day": draw(clocks) + ":00",
            "duration_seconds": draw(st.integers(1, most // 1800)) * 1800,
        } | ({"start_day_of_week": draw(st.integers(1, 7))} if weekly else {})

    def layer() -> dict[str, Any]:
        virtual = f"{draw(days)}T{draw(clocks)}:00Z"
        return {
            "name": draw(people),
            "start": virtual if draw(st.booleans()) else f"{draw(days)}T{draw(clocks)}:00Z",
            "end": draw(st.none() | days.map("{}T09:00:00Z".format)),
            "rotation_virtual_start": virtual,
            "rotation_turn_length_seconds": draw(
                st.sampled_from([3600 * 5, 43_200, 86_400, 3 * 86_400, 604_800, 2 * 604_800])
            ),
            "users": [{"user": {"id": who}} for who in draw(st.lists(people, max_size=4))],
            "restrictions": [restriction() for _ in range(draw(st.integers(0, 2)))],
        }

    since = START + timedelta(hours=draw(st.integers(0, 5000)))
    entries = [
        {
            "start": since.isoformat(),
            "end": (since + timedelta(hours=draw(st.integers(1, 90)))).isoformat(),
            "user": {"id": draw(people)},
        }
    ]
    return {
        "schedule": {
            "name": "Primary",
            "time_zone": draw(zones),
            "schedule_layers": [layer() for _ in range(draw(st.integers(1, 3)))],
        },
        "overrides": entries if draw(st.booleans()) else [],
    }


@st.composite
def opsgenie(draw: st.DrawFn) -> dict[str, Any]:
    def hours(named: bool) -> dict[str, Any]:
        week = ["monday", "tuesday", "friday", "saturday", "sunday"]
        return {
            "startHour": draw(st.integers(0, 23)),
            "startMin": draw(st.sampled_from([0, 30])),
            "endHour": draw(st.integers(0, 23)),
            "endMin": draw(st.sampled_from([0, 30])),
        } | (
            {"startDay": draw(st.sampled_from(week)), "endDay": draw(st.sampled_from(week))}
            if named
            else {}
        )

    def rotation(number: int) -> dict[str, Any]:
        kind = draw(st.sampled_from(["", "time-of-day", "weekday-and-time-of-day"]))
        found = {
            "id": f"r{number}",
            "name": f"Rotation {number}",
            "startDate": f"{draw(days)}T{draw(clocks)}:00Z",
            "type": draw(st.sampled_from(["hourly", "daily", "weekly"])),
            "length": draw(st.integers(1, 12)),
            "participants": [
                {"type": "user", "id": who, "username": f"{who}@example.com"}
                if who
                else {"type": "none"}
                for who in draw(st.lists(people | st.none(), min_size=1, max_size=4))
            ],
        }
        if kind == "time-of-day":
            found["timeRestriction"] = {"type": kind, "restriction": hours(False)}
        elif kind:
            found["timeRestriction"] = {"type": kind, "restrictions": [hours(True)]}
        return found

    rotations = [rotation(number) for number in range(draw(st.integers(1, 3)))]
    since = START + timedelta(hours=draw(st.integers(0, 5000)))
    override = {
        "user": {"type": "user", "id": draw(people)},
        "startDate": since.isoformat(),
        "endDate": (since + timedelta(hours=draw(st.integers(1, 90)))).isoformat(),
        "rotations": draw(st.sampled_from([[], [{"id": "r0"}]])),
    }
    return {
        "data": {"name": "Ops", "timezone": draw(zones), "enabled": True, "rotations": rotations},
        "overrides": [override] if draw(st.booleans()) else [],
    }


@st.composite
def grafana(draw: st.DrawFn) -> dict[str, Any]:
    names = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]

    def shift(number: int) -> dict[str, Any]:
        kind = draw(st.sampled_from(["single_event", "recurrent_event", "rolling_users"]))
        found = {
            "id": f"s{number}",
            "name": f"Shift {number}",
            "type": kind,
            "level": draw(st.integers(0, 2)),
            "start": f"{draw(days)}T{draw(clocks)}:00",
            "duration": draw(st.sampled_from([1800, 28_800, 43_200, 86_400, 172_800, 604_800])),
            "time_zone": draw(st.none() | zones),
        }
        if kind == "single_event":
            return found | {"users": draw(groups)}
        frequency = draw(st.sampled_from(["daily", "weekly", "weekly", "monthly"]))
        found |= {
            "frequency": frequency,
            "interval": draw(st.integers(1, 3)),
            "week_start": draw(st.sampled_from(["MO", "SU"])),
            "by_day": draw(st.none() | st.lists(st.sampled_from(names), min_size=1, unique=True))
            if frequency != "monthly"
            else None,
            "until": draw(st.none() | days.map("{}T09:00:00".format)),
        }
        if kind == "recurrent_event":
            return found | {"users": draw(groups)}
        return found | {
            "rolling_users": draw(st.lists(groups, min_size=1, max_size=3)),
            "start_rotation_from_user_index": draw(st.none() | st.integers(0, 2)),
        }

    return {
        "schedule": {"id": "S1", "name": "G", "time_zone": draw(zones), "on_call_now": []},
        "results": [shift(number) for number in range(draw(st.integers(1, 3)))],
    }


@given(document=pagerduty())
@settings(max_examples=25)
def test_a_pagerduty_schedule_names_the_same_people_here(document: dict[str, Any]) -> None:
    """A plan made of PagerDuty's layers agrees with its rules in every minute of a year."""
    found, proof = proved("pagerduty", document)

    assert proof.differences == ()
    assert proof.agree == proof.minutes == 525_600
    assert found.lost == ()


@given(document=opsgenie())
@settings(max_examples=25)
def test_an_opsgenie_schedule_names_the_same_people_here(document: dict[str, Any]) -> None:
    """A plan made of Opsgenie's rotations agrees with its rules in every minute of a year."""
    found, proof = proved("opsgenie", document)

    assert proof.differences == ()
    assert proof.agree == proof.minutes == 525_600
    assert found.lost == ()


@given(document=grafana())
@settings(max_examples=25)
def test_a_grafana_schedule_names_the_same_people_here(document: dict[str, Any]) -> None:
    """A plan made of Grafana's shifts agrees with its rules in every minute of a year."""
    found, proof = proved("grafana", document)

    assert proof.differences == ()
    assert proof.agree == proof.minutes == 525_600
    assert found.lost == ()
