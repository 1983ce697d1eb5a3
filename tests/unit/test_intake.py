"""Reports that arrive together are written together, and none is hurt by another."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from redphone.actions.intake import MOST, Intake
from redphone.actions.reports import Incoming, Taken

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def incoming(words: str) -> Incoming:
    return Incoming(
        channel="api",
        received_at=NOON,
        raw=words.encode(),
        content_type="text/plain",
        description=words,
    )


def taken(each: Incoming) -> Taken:
    return Taken(report=uuid.uuid4(), case=f"RP-{each.description}", incident=None, is_new=True)


class Slow:
    """A writer that lets the first batch wait until the others have come."""

    def __init__(self, expected: int) -> None:
        self.batches: list[list[str]] = []
        self.expected = expected
        self.intake = Intake(write=self.write)

    def write(self, batch: list[Incoming]) -> list[Taken]:
        self.batches.append([each.description for each in batch])
        if len(self.batches) == 1:
            while len(self.intake._waiting) < self.expected:
                threading.Event().wait(0.001)
        if any(each.description == "bad" for each in batch):
            raise ValueError("bad")
        return [taken(each) for each in batch]


def test_a_report_alone_is_written_at_once() -> None:
    slow = Slow(expected=0)

    found = slow.intake.take(incoming("1"))

    assert found.case == "RP-1"
    assert slow.batches == [["1"]]


def test_whoever_comes_during_a_commit_shares_the_next_one() -> None:
    slow = Slow(expected=20)

    with ThreadPoolExecutor(21) as pool:
        first = pool.submit(slow.intake.take, incoming("first"))
        while not slow.batches:
            threading.Event().wait(0.001)
        others = [pool.submit(slow.intake.take, incoming(str(n))) for n in range(20)]

    assert first.result().case == "RP-first"
    assert [each.result().case for each in others] == [f"RP-{n}" for n in range(20)]
    assert [len(batch) for batch in slow.batches] == [1, 20]


def test_a_report_that_cannot_be_stored_hurts_nobody_else() -> None:
    slow = Slow(expected=3)

    with ThreadPoolExecutor(4) as pool:
        pool.submit(slow.intake.take, incoming("first"))
        while not slow.batches:
            threading.Event().wait(0.001)
        bad = pool.submit(slow.intake.take, incoming("bad"))
        good = [pool.submit(slow.intake.take, incoming(words)) for words in ("one", "two")]

    assert [each.result().case for each in good] == ["RP-one", "RP-two"]
    with pytest.raises(ValueError, match="bad"):
        bad.result()


def test_a_commit_holds_no_more_than_its_most() -> None:
    slow = Slow(expected=MOST + 10)

    with ThreadPoolExecutor(MOST + 11) as pool:
        pool.submit(slow.intake.take, incoming("first"))
        while not slow.batches:
            threading.Event().wait(0.001)
        for n in range(MOST + 10):
            pool.submit(slow.intake.take, incoming(str(n)))

    assert sorted(len(batch) for batch in slow.batches) == [1, 10, MOST]
