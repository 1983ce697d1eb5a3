"""What an alert means, given what is known of its key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from redphone.core import alerts
from redphone.core.alerts import Change, Meaning, Said, Standing

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SAID = Said(at=AT, door="Prometheus", title="db-1 is down")

OPEN = Standing(is_firing=True, is_open=True)
OVER_THERE = Standing(is_firing=False, is_open=True)
ENDED = Standing(is_firing=True, is_open=False)
DECLINED = Standing(is_firing=True, is_open=False, was_declined=True)
DECLINED_AND_OVER = Standing(is_firing=False, is_open=False, was_declined=True)
TAKEN = Standing(is_firing=True, is_open=True, is_acknowledged=True)


@pytest.mark.parametrize(
    ("change", "standing", "meaning"),
    [
        (Change.FIRING, None, Meaning.OPENS),
        (Change.FIRING, OPEN, Meaning.REPEATS),
        (Change.FIRING, OVER_THERE, Meaning.RETURNS),
        (Change.FIRING, ENDED, Meaning.OPENS),
        (Change.FIRING, DECLINED, Meaning.REPEATS),
        (Change.FIRING, DECLINED_AND_OVER, Meaning.OPENS),
        (Change.RESOLVED, None, Meaning.NOTHING),
        (Change.RESOLVED, OPEN, Meaning.IS_OVER),
        (Change.RESOLVED, OVER_THERE, Meaning.NOTHING),
        (Change.RESOLVED, ENDED, Meaning.NOTHING),
        (Change.ACKNOWLEDGED, None, Meaning.NOTHING),
        (Change.ACKNOWLEDGED, OPEN, Meaning.IS_ACKNOWLEDGED),
        (Change.ACKNOWLEDGED, TAKEN, Meaning.NOTHING),
        (Change.ACKNOWLEDGED, OVER_THERE, Meaning.NOTHING),
    ],
)
def test_an_alert_means_what_its_key_allows(
    change: Change, standing: Standing | None, meaning: Meaning
) -> None:
    """POL-2, POL-10."""
    assert alerts.meaning(change, standing) is meaning


def test_a_few_changes_are_noted_then_that_it_flaps_then_none() -> None:
    noted = [alerts.changed(SAID, fires=n % 2 == 0, changes=n) for n in range(1, 9)]

    assert [entry.kind if entry else None for entry in noted] == [
        "alert_resolved",
        "alert_returned",
        "alert_resolved",
        "alert_returned",
        "alert_flaps",
        None,
        None,
        None,
    ]


def test_after_a_steady_hour_changes_are_noted_again() -> None:
    within, after = AT + timedelta(minutes=59), AT + timedelta(minutes=61)

    assert alerts.changes_after(9, last_at=AT, at=within) == 10
    assert alerts.changes_after(9, last_at=AT, at=after) == 1


def test_what_is_noted_names_the_door_and_keeps_the_words_apart() -> None:
    entry = alerts.resolved(SAID)

    assert (entry.data, entry.words) == ({"door": "Prometheus"}, "db-1 is down")
    assert entry.at == AT
