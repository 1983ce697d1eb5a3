"""The hash chain over a stream's entries, and the words kept beside them.

Each hash covers the one before, so a rewritten history shows. Words of people are hashed with a
salt that is erased with them: the chain stays whole, and nobody can find them again by guessing.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from redphone.core.stream import Entry
from redphone.records.models import EntryRow, Words

DIGEST = "words_digest"
"""The key in an entry's data under which the salted hash of its words stands."""


def link(
    before: bytes,
    *,
    stream: str,
    seq: int,
    kind: str,
    at: datetime,
    recorded_at: datetime,
    actor: str,
    data: Mapping[str, Any],
) -> bytes:
    """The hash of one entry, over everything that it says and the hash before it (SHA-256)."""
    says = [stream, seq, kind, _utc(at), _utc(recorded_at), actor, data]
    text = json.dumps(says, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(before + text.encode()).digest()


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def digest(salt: bytes, text: str) -> str:
    """What the chain keeps of words."""
    return hashlib.sha256(salt + text.encode()).hexdigest()


def storable(text: str) -> str:
    """Text as PostgreSQL can hold it: what it can't is replaced, nothing is refused."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def rows(
    entry: Entry, *, stream: str, seq: int, before: bytes, recorded_at: datetime
) -> tuple[EntryRow, Words | None]:
    """The rows that hold one entry."""
    data, words = dict(entry.data), None
    if entry.words:
        salt, text = secrets.token_bytes(16), storable(entry.words)
        words = Words(id=uuid.uuid4(), stream=stream, text=text, salt=salt)
        data[DIGEST] = digest(salt, text)
    hashed = link(
        before,
        stream=stream,
        seq=seq,
        kind=entry.kind,
        at=entry.at,
        recorded_at=recorded_at,
        actor=entry.actor,
        data=data,
    )
    row = EntryRow(
        stream=stream,
        seq=seq,
        kind=entry.kind,
        at=entry.at,
        recorded_at=recorded_at,
        actor=entry.actor,
        data=data,
        words=words,
        hash=hashed,
    )
    return row, words


def entry_of(row: EntryRow) -> Entry:
    """A row as the core reads it; erased words are empty."""
    data = {key: value for key, value in row.data.items() if key != DIGEST}
    text = row.words.text if row.words_id and row.words else ""
    return Entry(kind=row.kind, at=row.at, actor=row.actor, data=data, words=text)
