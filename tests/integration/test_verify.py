"""Does `redphone verify` find what somebody did to the ledger past Redphone?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from redphone.actions import cases, duty, incidents, updates
from redphone.actions import verify as action
from redphone.core.updates import Stage
from redphone.records import chain
from redphone.records.ledger import NoSuchStream
from redphone.records.models import EntryRow, Words
from redphone.records.verdicts import Finding

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LATER = NOON + 36 * MINUTE


@pytest.fixture
def incident(cast: Cast) -> str:
    """An outage that was warned of, missed and answered late, with two cases."""
    first = cast.report(cast.mira, join_key="checkout-502")
    cast.report(cast.jon, "The checkout says 502.", join_key="checkout-502")
    ref = str(first.incident)
    for minute in range(1, 18):
        duty.handle_due(at=NOON + minute * MINUTE)
    incidents.acknowledge(incident=ref, by=cast.bo.actor, at=NOON + 18 * MINUTE)
    cases.respond(
        case=str(first.case), by=cast.bo.actor, words="We see it.", at=NOON + 19 * MINUTE
    )
    incidents.take(incident=ref, by=cast.ines.actor, at=NOON + 20 * MINUTE)
    updates.post_update(
        incident=ref,
        by=cast.ines.actor,
        words="We have found the cause and move traffic away.",
        next_at=NOON + 50 * MINUTE,
        stage=Stage.CAUSE_FOUND,
        at=NOON + 21 * MINUTE,
    )
    duty.handle_due(at=LATER)
    return ref


def findings(*refs: str, at: datetime = LATER) -> list[Finding]:
    found: list[Finding] = []
    action.verify(refs=refs, at=at, found=found.append)
    return found


def rules(*refs: str, at: datetime = LATER) -> set[str]:
    return {finding.rule for finding in findings(*refs, at=at)}


def tamper(sql: str, *values: Any) -> int:
    """Write as somebody does who owns the database: the triggers are off."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            cursor.execute(sql, values)
            return int(cursor.rowcount)
        finally:
            cursor.execute("RESET session_replication_role")


def hash_anew(ref: str) -> None:
    """Somebody who knows how: the chain and the head fit again."""
    before = b""
    for row in EntryRow.objects.filter(stream=ref).order_by("id"):
        seq = row.seq
        hashed = chain.link(
            before,
            stream=ref,
            seq=seq,
            kind=row.kind,
            at=row.at,
            recorded_at=row.recorded_at,
            actor=row.actor,
            data=row.data,
        )
        tamper("UPDATE entry SET hash = %s WHERE id = %s", hashed, row.pk)
        before = hashed
    table = "incident" if ref.startswith("INC-") else '"case"'
    head = EntryRow.objects.filter(stream=ref).count()
    tamper(f"UPDATE {table} SET head = %s, head_hash = %s WHERE ref = %s", head, before, ref)


def test_an_honest_ledger_has_no_findings(incident: str) -> None:
    found: list[Finding] = []

    verdict = action.verify(at=LATER, found=found.append)

    assert found == [], "\n".join(map(str, found))
    assert (verdict.streams, verdict.entries) == (3, EntryRow.objects.count())


def test_only_the_streams_that_were_named_are_read(incident: str) -> None:
    tamper("UPDATE entry SET actor = 'person:99' WHERE stream <> %s", incident)

    assert rules(incident) == set()


def test_a_name_of_nothing_is_refused(incident: str) -> None:
    with pytest.raises(NoSuchStream):
        findings("RP-999999")


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'person:99'",
        "at = at - interval '1 minute'",
        "recorded_at = recorded_at - interval '1 minute'",
        "kind = 'noted'",
        """data = jsonb_set(data, '{lanes}', '["other"]')""",
    ],
)
def test_a_changed_entry_is_found(incident: str, change: str) -> None:
    assert tamper(f"UPDATE entry SET {change} WHERE kind = 'acknowledged'") == 1

    assert "chain-broken" in rules()


def test_a_removed_last_entry_is_found(incident: str) -> None:
    last = EntryRow.objects.filter(stream=incident).order_by("-seq")[0]
    tamper("DELETE FROM entry WHERE id = %s", last.pk)

    assert "head-wrong" in rules()


def test_a_removed_entry_in_the_middle_is_found(incident: str) -> None:
    tamper("DELETE FROM entry WHERE stream = %s AND kind = 'acknowledged'", incident)

    assert "entry-missing" in rules()


def test_swapped_words_are_found_at_both_entries(incident: str) -> None:
    first = Words.objects.order_by("id")[0]
    second = Words.objects.exclude(text=first.text).order_by("id")[0]
    for row, other in ((first, second), (second, first)):
        tamper("UPDATE words SET text = %s WHERE id = %s", other.text, row.pk)

    assert [f.rule for f in findings()] == ["words-changed", "words-changed"]


def test_words_that_are_gone_are_found(incident: str) -> None:
    tamper("UPDATE entry SET words_id = NULL WHERE kind = 'update_posted'")

    assert rules() == {"words-lost"}


def test_erased_words_are_no_finding(incident: str) -> None:
    Words.objects.all().erase(at=LATER)

    assert rules() == set()


@pytest.mark.parametrize(
    "change",
    [
        "state = jsonb_set(state, '{contained_at}', '\"2026-11-23T12:30:00Z\"')",
        """state = state || '{"friendly": true}'""",
        "is_public = not is_public",
        "engaged_at = engaged_at - interval '10 minutes'",
        "next_due_at = next_due_at + interval '1 hour'",
        "opened_at = opened_at + interval '1 hour'",
    ],
)
def test_a_row_that_does_not_follow_is_found(incident: str, change: str) -> None:
    assert tamper(f"UPDATE incident SET {change}") == 1

    assert rules() == {"row-wrong"}


def test_a_moved_deadline_is_found(incident: str) -> None:
    moved = tamper(
        "UPDATE deadline SET due_at = due_at + interval '1 hour' WHERE kind = 'resolution'"
    )

    assert moved == 1
    assert rules() == {"deadline-wrong"}


def test_a_removed_deadline_is_found_running_or_ended(incident: str) -> None:
    tamper("DELETE FROM deadline WHERE kind = 'resolution'")
    tamper("DELETE FROM deadline WHERE kind = 'engaged'")

    assert [f.rule for f in findings()] == ["deadline-absent", "deadline-absent"]


def test_a_miss_that_was_made_a_kept_one_is_found(incident: str) -> None:
    changed = tamper("UPDATE deadline SET outcome = 'kept' WHERE kind = 'engaged'")

    assert changed == 1
    assert rules() == {"deadline-wrong"}


def test_a_forged_miss_is_found_even_when_hashed_anew(incident: str) -> None:
    missed = EntryRow.objects.filter(stream=incident, kind="missed").order_by("seq")[0]
    early = {**missed.data, "due_at": (NOON + MINUTE).isoformat()}
    tamper(
        "UPDATE entry SET data = %s::jsonb, at = %s WHERE id = %s",
        *(_json(early), NOON + MINUTE, missed.pk),
    )
    hash_anew(incident)

    assert "chain-broken" not in rules()
    assert "miss-forged" in rules()


def test_a_doubled_miss_is_found_even_when_hashed_anew(incident: str) -> None:
    missed = EntryRow.objects.filter(stream=incident, kind="missed").order_by("seq")[0]
    last = EntryRow.objects.filter(stream=incident).order_by("-seq")[0]
    EntryRow.objects.create(
        stream=incident,
        seq=last.seq + 1,
        kind="missed",
        at=missed.at,
        recorded_at=LATER,
        actor="clock",
        data=missed.data,
        hash=b"",
    )
    hash_anew(incident)

    assert "miss-doubled" in rules()


def test_a_miss_that_was_taken_out_is_found_even_when_hashed_anew(incident: str) -> None:
    missed = EntryRow.objects.filter(stream=incident, kind="missed", data__kind="engaged")[0]
    tamper("DELETE FROM entry WHERE id = %s", missed.pk)
    tamper("UPDATE entry SET seq = seq - 1 WHERE stream = %s AND seq > %s", incident, missed.seq)
    hash_anew(incident)

    assert "miss-absent" in rules()
    assert "chain-broken" not in rules()


def test_a_page_that_was_removed_is_found(incident: str) -> None:
    tamper("DELETE FROM delivery WHERE id = (SELECT min(id) FROM delivery WHERE purpose = 'page')")

    assert rules() == {"page-lost"}


def test_rows_of_no_stream_are_found(incident: str) -> None:
    tamper("""DELETE FROM "case" WHERE ref = (SELECT max(ref) FROM "case")""")

    assert {"stray", "report-without-case"} <= rules()


def test_a_deadline_that_nobody_handled_is_found(incident: str) -> None:
    found = findings(at=NOON + 90 * MINUTE)

    assert {f.rule for f in found} == {"unhandled"}
    assert all("redphone clock" in f.do for f in found)


def test_an_entry_that_cannot_be_read_is_a_finding_and_no_crash(incident: str) -> None:
    tamper("UPDATE entry SET data = '{}' WHERE kind = 'asked'")

    assert {"chain-broken", "unreadable"} <= rules()


def test_what_was_due_before_an_answer_is_marked_although_the_loop_was_late(cast: Cast) -> None:
    """POL-2, FAQ-3: an answer a second late is late, whoever writes first."""
    taken = cast.report(cast.mira)
    late = NOON + timedelta(minutes=15, seconds=1)

    cases.respond(case=str(taken.case), by=cast.ana.actor, words="We see it.", at=late)

    missed = EntryRow.objects.filter(stream=taken.case, kind="missed")
    assert [row.data["kind"] for row in missed] == ["first_response"]
    duty.handle_due(at=late)
    assert rules(at=late) == set()


def test_an_answer_at_the_very_moment_is_in_time(cast: Cast) -> None:
    taken = cast.report(cast.mira)

    cases.respond(
        case=str(taken.case), by=cast.ana.actor, words="We see it.", at=NOON + 15 * MINUTE
    )

    assert not EntryRow.objects.filter(stream=taken.case, kind="missed").exists()


def _json(data: object) -> str:
    import json

    return json.dumps(data)
