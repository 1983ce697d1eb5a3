"""The database itself keeps the timeline: whatever a program asks for, nothing is rewritten."""

from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from redphone.records.models import EntryRow, Words

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)


@pytest.fixture
def words() -> Words:
    return Words.objects.create(stream="RP-1001", text="Nobody can sign in.", salt=b"pepper")


@pytest.fixture
def entry(words: Words) -> EntryRow:
    return an_entry(words=words)


def an_entry(*, seq: int = 1, words: Words | None = None) -> EntryRow:
    return EntryRow.objects.create(
        stream="RP-1001",
        seq=seq,
        kind="opened",
        at=AT,
        recorded_at=AT,
        actor="person:1",
        words=words,
        hash=bytes(32),
    )


def run(sql: str) -> None:
    """Run one statement as a later transaction would: with nothing left to check."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE entry SET actor = 'person:2'",
        "UPDATE entry SET hash = '' WHERE false",
        "DELETE FROM entry",
        "TRUNCATE entry",
        "TRUNCATE words CASCADE",
        "INSERT INTO entry (stream, seq, kind, at, recorded_at, actor, data, hash)"
        " SELECT stream, seq, 'closed', at, recorded_at, actor, data, hash FROM entry"
        " ON CONFLICT (stream, seq) DO UPDATE SET kind = excluded.kind",
    ],
)
def test_an_entry_can_be_neither_changed_nor_removed(entry: EntryRow, sql: str) -> None:
    with pytest.raises(IntegrityError, match="what was recorded stays as it was"):
        run(sql)

    entry.refresh_from_db()
    assert (entry.kind, entry.actor, entry.hash) == ("opened", "person:1", bytes(32))


def test_the_refusal_says_what_to_do_instead(entry: EntryRow) -> None:
    with pytest.raises(IntegrityError, match=r"(?s)DELETE of table entry.*with a later entry"):
        run("DELETE FROM entry")


def test_two_writers_cannot_write_the_same_entry_of_a_stream(entry: EntryRow) -> None:
    with pytest.raises(IntegrityError, match="entry_stream_seq_unique"), transaction.atomic():
        an_entry(seq=1)

    assert an_entry(seq=2).seq == 2


def test_a_timeline_counts_from_one() -> None:
    with pytest.raises(IntegrityError, match="entry_seq_counts_from_1"), transaction.atomic():
        an_entry(seq=0)


def test_erased_words_leave_neither_text_nor_salt(entry: EntryRow, words: Words) -> None:
    erased = Words.objects.filter(stream="RP-1001").erase(at=AT)

    words.refresh_from_db()
    assert (erased, words.text, words.salt, words.erased_at) == (1, "", b"", AT)
    assert EntryRow.objects.get().words == words


def test_the_salt_goes_even_when_the_caller_forgets_it(words: Words) -> None:
    Words.objects.filter(pk=words.pk).update(text="", erased_at=AT)

    words.refresh_from_db()
    assert words.salt == b""


def test_words_are_erased_once(words: Words) -> None:
    Words.objects.erase(at=AT)

    assert Words.objects.erase(at=AT) == 0
    with pytest.raises(IntegrityError, match="erased or left as they are"):
        run("UPDATE words SET erased_at = now()")


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("UPDATE words SET text = 'All is well.'", "erased or left as they are"),
        ("UPDATE words SET text = ''", "erased or left as they are"),
        ("UPDATE words SET erased_at = now()", "erased or left as they are"),
        ("UPDATE words SET salt = ''", "erased or left as they are"),
        (
            "UPDATE words SET text = '', erased_at = now(), stream = 'RP-1002'",
            "erased or left as they are",
        ),
        ("DELETE FROM words", "what was recorded stays as it was"),
    ],
)
def test_words_change_only_by_being_erased(words: Words, change: str, refusal: str) -> None:
    with pytest.raises(IntegrityError, match=refusal):
        run(change)

    words.refresh_from_db()
    assert (words.text, words.salt, words.erased_at) == ("Nobody can sign in.", b"pepper", None)


def test_words_cannot_be_written_as_erased_and_still_be_there() -> None:
    with pytest.raises(IntegrityError, match="words_erased_are_blank"), transaction.atomic():
        Words.objects.create(stream="RP-1001", text="Still here.", salt=b"", erased_at=AT)


def test_the_migrations_say_what_the_models_say() -> None:
    call_command("makemigrations", "records", check_changes=True, dry_run=True, verbosity=0)


def test_the_migrations_can_be_taken_back_and_done_again() -> None:
    call_command("migrate", "records", "0001", verbosity=0)
    assert triggers() == set()

    call_command("migrate", "records", verbosity=0)
    assert triggers() == {
        "entry_is_append_only",
        "words_are_never_deleted",
        "words_change_only_by_erasure",
    }


def triggers() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
            " AND tgrelid IN ('entry'::regclass, 'words'::regclass)"
        )
        return {name for (name,) in cursor.fetchall()}
