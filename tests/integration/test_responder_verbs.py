"""What responders do on their pages: each verb by its form, and by each role that may not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from redphone.actions import incidents
from redphone.clock import now
from redphone.records import ledger
from redphone.records.models import CaseRow, Component, ComponentChange, IncidentRow
from redphone.records.queries import rights
from redphone.records.queries.asker import Asker
from redphone.web.responder import case_verbs, customers, incident_verbs, oncall_verbs

if TYPE_CHECKING:
    from tests.conftest import Cast

    from redphone.records.models import Person

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)
SAID = "Shops can pay by card again in two of three regions."
STAFF = ("ana", "ines", "maya", "tom", "rosa")


def as_person(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def an_incident(cast: Cast, *, confirmed: bool = True) -> tuple[str, str]:
    at = now() - 5 * MINUTE
    taken = cast.report(cast.mira, at=at, closest_to="system-outage")
    ref = str(taken.incident)
    if confirmed:
        incidents.confirm(
            incident=ref, types=("system-outage",), by=cast.ana.actor, why="", at=at + MINUTE
        )
    return ref, str(taken.case)


def kinds(ref: str) -> list[str]:
    return [entry.kind for entry in ledger.entries(ref)]


INCIDENT_FORMS: dict[str, tuple[dict[str, Any], str]] = {
    "acknowledge": ({}, "acknowledged"),
    "update": ({"words": SAID, "stage": "recovering", "minutes": "15"}, "update_posted"),
    "confirm": ({"types": ["system-outage", "account-lockout"], "words": "Both."}, "confirmed"),
    "decline": ({"words": "A drill of the customer's own."}, "declined"),
    "publish": ({"is_public": "no", "words": "Only one customer."}, "published"),
    "take": ({}, "manager_accepted"),
    "offer": ({"to": "?bo", "words": "Over to you."}, "manager_offered"),
    "note": ({"words": "Called the provider."}, "noted"),
    "cause": ({"words": "A certificate.", "is_outside": "yes"}, "cause_named"),
    "name-customer": (
        {"customer": "petrel", "evidence": "seen", "words": "Errors in the log."},
        "customer_named",
    ),
    "contain": ({"words": "The gate is shut."}, "contained"),
    "resolve": ({"words": "Restored, checked from outside."}, "resolved"),
    "call-next": ({"lane": "system-outage"}, "asked"),
    "gather": ({"component": "checkout"}, "gathering"),
    "component": ({"component": "checkout", "state": "major_outage"}, "component_set"),
    "start-runbook": ({"runbook": "service-outage"}, "runbook_started"),
}


def filled(form: dict[str, Any], cast: Cast) -> dict[str, Any]:
    return {
        key: getattr(cast, value[1:]).actor if str(value).startswith("?") else value
        for key, value in form.items()
    }


def test_each_form_of_the_room_does_its_verb(cast: Cast) -> None:
    ana = as_person(cast.ana)
    for verb, (form, kind) in INCIDENT_FORMS.items():
        ref, _ = an_incident(cast)
        before = kinds(ref).count(kind)

        answer = ana.post(f"/incidents/{ref}/{verb}/", filled(form, cast))

        assert answer.status_code == 302, verb
        assert answer.headers["Location"] == f"/incidents/{ref}/"
        assert kinds(ref).count(kind) > before, verb
        ana.post(f"/incidents/{ref}/gather/", {"component": ""})


def test_what_follows_a_start_is_done_by_its_form(cast: Cast) -> None:
    ref, _ = an_incident(cast)
    bo, ines = as_person(cast.bo), as_person(cast.ines)

    ines.post(f"/incidents/{ref}/take/")
    ines.post(f"/incidents/{ref}/offer/", {"to": cast.bo.actor, "words": ""})
    bo.post(f"/incidents/{ref}/refuse/", {"words": "Asleep."})
    bo.post(f"/incidents/{ref}/start-runbook/", {"runbook": "service-outage"})
    bo.post(f"/incidents/{ref}/tick/", {"runbook": "service-outage", "step": 1, "words": "All"})
    bo.post(f"/incidents/{ref}/resolve/", {"words": "Restored, checked from outside."})
    bo.post(f"/incidents/{ref}/reopen/", {"words": "It is back."})
    bo.post(f"/incidents/{ref}/resolve/", {"words": "Now it holds; watched for an hour."})
    sections = dict.fromkeys(("timeline", "root_cause", "resolution", "prevention"), "Said.")
    bo.post(f"/incidents/{ref}/report/", sections)
    bo.post(f"/incidents/{ref}/close/")

    expected = ["manager_declined", "step_ticked", "reopened", "reported", "closed"]
    assert [kind for kind in kinds(ref) if kind in expected] == expected


def test_a_case_joins_by_the_button_beside_the_suggestion(cast: Cast) -> None:
    ref, _ = an_incident(cast)
    other = cast.report(cast.jon, "The dashboard is down, nobody can reach it.", at=now())

    as_person(cast.ana).post(f"/incidents/{ref}/join/", {"case": other.case})

    assert CaseRow.objects.filter(ref=other.case, incident__ref=ref).exists()
    assert IncidentRow.objects.get(ref=other.incident).status == "declined"


CASE_FORMS: dict[str, tuple[dict[str, Any], str]] = {
    "respond": ({"words": "We are on it."}, "responded"),
    "phoned": ({"words": "Told Mira that we are on it."}, "responded"),
    "add": ({"words": "It began at noon."}, "added"),
    "decline": ({"words": "A drill."}, "declined"),
    "identify": ({"customer": "petrel"}, "identified"),
}


def test_each_form_of_a_case_does_its_verb(cast: Cast) -> None:
    ines = as_person(cast.ines)
    for verb, (form, kind) in CASE_FORMS.items():
        _, case = an_incident(cast)

        answer = ines.post(f"/cases/{case}/{verb}/", form)

        assert answer.status_code == 302, verb
        assert kind in kinds(case), verb


def test_a_case_is_moved_and_closed_by_its_forms(cast: Cast) -> None:
    ref, _ = an_incident(cast)
    other = cast.report(cast.jon, "Checkout shows an error to all shops.", at=now())
    ana = as_person(cast.ana)

    ana.post(f"/cases/{other.case}/move/", {"to": ref, "words": "Same gateway."})
    ana.post(f"/incidents/{ref}/resolve/", {"words": "Restored, checked from outside."})
    ana.post(f"/cases/{other.case}/close/")

    assert kinds(str(other.case))[-2:] == ["resolved", "closed"]


def test_what_was_typed_stays_when_it_is_refused(cast: Cast) -> None:
    ref, _ = an_incident(cast)
    ana = as_person(cast.ana)
    ana.post(f"/incidents/{ref}/update/", {"words": SAID, "stage": "recovering", "minutes": "15"})

    again = ana.post(
        f"/incidents/{ref}/update/", {"words": SAID, "stage": "recovering", "minutes": "15"}
    )

    assert again.status_code == 409
    assert "These are the words of the last update" in again.content.decode()
    assert SAID in again.content.decode()
    assert kinds(ref).count("update_posted") == 1


def test_a_draft_is_looked_at_and_nothing_is_sent(cast: Cast) -> None:
    ref, _ = an_incident(cast)
    ana = as_person(cast.ana)

    little = ana.post(f"/incidents/{ref}/draft/", {"words": "On it."}).content.decode()
    enough = ana.post(f"/incidents/{ref}/draft/", {"words": SAID}).content.decode()

    assert "says too little" in little
    assert "says what changed" in enough
    assert "update_posted" not in kinds(ref)


def test_one_component_gathers_for_one_open_incident(cast: Cast) -> None:
    first, _ = an_incident(cast)
    second = str(cast.report(cast.jon, "Checkout shows an error.", at=now()).incident)
    ana = as_person(cast.ana)
    ana.post(f"/incidents/{first}/gather/", {"component": "checkout"})

    refused = ana.post(f"/incidents/{second}/gather/", {"component": "checkout"})
    third = cast.report(cast.jon, "Cards fail.", at=now(), fields={"component": "checkout"})
    ana.post(f"/incidents/{first}/gather/", {"component": ""})
    allowed = ana.post(f"/incidents/{second}/gather/", {"component": "checkout"})

    assert refused.status_code == 409
    assert f"It is {first}." in refused.content.decode()
    assert third.incident == first
    assert allowed.status_code == 302


def test_a_component_is_set_once_with_its_cause(cast: Cast) -> None:
    ref, _ = an_incident(cast)
    ana = as_person(cast.ana)
    form = {"component": "checkout", "state": "degraded"}
    ana.post(f"/incidents/{ref}/component/", form)

    again = ana.post(f"/incidents/{ref}/component/", form)

    change = ComponentChange.objects.get()
    assert (change.incident_ref, change.actor) == (ref, cast.ana.actor)
    assert Component.objects.get(slug="checkout").state == "degraded"
    assert again.status_code == 409
    assert kinds(ref).count("component_set") == 1


# ── From the wrong side ─────────────────────────────────────────────────────────────────────────


def test_no_customer_and_no_stranger_does_anything_to_an_incident_or_case(cast: Cast) -> None:
    ref, case = an_incident(cast, confirmed=False)
    before = kinds(ref), kinds(case)
    mira, stranger = as_person(cast.mira), Client()
    paths = [f"/incidents/{ref}/{verb}/" for verb in (*incident_verbs.VERBS, "draft")]
    paths += [f"/cases/{case}/{verb}/" for verb in case_verbs.VERBS]

    for path in paths:
        assert mira.post(path, {"words": "x"}).status_code == 404, path
        answer = stranger.post(path, {"words": "x"})
        assert answer.status_code == 302, path
        assert answer.headers["Location"].startswith("/accounts/login/"), path

    assert (kinds(ref), kinds(case)) == before


def test_each_verb_is_refused_to_each_role_that_may_not(cast: Cast) -> None:
    ref, case = an_incident(cast, confirmed=False)
    tables = [
        *((f"/incidents/{ref}/{name}/", verb) for name, verb in incident_verbs.VERBS.items()),
        *((f"/cases/{case}/{name}/", verb) for name, verb in case_verbs.VERBS.items()),
        *((f"/oncall/{name}/", verb) for name, verb in oncall_verbs.VERBS.items()),
        *((f"/customers/nordwind/{name}/", verb) for name, verb in customers.VERBS.items()),
    ]
    before = kinds(ref), kinds(case)
    refused = 0

    for who in STAFF:
        person, client = getattr(cast, who), as_person(getattr(cast, who))
        for path, verb in tables:
            if person.role not in rights.ALLOWED[verb.right]:
                assert client.post(path, {"words": "x"}).status_code == 403, (who, path)
                refused += 1

    assert refused > 50
    assert (kinds(ref), kinds(case)) == before


def test_the_company_s_lists_are_changed_by_managers_only(cast: Cast) -> None:
    for who in ("ana", "ines", "tom"):
        client = as_person(getattr(cast, who))
        for path in ("/add-customer/", "/components/add/", "/components/set/"):
            assert client.post(path, {"name": "X"}).status_code == 403, (who, path)
        answer = client.post("/customers/nordwind/person/", {"name": "X", "email": "x@y.example"})
        assert answer.status_code == 403, who


def test_an_executive_answers_a_page_takes_over_and_may_then_do_the_work(cast: Cast) -> None:
    ref, _ = an_incident(cast)
    tom = as_person(cast.tom)
    form = {"words": SAID, "stage": "recovering", "minutes": "15"}

    before = tom.post(f"/incidents/{ref}/update/", form)
    tom.post(f"/incidents/{ref}/acknowledge/")
    tom.post(f"/incidents/{ref}/take/")
    after = tom.post(f"/incidents/{ref}/update/", form)

    assert before.status_code == 403
    assert after.status_code == 302
    assert kinds(ref).count("update_posted") == 1


def test_who_manages_an_incident_still_may_not_name_a_case_s_customer() -> None:
    tom = Asker(person_id=1, role="executive")

    assert not rights.may(tom, "case.identify", manages=True)
    assert rights.may(tom, "case.respond", manages=True)
    assert not rights.may(Asker(person_id=2, role="customer", customer_id=1), "incident.note")


def test_a_verb_is_never_done_by_a_link(cast: Cast) -> None:
    ref, _ = an_incident(cast)

    assert as_person(cast.ana).get(f"/incidents/{ref}/resolve/").status_code == 405
    assert as_person(cast.ana).post(f"/incidents/{ref}/explode/").status_code == 404
    assert IncidentRow.objects.get(ref=ref).status == "open"


def test_a_form_from_elsewhere_is_refused(cast: Cast) -> None:
    ref, _ = an_incident(cast)
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.ana)

    answer = client.post(f"/incidents/{ref}/resolve/", {"words": "Restored and checked."})

    assert answer.status_code == 403
    assert IncidentRow.objects.get(ref=ref).status == "open"
