"""Which words satisfy the update clock, and who is told of what."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from redphone.core import case as cases
from redphone.core import command, updates
from redphone.core.stream import Entry
from redphone.core.updates import Audience, Notice, Purpose, Stage

if TYPE_CHECKING:
    from tests.unit.conftest import Story

ANA, BO, INES = "person:1", "person:2", "person:10"

New = Callable[..., "Story"]


def post(story: Story, words: str, *, minute: float = 10, **more: Any) -> Entry:
    given: dict[str, Any] = {
        "by": INES,
        "previous": "",
        "next_at": story.at(minute + 30),
        "stage": Stage.INVESTIGATING,
        **more,
    }
    return updates.post_update(
        story.incident, story.policy, words=words, at=story.at(minute), **given
    )


# ── Words ────────────────────────────────────────────────────────────────────────────────────────


def test_an_update_says_what_changed_and_when_the_next_one_comes(new_incident: New) -> None:
    """POL-4."""
    story = new_incident()

    entry = post(story, " We have rolled back the release. ", stage=Stage.RECOVERING)

    assert entry.words == "We have rolled back the release."
    assert entry.data == {
        "next_at": story.at(40).isoformat(),
        "stage": "recovering",
        "is_public": True,
    }


@pytest.mark.parametrize("words", ["", "  \n "])
def test_no_words_are_no_update(new_incident: New, words: str) -> None:
    """POL-4."""
    with pytest.raises(command.WordsMissing):
        post(new_incident(), words)


def test_too_few_words_are_no_update(new_incident: New) -> None:
    """POL-4: they can't say what changed."""
    with pytest.raises(updates.SaysTooLittle, match="what was tried"):
        post(new_incident(), "Still on it.")


@pytest.mark.parametrize(
    ("before", "again"),
    [
        ("We are still looking into it.", "We are still looking into it."),
        ("We are still looking into it.", "  we are STILL looking, into it!! "),
        ("We look into it. Next update 12:40.", "We look into it. Next update 13:10!"),
        ("We look into it. More in 30 minutes.", "We look into it. More in 25 min."),
        ("We look into it. More at 3 pm.", "We look into it. More at 4 pm."),
    ],
)
def test_the_same_words_again_do_not_count(new_incident: New, before: str, again: str) -> None:
    """POL-4: not with another time in them either."""
    with pytest.raises(updates.SameWords, match="Say what changed"):
        post(new_incident(), again, previous=before)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("3 of 8 regions are back.", "5 of 8 regions are back."),
        ("Error rate is down to 20% now.", "Error rate is down to 2% now."),
        ("We are still looking into it.", "We are still looking into it, now at the database."),
    ],
)
def test_a_number_that_moved_is_news(new_incident: New, before: str, now: str) -> None:
    """POL-4: progress is often a number."""
    assert post(new_incident(), now, previous=before).kind == "update_posted"


def test_the_next_time_is_to_come_and_not_later_than_promised(new_incident: New) -> None:
    """POL-4, FAQ-3: to the minute."""
    story = new_incident()
    words = "We are failing over to the second site."

    with pytest.raises(updates.NextUpdateInThePast):
        post(story, words, next_at=story.at(10))
    with pytest.raises(updates.NextUpdateTooLate):
        post(story, words, next_at=story.at(40.1))
    assert updates.latest_next(story.incident, story.policy, story.at(10)) == story.at(40)
    assert post(story, words, next_at=story.at(40)).kind == "update_posted"


@pytest.mark.parametrize("by", ["clock", "system", "api:1"])
def test_only_a_person_s_words_count(new_incident: New, by: str) -> None:
    """POL-4: words that a person approved."""
    with pytest.raises(command.NotAPerson):
        post(new_incident(), "All systems are being looked at.", by=by)


def test_what_is_over_has_no_update(new_incident: New) -> None:
    """POL-4: until resolution, which tells everyone."""
    story = new_incident()
    story.do(command.resolve(story.incident, by=INES, words="Restored.", at=story.at(5)))

    with pytest.raises(command.IncidentEnded):
        post(story, "We keep watching the error rate.")


def test_a_hidden_incident_s_update_is_not_public(new_incident: New) -> None:
    """EMG-2."""
    story = new_incident("data-security-incident")

    entry = post(story, "We have shut the door that was open.")
    story.do(entry)

    assert entry.data["is_public"] is False
    assert (story.incident.last_update_at, story.incident.last_status_at) == (story.at(10), None)


# ── Who is told ──────────────────────────────────────────────────────────────────────────────────


def told(story: Story, entry: Entry) -> tuple[Notice, ...]:
    story.do(entry)
    return updates.notices(story.state, entry, story.policy)


def purposes(notices: tuple[Notice, ...]) -> list[tuple[Purpose, Audience]]:
    return [(notice.purpose, notice.audience) for notice in notices]


@pytest.mark.parametrize(
    ("issue_type", "audience"),
    [
        ("system-outage", Audience.AFFECTED),
        ("data-security-incident", Audience.SECURITY_CONTACTS),
        ("payment-processing-failure", Audience.AFFECTED),
        ("critical-feature-failure", Audience.AFFECTED),
        ("account-lockout", Audience.AFFECTED),
    ],
)
def test_updates_go_to_the_affected_and_of_a_breach_to_security_contacts_only(
    new_incident: New, issue_type: str, audience: Audience
) -> None:
    """EMG-1, EMG-2, EMG-3, EMG-4, EMG-5."""
    story = new_incident(issue_type)

    update = told(story, post(story, "We are looking at the gateway."))
    end = told(story, command.resolve(story.incident, by=INES, words="Done.", at=story.at(20)))
    back = told(story, command.reopen(story.incident, by=INES, why="Back.", at=story.at(30)))

    assert purposes(update) == [(Purpose.UPDATE, audience)]
    assert purposes(end) == [(Purpose.RESOLVED, audience)]
    assert purposes(back) == [(Purpose.REOPENED, audience)]


def test_a_breach_beside_an_outage_is_told_to_security_contacts_only(new_incident: New) -> None:
    """EMG-2: the stricter of the two."""
    story = new_incident("system-outage", "data-security-incident")

    notices = told(story, post(story, "We are looking at the gateway."))

    assert purposes(notices) == [(Purpose.UPDATE, Audience.SECURITY_CONTACTS)]


def test_a_called_step_pages_its_people_and_an_empty_one_nobody(new_incident: New) -> None:
    """EMG-1."""
    story = new_incident()
    story.on_call = {"On-call Engineer": (BO,)}

    story.tick(0)

    notices = [updates.notices(story.state, e, story.policy) for e in story.entries[1:]]
    assert notices == [(), (Notice(purpose=Purpose.PAGE, audience=Audience.PEOPLE, people=(BO,)),)]


def test_a_missed_promise_is_told_to_customers_and_a_missed_target_is_not(
    new_incident: New,
) -> None:
    """POL-4, EMG-1: row 3."""
    story = new_incident()
    story.advance(31)

    tell = {
        entry.data["kind"]: purposes(updates.notices(story.state, entry, story.policy))
        for entry in story.entries
        if entry.kind == "missed"
    }

    in_house, outside = (
        (Purpose.MISSED, Audience.MANAGERS),
        (Purpose.MISSED, Audience.AFFECTED),
    )
    assert tell["engaged"] == [in_house]
    assert tell["next_update"] == [in_house, outside]
    assert tell["status_update"] == [in_house, outside]


def test_a_warning_goes_to_the_manager_or_to_who_has_it_or_to_the_managers(
    new_incident: New,
) -> None:
    """POL-3."""
    story = new_incident()
    (*_, warned) = [entry for entry in story.advance(3) if entry.kind == "warned"]
    found = [updates.notices(story.state, warned, story.policy)]

    for verb in (command.acknowledge, command.take):
        by = ANA if verb is command.acknowledge else INES
        story.do(verb(story.incident, by=by, at=story.at(4)))
        found.append(updates.notices(story.state, warned, story.policy))

    assert [(n.audience, n.people) for (n,) in found] == [
        (Audience.MANAGERS, ()),
        (Audience.PEOPLE, (ANA,)),
        (Audience.PEOPLE, (INES,)),
    ]


def test_an_exhausted_ladder_an_offer_and_a_late_name_each_have_their_hearers(
    new_incident: New,
) -> None:
    """EMG-1, POL-3: and who is found late gets one catch-up."""
    story = new_incident()
    story.advance(60)
    (exhausted,) = [e for e in story.entries if e.kind == "ladder_exhausted"]

    offer = command.offer(story.incident, to=BO, by=INES, note="", at=story.at(61))
    named = command.name_customer(
        story.incident,
        customer="12",
        evidence="seen",
        plan="pro",
        by=ANA,
        words="",
        at=story.at(62),
    )

    assert purposes(updates.notices(story.state, exhausted, story.policy)) == [
        (Purpose.EXHAUSTED, Audience.MANAGERS)
    ]
    assert told(story, offer) == (
        Notice(purpose=Purpose.OFFER, audience=Audience.PEOPLE, people=(BO,)),
    )
    assert told(story, named) == (
        Notice(purpose=Purpose.CATCH_UP, audience=Audience.ONE_CUSTOMER, customer="12"),
    )


def test_the_desk_s_own_lines_tell_nobody(new_incident: New) -> None:
    story = new_incident()

    note = command.note(story.incident, by=ANA, words="Looks like DNS.", at=story.at(1))

    assert told(story, note) == ()


def test_a_reporter_hears_of_receipt_answer_miss_and_decline(new_case: New) -> None:
    """POL-2, POL-10, FAQ-3."""
    story = new_case()
    story.advance(16)
    story.do(cases.respond(story.case, by=ANA, words="We are on it.", at=story.at(17)))
    story.do(cases.decline(story.case, by=ANA, reason="A wish.", at=story.at(18)))

    heard = [
        (entry.kind, purposes(updates.notices(story.state, entry, story.policy)))
        for entry in story.entries
    ]

    assert heard == [
        ("opened", [(Purpose.RECEIPT, Audience.REPORTER)]),
        ("warned", []),
        ("missed", [(Purpose.MISSED, Audience.REPORTER)]),
        ("responded", [(Purpose.REPLY, Audience.REPORTER)]),
        ("declined", [(Purpose.DECLINED, Audience.REPORTER)]),
    ]


@pytest.mark.parametrize("through", ["phone", "INC-101"])
def test_an_answer_that_was_heard_already_is_not_mailed_again(new_case: New, through: str) -> None:
    """POL-2: on the phone, or in an update that went to everyone."""
    story = new_case()

    entry = cases.respond(story.case, by=ANA, words="Yes.", at=story.at(1), through=through)

    assert told(story, entry) == ()


def test_a_page_that_is_lost_is_told_to_a_manager_and_that_loss_to_nobody(
    new_incident: New,
) -> None:
    story = new_incident()

    lost = {
        purpose: updates.delivery_failed(
            key="k", purpose=purpose, to=ANA, lane="", why="refused", at=story.at(1)
        )
        for purpose in (Purpose.PAGE, Purpose.UNDELIVERED)
    }

    assert purposes(told(story, lost[Purpose.PAGE])) == [(Purpose.UNDELIVERED, Audience.MANAGERS)]
    assert told(story, lost[Purpose.UNDELIVERED]) == ()
