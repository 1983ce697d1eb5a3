"""The people's verbs by the API: what each does, who may do it, and how a refusal reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from redphone import clock
from redphone.core.stream import stamp
from redphone.records.models import CaseRow, Customer, EntryRow

if TYPE_CHECKING:
    from tests.conftest import Cast
    from tests.integration.conftest import Answer, Speak

    from redphone.actions.reports import Taken

pytestmark = pytest.mark.django_db(transaction=True)

SECTIONS = ("timeline", "root_cause", "resolution", "prevention")


@pytest.fixture
def taken(cast: Cast) -> Taken:
    return cast.report(cast.mira, at=clock.now())


def kinds(ref: str | None) -> list[str]:
    return list(EntryRow.objects.filter(stream=ref).order_by("seq").values_list("kind", flat=True))


def an_update(words: str = "We have found the cause and move traffic away.") -> dict[str, Any]:
    return {
        "words": words,
        "next_at": stamp(clock.now() + timedelta(minutes=25)),
        "stage": "cause_found",
    }


def test_an_emergency_goes_its_whole_way_by_the_api(
    cast: Cast, speak: Speak, taken: Taken
) -> None:
    """POL-1 to POL-5, EMG-1, RUN-4, FAQ-3, FAQ-7."""
    ana, ines, maya = speak(cast.ana), speak(cast.ines), speak(cast.maya)
    incident, case = f"/incidents/{taken.incident}", f"/cases/{taken.case}"
    steps = [
        ana.post(f"{incident}/acknowledge"),
        ana.post(f"{incident}/confirm", {"types": ["system-outage"], "why": "Seen."}),
        ana.post(f"{case}/respond", {"words": "We are on it."}),
        ines.post(f"{incident}/take"),
        ines.post(f"{incident}/offer", {"to": "BO@redphone.example", "note": "My shift ends."}),
        speak(cast.bo).post(f"{incident}/refuse", {"note": "I mend it."}),
        ines.post(f"{incident}/gather", {"component": "dashboard"}),
        ines.post("/components/dashboard/state", {"state": "major_outage", "incident": None}),
        ines.post(f"{incident}/name-customer", {"customer": "halden-foods", "words": "Seen."}),
        ines.post(f"{incident}/note", {"words": "The CDN says it is us."}),
        ines.post(f"{incident}/cause", {"words": "A bad deployment."}),
        ines.post(f"{incident}/update", an_update()),
        ines.post(f"{incident}/runbooks/service-outage/start"),
        ines.post(f"{incident}/runbooks/service-outage/steps/1/tick", {"note": "All regions."}),
        ines.post(f"{incident}/contain", {"evidence": "No new errors for ten minutes."}),
        ines.post(f"{incident}/publish", {"is_public": False, "why": "Restored already."}),
        ines.post(f"{incident}/resolve", {"words": "Restored, and checked from outside."}),
        ines.post(f"{incident}/reopen", {"why": "It fails again."}),
        ines.post(f"{incident}/call-next-step", {"lane": "system-outage"}),
        ines.post(f"{incident}/resolve", {"words": "Restored for good this time."}),
        ines.post(f"{incident}/report", dict.fromkeys(SECTIONS, "All is said.")),
        maya.post(f"{incident}/close"),
    ]
    # A manager sets a component for which nobody named an incident; Ines leads, and may not.
    expected = [200] * len(steps)
    expected[7] = 403

    assert [step.status for step in steps] == expected
    assert steps[-1].json["status"] == "closed"
    happened = kinds(taken.incident)
    for kind in (
        *("acknowledged", "confirmed", "manager_accepted", "manager_offered"),
        *("manager_declined", "gathering", "customer_named", "noted", "cause_named"),
        *("update_posted", "runbook_started", "step_ticked", "contained", "published"),
        *("resolved", "reopened", "reported", "closed"),
    ):
        assert kind in happened, kind
    actors = EntryRow.objects.filter(stream=taken.incident, kind="update_posted")
    assert actors.get().actor == cast.ines.actor


def test_a_case_goes_its_way_by_the_api(cast: Cast, speak: Speak, taken: Taken) -> None:
    other = cast.report(None, at=clock.now())
    ana, ines, mira = speak(cast.ana), speak(cast.ines), speak(cast.mira)
    case, joined = f"/cases/{taken.case}", f"/cases/{other.case}"
    steps = [
        mira.post(f"{case}/add", {"words": "All 40 of us.", "fields": ["users_affected"]}),
        ana.post(f"{case}/add", {"words": "She called again."}),
        ines.post(f"{joined}/identify", {"customer": "petrel"}),
        ana.post(f"{joined}/move", {"to": taken.incident, "why": "The same gateway."}),
        ana.post(f"{joined}/decline", {"reason": "It was their own network."}),
        ana.post(f"/incidents/{taken.incident}/resolve", {"words": "Restored and checked."}),
        ana.post(f"{case}/close"),
    ]

    assert [step.status for step in steps] == [200] * len(steps)
    assert "users_affected" not in steps[0].json["lacks"]
    assert CaseRow.objects.get(ref=other.case).customer == Customer.objects.get(slug="petrel")
    assert kinds(other.case) == ["opened", "identified", "moved", "declined"]
    assert CaseRow.objects.get(ref=taken.case).status == "closed"


def test_a_component_is_set_from_an_incident(cast: Cast, speak: Speak, taken: Taken) -> None:
    answers = [
        speak(cast.ana).post(
            "/components/checkout/state", {"state": "degraded", "incident": taken.incident}
        ),
        speak(cast.maya).post("/components/checkout/state", {"state": "operational"}),
        speak(cast.maya).post("/components/checkout/state", {"state": "operational"}),
        speak(cast.maya).post("/components/nothing/state", {"state": "operational"}),
        speak(cast.maya).post("/components/checkout/state", {"state": "on fire"}),
        speak(cast.maya).post(
            "/components/checkout/state", {"state": "degraded", "incident": "INC-999999"}
        ),
        speak(cast.mira).post("/components/checkout/state", {"state": "degraded"}),
    ]

    assert [each.status for each in answers] == [200, 200, 409, 404, 422, 422, 404]


INCIDENT_VERBS: dict[str, Any] = {
    "acknowledge": None,
    "confirm": {"types": ["system-outage"]},
    "decline": {"reason": "A drill."},
    "take": None,
    "offer": {"to": "bo@redphone.example"},
    "refuse": None,
    "update": an_update,
    "note": {"words": "Look at the gateway."},
    "cause": {"words": "The gateway."},
    "contain": {"evidence": "No new errors."},
    "resolve": {"words": "Restored and checked."},
    "reopen": {"why": "It is back."},
    "close": None,
    "report": dict.fromkeys(SECTIONS, "All is said."),
    "call-next-step": None,
    "name-customer": {"customer": "petrel"},
    "publish": {"is_public": True, "why": "All ask."},
    "gather": {"component": "checkout"},
    "runbooks/service-outage/start": None,
    "runbooks/service-outage/steps/1/tick": None,
}
CASE_VERBS: dict[str, Any] = {
    "respond": {"words": "We are on it."},
    "add": {"words": "More words."},
    "decline": {"reason": "A drill."},
    "identify": {"customer": "petrel"},
    "move": {"to": "INC-1"},
    "close": None,
}
FOR_EXECUTIVES = {"acknowledge", "take", "refuse", "note"}


def body(of: Any) -> Any:
    return of() if isinstance(of, Callable) else of  # type: ignore[arg-type]


@pytest.mark.parametrize("verb", INCIDENT_VERBS)
def test_a_verb_on_an_incident_is_for_who_may(
    cast: Cast, speak: Speak, taken: Taken, verb: str
) -> None:
    said = body(INCIDENT_VERBS[verb])
    before = kinds(taken.incident)

    customers = speak(cast.mira).post(f"/incidents/{taken.incident}/{verb}", said)
    nowhere = speak(cast.rosa).post(f"/incidents/INC-999999/{verb}", said)
    executive = speak(cast.tom)
    if verb not in FOR_EXECUTIVES:
        refused = executive.post(f"/incidents/{taken.incident}/{verb}", said)
        assert refused.status == 403
        assert refused.json["type"] == "urn:redphone:problem:not-allowed"

    assert (customers.status, nowhere.status) == (404, 404)
    assert kinds(taken.incident) == before


@pytest.mark.parametrize("verb", CASE_VERBS)
def test_a_verb_on_a_case_is_for_who_may(
    cast: Cast, speak: Speak, taken: Taken, verb: str
) -> None:
    said = CASE_VERBS[verb]
    before = kinds(taken.case)

    others = speak(cast.jon).post(f"/cases/{taken.case}/{verb}", said)
    nowhere = speak(cast.rosa).post(f"/cases/RP-999999/{verb}", said)
    executive = speak(cast.tom).post(f"/cases/{taken.case}/{verb}", said)
    if verb != "add":
        assert speak(cast.mira).post(f"/cases/{taken.case}/{verb}", said).status == 404

    assert (others.status, nowhere.status, executive.status) == (404, 404, 403)
    assert kinds(taken.case) == before


def test_who_manages_an_incident_may_end_it(cast: Cast, speak: Speak, taken: Taken) -> None:
    """POL-3: an executive who takes it over can also bring it to its end."""
    tom, path = speak(cast.tom), f"/incidents/{taken.incident}"

    before = tom.post(f"{path}/resolve", {"words": "Restored and checked."})
    tom.post(f"{path}/take")
    after = tom.post(f"{path}/resolve", {"words": "Restored and checked."})

    assert (before.status, after.status) == (403, 200)


def wrong(answer: Answer) -> tuple[int, list[str]]:
    return answer.status, [each["field"] for each in answer.json.get("errors", [])]


def test_what_is_wrong_with_a_body_is_said_by_its_field(
    cast: Cast, speak: Speak, taken: Taken
) -> None:
    ana, path = speak(cast.ana), f"/incidents/{taken.incident}"
    naive = an_update() | {"next_at": "2026-11-24T10:00:00"}

    answers = [
        ana.post(f"{path}/note", {"word": "A slip of the pen."}),
        ana.post(f"{path}/note", {"words": 17}),
        ana.post(f"{path}/note", {"words": "x" * 20_001}),
        ana.post(f"{path}/note", []),
        ana.post(f"{path}/update", naive),
        ana.post(f"{path}/offer", {"to": "mira@nordwind.example"}),
        ana.post(f"{path}/name-customer", {"customer": "nobody"}),
        ana.post(f"{path}/gather", {"component": "nothing"}),
        ana.post(f"/cases/{taken.case}/move", {"to": "INC-999999"}),
    ]

    assert [wrong(answer) for answer in answers] == [
        (422, ["words", "word"]),
        (422, ["words"]),
        (422, ["words"]),
        (422, [""]),
        (422, ["next_at"]),
        (422, ["to"]),
        (422, ["customer"]),
        (422, ["component"]),
        (422, ["to"]),
    ]


def test_what_the_desk_refuses_is_a_problem_with_its_sentence(
    cast: Cast, speak: Speak, taken: Taken
) -> None:
    ana, bo = speak(cast.ana), speak(cast.bo)
    path = f"/incidents/{taken.incident}"
    ana.post(f"{path}/acknowledge")
    ana.post(f"{path}/update", an_update())

    refused = {
        "already-acknowledged": bo.post(f"{path}/acknowledge"),
        "same-words": ana.post(f"{path}/update", an_update()),
        "says-too-little": ana.post(f"{path}/update", an_update("Still on it.")),
        "words-missing": ana.post(f"{path}/note", {"words": " "}),
        "unknown-issue-type": ana.post(f"{path}/confirm", {"types": ["fire"]}),
        "unknown-runbook": ana.post(f"{path}/runbooks/nothing/start"),
        "step-unknown": ana.post(f"{path}/runbooks/service-outage/steps/99999999999/tick"),
        "no-step-left": ana.post(f"{path}/call-next-step", {"lane": "nothing"}),
        "not-offered": bo.post(f"{path}/refuse"),
        "not-resolved": ana.post(f"{path}/close"),
    }

    assert {kind: answer.status for kind, answer in refused.items()} == {
        "already-acknowledged": 409,
        "same-words": 422,
        "says-too-little": 422,
        "words-missing": 422,
        "unknown-issue-type": 422,
        "unknown-runbook": 404,
        "step-unknown": 409,
        "no-step-left": 409,
        "not-offered": 409,
        "not-resolved": 409,
    }
    for kind, answer in refused.items():
        assert answer.json["type"] == f"urn:redphone:problem:{kind}"
        assert answer.json["detail"]
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_words_that_the_database_cannot_hold_are_kept_as_far_as_can_be(
    cast: Cast, speak: Speak, taken: Taken
) -> None:
    ana = speak(cast.ana)

    answer = ana.post(f"/incidents/{taken.incident}/note", b'{"words": "a\\u0000b"}')
    refused = ana.post(f"/incidents/{taken.incident}/note", b'{"words": "\\ud800"}')

    assert (answer.status, refused.status) == (200, 422)
    noted = EntryRow.objects.select_related("words").get(stream=taken.incident, kind="noted")
    assert noted.words is not None
    assert noted.words.text == "a\ufffdb"


def test_what_the_database_cannot_hold_is_replaced_and_not_refused(
    cast: Cast, speak: Speak, taken: Taken
) -> None:
    """Found by Schemathesis: a zero byte in a field's name was a server error. FAQ-6."""
    said = {"words": "It began at noon.", "fields": ["started\x00at"]}

    answer = speak(cast.ines).post(f"/cases/{taken.case}/add", said)

    assert answer.status == 200
    added = EntryRow.objects.filter(stream=taken.case, kind="added").get()
    assert added.data["fields"] == ["started\ufffdat"]
