"""The responders' pages: who may open them, what stands on them, and how few queries they take."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from redphone.actions import cases, duty, incidents, runbooks, updates
from redphone.clock import now
from redphone.core.updates import Stage
from redphone.records.models import CaseRow, Delivery, IncidentRow

if TYPE_CHECKING:
    from tests.conftest import Cast

    from redphone.records.models import Person

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)
PAGES = ("/now/", "/cases/", "/oncall/", "/policy/", "/customers/", "/customers/nordwind/")


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    caches["process"].clear()


def as_person(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def seen(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def outage(cast: Cast, minutes: int = 10) -> tuple[str, str]:
    at = now() - minutes * MINUTE
    taken = cast.report(cast.mira, at=at, closest_to="system-outage")
    duty.handle_due(at=at)
    return str(taken.incident), str(taken.case)


def test_customers_find_nothing_and_strangers_sign_in(cast: Cast) -> None:
    ref, case = outage(cast)
    mira, nobody = as_person(cast.mira), Client()

    for path in (*PAGES, f"/incidents/{ref}/", f"/cases/{case}/", f"/cases/{case}/report/"):
        stranger = nobody.get(path)
        assert stranger.status_code == 302, path
        assert stranger.headers["Location"].startswith("/accounts/login/"), path
        assert mira.get(path).status_code == 404, path


def test_all_of_the_desk_read_every_page(cast: Cast) -> None:
    ref, case = outage(cast)

    for who in ("ana", "ines", "maya", "tom", "rosa"):
        client = as_person(getattr(cast, who))
        for path in (*PAGES, f"/incidents/{ref}/", f"/cases/{case}/"):
            assert "Redphone" in seen(client, path)


def test_the_board_says_what_is_due_by_which_clause_and_who_is_rung(cast: Cast) -> None:
    ref, _ = outage(cast, minutes=2)

    board = seen(as_person(cast.ana), "/now/")

    assert "One emergency is open" in board
    assert ref in board
    assert "triage confirmed" in board
    assert "POL-10" in board
    assert "ringing L1 Support" in board
    assert "1 owed a first reply" in board
    assert "No promises yet" in board


def test_the_board_puts_the_soonest_deadline_of_incident_or_case_first(cast: Cast) -> None:
    at = now() - 20 * MINUTE
    late = cast.report(cast.mira, "Nobody at Nordwind can sign in at all.", at=at)
    soon = cast.report(cast.jon, "Checkout shows an error to all shops.", at=now() - MINUTE)

    board = seen(as_person(cast.ana), "/now/")

    assert board.index(str(late.incident)) < board.index(str(soon.incident))


def test_kept_promises_are_counted_from_the_deadlines(cast: Cast) -> None:
    ref, case = outage(cast)
    cases.respond(case=case, by=cast.ana.actor, words="We are on it.", at=now())

    board = seen(as_person(cast.ana), "/now/")

    assert "1 of 1 promise to customers" in board
    assert "100%" in board
    assert ref in board


def test_the_board_takes_as_many_queries_for_many_incidents_as_for_one(cast: Cast) -> None:
    client = as_person(cast.ana)
    outage(cast)
    one = queries(client, "/now/")
    for number in range(12):
        cast.report(cast.jon, f"Shop {number} cannot take payments.", at=now() - MINUTE)

    many = queries(client, "/now/")

    assert many == one


def queries(client: Client, path: str) -> int:
    client.get(path)
    caches["process"].clear()
    with CaptureQueriesContext(
        connection,
    ) as counted:
        assert client.get(path).status_code == 200
    return len(counted)


def test_the_board_pages_through_many_incidents(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from redphone.records.queries import board

    monkeypatch.setattr(board, "PER_PAGE", 2)
    for number in range(3):
        cast.report(cast.jon, f"Shop {number} cannot take payments.", at=now() - number * MINUTE)

    first = seen(as_person(cast.ana), "/now/")
    second = seen(as_person(cast.ana), "/now/?page=2")

    assert first.count('class="title"') == 2
    assert second.count('class="title"') == 1
    assert "page 2 of 2" in second


def test_the_room_shows_clocks_ladder_runbooks_and_timeline(cast: Cast) -> None:
    ref, _ = outage(cast, minutes=12)
    ines, at = cast.ines.actor, now()
    incidents.acknowledge(incident=ref, by=cast.ana.actor, at=at - 11 * MINUTE)
    incidents.take(incident=ref, by=ines, at=at - 10 * MINUTE)
    incidents.confirm(
        incident=ref, types=("system-outage",), by=ines, why="Seen.", at=at - 10 * MINUTE
    )
    runbooks.start(incident=ref, slug="service-outage", by=ines, at=at - 9 * MINUTE)
    runbooks.tick(
        incident=ref, slug="service-outage", step=1, by=ines, words="All shops", at=at - 8 * MINUTE
    )
    updates.post_update(
        incident=ref,
        by=ines,
        words="We have found the cause and move traffic away.",
        next_at=at + 20 * MINUTE,
        stage=Stage.CAUSE_FOUND,
        at=at - 7 * MINUTE,
    )

    room = seen(as_person(cast.ana), f"/incidents/{ref}/")

    assert "kept in 1 min" in room
    assert "POL-4 (as told)" in room
    assert "Ana Reyes answered" in room
    assert "Bo Lindqvist" in room
    assert "1 of 6" in room
    assert "All shops" in room
    assert "told the customers and the status page" in room
    assert "We have found the cause and move traffic away." in room
    assert "/policy/#EMG-1" in room


def test_the_timeline_tells_by_what_somebody_was_rung(cast: Cast) -> None:
    """What was waiting when somebody took it is told as not needed, never as a failure."""
    ref, _ = outage(cast, minutes=4)
    page = Delivery.objects.get(stream=ref, purpose="page")
    page.state, page.sent_at, page.channel = "delivered", now() - 3 * MINUTE, "sms"
    page.save()
    spare = Delivery(**{f.attname: getattr(page, f.attname) for f in Delivery._meta.fields})
    spare.pk, spare.key, spare.state, spare.channel = None, "another", "cancelled", "voice"
    spare.save()

    room = seen(as_person(cast.ana), f"/incidents/{ref}/")

    arrived = f"{page.sent_at:%H:%M}, arrived"
    assert f"Ana Reyes: <span>SMS {arrived}</span> · 1 more try not needed" in room
    assert "not delivered" not in room


def test_the_room_suggests_open_cases_that_tell_of_the_same(cast: Cast) -> None:
    ref, _ = outage(cast)
    other = cast.report(cast.jon, "The dashboard is down, nobody can reach it.", at=now())

    room = seen(as_person(cast.ana), f"/incidents/{ref}/")

    assert "Perhaps the same trouble" in room
    assert str(other.case) in room


def test_cases_are_found_by_status_plan_customer_and_words(cast: Cast) -> None:
    outage(cast)
    pro = cast.report(cast.jon, "Checkout shows an error to all shops.", at=now())
    cases.decline(case=str(pro.case), by=cast.ana.actor, reason="A training shop.", at=now())
    client = as_person(cast.ana)

    def found(query: str) -> set[str]:
        page = seen(client, f"/cases/?{query}")
        return {
            ref
            for ref in CaseRow.objects.values_list("ref", flat=True)
            if f">{ref} ·" in page or f"{ref} ·" in page
        }

    assert found("status=declined") == {pro.case}
    assert found("plan=pro") == {pro.case}
    assert found("customer=petrel") == {pro.case}
    assert found("q=checkout") == {pro.case}
    assert found(f"q={pro.case}") == {pro.case}
    assert found("status=open").isdisjoint({pro.case})
    assert found("unanswered=on").isdisjoint({pro.case})


def test_cases_go_on_from_a_number(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from redphone.records.queries import cases as reads

    monkeypatch.setattr(reads, "PER_PAGE", 2)
    refs = [
        str(cast.report(cast.jon, f"Shop {n} is down for everyone.", at=now()).case)
        for n in range(3)
    ]
    client = as_person(cast.ana)

    first = seen(client, "/cases/")
    number = CaseRow.objects.get(ref=refs[1]).number
    second = seen(client, f"/cases/?below={number}")

    assert f"below={number}" in first
    assert refs[0] in second
    assert f"{refs[2]} ·" not in second


def test_a_report_is_downloaded_as_it_came_and_never_opened(cast: Cast) -> None:
    words = "<script>alert(1)</script> Checkout is down for everyone."
    taken = cast.report(cast.mira, words, at=now())

    answer = as_person(cast.ana).get(f"/cases/{taken.case}/report/")

    assert answer.content == words.encode()
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "<script>alert" not in seen(as_person(cast.ana), f"/cases/{taken.case}/")


def test_the_case_page_names_what_was_not_told(cast: Cast) -> None:
    _, case = outage(cast)

    page = seen(as_person(cast.ana), f"/cases/{case}/")

    assert "Not told yet" in page
    assert "business impact" in page
    assert "/policy/#FAQ-6" in page


def test_findings_of_the_policy_are_for_managers(cast: Cast) -> None:
    assert "for the next version" in seen(as_person(cast.maya), "/policy/")
    assert "for the next version" not in seen(as_person(cast.ana), "/policy/")


def test_an_incident_that_is_not_there_is_a_page_that_says_so(cast: Cast) -> None:
    assert as_person(cast.ana).get("/incidents/INC-9999/").status_code == 404
    assert as_person(cast.ana).get("/cases/RP-9999/").status_code == 404
    assert IncidentRow.objects.count() == 0
