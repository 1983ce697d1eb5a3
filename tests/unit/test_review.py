"""The post-incident report: four sections, once, after the resolution."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from redphone.core import command, review, updates
from redphone.core.command import NotAPerson, ReportNotDue, WordsMissing

if TYPE_CHECKING:
    from tests.unit.conftest import Story

INES = "person:10"
SECTIONS = {
    "timeline": "12:00 down, 12:40 up.",
    "root_cause": "A certificate ran out.",
    "resolution": "Renewed.",
    "prevention": "It renews itself now.",
}

New = Callable[..., "Story"]


def resolved(new_incident: New) -> Story:
    story = new_incident()
    words = "Restored, and checked."
    story.do(command.resolve(story.incident, by=INES, words=words, at=story.at(60)))
    return story


def publish(story: Story, minute: float = 90, without: str = "") -> None:
    at, told = story.at(minute), {**SECTIONS, **({without: "  "} if without else {})}
    story.do(review.publish(story.incident, by=INES, sections=told, at=at))


def test_the_report_ends_its_clock_and_goes_to_who_was_promised_it(new_incident: New) -> None:
    """POL-5, FAQ-7."""
    story = resolved(new_incident)

    publish(story)

    (notice,) = updates.notices(story.state, story.entries[-1], story.policy)
    assert story.running() == {}
    assert notice.audience is updates.Audience.REPORT_READERS
    assert story.entries[-1].words.startswith("timeline: 12:00 down")


@pytest.mark.parametrize("section", review.SECTIONS)
def test_each_of_the_four_sections_says_something(new_incident: New, section: str) -> None:
    """FAQ-7: timeline, root cause, resolution, prevention."""
    story = resolved(new_incident)

    with pytest.raises(WordsMissing):
        publish(story, without=section)


def test_the_report_is_a_person_s_after_the_end_and_once(new_incident: New) -> None:
    """FAQ-7."""
    story = new_incident()

    with pytest.raises(ReportNotDue, match="once the incident is resolved"):
        publish(story)
    story = resolved(new_incident)
    with pytest.raises(NotAPerson):
        review.publish(story.incident, by="system", sections=SECTIONS, at=story.at(90))
    publish(story)
    with pytest.raises(ReportNotDue):
        publish(story)


def test_an_incident_that_came_back_owes_its_report_again(new_incident: New) -> None:
    """FAQ-7: five business days after the final resolution."""
    story = resolved(new_incident)
    publish(story)

    story.do(command.reopen(story.incident, by=INES, why="It is back.", at=story.at(120)))
    words = "Restored for good."
    story.do(command.resolve(story.incident, by=INES, words=words, at=story.at(180)))

    (clock,) = story.running().values()
    assert (clock.kind, clock.started_at) == ("post_incident_report", story.at(180))


def test_a_late_report_is_missed_and_still_taken(new_incident: New) -> None:
    """FAQ-7."""
    story = resolved(new_incident)

    publish(story, minute=30 * 24 * 60)

    assert story.missed()[-1] == ("post_incident_report", "FAQ-7")
    assert story.incident.reported_at is not None
