"""How many mails of a folder are fetched into memory at once."""

from __future__ import annotations

from redphone.jobs import mail_imap

MEGA = 1024 * 1024


def batches(*sizes: int) -> list[list[int]]:
    by_uid = dict(enumerate(sizes, 1))
    return list(mail_imap._batches(list(by_uid), by_uid))


def test_small_mails_come_many_at_once() -> None:
    assert [len(batch) for batch in batches(*[2000] * 70)] == [32, 32, 6]


def test_large_mails_come_one_by_one_and_in_their_order() -> None:
    assert batches(30 * MEGA, 30 * MEGA, MEGA, MEGA) == [[1], [2, 3, 4]]


def test_a_mail_larger_than_all_together_is_fetched_alone() -> None:
    assert batches(MEGA, 60 * MEGA, MEGA) == [[1], [2], [3]]


def test_nothing_new_is_no_batch() -> None:
    assert batches() == []
