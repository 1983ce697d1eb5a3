"""Does somebody hear it? The complaints that users of other desks made, played through."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from redphone.actions import ladder_audit
from redphone.actions.ladder_audit import LadderAudit
from redphone.records.models import EntryRow

if TYPE_CHECKING:
    from tests.simulation.conftest import House

pytestmark = pytest.mark.django_db(transaction=True)

LOCKOUT = 'escalation = ["L2 Support", "Security Team", "Account Manager"]'


def test_a_step_that_no_page_reaches_does_not_page_the_directors(house: House) -> None:
    """EMG-1: it goes one step on at once, says whom it passed and why, and then waits."""
    house.report("system_outage")
    house.no_page_reaches(house.cast.ana)

    house.advance(minutes=4)

    assert [(minute, reason) for minute, reason, _ in house.asked()] == [
        (0, "opened"),
        (0, "nobody_reached"),
    ]
    last = EntryRow.objects.filter(stream=house.incident, kind="asked").latest("seq")
    assert last.data["passed"] == [[house.cast.ana.actor, "their address is refused"]]
    assert "cto" not in house.paged()


def test_a_wait_goes_on_after_the_whole_desk_was_down(house: House) -> None:
    """POL-8: what fell due meanwhile is done at once, and the next wait counts from then."""
    house.report("system_outage")
    house.is_down(minutes=47)

    house.advance(minutes=6)

    assert [(minute, reason) for minute, reason, _ in house.asked()] == [
        (0, "opened"),
        (47, "unanswered"),
        (52, "unanswered"),
    ]


def test_acknowledged_and_then_forgotten(house: House) -> None:
    """POL-1, POL-8: they are asked after half an hour, and five minutes later somebody else is."""
    house.report("system_outage")
    house.advance(minutes=2)
    house.acknowledge(house.cast.ana)

    house.advance(minutes=36)

    assert "still_on_it" in house.told(house.cast.ana.email)
    assert [(minute, reason) for minute, reason, _ in house.asked()][1:] == [(37, "went_quiet")]


def test_a_forgotten_incident_is_forgotten_by_nobody_while_the_desk_was_down(
    house: House,
) -> None:
    house.report("system_outage")
    house.acknowledge(house.cast.ana)
    house.is_down(minutes=100)

    house.advance(minutes=6)

    assert "asked_again" in house.kinds()
    assert house.asked()[-1][:2] == (105, "went_quiet")


def test_a_reply_to_the_customer_shows_that_somebody_is_there(house: House) -> None:
    """POL-2: the words are on the case, and the incident knows of them."""
    house.report("system_outage")
    house.acknowledge(house.cast.ana)
    house.advance(minutes=29)
    house.respond(house.cast.ana)

    house.advance(minutes=29)

    assert "worked" in house.kinds()
    assert "asked_again" not in house.kinds()


def test_each_of_several_has_to_answer(house: House) -> None:
    """EMG-5: the one who has is rung no more; the one who is missing makes it climb."""
    both = '{ teams = ["L2 Support", "Security Team"], all_must_acknowledge = true, repeat = 1 }'
    house.rewrite(LOCKOUT, f'escalation = [{both}, "Account Manager"]')
    house.report("account_lockout")
    (_, _, rung) = house.asked()[0]
    first = next(p for p in (house.cast.ana, house.cast.bo, house.cast.maya) if p.name in rung)
    house.advance(minutes=1)
    house.acknowledge(first)

    house.advance(minutes=10)

    calls = house.asked()
    assert len(rung) > 1
    assert (calls[1][0], calls[1][2]) == (5, [name for name in rung if name != first.name])
    assert calls[2][:2] == (10, "unanswered")


def test_the_customer_s_account_manager_is_called_and_a_missing_one_is_said(house: House) -> None:
    """EMG-5."""
    step = f'{{ account_manager = true, people = ["{house.cast.maya.email}"] }}'
    house.rewrite(LOCKOUT, f"escalation = [{step}]")
    house.report("account_lockout")
    house.report("account_lockout", by="new@customer.example")

    named, unnamed = (
        EntryRow.objects.filter(stream=ref, kind="asked").earliest("seq").data
        for ref in house.incidents
    )

    assert house.cast.mira.customer is not None
    manager = house.cast.mira.customer.account_manager
    assert manager is not None
    assert set(named["people"]) == {house.cast.maya.actor, manager.actor}
    assert unnamed["without"] == [["the account manager", "no affected customer has one"]]


def test_a_step_for_business_hours_waits_over_the_week_end(house: House) -> None:
    """Row 16: from Friday night to Monday at nine in New York, and the wait counts from then."""
    house.rewrite(LOCKOUT, _in_hours())
    house.now = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
    house.report("account_lockout", plan="pro")

    house.advance(hours=60)

    opening = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
    minutes = int((opening - datetime(2026, 11, 28, 3, 0, tzinfo=UTC)).total_seconds() / 60)
    assert [minute for minute, *_ in house.asked()][:3] == [0, minutes, minutes + 5]


def test_a_step_for_business_hours_waits_over_a_change_of_clocks(house: House) -> None:
    """Row 16: nine by the wall, though the night is an hour shorter; and a restart between."""
    house.rewrite(LOCKOUT, _in_hours())
    house.now = datetime(2027, 3, 13, 3, 0, tzinfo=UTC)
    house.report("account_lockout", plan="pro")
    house.advance(hours=20)
    house.is_down(minutes=60)

    house.advance(hours=40)

    opened = datetime(2027, 3, 13, 3, 0, tzinfo=UTC)
    opening = datetime(2027, 3, 15, 13, 0, tzinfo=UTC)
    assert house.asked()[1][0] == int((opening - opened).total_seconds() / 60)


def _in_hours() -> str:
    waits = '{ teams = ["Security Team"], only_in_business_hours = true }'
    return f'escalation = ["L2 Support", {waits}, "Account Manager"]'


def test_a_person_skips_to_a_step(house: House) -> None:
    """EMG-1: with who and why on the timeline, and the ladder goes on from there."""
    house.report("system_outage")
    house.advance(minutes=1)
    house.skip_to(house.cast.ines, 3, "The whole region is gone.")

    house.advance(minutes=5)

    assert house.pages()[:3] == [(0, "l1-support"), (1, "cto"), (6, "l1-support")]
    entry = EntryRow.objects.select_related("words").get(
        stream=house.incident, kind="asked", data__reason="skipped"
    )
    assert entry.actor == house.cast.ines.actor
    assert entry.words is not None
    assert entry.words.text == "The whole region is gone."


def test_the_auditor_finds_each_step_in_time_through_a_bad_night(house: House) -> None:
    """POL-8: and a desk that is down is late for it, until a loop has come by."""
    audit = LadderAudit()
    house.report("system_outage")
    house.advance(minutes=7)
    house.acknowledge(house.cast.bo)
    in_time = audit.look(at=house.now)
    house.is_down(minutes=31)
    late = audit.look(at=house.now)
    house.advance(minutes=0)

    after = audit.look(at=house.now)

    assert (in_time.open, in_time.behind, late.behind, after.behind) == (1, 0, 1, 0)
    last = ladder_audit.last_look()
    assert last is not None
    assert last[1]["behind"] == 0


def test_without_a_senior_and_a_manager_those_who_could_are_called(house: House) -> None:
    """POL-1, POL-3: before their targets are missed, and once."""
    house.report("system_outage")
    house.advance(minutes=11)

    wanted = {row.data["what"]: row.data["people"] for row in house._entries("wanted")}

    assert set(wanted) == {"senior_owner", "incident_manager"}
    assert house.cast.ines.actor in wanted["incident_manager"]
    assert "wanted" in house.told(house.cast.ines.email)


def test_a_senior_who_takes_the_call_owns_it(house: House) -> None:
    """POL-1, FAQ-4: row 15."""
    senior = next(p for p in (house.cast.bo, house.cast.maya, house.cast.ana) if p.is_senior)
    house.report("system_outage")
    house.advance(minutes=3)

    house.acknowledge(senior)

    assert "senior_accepted" in house.kinds()
    house.advance(minutes=20)
    assert ("senior_owner", "POL-1") not in house.missed("target")
