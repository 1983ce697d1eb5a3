"""Files that came with a report or were added later: kept, proven, and served to be saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from tests.conftest import NOON

from redphone.actions import cases
from redphone.core.case import WordsMissing
from redphone.core.report import Attached
from redphone.records import attachments
from redphone.records.models import Attachment, EntryRow

if TYPE_CHECKING:
    from tests.conftest import Cast

EVIL = Attached(
    name='../"><script>.html\r\nX-Evil: 1', content_type="text/html", content=b"<script>alert(1)"
)


def _signed_in(person: object) -> Client:
    client = Client()
    client.force_login(person)  # type: ignore[arg-type]
    return client


def test_a_file_is_kept_with_its_report_and_its_digest_is_in_the_ledger(cast: Cast) -> None:
    taken = cast.report(cast.mira, files=(EVIL,))

    kept = Attachment.objects.get()
    opened = EntryRow.objects.get(stream=taken.case, kind="opened")
    assert bytes(kept.content) == EVIL.content
    assert opened.data["files"] == [kept.digest]


def test_a_file_is_served_to_be_saved_and_never_opened(cast: Cast) -> None:
    taken = cast.report(cast.mira, files=(EVIL,))
    number = Attachment.objects.get().pk

    answer = _signed_in(cast.ana).get(f"/cases/{taken.case}/files/{number}/")

    assert answer.content == EVIL.content
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert "X-Evil" not in answer
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_file_of_one_case_is_not_found_under_another(cast: Cast) -> None:
    first = cast.report(cast.mira, files=(EVIL,))
    second = cast.report(cast.jon)
    number = Attachment.objects.get().pk

    client = _signed_in(cast.ana)

    assert client.get(f"/cases/{first.case}/files/{number}/").status_code == 200
    assert client.get(f"/cases/{second.case}/files/{number}/").status_code == 404
    assert _signed_in(cast.jon).get(f"/cases/{first.case}/files/{number}/").status_code == 404


def test_a_file_can_be_added_to_a_case_without_words(cast: Cast) -> None:
    taken = cast.report(cast.mira)
    assert taken.case is not None

    cases.add(case=taken.case, by=cast.mira.actor, words="", at=NOON, files=[EVIL])

    added = EntryRow.objects.get(stream=taken.case, kind="added")
    assert added.data["files"] == [EVIL.digest]
    with pytest.raises(WordsMissing):
        cases.add(case=taken.case, by=cast.mira.actor, words=" ", at=NOON)


def test_what_is_too_large_is_named_without_its_bytes(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "LARGEST", 10)

    cast.report(cast.mira, files=(EVIL,))

    kept = Attachment.objects.get()
    assert kept.size == len(EVIL.content)
    assert not kept.content
    assert "larger" in kept.left_out
