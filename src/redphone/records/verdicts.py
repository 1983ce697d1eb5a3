"""What a check of the ledger says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as its entries say: where, what, and what to do about it.

    `rule` names the check; `seq` is None when it is no single entry's.
    """

    rule: str
    stream: str
    seq: int | None
    says: str
    do: str

    @property
    def place(self) -> str:
        return self.stream if self.seq is None else f"{self.stream}/{self.seq}"
