"""A checkpoint that has left the machine stands against a history that was hashed anew."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.integration.test_verify import hash_anew, tamper

from redphone.actions import checkpoints, incidents
from redphone.actions import verify as action
from redphone.records.models import Checkpoint, EntryRow
from redphone.records.verdicts import Finding

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=10)


@pytest.fixture
def incident(cast: Cast) -> str:
    ref = str(cast.report(cast.mira).incident)
    incidents.note(incident=ref, by=cast.ana.actor, words="I looked at 12:01.", at=NOON)
    return ref


def rewrite(incident: str) -> None:
    """Somebody changes who wrote a note, and hashes the stream anew."""
    tamper("UPDATE entry SET actor = 'person:99' WHERE kind = 'noted'")
    hash_anew(incident)


def test_a_rewritten_history_no_longer_fits_its_checkpoint(incident: str) -> None:
    checkpoints.write(at=LATER)
    before = list(checkpoints.compare())

    rewrite(incident)

    found: list[Finding] = []
    action.verify(at=NOON, found=found.append)
    assert (before, found) == ([], [])
    assert [f.rule for f in checkpoints.compare()] == ["history-rewritten"]


def test_later_entries_leave_a_checkpoint_as_it_is(incident: str, cast: Cast) -> None:
    checkpoints.write(at=LATER)

    incidents.note(incident=incident, by=cast.ana.actor, words="And again.", at=LATER)
    cast.report(cast.jon, at=LATER)

    assert list(checkpoints.compare()) == []


def test_the_copy_that_left_the_machine_holds_when_the_table_was_forged(incident: str) -> None:
    copy = checkpoints.from_data(json.loads(json.dumps(checkpoints.write(at=LATER).as_data())))

    rewrite(incident)
    Checkpoint.objects.all().delete()
    checkpoints.write(at=LATER)

    assert list(checkpoints.compare()) == []
    assert [f.rule for f in checkpoints.compare_with(copy)] == ["history-rewritten"]


def test_a_changed_root_does_not_fit_its_signature(incident: str) -> None:
    checkpoints.write(at=LATER)
    rewrite(incident)
    other = checkpoints.write(at=LATER + timedelta(seconds=1))

    Checkpoint.objects.order_by("at").filter(at=NOON + timedelta(minutes=5)).update(
        root=bytes.fromhex(other.root)
    )

    assert [f.rule for f in checkpoints.compare()] == ["checkpoint-forged"]


def test_what_was_written_in_the_last_minutes_is_left_to_the_next_one(
    incident: str, cast: Cast
) -> None:
    before = EntryRow.objects.count()
    at = LATER - checkpoints.SETTLED / 2
    incidents.note(incident=incident, by=cast.ana.actor, words="Just now.", at=at)

    signed = checkpoints.write(at=LATER)

    assert signed.entries == before


def test_something_else_is_no_checkpoint() -> None:
    with pytest.raises(checkpoints.CheckpointUnreadable):
        checkpoints.from_data({"at": "noon"})
