"""Reading by the API: who may see what, and nobody more."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from redphone import clock
from redphone.actions import cases, components, duty, incidents, runbooks, updates
from redphone.core.updates import Stage
from redphone.records.models import ApiToken, CaseRow, Contact, Customer, Person
from redphone.records.models.person import Role

if TYPE_CHECKING:
    from tests.conftest import Cast
    from tests.integration.conftest import Speak

    from redphone.actions.reports import Taken

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "The gateway of Petrel has a bug that nobody may know of."
UPDATE = "Checkout is slow because of the gateway; we move traffic away."
OTHERS = "Petrel's own secret words about their checkout being down."


@pytest.fixture
def shared(cast: Cast) -> tuple[Taken, Taken]:
    """An incident that Jon reported first and Mira joined, worked on by the desk."""
    at = clock.now()
    theirs = cast.report(cast.jon, OTHERS, at=at, join_key="checkout-502")
    ours = cast.report(cast.mira, at=at, join_key="checkout-502")
    ref = str(ours.incident)
    incidents.take(incident=ref, by=cast.ines.actor, at=at)
    incidents.note(incident=ref, by=cast.ines.actor, words=SECRET, at=at)
    runbooks.start(incident=ref, slug="service-outage", by=cast.ines.actor, at=at)
    updates.post_update(
        incident=ref,
        by=cast.ines.actor,
        words=UPDATE,
        next_at=at + timedelta(minutes=20),
        stage=Stage.INVESTIGATING,
        at=at,
    )
    return ours, theirs


def test_the_desk_reads_a_case_with_its_clocks_and_triage(
    cast: Cast, speak: Speak, shared: tuple[Taken, Taken]
) -> None:
    told = speak(cast.tom).get(f"/cases/{shared[0].case}").json

    assert told["customer"] == {"slug": "nordwind", "name": "Nordwind"}
    assert told["triage"]["issue_type"]
    assert [clock["state"] for clock in told["clocks"]] == ["kept"]


def test_a_customer_reads_what_is_promised_to_them(
    cast: Cast, speak: Speak, shared: tuple[Taken, Taken]
) -> None:
    """POL-4, FAQ-3."""
    told = speak(cast.mira).get(f"/cases/{shared[0].case}").json

    kinds = {clock["kind"] for clock in told["clocks"]}
    assert "next_update" in kinds
    assert kinds <= {"next_update", "resolution", "containment", "first_response"}
    assert all(claim["due_at"] for clock in told["clocks"] for claim in clock["claims"])
    assert told["triage"] is None


ROUTES = ("/cases/{}", "/cases/{}/timeline", "/cases/{}/clocks")
SHARED = ("/incidents/{}", "/incidents/{}/timeline", "/incidents/{}/clocks")


@pytest.mark.parametrize("route", ROUTES)
def test_a_case_is_read_by_its_own_customer_and_the_desk(
    cast: Cast, speak: Speak, shared: tuple[Taken, Taken], route: str
) -> None:
    path = route.format(shared[0].case)

    seen = [speak(who).get(path).status for who in (cast.mira, cast.ana, cast.jon)]

    assert seen == [200, 200, 404]


@pytest.mark.parametrize("route", SHARED)
def test_an_incident_is_read_by_who_is_in_it_and_the_desk(
    cast: Cast, speak: Speak, shared: tuple[Taken, Taken], route: str
) -> None:
    lea = Person.objects.get(email="lea@tidemark.example")
    path = route.format(shared[0].incident)

    seen = [speak(who).get(path).status for who in (cast.mira, cast.jon, cast.ana, lea)]

    assert seen == [200, 200, 200, 404]


@pytest.mark.parametrize(
    "ref", ["RP-999999", "RP-0x1", "INC-101", "nonsense", "RP-" + "9" * 40, "RP-1%00"]
)
@pytest.mark.parametrize("route", ROUTES)
def test_what_is_not_there_is_a_problem(cast: Cast, speak: Speak, route: str, ref: str) -> None:
    for who in (cast.mira, cast.ana):
        answer = speak(who).get(route.format(ref))

        assert answer.status == 404
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_customers_see_nothing_of_each_other_in_a_shared_incident(
    cast: Cast, speak: Speak, shared: tuple[Taken, Taken]
) -> None:
    mira = speak(cast.mira)
    ours, theirs = shared

    read = [
        mira.get(path.format(ref)).body.decode()
        for paths, ref in ((ROUTES, ours.case), (SHARED, ours.incident))
        for path in paths
    ] + [mira.get("/cases").body.decode(), mira.get("/incidents").body.decode()]

    everything = "".join(read)
    assert UPDATE in everything
    for hidden in (OTHERS, SECRET, "Petrel", str(theirs.case), "checkout-502", "L1 Support"):
        assert hidden not in everything
    # The people who write to customers sign with their name; nobody's address is given away.
    assert cast.ines.email not in everything
    assert "seq" not in read[1] or '"seq": null' in read[1]


def test_a_customer_gets_no_desk_fields_of_an_incident(
    cast: Cast, speak: Speak, shared: tuple[Taken, Taken]
) -> None:
    told = speak(cast.mira).get(f"/incidents/{shared[0].incident}").json

    desks_own = ("ladders", "runbooks", "named", "manager", "cause", "case_count", "join_key")
    assert [told[name] for name in desks_own] == [None] * len(desks_own)
    assert told["cases"] == [shared[0].case]
    assert told["title"] == CaseRow.objects.get(ref=shared[0].case).title


def test_the_desk_reads_all_of_an_incident(
    cast: Cast, speak: Speak, shared: tuple[Taken, Taken]
) -> None:
    ana, ref = speak(cast.ana), shared[0].incident
    told = ana.get(f"/incidents/{ref}").json
    happened = ana.get(f"/incidents/{ref}/timeline").json

    assert told["manager"]["email"] == cast.ines.email
    assert told["ladders"][0]["steps"][0]["state"]
    assert told["runbooks"][0]["steps"][0]["is_now"]
    assert told["case_count"] == 2
    noted = next(each for each in happened["items"] if each["kind"] == "noted")
    assert (noted["words"], noted["actor"]) == (SECRET, cast.ines.actor)
    assert "words_digest" not in noted["data"]


def test_lists_go_on_from_a_number(cast: Cast, speak: Speak) -> None:
    refs = [str(cast.report(who).case) for who in (cast.mira, cast.jon, cast.mira, cast.mira)]
    ana, mira = speak(cast.ana), speak(cast.mira)

    first = ana.get("/cases", limit=3).json
    second = ana.get("/cases", limit=3, before=first["next"]).json
    own = mira.get("/cases").json
    found = ana.get("/incidents", limit=1).json

    assert [each["ref"] for each in first["items"] + second["items"]] == refs[::-1]
    assert second["next"] is None
    assert [each["ref"] for each in own["items"]] == [refs[3], refs[2], refs[0]]
    assert (len(found["items"]), bool(found["next"])) == (1, True)


def test_lists_can_be_narrowed(cast: Cast, speak: Speak) -> None:
    taken = [cast.report(who) for who in (cast.mira, cast.jon)]
    ana = speak(cast.ana)

    by_customer = ana.get("/cases", customer="petrel").json["items"]
    by_incident = ana.get("/cases", incident=taken[0].incident).json["items"]
    resolved = ana.get("/cases", status="resolved").json["items"]
    wrong = [
        ana.get("/cases", **{name: value}).status
        for name, value in (
            ("status", "broken"),
            ("limit", 0),
            ("limit", 1000),
            ("before", "RP-1'; drop table"),
            ("incident", "1"),
        )
    ]

    assert [each["ref"] for each in by_customer] == [taken[1].case]
    assert [each["ref"] for each in by_incident] == [taken[0].case]
    assert resolved == []
    assert wrong == [422] * 5


def test_an_ended_timeline_turns_back(cast: Cast, speak: Speak) -> None:
    taken = cast.report(cast.mira, at=clock.now())
    for number in range(105):
        incidents.note(
            incident=str(taken.incident), by=cast.ana.actor, words=f"{number}", at=clock.now()
        )
    ana = speak(cast.ana)

    newest = ana.get(f"/incidents/{taken.incident}/timeline").json
    older = ana.get(f"/incidents/{taken.incident}/timeline", before=newest["next"]).json

    assert len(newest["items"]) == 100
    assert older["next"] is None
    assert older["items"][-1]["kind"] == "opened"


def test_where_data_are_at_risk_only_named_contacts_read(cast: Cast, speak: Speak) -> None:
    """EMG-2."""
    nordwind = Customer.objects.get(slug="nordwind")
    colleague = Person.objects.create_user(
        "kai@nordwind.example", name="Kai", role=Role.CUSTOMER, customer=nordwind
    )
    taken = cast.report(cast.mira, at=clock.now())
    ref = str(taken.incident)
    incidents.confirm(
        incident=ref,
        types=("data-security-incident",),
        by=cast.ana.actor,
        why="Data may be out.",
        at=clock.now(),
    )
    Contact.objects.filter(customer=nordwind, email="kai@nordwind.example").delete()
    kai, mira = speak(colleague), speak(cast.mira)

    seen = [
        (voice.get(f"/cases/{taken.case}").status, voice.get(f"/incidents/{ref}").status)
        for voice in (mira, kai)
    ]

    assert seen == [(200, 200), (404, 404)]
    assert kai.get("/cases").json["items"] == kai.get("/incidents").json["items"] == []


def test_a_customer_whose_case_was_no_emergency_hears_no_more(cast: Cast, speak: Speak) -> None:
    at = clock.now()
    cast.report(cast.jon, OTHERS, at=at, join_key="k")
    ours = cast.report(cast.mira, at=at, join_key="k")
    cases.decline(case=str(ours.case), by=cast.ana.actor, reason="A drill.", at=at)
    mira = speak(cast.mira)

    assert mira.get(f"/cases/{ours.case}").json["status"] == "declined"
    assert mira.get(f"/incidents/{ours.incident}").status == 404


def test_everyone_with_a_token_reads_the_components(cast: Cast, speak: Speak) -> None:
    components.set_state(
        component="checkout",
        state="degraded",
        incident=None,
        by=cast.maya.actor,
        at=clock.now(),
    )

    told = speak(cast.jon).get("/components").json

    assert told[0]["slug"] == "checkout"
    assert told[0]["state"] == "degraded"


def test_what_has_no_route_is_a_problem_too(cast: Cast, speak: Speak) -> None:
    ana = speak(cast.ana)

    missing = ana.get("/nothing/here")
    method = ana.post("/cases", {})
    media = ana.post("/incidents/INC-101/take", b"<x/>", content_type="text/xml")
    broken = ana.post("/incidents/INC-101/note", b"{")

    assert [each.status for each in (missing, method, media, broken)] == [404, 405, 415, 400]
    assert method.headers["Allow"] == "GET"
    for answer in (missing, method, media, broken):
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json["status"] == answer.status
        assert answer.json["instance"].startswith("/api/v1/")


def test_what_breaks_on_our_side_is_a_problem_that_says_so(
    cast: Cast, speak: Speak, monkeypatch: pytest.MonkeyPatch
) -> None:
    from redphone.records.queries import api as doors

    ana = speak(cast.ana)
    monkeypatch.setattr(doors, "components", lambda: 1 / 0)

    answer = ana.get("/components")

    assert answer.status == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "ZeroDivision" not in answer.body.decode()
    assert ApiToken.objects.count() == 1


def test_a_missed_promise_is_told_once_with_its_clauses(cast: Cast, speak: Speak) -> None:
    """POL-2, FAQ-3: nobody answered in time, and the customer reads that."""
    long_ago = clock.now() - timedelta(hours=1)
    taken = cast.report(cast.mira, at=long_ago)
    duty.handle_due(at=clock.now())

    seen = [speak(who).get(f"/cases/{taken.case}").json["missed"] for who in (cast.ana, cast.mira)]

    assert [each["kind"] for each in seen[0]] == ["first_response"]
    assert set(seen[0][0]["clauses"]) >= {"FAQ-3"}
    clock_of_theirs = [
        each["state"]
        for each in speak(cast.mira).get(f"/cases/{taken.case}/clocks").json
        if each["kind"] == "first_response"
    ]
    assert clock_of_theirs == ["late"]
