"""Adding to a case from its customer's page: what was sent twice is added once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from redphone.core import case as cases
from redphone.core.report import Attached
from redphone.records import attachments, ledger
from redphone.records.models import EntryRow


def add_once(
    *,
    key: str,
    case: str,
    by: str,
    words: str,
    at: datetime,
    fields: Iterable[str] = (),
    files: Sequence[Attached] = (),
) -> bool:
    """Add to what was told, unless the form with this key has been added already. Whether it was.

    An answer that was lost on its way makes people press the button again.

    Raises:
        WordsMissing: nothing was said, and nothing attached.

    Source: FAQ-6.
    """
    with ledger.writing(at=at) as book:
        stream = book.case(case)
        # The stream is locked: another request with the same key has committed, or not begun.
        if key and EntryRow.objects.filter(stream=case, kind="added", data__key=key).exists():
            return False
        rows = attachments.rows(files, stream=case, actor=by, at=at)
        digests = [row.digest for row in rows]
        entry = cases.add(stream.state, by=by, words=words, at=at, fields=fields, files=digests)
        attachments.keep(rows)
        book.append(stream, replace(entry, data={**entry.data, "key": key}) if key else entry)
        return True
