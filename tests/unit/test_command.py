"""What people do to an incident, and the sentences by which they are refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from redphone.core import command
from redphone.core import incident as incidents
from redphone.core.stream import DeskError, Entry

if TYPE_CHECKING:
    from tests.unit.conftest import Story

ANA, BO, INES = "person:1", "person:2", "person:10"

NewIncident = Callable[..., "Story"]


def verb(story: Story, name: str, minute: float, by: str = INES, **more: Any) -> Entry:
    """One verb with what it usually gets."""
    usual: dict[str, dict[str, Any]] = {
        "confirm": {"types": ("system-outage",), "why": "seen"},
        "decline": {"reason": "A drill."},
        "publish": {"is_public": True, "why": "Customers ask."},
        "offer": {"to": BO, "note": "My shift ends."},
        "refuse": {"note": "I have another one."},
        "note": {"words": "The load balancer looks odd."},
        "name_cause": {"words": "A bad release.", "is_outside": False},
        "start_runbook": {"slug": "service-outage", "steps": 6},
        "tick": {"slug": "service-outage", "step": 1, "words": "Done."},
        "name_customer": {
            "customer": "12", "evidence": "seen", "plan": "enterprise", "words": "In the logs.",
        },
        "contain": {"evidence": "Keys are revoked."},
        "resolve": {"words": "Restored, and checked from outside."},
        "reopen": {"why": "It fails again."},
    }  # fmt: skip
    given = {**usual.get(name, {}), **more}
    made: Entry = getattr(command, name)(story.incident, by=by, at=story.at(minute), **given)
    return made


def do(story: Story, name: str, minute: float, by: str = INES, **more: Any) -> None:
    story.do(verb(story, name, minute, by, **more))


EVERY_VERB = [
    "acknowledge", "confirm", "decline", "publish", "take", "offer", "note", "name_cause", "tick",
    "name_customer", "contain", "resolve", "reopen",
]  # fmt: skip


@pytest.mark.parametrize("name", EVERY_VERB)
@pytest.mark.parametrize("by", ["clock", "api:3", "anonymous"])
def test_only_a_person_does_it(new_incident: NewIncident, name: str, by: str) -> None:
    """POL-1, FAQ-4: machines count and ring; people answer, decide and promise."""
    story = new_incident()

    with pytest.raises(command.NotAPerson, match="Sign in"):
        verb(story, name, 1, by)


ENDING = ["resolve", "decline"]


@pytest.mark.parametrize("end", ENDING)
@pytest.mark.parametrize(
    "name",
    ["acknowledge", "confirm", "decline", "publish", "take", "offer", "refuse", "name_cause",
     "start_runbook", "contain", "resolve"],
)  # fmt: skip
def test_what_is_over_refuses_with_what_to_do(
    new_incident: NewIncident, end: str, name: str
) -> None:
    """POL-8: it is tracked until resolved, and by reopening after that."""
    story = new_incident()
    do(story, end, 5)

    with pytest.raises(command.IncidentEnded, match="Reopen it within 24 hours"):
        verb(story, name, 6)


@pytest.mark.parametrize(
    ("name", "empty"),
    [
        ("decline", "reason"), ("publish", "why"), ("note", "words"), ("name_cause", "words"),
        ("contain", "evidence"), ("resolve", "words"), ("reopen", "why"),
    ],
)  # fmt: skip
def test_words_are_needed(new_incident: NewIncident, name: str, empty: str) -> None:
    """FAQ-5, EMG-2: reasons and evidence are what the timeline is for."""
    story = new_incident()
    if name == "reopen":
        do(story, "resolve", 1)

    with pytest.raises(command.WordsMissing, match="Something has to be written"):
        verb(story, name, 2, **{empty: " \t"})


def test_every_refusal_is_a_sentence_that_says_what_to_do() -> None:
    """A refusal is read at three in the morning."""
    kinds = [DeskError]
    for kind in kinds:
        kinds += kind.__subclasses__()

    said = {
        kind.__name__: str(kind()) for kind in kinds[1:] if kind.__module__[:13] == "redphone.core"
    }

    assert len(said) > 25
    for name, sentence in said.items():
        assert sentence[0].isupper(), name
        assert sentence.endswith("."), name
        assert "  " not in sentence, name
        assert "\n" not in sentence, name


def test_a_detail_follows_the_sentence() -> None:
    error = command.NotResolved("It is INC-101.")

    assert str(error) == "The incident is still open. Resolve it first. It is INC-101."


# ── Engaged ──────────────────────────────────────────────────────────────────────────────────────


def test_the_second_to_acknowledge_is_told_that_it_rings_no_more(
    new_incident: NewIncident,
) -> None:
    """POL-1."""
    story = new_incident()
    story.tick(0)
    do(story, "acknowledge", 1, by=ANA)

    with pytest.raises(command.AlreadyAcknowledged, match="someone else has this incident"):
        verb(story, "acknowledge", 2, by=BO)


@pytest.mark.parametrize("minutes", [(9, 4), (4, 9)])
def test_the_earliest_acknowledgement_counts(
    new_incident: NewIncident, minutes: tuple[int, int]
) -> None:
    """EMG-1: in whichever order the two were written down."""
    story = new_incident("system-outage", "data-security-incident")
    story.tick(0)

    do(story, "acknowledge", minutes[0], by=ANA)
    do(story, "acknowledge", minutes[1], by="person:4")

    assert story.incident.engaged_at == story.at(4)


# ── Incident manager ─────────────────────────────────────────────────────────────────────────────


def test_a_manager_is_who_accepted_and_there_is_one(new_incident: NewIncident) -> None:
    """POL-3, FAQ-4."""
    story = new_incident()
    do(story, "take", 3, by=INES)

    with pytest.raises(command.ManagedBySomeoneElse, match="hand it over"):
        verb(story, "take", 4, by=BO)
    with pytest.raises(command.ManagerAlready, match="already"):
        verb(story, "take", 4, by=INES)
    assert (story.incident.manager, story.incident.managed_at) == (INES, story.at(3))


def test_a_hand_over_needs_acceptance(new_incident: NewIncident) -> None:
    """POL-3: the manager stays the manager until then."""
    story = new_incident()
    do(story, "take", 3, by=INES)

    do(story, "offer", 10, by=INES, to=BO)
    offered = (story.incident.manager, story.incident.offered_to)
    with pytest.raises(command.ManagedBySomeoneElse):
        verb(story, "take", 11, by=ANA)
    do(story, "take", 11, by=BO)

    assert offered == (INES, BO)
    assert (story.incident.manager, story.incident.offered_to) == (BO, None)
    assert story.incident.managed_at == story.at(3)
    assert story.entries[-1].data == {"from": INES}


def test_an_offer_can_be_refused_by_whom_it_was_made_to(new_incident: NewIncident) -> None:
    """POL-3."""
    story = new_incident()
    do(story, "take", 3, by=INES)
    do(story, "offer", 10, by=INES, to=BO)

    with pytest.raises(command.NotOffered):
        verb(story, "refuse", 11, by=ANA)
    do(story, "refuse", 11, by=BO)

    assert (story.incident.manager, story.incident.offered_to) == (INES, None)


def test_only_the_manager_offers_and_to_somebody_else(new_incident: NewIncident) -> None:
    """POL-3."""
    story = new_incident()
    do(story, "take", 3, by=INES)

    with pytest.raises(command.NotTheManager):
        verb(story, "offer", 4, by=ANA, to=BO)
    with pytest.raises(command.ManagerAlready):
        verb(story, "offer", 4, by=INES, to=INES)
    with pytest.raises(command.NotAPerson):
        verb(story, "offer", 4, by=INES, to="clock")


def test_an_incident_without_a_manager_can_be_offered_by_anyone(new_incident: NewIncident) -> None:
    story = new_incident()

    do(story, "offer", 2, by=ANA, to=INES)

    assert (story.incident.manager, story.incident.offered_to) == (None, INES)


# ── Runbooks ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("clause", "slug"),
    [
        ("RUN-1", "account-compromise"), ("RUN-2", "critical-data-loss"),
        ("RUN-3", "payment-processing-emergency"), ("RUN-4", "service-outage"),
        ("RUN-5", "urgent-compliance-issue"), ("RUN-6", "vip-customer-escalation"),
        ("RUN-7", "critical-integration-failure"),
    ],
)  # fmt: skip
def test_each_runbook_is_walked_step_by_step(
    new_incident: NewIncident, clause: str, slug: str
) -> None:
    """RUN-1, RUN-2, RUN-3, RUN-4, RUN-5, RUN-6, RUN-7: six steps each, ticked with a note."""
    story = new_incident()
    book = story.policy.runbook(slug)
    do(story, "start_runbook", 1, slug=slug, steps=len(book.steps))

    now = []
    for step in range(1, len(book.steps) + 1):
        now.append(story.incident.runbooks[0].now)
        do(story, "tick", 1 + step, by=ANA, slug=slug, step=step)

    assert book.clause == clause
    assert now == [1, 2, 3, 4, 5, 6]
    assert story.incident.runbooks[0].now is None
    assert {done.by for done in story.incident.runbooks[0].done} == {ANA}


def test_several_runbooks_run_at_once_on_any_incident(new_incident: NewIncident) -> None:
    """RUN-3, RUN-4: any with any."""
    story = new_incident("account-lockout")
    do(story, "start_runbook", 1, slug="service-outage")
    do(story, "start_runbook", 2, slug="payment-processing-emergency")

    do(story, "tick", 3, slug="payment-processing-emergency", step=2)

    assert [book.now for book in story.incident.runbooks] == [1, 1]
    assert [len(book.done) for book in story.incident.runbooks] == [0, 1]


def test_a_step_is_ticked_once_and_has_to_be_there(new_incident: NewIncident) -> None:
    """RUN-4."""
    story = new_incident()
    do(story, "start_runbook", 1)
    do(story, "tick", 2, step=6)

    with pytest.raises(command.RunbookStarted, match="already running"):
        verb(story, "start_runbook", 3)
    with pytest.raises(command.StepDoneAlready, match="already ticked"):
        verb(story, "tick", 3, step=6)
    for wrong in (0, 7):
        with pytest.raises(command.StepUnknown, match="Start the runbook first"):
            verb(story, "tick", 3, step=wrong)
    with pytest.raises(command.StepUnknown):
        verb(story, "tick", 3, slug="critical-data-loss")


def test_a_step_can_be_ticked_after_the_resolution(new_incident: NewIncident) -> None:
    """RUN-4: its last step follows up."""
    story = new_incident()
    do(story, "start_runbook", 1)
    do(story, "resolve", 30)

    do(story, "tick", 60, step=6)

    assert story.incident.runbooks[0].is_done(6)


# ── Who is affected ──────────────────────────────────────────────────────────────────────────────


def test_a_named_customer_brings_their_plan_s_promises(new_incident: NewIncident) -> None:
    """EMG-4, FAQ-3: a Pro incident that hits an Enterprise customer is an Enterprise one too."""
    story = new_incident("account-lockout", plan="pro")
    before = story.running()

    do(story, "name_customer", 5, customer="12", plan="enterprise")

    assert "resolution" not in before
    assert story.due("resolution") == 120
    assert story.incident.named[0].plan == "enterprise"


def test_a_customer_is_named_once_and_not_on_what_was_no_emergency(
    new_incident: NewIncident,
) -> None:
    """EMG-1."""
    story = new_incident()
    do(story, "name_customer", 5)

    with pytest.raises(command.AlreadyNamed, match="already on the list"):
        verb(story, "name_customer", 6)
    do(story, "decline", 7)
    with pytest.raises(command.IncidentEnded):
        verb(story, "name_customer", 8, customer="13")


def test_a_plan_joins_once(new_incident: NewIncident) -> None:
    """POL-8: a storm of reports writes nothing to the incident."""
    story = new_incident(plan="pro")

    joined = command.join_plan(story.incident, plan="enterprise", at=story.at(1), actor="system")
    story.add(*joined)
    again = command.join_plan(story.incident, plan="enterprise", at=story.at(2), actor="system")

    assert (len(joined), again) == (1, ())
    assert story.incident.plans == ("pro", "enterprise")


def test_a_provisional_plan_leaves_when_the_caller_is_known(new_incident: NewIncident) -> None:
    """EMG-5, POL-6: a stranger's lockout that is a Pro customer's has no two-hour target."""
    story = new_incident("account-lockout")
    story.add(*command.join_plan(story.incident, plan="pro", at=story.at(1), actor="system"))

    story.add(*command.leave_plan(story.incident, still={"pro"}, at=story.at(1), actor="system"))

    assert story.incident.plans == ("pro",)
    assert "resolution" not in story.running()


def test_a_plan_that_others_have_stays(new_incident: NewIncident) -> None:
    story = new_incident()

    for still in ({"enterprise", "pro"}, set()):
        gone = command.leave_plan(story.incident, still=still, at=story.at(1), actor="system")
        assert gone == ()


# ── Types, the page, containment ─────────────────────────────────────────────────────────────────


def test_an_incident_keeps_at_least_one_type(new_incident: NewIncident) -> None:
    """FAQ-1: what fits none is an Other Emergency."""
    story = new_incident()

    with pytest.raises(command.TypeMissing, match="Other Emergency"):
        verb(story, "confirm", 1, types=())


def test_a_decision_to_show_holds_for_the_types_it_was_made_on(new_incident: NewIncident) -> None:
    """EMG-2: what turns out to be a breach is not left on the public page by an older decision."""
    story = new_incident("system-outage")
    do(story, "publish", 1, is_public=True)

    do(story, "confirm", 5, types=("system-outage", "data-security-incident"))

    assert story.incident.public_by_hand is None
    assert "status_update" not in story.running()


def test_a_decision_to_hide_outlives_a_change_of_types(new_incident: NewIncident) -> None:
    """EMG-2."""
    story = new_incident("data-security-incident")
    do(story, "publish", 1, is_public=False)

    do(story, "confirm", 5, types=("system-outage",))

    assert story.incident.public_by_hand is False


def test_a_breach_can_be_shown_by_decision(new_incident: NewIncident) -> None:
    """EMG-2: unless someone decides so; and the page's clock runs from the decision."""
    story = new_incident("data-security-incident")
    do(story, "confirm", 5, types=("data-security-incident",))

    do(story, "publish", 100)
    do(story, "publish", 110)

    assert story.due("status_update") == 130


def test_containment_is_a_person_s_word_with_evidence_once(new_incident: NewIncident) -> None:
    """EMG-2."""
    story = new_incident("data-security-incident")
    do(story, "contain", 60)

    with pytest.raises(command.NothingToContain, match="already contained"):
        verb(story, "contain", 61)
    assert story.entries[-1].words == "Keys are revoked."
    assert "containment" not in story.running()


# ── The end ──────────────────────────────────────────────────────────────────────────────────────


def test_reopening_is_for_a_day(new_incident: NewIncident) -> None:
    """EMG-1, POL-8: to the very minute, and the policy says how long."""
    story = new_incident()
    do(story, "resolve", 60)
    day = 24 * 60

    assert verb(story, "reopen", 60 + day).kind == "reopened"
    with pytest.raises(command.TooLateToReopen, match="Report a new emergency"):
        verb(story, "reopen", 61 + day)
    with pytest.raises(command.TooLateToReopen):
        verb(story, "reopen", 121, within=timedelta(hours=1))


@pytest.mark.parametrize("end", [None, "decline"])
def test_only_what_was_resolved_is_reopened(new_incident: NewIncident, end: str | None) -> None:
    story = new_incident()
    if end:
        do(story, end, 1)

    with pytest.raises(command.NothingToReopen, match="Report a new one"):
        verb(story, "reopen", 2)


def test_a_resolved_incident_is_closed_once(new_incident: NewIncident) -> None:
    story = new_incident()

    with pytest.raises(command.NotResolved, match="Resolve it first"):
        verb(story, "close", 1)
    do(story, "resolve", 2)
    do(story, "close", 3)
    with pytest.raises(command.IncidentEnded):
        verb(story, "close", 4)

    assert story.incident.status == "closed"


def test_reopening_clears_what_was_over(new_incident: NewIncident) -> None:
    story = new_incident()
    do(story, "resolve", 2)
    do(story, "close", 3)

    do(story, "reopen", 4)

    assert (story.incident.status, story.incident.closed_at) == ("open", None)


def test_it_started_when_it_was_detected_if_that_was_earlier(new_incident: NewIncident) -> None:
    """EMG-1: from the earliest of detection and first report."""
    detected = new_incident(minute=10, started=-20)
    told_early = new_incident(minute=10, started=30)

    assert detected.incident.started_at == detected.at(-20)
    assert told_early.incident.started_at == told_early.at(10)


def test_replay_gives_the_same_state(new_incident: NewIncident) -> None:
    story = new_incident("payment-processing-failure")
    story.advance(12)
    for minute, name in enumerate(
        ["acknowledge", "take", "offer", "name_cause", "start_runbook", "tick", "name_customer",
         "publish", "contain", "note", "resolve", "close", "reopen"], 13
    ):  # fmt: skip
        do(story, name, minute)
    story.advance(400)

    assert incidents.replay(story.entries, ref="INC-101") == story.incident
    assert story.incident.entries == len(story.entries)


def test_other_types_need_a_reason_and_the_same_ones_don_t(new_incident: NewIncident) -> None:
    """POL-10, FAQ-1: a decision is changed with reasons."""
    story = new_incident("system-outage")

    with pytest.raises(command.WhyMissing):
        verb(story, "confirm", 1, types=("account-lockout",), why=" ")

    assert verb(story, "confirm", 1, types=("system-outage",), why="").kind == "confirmed"
