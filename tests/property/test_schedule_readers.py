"""Laws of the readers of schedules: whatever comes is read or named, and never raised."""

from __future__ import annotations

import json
import time
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redphone.channels.schedules import FORMATS, Reading
from redphone.channels.schedules.proof import YEAR, compare
from redphone.core.oncall import Rota, spans

START = datetime(2027, 1, 4, 6, 30, tzinfo=UTC)
HOW = Reading(starts_at=START, ends_at=START + YEAR, time_zone="Europe/Berlin")

GOOD: dict[str, Any] = {
    "pagerduty": {
        "schedule": {
            "name": "P",
            "time_zone": "America/New_York",
            "schedule_layers": [
                {
                    "name": "L",
                    "start": "2027-01-01T00:00:00Z",
                    "end": None,
                    "rotation_virtual_start": "2027-01-01T00:00:00Z",
                    "rotation_turn_length_seconds": 86400,
                    "users": [{"user": {"id": "PA", "summary": "Ana"}}],
                    "restrictions": [
                        {
                            "type": "weekly_restriction",
                            "start_time_of_day": "09:00:00",
                            "start_day_of_week": 3,
                            "duration_seconds": 3600,
                        }
                    ],
                }
            ],
            "final_schedule": {
                "rendered_schedule_entries": [
                    {
                        "start": "2027-02-01T00:00:00Z",
                        "end": "2027-02-02T00:00:00Z",
                        "user": {"id": "PA"},
                    }
                ]
            },
        },
        "overrides": [
            {
                "start": "2027-03-01T00:00:00Z",
                "end": "2027-03-02T00:00:00Z",
                "user": {"id": "PB", "summary": "Bo"},
            }
        ],
    },
    "opsgenie": {
        "data": {
            "name": "O",
            "timezone": "Europe/Berlin",
            "enabled": True,
            "rotations": [
                {
                    "id": "r",
                    "name": "R",
                    "startDate": "2027-01-01T00:00:00Z",
                    "endDate": "2028-01-01T00:00:00Z",
                    "type": "daily",
                    "length": 2,
                    "participants": [{"type": "user", "id": "A"}, {"type": "none"}],
                    "timeRestriction": {
                        "type": "weekday-and-time-of-day",
                        "restrictions": [
                            {
                                "startDay": "monday",
                                "endDay": "friday",
                                "startHour": 8,
                                "endHour": 18,
                                "startMin": 0,
                                "endMin": 30,
                            }
                        ],
                    },
                }
            ],
        },
        "overrides": [
            {
                "user": {"type": "user", "id": "A"},
                "startDate": "2027-03-01T00:00:00Z",
                "endDate": "2027-03-02T00:00:00Z",
                "rotations": [{"id": "r"}],
            }
        ],
        "timeline": {
            "finalTimeline": {
                "rotations": [
                    {
                        "periods": [
                            {
                                "startDate": "2027-01-05T00:00:00Z",
                                "endDate": "2027-01-06T00:00:00Z",
                                "recipient": {"type": "user", "id": "A"},
                            }
                        ]
                    }
                ]
            }
        },
    },
    "grafana": {
        "results": [
            {
                "id": "s",
                "name": "S",
                "type": "rolling_users",
                "start": "2027-01-04T09:00:00",
                "duration": 28800,
                "frequency": "weekly",
                "interval": 1,
                "week_start": "MO",
                "by_day": ["MO", "WE"],
                "by_month": None,
                "until": "2027-09-01T00:00:00",
                "rolling_users": [["A"], ["B"]],
                "start_rotation_from_user_index": 1,
                "time_zone": "Europe/Berlin",
                "level": 1,
            }
        ],
        "schedule": {"id": "x", "time_zone": "UTC", "on_call_now": []},
        "users": [{"id": "A", "username": "ana", "email": "a@x.example"}],
        "finals": [
            {
                "user_pk": "A",
                "shift_start": "2027-01-06T08:00:00Z",
                "shift_end": "2027-01-06T16:00:00Z",
            }
        ],
    },
}
ODD: list[Any] = [
    *(None, True, -1, 0, 1, 7, 61, 10**9, 10**30, 1.5, "", "x", "none", "UTC", "../../etc/passwd"),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"),
    *("2027-03-28T02:30:00", "25:00:00", "monday", "SU", [], {}, [[]], [None], {"id": None}),
]


KEYS = (
    *("schedule", "schedule_layers", "rotations", "timezone", "type", "start", "id", "duration"),
    *("username", "finalTimeline", "user", "end", "data", "startDate"),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value of a document."""
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [path, *(each for key, child in children for each in places(child, (*path, key)))]


@st.composite
def spoiled(draw: st.DrawFn, source: str) -> bytes:
    """A good document with one to three values that are something odd, or gone."""
    document = json.loads(json.dumps(GOOD[source]))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from([each for each in places(document) if each] or [("data",)]))
        at = document
        for key in path[:-1]:
            at = at[key]
        if draw(st.booleans()) or not isinstance(at, dict):
            # A copy: what is put here may be spoiled in its turn.
            at[path[-1]] = deepcopy(draw(st.sampled_from(ODD)))
        else:
            at.pop(path[-1], None)
    return json.dumps(document).encode()


def is_told(source: str, raw: bytes) -> None:
    found = FORMATS[source].read([raw], HOW)
    assert found.broken or found.said is not None
    if found.said is not None:
        rota = Rota(
            team="L1", time_zone=found.time_zone, layers=found.layers, overrides=found.overrides
        )
        assert compare(found.said.spans, spans(rota, START, HOW.ends_at)).minutes == 525_600


@given(raw=st.sampled_from(sorted(GOOD)).flatmap(lambda s: st.tuples(st.just(s), spoiled(s))))
@settings(max_examples=300)
def test_a_spoiled_document_is_read_or_named(raw: tuple[str, bytes]) -> None:
    """Whatever a document holds in place of what belongs there, its reader does not raise."""
    is_told(*raw)


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda each: (
            st.lists(each, max_size=3)
            | st.dictionaries(
                st.sampled_from(KEYS),
                each,
                max_size=4,
            )
        ),
        max_leaves=12,
    ),
    source=st.sampled_from(sorted(GOOD)),
)
@settings(max_examples=100)
def test_any_json_is_read_or_named(value: Any, source: str) -> None:
    """JSON of any form is no reason to raise."""
    is_told(source, json.dumps(value).encode())


LINES = st.sampled_from(
    [
        *("DTSTART:20270101T090000Z", "DTEND:20270101T170000Z", "DTSTART;VALUE=DATE:20270105"),
        *("DTEND;VALUE=DATE:20270104", "DURATION:PT9H", "DURATION:-P1D", "DURATION:P99999W"),
        *("DTSTART;TZID=Europe/Berlin:20270328T023000", "DTSTART;TZID=Mars/Base:20270101T090000"),
        *("DTSTART:20270101T090000", "DTEND:99991231T235959Z", "DTSTART:00010101T000000Z"),
        *("RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY;BYDAY=MO,TH;INTERVAL=2;WKST=SU"),
        *("RRULE:FREQ=SECONDLY", "RRULE:FREQ=HOURLY;COUNT=5", "RRULE:FREQ=YEARLY;BYEASTER=1"),
        *(
            "RRULE:FREQ=WEEKLY;UNTIL=20260101",
            "RRULE:FREQ=DAILY;INTERVAL=0",
            "RRULE:FREQ=FORTNIGHT",
        ),
        *("RRULE:FREQ=MONTHLY;BYDAY=-1SU", "RRULE:", "RRULE:FREQ=DAILY;COUNT=-3", "EXDATE:"),
        *(
            "EXDATE:20270102T090000Z,20270103T090000Z",
            "RDATE:20270201T090000Z",
            "RDATE;VALUE=PERIOD:x",
        ),
        *("RECURRENCE-ID:20270104T090000Z", "RECURRENCE-ID;RANGE=THISANDFUTURE:20270104T090000Z"),
        *("UID:1", "UID:2", "UID:", "SUMMARY:[L2] Ana", "SUMMARY:[L99999] Bo", "SUMMARY:@bo"),
        *("ATTENDEE:mailto:ana@x.example", "ATTENDEE;CN=Bo;PARTSTAT=DECLINED:mailto:bo@x.example"),
        *("STATUS:CANCELLED", "X-WR-TIMEZONE:Nowhere/Land", "BEGIN:VEVENT", "END:VEVENT", "\x00"),
    ]
)


@given(events=st.lists(st.lists(LINES, max_size=8), max_size=4), zone=st.booleans())
@settings(max_examples=200)
def test_any_calendar_is_read_or_named(events: list[list[str]], zone: bool) -> None:
    """Lines of events in any mixture are read as a calendar reads them, or named."""
    head = ["BEGIN:VCALENDAR", *(["X-WR-TIMEZONE:Asia/Tokyo"] if zone else [])]
    body = [line for each in events for line in ("BEGIN:VEVENT", *each, "END:VEVENT")]
    raw = "\r\n".join([*head, *body, "END:VCALENDAR", ""]).encode()

    found = FORMATS["icalendar"].read([raw], HOW)

    assert found.broken or found.said is not None
    if found.said is not None:
        rota = Rota(
            team="L1", time_zone=found.time_zone, layers=found.layers, overrides=found.overrides
        )
        assert compare(found.said.spans, spans(rota, START, HOW.ends_at)).differences == ()


@given(raw=st.binary(max_size=200), source=st.sampled_from(sorted(FORMATS)))
@settings(max_examples=100)
def test_any_bytes_are_named_broken(raw: bytes, source: str) -> None:
    """What is no schedule at all is said to be none."""
    assert FORMATS[source].read([raw], HOW).broken


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART:20270101T090000Z", "DTEND:99991231T235959Z", "RRULE:FREQ=HOURLY"),
        ("DTSTART:20270101T090000Z", "DURATION:P99999W", "RRULE:FREQ=DAILY"),
        (
            *("DTSTART:20270101T090000Z", "DURATION:PT1M"),
            "RRULE:FREQ=DAILY;BYHOUR=0,1,2,3,4,5;BYMINUTE=0,10,20,30,40,50",
        ),
    ],
)
def test_what_would_come_millions_of_times_is_named_and_not_counted(
    lines: tuple[str, ...],
) -> None:
    event = ("BEGIN:VEVENT", "UID:1", "SUMMARY:Ana", *lines, "END:VEVENT")
    raw = "\r\n".join(["BEGIN:VCALENDAR", *event, "END:VCALENDAR", ""]).encode()

    began = time.process_time()
    found = FORMATS["icalendar"].read([raw], HOW)

    assert time.process_time() - began < 1
    assert "Ana" in str(found.lost)
