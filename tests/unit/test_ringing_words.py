"""What a page did, in words that a manager can follow the next morning."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from redphone.records.queries.told import Rung
from redphone.web.responder.ringing import Tried, in_words

AT = datetime(2026, 11, 24, 3, 10, tzinfo=UTC)
SMS = Rung(person="Ana", channel="sms", state="delivered", at=AT, answered=False, is_bundled=False)
CALL = replace(SMS, channel="voice", at=AT + timedelta(minutes=1))


def test_each_person_is_told_try_by_try() -> None:
    answered = replace(CALL, at=AT + timedelta(minutes=3), answered=True)
    bo = replace(SMS, person="Bo", channel="mail", state="sent", at=AT + timedelta(minutes=2))

    ana, other = in_words([SMS, CALL, answered, bo], AT)

    assert [each.says for each in ana.tries] == [
        "SMS 03:10, arrived",
        "call 03:11, rang",
        "call 03:13, answered",
    ]
    assert ana.tries[-1].tone == "green"
    assert (other.name, other.tries) == ("Bo", (Tried("mail 03:12, sent"),))


def test_what_nobody_needed_any_more_is_no_failure() -> None:
    (ana,) = in_words([SMS, replace(CALL, state="cancelled"), replace(CALL, state="stale")], AT)

    assert ana.unneeded == 2
    assert [each.tone for each in ana.tries] == [""]


def test_a_failed_try_stands_out_and_one_to_come_says_when() -> None:
    failed, coming = replace(SMS, state="failed"), replace(CALL, state="pending")

    (ana,) = in_words([failed, coming], AT)

    assert [(each.says, each.tone) for each in ana.tries] == [
        ("SMS 03:10, not delivered", "red"),
        ("call 03:11, if nobody answers before", ""),
    ]


def test_a_page_that_went_with_others_says_so() -> None:
    (ana,) = in_words([replace(SMS, is_bundled=True)], AT)

    assert [each.says for each in ana.tries] == ["SMS 03:10, together with others"]
