"""Checkpoints: one signed hash over the heads of all streams, to be kept where this desk isn't.

Whoever can write to the database past Redphone can also hash anew what they changed. A checkpoint
that has left the machine before stands against it: the heads of that moment have to come to the
same root again, for ever.

It covers what was written until `SETTLED` before it was taken: by then no writer of that time is
still at work, so that the same question always has the same answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from redphone.records import history
from redphone.records.models import Checkpoint
from redphone.records.verdicts import Finding

SETTLED = timedelta(minutes=5)
"""Longer than any transaction lives, and than the clocks of two machines differ."""

NEWEST = 20
"""How many of the kept checkpoints a verification compares."""

REWRITTEN = (
    "History before this moment was changed, removed or added to, and hashed anew. Compare with "
    "the last backup from before it."
)
FORGED = "Compare with the copy of this checkpoint that left the machine."


class CheckpointUnreadable(ValueError):
    """This is no checkpoint. Give the file that 'redphone verify --checkpoint' wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A checkpoint as it leaves the machine. All but the moment and the count is hexadecimal."""

    at: str
    entries: int
    root: str
    key: str
    signature: str

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.at)

    @property
    def message(self) -> bytes:
        """What is signed."""
        return f"redphone checkpoint\n{self.at}\n{self.entries}\n{self.root}\n".encode()

    def is_signed(self) -> bool:
        """Whether the signature is that of its own key."""
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.key))
            key.verify(bytes.fromhex(self.signature), self.message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def as_data(self) -> dict[str, str | int]:
        return asdict(self)


def from_data(data: object) -> Signed:
    """A checkpoint out of a file.

    Raises:
        CheckpointUnreadable: it isn't one.
    """
    try:
        assert isinstance(data, dict)
        signed = Signed(**data)
        assert signed.moment.tzinfo
    except (AssertionError, TypeError, ValueError):
        raise CheckpointUnreadable(CheckpointUnreadable.__doc__) from None
    return signed


def write(*, at: datetime) -> Signed:
    """Take a checkpoint, keep it, and give it back so that it can leave the machine."""
    until = (at - SETTLED).astimezone(UTC)
    with history.snapshot():
        root, entries = _root(until)
    key = _key()
    public = key.public_key().public_bytes_raw()
    draft = Signed(
        at=until.isoformat(), entries=entries, root=root.hex(), key=public.hex(), signature=""
    )
    signature = key.sign(draft.message)
    Checkpoint.objects.create(at=until, root=root, entries=entries, signature=public + signature)
    return Signed(**{**asdict(draft), "signature": signature.hex()})


def compare() -> Iterator[Finding]:
    """Hold the newest kept checkpoints against what the ledger says now."""
    for row in Checkpoint.objects.order_by("-at")[:NEWEST]:
        kept = bytes(row.signature)
        signed = Signed(
            at=row.at.astimezone(UTC).isoformat(),
            entries=row.entries,
            root=bytes(row.root).hex(),
            key=kept[:32].hex(),
            signature=kept[32:].hex(),
        )
        yield from compare_with(signed)


def compare_with(signed: Signed) -> Iterator[Finding]:
    """Hold one checkpoint against what the ledger says now."""
    place = f"checkpoint {signed.at}"
    if not signed.is_signed():
        yield Finding("checkpoint-forged", place, None, "Its signature is wrong.", FORGED)
        return
    root, entries = _root(signed.moment)
    if (root.hex(), entries) != (signed.root, signed.entries):
        says = f"The ledger until then was {signed.entries} entries; now it is another {entries}."
        yield Finding("history-rewritten", place, None, says, REWRITTEN)


def our_key() -> str:
    """The public key of this desk's checkpoints: write it down somewhere else."""
    return _key().public_key().public_bytes_raw().hex()


def _root(until: datetime) -> tuple[bytes, int]:
    """The hash over each stream's last entry by then, and how many entries that were."""
    root, entries = hashlib.sha256(), 0
    for stream, seq, head in history.heads_until(until):
        root.update(f"{stream} {seq} {head.hex()}\n".encode())
        entries += seq
    return root.digest(), entries


def _key() -> Ed25519PrivateKey:
    """From the desk's secret, so that every machine of a fleet signs alike."""
    seed = hashlib.sha256(b"redphone checkpoints\n" + settings.SECRET_KEY.encode()).digest()
    return Ed25519PrivateKey.from_private_bytes(seed)
