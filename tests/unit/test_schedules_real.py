"""Every real calendar is read: what it says is what the plan says, or it is named broken."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from redphone.channels.schedules import FORMATS, Found, Reading
from redphone.channels.schedules.proof import YEAR, compare
from redphone.core.oncall import Rota, spans

CORPUS = next(
    (
        folder
        for above in Path(__file__).resolve().parents
        if (folder := above / "shared" / "real" / "calendars").is_dir()
    ),
    None,
)
FILES = sorted(CORPUS.rglob("*.ics")) if CORPUS else []
NOW = datetime(2026, 11, 24, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not FILES, reason="shared/real/calendars is not on this machine.")


def moments(raw: bytes) -> list[datetime]:
    """Now, and the day before a file's first and last events: what it holds is in those years."""
    found = []
    for text in sorted(set(re.findall(rb"DTSTART[^:\r\n]*:(\d{8})", raw))):
        try:
            day = datetime.strptime(text.decode(), "%Y%m%d").replace(tzinfo=UTC)
        except ValueError:
            continue
        if 1990 < day.year < 2100:
            found.append(day - timedelta(days=1))
    return [NOW, *found[:2], *found[-1:]]


def read(raw: bytes, at: datetime) -> tuple[Found, Reading]:
    how = Reading(starts_at=at, ends_at=at + YEAR, time_zone="America/New_York")
    return FORMATS["icalendar"].read([raw], how), how


def test_every_real_calendar_says_the_same_here_in_every_minute_of_a_year() -> None:
    wrong = []
    for path in FILES:
        raw = path.read_bytes()
        for at in moments(raw):
            found, how = read(raw, at)
            if found.broken:
                continue
            assert found.said is not None
            rota = Rota(
                team="L1",
                time_zone=found.time_zone,
                layers=found.layers,
                overrides=found.overrides,
            )
            proof = compare(found.said.spans, spans(rota, how.starts_at, how.ends_at))
            assert proof.minutes == 525_600
            wrong += [(path.name, at, each) for each in proof.differences[:1]]

    assert wrong == []


def test_every_real_calendar_says_what_was_found_in_it() -> None:
    for path in FILES:
        found, _ = read(path.read_bytes(), NOW)
        told = found.broken or found.people or found.lost or found.notes
        assert told, path.name


def test_no_reader_raises_at_what_is_another_readers() -> None:
    for path in FILES[::4]:
        for name in FORMATS.keys() - {"icalendar"}:
            how = Reading(starts_at=NOW, ends_at=NOW + YEAR)
            assert FORMATS[name].read([path.read_bytes()], how).broken
