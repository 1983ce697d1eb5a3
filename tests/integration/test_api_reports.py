"""Reports in by the API: nothing that could be an emergency is turned away."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client

from redphone.records.models import CaseRow, IncidentRow, PolicyVersion, Report

if TYPE_CHECKING:
    from tests.conftest import Cast
    from tests.integration.conftest import Speak

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = "Nobody can reach the dashboard, it is down for everyone."


def test_a_report_is_a_case_with_its_clocks(cast: Cast, speak: Speak) -> None:
    """FAQ-2, FAQ-3, FAQ-6."""
    answer = speak(cast.mira).post(
        "/reports", {"description": WORDS, "users_affected": "all 40 of us"}
    )

    told = answer.json
    assert answer.status == 201
    assert answer.headers["Location"] == f"/api/v1/cases/{told['case']}"
    assert told["warning"] is None
    first = next(clock for clock in told["clocks"] if clock["kind"] == "first_response")
    assert first["claims"][0]["segments"]
    case = CaseRow.objects.get(ref=told["case"])
    assert (case.customer_id, case.reporter_id) == (cast.mira.customer_id, cast.mira.pk)
    assert case.report.fields["users_affected"] == "all 40 of us"
    assert case.report.contact == cast.mira.email


def test_the_desks_people_pass_on_what_others_said(cast: Cast, speak: Speak) -> None:
    """FAQ-2: the hotline's own program reports for who called."""
    body = {
        "description": WORDS,
        "customer": "petrel",
        "channel": "hotline",
        "contact": "jon@petrel.example",
    }

    answer = speak(cast.ana).post("/reports", body)

    case = CaseRow.objects.get(ref=answer.json["case"])
    assert answer.status == 201
    assert (case.customer_id, case.channel, case.reporter_id) == (
        cast.jon.customer_id,
        "hotline",
        None,
    )


def test_a_customer_reports_for_nobody_else(cast: Cast, speak: Speak) -> None:
    answer = speak(cast.jon).post(
        "/reports", {"description": WORDS, "customer": "nordwind", "channel": "hotline"}
    )

    case = CaseRow.objects.get(ref=answer.json["case"])
    assert (case.customer_id, case.channel) == (cast.jon.customer_id, "api")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{not json, but the checkout is down", "{not json, but the checkout is down"),
        (b"", ""),
        (b"\xff\xfe\x00", ""),
        (b'["the checkout is down"]', '["the checkout is down"]'),
        (b'{"description": 17}', "17"),
        (b'{"description": null}', ""),
        (b'{"description": "\\ud800 all is down"}', "? all is down"),
        (b'{"description": "all\\u0000down"}', "all\ufffddown"),
        (b'{"description": "All is down", "users_affected": 40}', "All is down"),
        (b"[" * 100_000, "[" * 100_000),
        (b'{"description": "a", "started_at": ' + b"9" * 5000 + b"}", None),
    ],
)
def test_what_cannot_be_read_is_still_a_case(
    cast: Cast, speak: Speak, body: bytes, words: str | None
) -> None:
    """POL-6: an emergency that we can't parse is still a case, as it came."""
    answer = speak(cast.mira).post("/reports", body)

    assert answer.status == (201 if b"\\u" in body else 202)
    report = Report.objects.get(case_ref=answer.json["case"])
    assert bytes(report.raw) == body
    if words is not None:
        assert report.description == words
    if answer.status == 202:
        assert answer.json["warning"]["type"] == "urn:redphone:problem:not-all-was-read"
        assert answer.json["warning"]["errors"]


def test_a_report_of_any_media_type_is_read_as_it_is(cast: Cast, speak: Speak) -> None:
    words = b"description=The+checkout+is+down"

    answer = speak(cast.mira).post(
        "/reports", words, content_type="application/x-www-form-urlencoded"
    )

    assert answer.status == 202
    assert CaseRow.objects.get(ref=answer.json["case"]).urgent


def test_a_report_longer_than_any_is_turned_away(cast: Cast, speak: Speak) -> None:
    answer = speak(cast.mira).post("/reports", b"x" * (1024 * 1024 + 1))

    assert answer.status == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not Report.objects.exists()


def test_without_a_token_nothing_is_taken(cast: Cast) -> None:
    answer = Client().post("/api/v1/reports", b"{}", content_type="application/json")

    assert answer.status_code == 401
    assert not Report.objects.exists()


def test_the_same_key_and_body_give_the_same_answer(cast: Cast, speak: Speak) -> None:
    mira, key = speak(cast.mira), {"idempotency-key": "once" * 100}

    first = mira.post("/reports", {"description": WORDS}, **key)
    again = mira.post("/reports", {"description": WORDS}, **key)
    other = mira.post("/reports", {"description": "Something else is broken."}, **key)

    assert (first.status, again.status, other.status) == (201, 200, 422)
    assert again.json["case"] == first.json["case"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert other.json["type"] == "urn:redphone:problem:body-differs"
    assert CaseRow.objects.count() == 1


def test_a_key_is_its_senders_own(cast: Cast, speak: Speak) -> None:
    body, key = {"description": WORDS}, {"idempotency-key": "1"}

    first = speak(cast.mira).post("/reports", body, **key)
    second = speak(cast.jon).post("/reports", body, **key)

    assert (first.status, second.status) == (201, 201)
    assert first.json["case"] != second.json["case"]


def test_two_requests_at_once_with_one_key_are_one_case(cast: Cast, speak: Speak) -> None:
    mira = speak(cast.mira)

    def send(_: int) -> Any:
        try:
            return mira.post("/reports", {"description": WORDS}, **{"idempotency-key": "race"})
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))

    assert sorted(answer.status for answer in answers) == [200] * 7 + [201]
    assert len({answer.json["case"] for answer in answers}) == 1
    assert CaseRow.objects.count() == Report.objects.count() == 1


def test_reports_with_one_exact_key_join_one_incident(cast: Cast, speak: Speak) -> None:
    """POL-8: a monitor's key opens one incident however often it fires."""
    ana = speak(cast.ana)
    long = "checkout-502 " * 400

    answers = [ana.post("/reports", {"description": WORDS, "join_key": long}) for _ in range(3)]

    assert [answer.status for answer in answers] == [201] * 3
    assert len({answer.json["incident"] for answer in answers}) == 1
    assert IncidentRow.objects.count() == 1


def test_nobody_joins_anothers_incident_by_guessing_its_key(cast: Cast, speak: Speak) -> None:
    body = {"description": WORDS, "join_key": "checkout-502"}

    answers = [speak(who).post("/reports", body) for who in (cast.ana, cast.mira, cast.jon)]
    again = speak(cast.mira).post("/reports", body)

    assert len({answer.json["incident"] for answer in answers}) == 3
    assert again.json["incident"] == answers[1].json["incident"]


def test_a_sender_does_not_decide_what_a_component_gathers(cast: Cast, speak: Speak) -> None:
    answer = speak(cast.ana).post(
        "/reports", {"description": WORDS, "join_key": "component:checkout"}
    )

    assert answer.status == 202
    assert answer.json["warning"]["errors"][0]["field"] == "join_key"
    assert IncidentRow.objects.get().join_key is None


def test_a_report_whose_case_is_still_to_open_is_safe(cast: Cast, speak: Speak) -> None:
    mira = speak(cast.mira)
    PolicyVersion.objects.update(is_current=False)

    answer = mira.post("/reports", {"description": WORDS})
    later = mira.get(f"/reports/{answer.json['report']}")

    assert (answer.status, answer.json["case"]) == (202, None)
    assert answer.headers["Location"] == f"/api/v1/reports/{answer.json['report']}"
    assert later.json["case"] is None
    assert Report.objects.count() == 1


def test_a_report_is_shown_to_who_sent_it_and_to_the_desk(cast: Cast, speak: Speak) -> None:
    told = speak(cast.mira).post("/reports", {"description": WORDS}).json
    path = f"/reports/{told['report']}"

    seen = [speak(who).get(path).status for who in (cast.mira, cast.ana, cast.jon)]

    assert seen == [200, 200, 404]
    assert json.loads(speak(cast.mira).get(path).body)["case"] == told["case"]
