"""Troubles that sound alike: suggested on both pages, with the words that say so, never joined."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from redphone.actions import incidents
from redphone.clock import now
from redphone.records.models import CaseRow, IncidentRow
from redphone.records.queries import twins as found_twins
from redphone.records.queries.twins import twins

if TYPE_CHECKING:
    from tests.conftest import Cast

    from redphone.actions.reports import Taken

pytestmark = pytest.mark.django_db(transaction=True)

SCANNERS = "The warehouse scanners say server unreachable in every hall."


def number(taken: Taken) -> int:
    return int(str(taken.incident).removeprefix("INC-"))


def resolved(cast: Cast, words: str, cause: str, remedy: str) -> Taken:
    """A trouble of yesterday, with its cause and its end."""
    at = now() - timedelta(days=1)
    taken = cast.report(cast.jon, words, at=at)
    ref, ines = str(taken.incident), cast.ines.actor
    incidents.acknowledge(incident=ref, by=ines, at=at)
    incidents.take(incident=ref, by=ines, at=at)
    incidents.confirm(incident=ref, types=("system-outage",), by=ines, why="Seen.", at=at)
    incidents.name_cause(incident=ref, by=ines, words=cause, is_outside=False, at=at)
    incidents.resolve(incident=ref, by=ines, words=remedy, at=at + timedelta(hours=1))
    return taken


def test_an_open_trouble_that_sounds_alike_is_named_with_the_words_in_common(cast: Cast) -> None:
    """POL-8, POL-10: a suggestion that a person decides on."""
    mine = cast.report(cast.mira, SCANNERS, at=now())
    other = cast.report(cast.jon, "Scanner unreachable, the warehouse stands still", at=now())
    cast.report(cast.jon, "Our invoices carry the wrong tax rate", at=now())

    found = twins(SCANNERS, besides=number(mine))

    assert [each.case.ref for each in found.open] == [other.case]
    assert {"scanner", "warehouse", "unreachable"} <= set(found.open[0].words)
    assert found.past == ()


def test_a_past_one_comes_with_its_cause_and_what_helped(cast: Cast) -> None:
    """POL-8, FAQ-7."""
    past = resolved(
        cast, SCANNERS, "A switch in hall 2 had lost its power.", "The switch was replaced."
    )
    mine = cast.report(cast.mira, "All scanners in the warehouse are unreachable", at=now())

    [found] = twins("All scanners in the warehouse are unreachable", besides=number(mine)).past

    assert found.incident.ref == past.incident
    assert found.cause == "A switch in hall 2 had lost its power."
    assert found.remedy == "The switch was replaced."
    assert found.ended_at is not None


def test_nothing_joins_by_itself(cast: Cast) -> None:
    """POL-10: the same words twice stay two incidents until a person joins them."""
    cast.report(cast.mira, SCANNERS, at=now())
    cast.report(cast.jon, SCANNERS, at=now())

    assert IncidentRow.objects.count() == CaseRow.objects.count() == 2


def test_a_report_without_words_has_no_twins(cast: Cast) -> None:
    mine = cast.report(cast.mira, "", at=now())
    cast.report(cast.jon, "", at=now())

    assert twins("", besides=number(mine)) == found_twins.Twins()


def test_it_takes_five_queries_at_most_and_reads_each_report_once(
    cast: Cast, django_assert_max_num_queries: pytest.FixtureDef[object]
) -> None:
    resolved(cast, SCANNERS, "A switch.", "Replaced.")
    mine = cast.report(cast.mira, SCANNERS, at=now())
    cast.report(cast.jon, SCANNERS, at=now())

    with django_assert_max_num_queries(6):  # type: ignore[operator]
        twins(SCANNERS, besides=number(mine))
    with django_assert_max_num_queries(5):  # type: ignore[operator]
        twins(SCANNERS, besides=number(mine))


def test_both_pages_show_them(cast: Cast) -> None:
    """POL-8."""
    from tests.integration.test_responder_pages import as_person, seen

    past = resolved(cast, SCANNERS, "A switch had no power.", "The switch was replaced.")
    mine = cast.report(cast.mira, SCANNERS, at=now())
    other = cast.report(cast.jon, SCANNERS, at=now())
    ana = as_person(cast.ana)

    for page in (seen(ana, f"/incidents/{mine.incident}/"), seen(ana, f"/cases/{mine.case}/")):
        assert "Perhaps the same trouble" in page
        assert "It was like this before" in page
        assert str(other.case) in page
        assert str(past.incident) in page
        assert "The switch was replaced." in page
        assert "alike: " in page


def test_the_pages_say_why_it_was_taken_for_this(cast: Cast) -> None:
    """POL-10, FAQ-1, FAQ-6: for, against, set aside, and what is not told yet."""
    from tests.integration.test_responder_pages import as_person, seen

    words = "The portal was down and it is fine now. How do I get the report? No data was leaked."
    mine = cast.report(cast.mira, words, at=now())
    ana = as_person(cast.ana)

    for page in (seen(ana, f"/incidents/{mine.incident}/"), seen(ana, f"/cases/{mine.case}/")):
        assert "The words speak against an emergency." in page
        assert "Speaks against" in page
        assert "“how do i”" in page
        assert "heard, and set aside" in page
        assert "said to be over by: “fine now”" in page
        assert "denied by: “no”" in page
        assert "Not told yet" in page
