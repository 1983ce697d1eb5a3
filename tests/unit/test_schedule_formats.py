"""What the readers of other systems' schedules make of the documents that those systems give."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from redphone.channels.schedules import FORMATS, Found, Reading
from redphone.channels.schedules.proof import YEAR, Proof, compare
from redphone.core.oncall import Rota, Unit, on_call, spans

START = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
HOW = Reading(starts_at=START, ends_at=START + YEAR, time_zone="America/New_York")


def read(source: str, *documents: Any) -> Found:
    raw = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in documents]
    return FORMATS[source].read(raw, HOW)


def rota(found: Found) -> Rota:
    assert not found.broken, found.broken
    return Rota(
        team="L1", time_zone=found.time_zone, layers=found.layers, overrides=found.overrides
    )


def proof(found: Found) -> Proof:
    assert found.said is not None
    return compare(found.said.spans, spans(rota(found), HOW.starts_at, HOW.ends_at))


def at(found: Found, moment: str) -> tuple[str, ...]:
    return on_call(rota(found), datetime.fromisoformat(moment))


def calendar(*events: str, zone: str = "") -> bytes:
    head = f"X-WR-TIMEZONE:{zone}\n" if zone else ""
    body = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{body}END:VCALENDAR\n".encode()


# iCalendar


def test_weekly_events_of_three_people_become_one_rotation() -> None:
    found = read(
        "icalendar",
        calendar(
            *(
                f"UID:{n}\nSUMMARY:{name}\nRRULE:FREQ=WEEKLY;INTERVAL=3\n"
                f"DTSTART;TZID=Europe/Berlin:202611{2 + 7 * n:02}T090000\n"
                f"DTEND;TZID=Europe/Berlin:202611{9 + 7 * n:02}T090000"
                for n, name in enumerate(["ana", "bo", "ines"])
            )
        ),
    )

    (layer,) = found.layers
    assert layer.turns == (("ana",), ("bo",), ("ines",))
    assert (layer.unit, layer.every, layer.time_zone) == (Unit.WEEK, 1, "Europe/Berlin")
    assert found.overrides == ()
    assert proof(found).agree == 525_600


def test_a_level_in_the_title_hides_lower_ones() -> None:
    found = read(
        "icalendar",
        calendar(
            "UID:1\nSUMMARY:ana\nDTSTART:20261101T000000Z\nDTEND:20261102T000000Z\nRRULE:FREQ=DAILY",
            "UID:2\nSUMMARY:[L1] bo\nDTSTART:20261101T090000Z\nDTEND:20261101T170000Z\n"
            "RRULE:FREQ=WEEKLY;BYDAY=SU,MO,TU,WE",
            "UID:3\nSUMMARY:[L9] ines\nDTSTART:20261202T100000Z\nDTEND:20261202T110000Z",
        ),
    )

    assert at(found, "2026-12-02T08:00+00:00") == ("ana",)
    assert at(found, "2026-12-02T09:00+00:00") == ("bo",)
    assert at(found, "2026-12-02T10:30+00:00") == ("ines",)
    assert at(found, "2026-12-03T10:30+00:00") == ("ana",)
    assert proof(found).holds


def test_a_day_is_a_day_of_the_calendars_zone_and_else_of_the_teams() -> None:
    event = "UID:1\nSUMMARY:ana\nDTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20261202"

    there, ours = (read("icalendar", calendar(event, zone=z)) for z in ("Asia/Tokyo", ""))

    assert there.overrides[0].starts_at == datetime(2026, 11, 30, 15, tzinfo=UTC)
    assert ours.overrides[0].starts_at == datetime(2026, 12, 1, 5, tzinfo=UTC)


def test_an_occurrence_that_was_taken_out_or_moved_is_not_on_call_at_its_old_time() -> None:
    found = read(
        "icalendar",
        calendar(
            "UID:1\nSUMMARY:ana\nDTSTART:20261201T080000Z\nDTEND:20261201T160000Z\nRRULE:FREQ=DAILY\n"
            "EXDATE:20261205T080000Z",
            "UID:1\nSUMMARY:bo\nRECURRENCE-ID:20261207T080000Z\nDTSTART:20261207T200000Z\n"
            "DTEND:20261207T220000Z",
        ),
    )

    assert at(found, "2026-12-04T09:00+00:00") == ("ana",)
    assert at(found, "2026-12-05T09:00+00:00") == ()
    assert at(found, "2026-12-07T09:00+00:00") == ()
    assert at(found, "2026-12-07T21:00+00:00") == ("bo",)
    assert at(found, "2027-12-07T09:00+00:00") == ("ana",)
    assert proof(found).holds


def test_what_no_layer_says_is_dated_for_a_year_and_said_to_be() -> None:
    found = read(
        "icalendar",
        calendar(
            "UID:1\nSUMMARY:ana\nDTSTART:20261101T080000Z\nDURATION:PT8H\n"
            "RRULE:FREQ=MONTHLY;BYDAY=-1SU"
        ),
    )

    assert found.layers == ()
    assert len(found.overrides) == 12
    assert found.dated_until == HOW.ends_at
    assert "event ana" in found.notes[0]
    assert proof(found).holds


def test_who_attends_is_the_person() -> None:
    found = read(
        "icalendar",
        calendar(
            "UID:1\nSUMMARY:On call\nDTSTART:20261201T080000Z\nDURATION:PT8H\n"
            "ATTENDEE;CN=Ana Reyes:mailto:Ana@Desk.example\n"
            "ATTENDEE;PARTSTAT=DECLINED:mailto:bo@desk.example\n"
            "ATTENDEE;CUTYPE=ROOM:mailto:room@desk.example"
        ),
    )

    (who,) = found.people
    assert (who.email, who.name) == ("ana@desk.example", "Ana Reyes")


def test_what_is_over_or_comes_later_is_counted_and_what_is_no_event_is_lost() -> None:
    raw = calendar(
        "UID:1\nSUMMARY:ana\nDTSTART:20200101T080000Z\nDURATION:PT8H",
        "UID:2\nSUMMARY:bo\nDTSTART:20290101T080000Z\nDURATION:PT8H",
        "UID:3\nDTSTART:20261201T080000Z\nDURATION:PT8H",
        "UID:4\nSUMMARY:ines\nSTATUS:CANCELLED\nDTSTART:20261201T080000Z\nDURATION:PT8H",
    ).replace(b"END:VCALENDAR", b"BEGIN:VTODO\nUID:5\nEND:VTODO\nEND:VCALENDAR")

    found = read("icalendar", raw)

    assert sorted(each.name for each in found.lost) == ["1 VTODO", "event 3"]
    assert any("1 that are over" in note for note in found.notes)
    assert any("begin after 2027-11-24" in note and "event bo" in note for note in found.notes)
    assert any("event ines is cancelled" in note for note in found.notes)


# PagerDuty


def pagerduty(*layers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "schedule": {"name": "P", "time_zone": "Europe/Berlin", "schedule_layers": layers} | more
    }


def layer(who: str, **more: Any) -> dict[str, Any]:
    return {
        "name": who,
        "start": "2026-01-01T00:00:00+01:00",
        "rotation_virtual_start": "2026-01-05T09:00:00+01:00",
        "rotation_turn_length_seconds": 604_800,
        "users": [{"user": {"id": each}} for each in who],
        "restrictions": [],
    } | more


def test_the_first_layer_of_pagerduty_hides_the_second() -> None:
    office = {
        "type": "daily_restriction",
        "start_time_of_day": "09:00:00",
        "duration_seconds": 28_800,
    }

    found = read("pagerduty", pagerduty(layer("A", restrictions=[office]), layer("B")))

    assert at(found, "2026-12-01T12:00+00:00") == ("A",)
    assert at(found, "2026-12-01T22:00+00:00") == ("B",)
    # Nine in the morning stays nine when the clocks are changed.
    assert at(found, "2027-07-01T07:00+00:00") == ("A",)
    assert at(found, "2027-07-01T06:59+00:00") == ("B",)
    assert proof(found).holds


def test_a_layer_that_begins_in_the_middle_of_a_turn_keeps_whose_turn_it_is() -> None:
    found = read("pagerduty", pagerduty(layer("AB", start="2026-12-10T12:00:00Z", end=None)))

    assert at(found, "2026-12-10T11:59+00:00") == ()
    assert at(found, "2026-12-10T12:00+00:00") == ("A",)
    assert at(found, "2026-12-14T12:00+00:00") == ("B",)
    assert proof(found).holds


def test_users_that_come_in_a_file_of_their_own_bring_their_address() -> None:
    users = {"users": [{"id": "A", "name": "Ana Reyes", "email": "ANA@desk.example"}]}

    found = read("pagerduty", pagerduty(layer("AB")), users)

    assert {each.key: each.email for each in found.people} == {"A": "ana@desk.example", "B": ""}


def test_pagerdutys_own_final_schedule_is_believed_over_its_rules() -> None:
    final = {
        "rendered_schedule_entries": [
            {"start": "2026-12-01T00:00:00Z", "end": "2026-12-02T00:00:00Z", "user": {"id": "B"}}
        ]
    }

    found = read("pagerduty", pagerduty(layer("A"), final_schedule=final))

    (difference,) = proof(found).differences
    assert (difference.theirs, difference.ours) == (("B",), ("A",))
    assert proof(found).agree == 525_600 - 1440


def test_turns_of_hours_go_by_the_wall_where_the_final_schedule_says_so() -> None:
    def final(*, by_wall: bool) -> dict[str, Any]:
        """Day and night from 28 March, when Berlin's clocks go forward at one in UTC."""
        hour = 7 if by_wall else 8
        moments = [
            datetime(2027, 3, 27, 8, tzinfo=UTC) + timedelta(hours=12 * n) for n in range(2)
        ]
        moments += [
            datetime(2027, 3, 28, hour, tzinfo=UTC) + timedelta(hours=12 * n) for n in range(9)
        ]
        return {
            "rendered_schedule_entries": [
                {"start": a.isoformat(), "end": b.isoformat(), "user": {"id": "AB"[n % 2]}}
                for n, (a, b) in enumerate(pairwise(moments))
            ]
        }

    halves = layer("AB", rotation_turn_length_seconds=43_200)
    wall = read("pagerduty", pagerduty(halves, final_schedule=final(by_wall=True)))
    elapsed = read("pagerduty", pagerduty(halves, final_schedule=final(by_wall=False)))

    assert at(wall, "2027-07-01T07:30+00:00") == ("A",)
    assert at(wall, "2027-07-01T06:30+00:00") == ("B",)
    assert at(elapsed, "2027-07-01T07:30+00:00") == ("B",)
    assert "by the wall" in wall.notes[0]
    assert proof(wall).holds
    assert proof(elapsed).holds


def test_several_schedules_are_not_mixed() -> None:
    found = read("pagerduty", pagerduty(layer("A")), pagerduty(layer("B")))

    assert "Import one at a time" in found.broken


# Opsgenie


def opsgenie(*rotations: dict[str, Any], **more: Any) -> dict[str, Any]:
    data = {"name": "O", "timezone": "Europe/Berlin", "enabled": True, "rotations": rotations}
    return {"data": data | more}


def rotation(number: int, *who: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"r{number}",
        "name": f"R{number}",
        "startDate": "2026-01-05T08:00:00Z",
        "type": "weekly",
        "length": 1,
        "participants": [
            {"type": "user", "id": each, "username": f"{each}@desk.example"}
            if each
            else {"type": "none"}
            for each in who
        ],
    } | more


def test_rotations_of_opsgenie_stand_side_by_side_and_none_is_nobody() -> None:
    found = read("opsgenie", opsgenie(rotation(1, "A", ""), rotation(2, "B")))

    assert set(at(found, "2026-12-02T12:00+00:00")) in ({"A", "B"}, {"B"})
    assert {at(found, "2026-12-02T12:00+00:00"), at(found, "2026-12-09T12:00+00:00")} >= {("B",)}
    assert proof(found).holds


def test_an_override_of_one_rotation_leaves_the_other() -> None:
    override = {
        "user": {"type": "user", "id": "C", "username": "c@desk.example"},
        "startDate": "2026-12-02T10:00:00Z",
        "endDate": "2026-12-02T12:00:00Z",
        "rotations": [{"id": "r1", "name": "R1"}],
    }

    found = read("opsgenie", opsgenie(rotation(1, "A"), rotation(2, "B")), {"data": [override]})

    assert set(at(found, "2026-12-02T09:59+00:00")) == {"A", "B"}
    assert set(at(found, "2026-12-02T11:00+00:00")) == {"B", "C"}
    assert set(at(found, "2026-12-02T12:00+00:00")) == {"A", "B"}
    assert proof(found).holds


def test_a_team_among_the_participants_is_lost_by_name() -> None:
    team = rotation(1, "A")
    team["participants"].append({"type": "team", "id": "T", "name": "Platform"})

    found = read("opsgenie", opsgenie(team))

    assert [each.name for each in found.lost] == ["team Platform"]
    assert proof(found).holds


def test_opsgenies_own_timeline_is_believed_over_its_rules() -> None:
    timeline = {
        "data": {
            "startDate": "2026-12-01T00:00:00Z",
            "endDate": "2026-12-03T00:00:00Z",
            "finalTimeline": {
                "rotations": [
                    {
                        "id": "r1",
                        "periods": [
                            {
                                "startDate": "2026-12-01T00:00:00Z",
                                "endDate": "2026-12-02T00:00:00Z",
                                "type": "default",
                                "recipient": {"type": "user", "name": "A@desk.example"},
                            }
                        ],
                    }
                ]
            },
        }
    }

    found = read("opsgenie", opsgenie(rotation(1, "A")), timeline)

    (difference,) = proof(found).differences
    assert (difference.theirs, difference.ours) == ((), ("A",))
    assert difference.ends_at - difference.starts_at == timedelta(days=1)


def test_a_restriction_over_midnight_and_one_over_the_weekend_hold() -> None:
    night = {
        "type": "time-of-day",
        "restriction": {"startHour": 22, "endHour": 6, "startMin": 0, "endMin": 0},
    }
    weekend = {
        "type": "weekday-and-time-of-day",
        "restrictions": [
            {
                "startDay": "friday",
                "startHour": 18,
                "startMin": 0,
                "endDay": "monday",
                "endHour": 9,
                "endMin": 30,
            }
        ],
    }

    found = read(
        "opsgenie",
        opsgenie(
            rotation(1, "A", timeRestriction=night), rotation(2, "B", timeRestriction=weekend)
        ),
    )

    assert at(found, "2026-12-02T02:00+00:00") == ("A",)
    assert at(found, "2026-12-02T12:00+00:00") == ()
    assert at(found, "2026-12-07T08:29+00:00") == ("B",)
    assert at(found, "2026-12-07T08:30+00:00") == ()
    assert proof(found).holds


# Grafana OnCall


def shift(name: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "name": name,
        "type": "rolling_users",
        "level": 0,
        "start": "2026-11-02T09:00:00",
        "duration": 604_800,
        "frequency": "weekly",
        "interval": 1,
        "week_start": "MO",
        "rolling_users": [["A"], ["B", "C"]],
    } | more


def grafana(*shifts: dict[str, Any], **more: Any) -> dict[str, Any]:
    schedule = {"id": "S", "name": "G", "time_zone": "Europe/Berlin", "on_call_now": []}
    return {"schedule": schedule | more, "results": shifts}


def test_groups_roll_and_an_override_is_alone() -> None:
    override = shift(
        "over", type="override", start="2026-12-02T12:00:00", duration=3600, frequency=None
    ) | {"rolling_users": [["D"]]}

    found = read("grafana", grafana(shift("weeks"), override))

    assert at(found, "2026-12-02T09:00+00:00") == ("A",)
    assert at(found, "2026-12-09T09:00+00:00") == ("B", "C")
    assert at(found, "2026-12-02T11:30+00:00") == ("D",)
    assert proof(found).holds


def test_days_taken_in_turn_go_on_over_the_week() -> None:
    found = read(
        "grafana",
        grafana(shift("days", frequency="daily", duration=86_400, by_day=["MO", "WE", "FR"])),
    )

    assert [at(found, f"2026-11-{day}T12:00+00:00") for day in (25, 26, 27, 30)] == [
        ("A",),
        (),
        ("B", "C"),
        ("A",),
    ]
    assert proof(found).holds


def test_what_a_schedule_only_links_to_is_lost_by_name() -> None:
    linked = {"shifts": ["weeks", "gone"], "ical_url_overrides": "https://x.example/a.ics"}

    found = read("grafana", grafana(shift("weeks"), shift("another's"), **linked))

    assert [each.name for each in found.lost] == ["ical_url_overrides", "shift gone"]
    assert len(found.layers) == 1


def test_final_shifts_are_compared_by_whoever_they_name() -> None:
    users = {"results": [{"id": "A", "username": "ana", "email": "ana@desk.example"}]}
    finals = {
        "results": [
            {
                "user_pk": "A",
                "user_email": "ana@desk.example",
                "user_username": "ana",
                "shift_start": "2026-12-01T09:00:00Z",
                "shift_end": "2026-12-02T09:00:00Z",
            }
        ]
    }

    found = read("grafana", grafana(shift("weeks")), users, finals)

    assert proof(found).holds
    assert found.said is not None
    assert found.said.by.startswith("Grafana OnCall's own final shifts")
    assert {each.key: each.email for each in found.people}["A"] == "ana@desk.example"


@pytest.mark.parametrize("source", sorted(FORMATS))
@pytest.mark.parametrize("raw", [b"", b"<!doctype html><p>Sign in</p>", b"[]", b'{"error": "no"}'])
def test_what_is_no_schedule_is_said_to_be_none(source: str, raw: bytes) -> None:
    assert read(source, raw).broken
