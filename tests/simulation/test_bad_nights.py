"""Does the whole house keep its promises through a bad night?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.simulation.conftest import House

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_outage_nobody_answers_reaches_the_cto(house: House) -> None:
    """POL-2, EMG-1."""
    house.report("system_outage", plan="enterprise", by="mira@customer.example")
    house.advance(minutes=20)

    assert house.paged() == ["l1-support", "on-call-engineer", "cto"]
    assert house.missed() == [("first_response", "POL-2")]


def test_a_ladder_that_nobody_answers_ends_and_says_so(house: House) -> None:
    """Every escalation ends: three walks, then the managers are told."""
    house.report("system_outage")

    house.advance(hours=3)

    assert len(house.pages()) == 3 * 3
    assert house.kinds().count("ladder_exhausted") == 1
    assert "exhausted" in house.told(house.cast.maya.email)


def test_an_acknowledgement_ends_the_ringing(house: House) -> None:
    house.report("system_outage")
    house.advance(minutes=6)
    house.acknowledge(house.cast.bo)

    house.at_work(house.cast.bo, minutes=60)

    assert house.pages() == [(0, "l1-support"), (5, "on-call-engineer")]


def test_no_progress_calls_the_second_and_the_last_step(house: House) -> None:
    """EMG-1: step 2 when confirmed, the last at half of the resolution target."""
    house.report("system_outage")
    house.acknowledge(house.cast.ana)
    house.advance(minutes=2)
    house.confirm(house.cast.ana, "system-outage")
    house.acknowledge(house.cast.bo)

    house.at_work(house.cast.bo, minutes=120)

    assert house.pages() == [(0, "l1-support"), (2, "on-call-engineer"), (120, "cto")]


def test_a_security_incident_tells_only_the_security_contacts(house: House) -> None:
    """EMG-2: never the mailbox that may be compromised, never the public page by itself."""
    house.report("data_security_incident", by="someone@leaky.example")
    house.acknowledge(house.cast.maya)

    house.update(house.cast.ines, "We have shut the door and look at what was taken.")

    assert "update" not in house.told("someone@leaky.example")
    assert "status_update" not in [kind for kind, _ in house.missed("target")]


def test_ciso_and_legal_are_called_together(house: House) -> None:
    """EMG-2."""
    house.report("data_security_incident")

    house.advance(minutes=6)

    assert house.pages() == [(0, "security-team"), (5, "ciso"), (5, "legal")]


def test_the_on_call_engineer_stands_beside_billing(house: House) -> None:
    """EMG-3: until the cause is known to be outside."""
    house.report("payment_processing_failure")

    assert sorted(house.pages()) == [(0, "billing-support"), (0, "on-call-engineer")]


def test_updates_are_owed_every_thirty_minutes_until_the_end(house: House) -> None:
    """POL-4, FAQ-3, EMG-4: the stricter of thirty minutes and the hour."""
    house.report("critical_feature_failure")
    house.acknowledge(house.cast.ana)
    house.respond(house.cast.ana)
    house.advance(minutes=29)
    house.update(house.cast.ines, "We found the change that broke exports.")
    house.advance(minutes=29)
    before = house.missed()
    house.advance(minutes=2)

    assert before == []
    assert house.missed() == [("next_update", "POL-4")]


def test_what_we_said_binds_us_when_it_is_sooner(house: House) -> None:
    """POL-4: an update that names its next time is a promise."""
    house.report("system_outage")
    house.acknowledge(house.cast.ana)

    house.update(house.cast.ines, "We are switching to the second gateway now.", next_in=10)

    assert house.due("next_update") == 10


@pytest.mark.parametrize(
    ("wall", "minutes"),
    [
        ("2026-11-23T15:00", 30),  # Monday, ten in New York: inside.
        ("2026-11-23T22:59", 30),  # One minute before closing: inside, and by the wall.
        ("2026-11-23T23:00", 120),  # Closing time belongs to the night.
        ("2026-11-24T13:30", 60),  # Half an hour before opening: opening, and then thirty.
        ("2026-11-26T15:00", 120),  # Thanksgiving.
    ],
)
def test_pro_has_thirty_minutes_by_day_and_two_hours_by_night(
    house: House, wall: str, minutes: int
) -> None:
    """FAQ-3: outside business hours the earlier of two hours and the opening plus thirty."""
    house.now = datetime.fromisoformat(wall).replace(tzinfo=UTC)

    house.report("system_outage", plan="pro")

    assert house.due("first_response") == minutes


def test_a_pro_lockout_is_an_emergency_without_the_two_hour_target(house: House) -> None:
    """EMG-5 speaks of Enterprise only; the Pro clock is FAQ-3's."""
    house.report("account_lockout", plan="pro")
    house.acknowledge(house.cast.ana)

    house.advance(hours=3)

    assert "resolution" not in [kind for kind, _ in house.missed("target")]


def test_a_second_type_adds_its_clocks_and_its_ladder(house: House) -> None:
    """Several types at once: the union, ladders side by side."""
    house.report("system_outage")
    house.acknowledge(house.cast.ana)

    house.confirm(house.cast.ana, "system-outage", "data-security-incident")

    assert set(house.paged()) == {
        *("l1-support", "on-call-engineer"),
        *("security-team", "ciso", "legal"),
    }
    assert house.due("containment") == 120


def test_a_missed_promise_is_told_and_a_missed_target_is_not(house: House) -> None:
    """POL-2, FAQ-3: promises are owed to customers; targets are our own."""
    house.report("system_outage", by="mira@customer.example")

    house.advance(minutes=16)

    assert house.told("mira@customer.example") == ["receipt", "missed"]
    assert ("engaged", "EMG-1") in house.missed("target")


def test_the_report_is_due_to_enterprise_after_an_outage(house: House) -> None:
    """POL-5, FAQ-7: by the end of the fifth business day, Thanksgiving not counted."""
    house.report("system_outage")
    house.acknowledge(house.cast.ana)
    house.advance(minutes=30)

    house.resolve(house.cast.ines)

    row_due = house.now.replace(hour=12, minute=30)
    assert row_due.isoformat() == "2026-11-23T12:30:00+00:00"
    days = house.due("post_incident_report") / (24 * 60)
    assert 8 < days < 8.5


def test_the_same_night_twice_gives_the_same_ledger(house: House) -> None:
    """Nothing here depends on anything but the moments that the test gave."""
    house.report("system_outage")
    house.advance(minutes=31)

    assert house.pages() == [
        *((0, "l1-support"), (5, "on-call-engineer"), (10, "cto")),
        *((15, "l1-support"), (20, "on-call-engineer"), (25, "cto")),
        (30, "l1-support"),
    ]


def test_a_chat_unattended_for_two_minutes_pages(house: House) -> None:
    """FAQ-2, FAQ-3; clauses.md, row 9: a Pro customer's night, from nobody to somebody to silence.

    Nobody comes: the ladder is called at two minutes. Ana answers; later words wait, and she has
    gone: she is called, then the ladder from its start, then the managers are told.
    """
    house.chat("Nobody can log in, it is down for everyone.")
    house.advance(minutes=1.9)
    assert house.pages() == []

    house.advance(minutes=1.2)
    assert house.pages() == [(2, "l1-support")]
    house.answer_chat(house.cast.ana, "I look at it now.")
    assert house.missed() == []

    house.advance(minutes=10)
    house.write_chat("Are you still there?")
    house.advance(minutes=1.9)
    assert house.rung() == ["Ana Reyes"]
    house.advance(minutes=3)
    assert house.rung() == ["Ana Reyes", "Ana Reyes"]
    house.advance(minutes=60)

    assert house.paged() == ["l1-support", "on-call-engineer", "cto"]
    assert "ladder_exhausted" in house.kinds()
    assert "page" in house.told(house.cast.tom.email)
    assert "exhausted" in house.told(house.cast.rosa.email)


def test_a_chat_that_somebody_picks_up_in_time_pages_nobody(house: House) -> None:
    """FAQ-2: and the promise is kept by words, not by picking up."""
    house.chat("Nobody can log in, it is down for everyone.")
    house.advance(minutes=1)

    house.pick_up_chat(house.cast.bo)
    house.advance(minutes=1.5)
    house.answer_chat(house.cast.bo, "I look at it now.")
    house.at_work(house.cast.bo, minutes=100)

    assert [team for team in house.paged() if team != "cto"] == []
    assert ("first_response", "FAQ-3") not in house.missed()


def test_an_unknown_caller_s_chat_does_not_wait_two_minutes(house: House) -> None:
    """clauses.md, row 8: they count as Enterprise until known."""
    house.chat("Nobody can log in, it is down for everyone.", by=None)

    assert house.pages() == [(0, "l1-support")]
