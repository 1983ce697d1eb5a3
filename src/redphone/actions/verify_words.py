"""Checking a stream's chain and the words beside it."""

from __future__ import annotations

from collections.abc import Iterator

from redphone.records import chain
from redphone.records.history import History
from redphone.records.models import EntryRow
from redphone.records.verdicts import Finding

CHANGED = (
    "Find out who can write to the database past Redphone; compare this stream with the last "
    "backup whose verification was clean."
)
LOST = "Words are erased by Redphone or not at all: look for them in the last backup."


def of_chain(each: History) -> Iterator[Finding]:
    """Each entry has its place, its hash covers it and the one before, the row knows the last."""
    before, ref = b"", each.ref
    for place, entry in enumerate(each.entries, start=1):
        if entry.seq != place:
            says = f"Entry {place} is missing: the next one here is {entry.seq}."
            yield Finding("entry-missing", ref, place, says, CHANGED)
            # What follows hangs on what is missing: once is enough said.
            return
        hashed = bytes(entry.hash)
        if _hash(entry, before) != hashed:
            says = f"Its hash does not cover what it says now ({entry.kind}): it was changed."
            yield Finding("chain-broken", ref, place, says, CHANGED)
        before = hashed
        yield from _of_words(entry)
    if each.row.head != len(each.entries) or bytes(each.row.head_hash) != before:
        last = f"its row says {each.row.head}, there are {len(each.entries)}"
        says = f"The end of its entries is not the one that its row knows ({last})."
        yield Finding("head-wrong", ref, each.row.head, says, CHANGED)


def _hash(entry: EntryRow, before: bytes) -> bytes:
    return chain.link(
        before,
        stream=entry.stream,
        seq=entry.seq,
        kind=entry.kind,
        at=entry.at,
        recorded_at=entry.recorded_at,
        actor=entry.actor,
        data=entry.data,
    )


def _of_words(entry: EntryRow) -> Iterator[Finding]:
    digest, words = entry.data.get(chain.DIGEST), entry.words
    if digest is None and words is None:
        return
    if digest is None or words is None:
        says = "Its words are gone." if words is None else "Words were put beside it."
        yield Finding("words-lost", entry.stream, entry.seq, says, LOST)
    elif words.stream != entry.stream:
        says = f"Its words belong to {words.stream}."
        yield Finding("words-changed", entry.stream, entry.seq, says, CHANGED)
    elif words.erased_at is None and chain.digest(bytes(words.salt), words.text) != digest:
        says = "Its words are not those that were written."
        yield Finding("words-changed", entry.stream, entry.seq, says, CHANGED)
