"""Files beside the ledger: kept in the transaction of the report or the entry they came with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from redphone.core.report import Attached
from redphone.records import bulk
from redphone.records.chain import storable
from redphone.records.models import Attachment
from redphone.records.models import Report as ReportRow

LARGEST = 25 * 1024 * 1024
"""Bytes of one file. What is larger is named on the case, without its bytes."""

MOST = 50
"""Files of one message; those after it are named, without their bytes."""


def rows(
    files: Sequence[Attached],
    *,
    actor: str,
    at: datetime,
    report: ReportRow | None = None,
    stream: str = "",
) -> list[Attachment]:
    """The rows for files that came with a report, or were added to the case `stream`."""
    kept = [_within_limits(file, number) for number, file in enumerate(files)]
    return [
        Attachment(
            report_id=report.pk if report else None,
            stream=stream,
            name=storable(file.name) or "unnamed",
            content_type=storable(file.content_type) or "application/octet-stream",
            size=len(file.content) if file.size < 0 else file.size,
            digest=file.digest,
            content=file.content,
            left_out=file.left_out,
            actor=actor,
            received_at=at,
        )
        for file in kept
    ]


def _within_limits(file: Attached, number: int) -> Attached:
    if len(file.content) > LARGEST:
        return file.without_content(f"It is larger than {LARGEST // 1024**2} MB.")
    if number >= MOST:
        return file.without_content(f"It came after {MOST} others.")
    return file


def keep(files: Sequence[Attachment]) -> None:
    """Write the rows, in the caller's transaction."""
    bulk.insert(files)
