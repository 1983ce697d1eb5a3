"""One emergency through the real ledger, from report to resolution."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from redphone.actions import cases, duty, incidents, reports, runbooks, updates
from redphone.core import case as core_cases
from redphone.core import incident as core_incidents
from redphone.core.command import IncidentEnded
from redphone.core.updates import SameWords, Stage
from redphone.records import ledger, states
from redphone.records.models import (
    CaseRow,
    DeadlineRow,
    Delivery,
    EntryRow,
    IncidentRow,
    Person,
    Report,
    RotaShift,
)

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def kinds(ref: str | None) -> list[str]:
    return list(EntryRow.objects.filter(stream=ref).order_by("seq").values_list("kind", flat=True))


def paged(ref: str | None) -> list[str]:
    pages = Delivery.objects.filter(stream=ref, purpose="page").order_by("id")
    return list(pages.values_list("address", flat=True))


def test_an_emergency_goes_from_report_to_resolution(cast: Cast) -> None:
    """POL-1 to POL-4, EMG-1, RUN-4, FAQ-3: the whole path, once."""
    taken = cast.report(cast.mira)
    ref, case = str(taken.incident), str(taken.case)
    ana, ines = cast.ana.actor, cast.ines.actor

    duty.handle_due(at=NOON + 5 * MINUTE)
    incidents.acknowledge(incident=ref, by=cast.bo.actor, at=NOON + 6 * MINUTE)
    outage = ("system-outage",)
    incidents.confirm(incident=ref, types=outage, by=ana, why="", at=NOON + 7 * MINUTE)
    cases.respond(case=case, by=ana, words="We are on it.", at=NOON + 8 * MINUTE)
    incidents.take(incident=ref, by=ines, at=NOON + 9 * MINUTE)
    updates.post_update(
        incident=ref,
        by=ines,
        words="We have found the cause and move traffic away.",
        next_at=NOON + 40 * MINUTE,
        stage=Stage.CAUSE_FOUND,
        at=NOON + 10 * MINUTE,
    )
    runbooks.start(incident=ref, slug="service-outage", by=ines, at=NOON + 11 * MINUTE)
    runbooks.tick(
        incident=ref, slug="service-outage", step=1, by=ines, words="", at=NOON + 12 * MINUTE
    )
    words = "Service is restored; we checked it from outside."
    incidents.resolve(incident=ref, by=ines, words=words, at=NOON + 30 * MINUTE)

    assert kinds(ref) == [
        *("opened", "asked", "missed", "asked", "acknowledged", "senior_accepted", "confirmed"),
        *("manager_accepted", "update_posted", "runbook_started", "step_ticked", "resolved"),
    ]
    assert kinds(case) == ["opened", "responded", "resolved"]
    assert paged(ref) == [cast.ana.email, cast.bo.email]
    assert IncidentRow.objects.get(ref=ref).status == "resolved"
    assert CaseRow.objects.get(ref=case).status == "resolved"
    running = DeadlineRow.objects.filter(outcome="running")
    assert [row.kind for row in running] == ["post_incident_report"]


def test_the_row_is_what_the_entries_add_up_to(cast: Cast) -> None:
    taken = cast.report(cast.mira)
    duty.handle_due(at=NOON + 16 * MINUTE)

    case = CaseRow.objects.get(ref=taken.case)
    incident = IncidentRow.objects.get(ref=taken.incident)

    replayed = core_cases.replay(ledger.entries(case.ref), ref=case.ref)
    assert states.load_case(case.state) == replayed
    again = core_incidents.replay(ledger.entries(incident.ref), ref=incident.ref)
    assert states.load_incident(incident.state) == again
    assert case.head == EntryRow.objects.filter(stream=case.ref).count()


def test_reports_with_one_exact_key_page_once(cast: Cast) -> None:
    """POL-8: a storm is one incident, and every report in it is a case of its own."""
    first = cast.report(cast.mira, join_key="checkout-502")

    others = [cast.report(cast.jon, join_key="checkout-502") for _ in range(20)]

    assert {taken.incident for taken in others} == {first.incident}
    assert CaseRow.objects.filter(incident__ref=first.incident).count() == 21
    assert paged(first.incident) == [cast.ana.email]
    assert states.load_incident(IncidentRow.objects.get().state).plans == ("enterprise", "pro")


def test_a_batch_of_reports_with_one_key_is_one_incident(cast: Cast) -> None:
    batch = [
        reports.Incoming(
            channel="api",
            received_at=NOON,
            raw=b"{}",
            content_type="application/json",
            description="Checkout returns 502",
            join_key="checkout-502",
        )
        for _ in range(10)
    ]

    taken = reports.take_reports(batch)

    assert len({each.case for each in taken}) == 10
    assert len({each.incident for each in taken}) == 1


def test_the_same_idempotency_key_gives_the_first_answer_again(cast: Cast) -> None:
    first = cast.report(cast.mira, idempotency=("web", "one click"))
    again = cast.report(cast.mira, idempotency=("web", "one click"))

    assert (again.case, again.incident, again.is_new) == (first.case, first.incident, False)
    assert Report.objects.count() == CaseRow.objects.count() == 1


def test_nobody_on_call_climbs_at_once_and_says_so(cast: Cast) -> None:
    """EMG-1: the page goes to whoever can answer it."""
    RotaShift.objects.filter(team__name="L1 Support").delete()

    taken = cast.report(cast.mira)

    assert paged(taken.incident) == [cast.bo.email]
    asked = EntryRow.objects.filter(stream=taken.incident, kind="asked").order_by("seq")
    assert [row.data["people"] for row in asked] == [[], [cast.bo.actor]]
    assert asked[1].data["reason"] == "nobody_on_call"


def test_a_report_that_could_not_be_opened_is_opened_by_the_sweep(cast: Cast) -> None:
    """The report is stored before anything else can fail."""
    from redphone.records.models import PolicyVersion

    PolicyVersion.objects.update(is_current=False)
    taken = cast.report(cast.mira)
    PolicyVersion.objects.update(is_current=True)

    opened = reports.open_waiting(at=NOON + MINUTE)

    assert taken.case is None
    assert opened == 1
    case = CaseRow.objects.get()
    assert case.opened_at == NOON
    assert paged(states.load_case(case.state).incident) == [cast.ana.email]


def test_an_update_answers_whoever_has_had_no_answer(cast: Cast) -> None:
    """POL-2, POL-4, FAQ-3: a person's words to all affected are each one's first response."""
    first = cast.report(cast.mira, join_key="checkout-502")
    cast.report(cast.jon, join_key="checkout-502")

    updates.post_update(
        incident=str(first.incident),
        by=cast.ines.actor,
        words="We see that card payments fail and look into it.",
        next_at=NOON + 30 * MINUTE,
        stage=Stage.INVESTIGATING,
        at=NOON + 5 * MINUTE,
    )

    answered = CaseRow.objects.values_list("first_response_at", flat=True)
    assert set(answered) == {NOON + 5 * MINUTE}
    told = Delivery.objects.filter(purpose="update").values_list("address", flat=True)
    assert sorted(told) == [cast.jon.email, cast.mira.email]


def test_the_same_words_again_are_refused(cast: Cast) -> None:
    """POL-4: the clock wants to know what changed."""
    ref = str(cast.report(cast.mira).incident)

    def post(words: str, minute: int) -> None:
        updates.post_update(
            incident=ref,
            by=cast.ines.actor,
            words=words,
            next_at=NOON + (minute + 30) * MINUTE,
            stage=Stage.INVESTIGATING,
            at=NOON + minute * MINUTE,
        )

    post("We are still looking into it. Next update 12:40.", 10)

    with pytest.raises(SameWords):
        post("We are still looking into it. Next update 13:00!", 30)


def test_a_declined_case_ends_its_incident_and_its_clocks(cast: Cast) -> None:
    """POL-10, FAQ-5: with a reason, told to who reported."""
    taken = cast.report(cast.jon, "Please add a dark theme soon.")

    cases.decline(
        case=str(taken.case), by=cast.ana.actor, reason="A wish for a feature.", at=NOON + MINUTE
    )

    assert IncidentRow.objects.get().status == "declined"
    assert not DeadlineRow.objects.filter(outcome="running").exists()
    assert Delivery.objects.filter(purpose="declined", address=cast.jon.email).count() == 1
    with pytest.raises(IncidentEnded):
        incidents.acknowledge(
            incident=str(taken.incident), by=cast.ana.actor, at=NOON + 2 * MINUTE
        )


def test_an_ended_incident_is_silent(cast: Cast) -> None:
    ref = str(cast.report(cast.mira).incident)
    incidents.resolve(
        incident=ref, by=cast.ines.actor, words="It was a drill, all is well.", at=NOON + MINUTE
    )
    before = EntryRow.objects.count()

    duty.handle_due(at=NOON + 600 * MINUTE)

    assert EntryRow.objects.count() == before


def test_a_case_moves_to_another_incident_and_leaves_none_behind(cast: Cast) -> None:
    first, second = cast.report(cast.mira), cast.report(cast.jon)

    cases.move(
        case=str(second.case),
        to=str(first.incident),
        by=cast.ines.actor,
        why="The same gateway.",
        at=NOON + MINUTE,
    )

    assert CaseRow.objects.filter(incident__ref=first.incident).count() == 2
    assert IncidentRow.objects.get(ref=second.incident).status == "declined"
    last = EntryRow.objects.filter(stream=second.incident).latest("seq")
    assert (last.kind, last.data["into"]) == ("declined", first.incident)


def test_a_reopened_incident_keeps_its_resolution_clock(cast: Cast) -> None:
    """EMG-1: within 24 hours the same clock goes on."""
    taken = cast.report(cast.mira)
    ref, ines = str(taken.incident), cast.ines.actor
    incidents.resolve(incident=ref, by=ines, words="Restored and checked.", at=NOON + 60 * MINUTE)

    incidents.reopen(incident=ref, by=ines, why="It fails again.", at=NOON + 90 * MINUTE)

    clock = DeadlineRow.objects.get(stream=ref, kind="resolution")
    assert (clock.outcome, clock.due_at) == ("running", NOON + timedelta(hours=4))
    assert CaseRow.objects.get(ref=taken.case).status == "open"
    assert paged(ref) == [cast.ana.email, cast.ana.email]


def test_a_stranger_is_taken_in_on_the_enterprise_clock(cast: Cast) -> None:
    """POL-6, FAQ-2, FAQ-3: an unknown caller gets the Enterprise clock until known."""
    taken = cast.report(None)

    clock = DeadlineRow.objects.get(stream=taken.case, kind="first_response")
    assert clock.due_at == NOON + 15 * MINUTE
    assert Person.objects.filter(role="customer").count() == 4


def test_a_batch_of_two_plans_joins_an_open_incident(cast: Cast) -> None:
    """FAQ-3: a plan that joins brings its promises, whatever else is in the batch."""
    first = cast.report(cast.mira, join_key="checkout-502")
    words = "Checkout is broken"
    batch = [
        reports.Incoming(
            channel="api",
            received_at=NOON,
            raw=b"{}",
            content_type="application/json",
            description=words,
            sender=person.pk,
            customer=person.customer_id,
            join_key=key,
        )
        for person, key in ((cast.mira, None), (cast.jon, "checkout-502"), (cast.jon, "new"))
    ]

    taken = reports.take_reports(batch)

    assert taken[1].incident == first.incident
    assert len({each.incident for each in taken}) == 3
    row = IncidentRow.objects.get(ref=first.incident)
    assert states.load_incident(row.state).plans == ("enterprise", "pro")


def test_what_postgresql_cannot_hold_is_still_a_case(cast: Cast) -> None:
    """POL-6: an emergency that we can't read is still a case."""
    taken = cast.report(cast.mira, "all is \x00 lost \ud800!", fields={"users_affected": "\x00"})

    assert CaseRow.objects.get(ref=taken.case).title.startswith("all is")
