"""The API's description: complete, true, and served without anybody else's host."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redphone import clock

if TYPE_CHECKING:
    from tests.conftest import Cast
    from tests.integration.conftest import Speak

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_page_comes_from_us_alone(cast: Cast) -> None:
    page = Client().get("/api/v1/docs")

    text = page.content.decode()
    policy = page.headers["Content-Security-Policy"]
    assert "'unsafe" not in policy
    assert page.status_code == 200
    sources = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert sources
    assert all(source.startswith("/static/") for source in sources)
    assert "http" not in policy
    assert "script-src 'self';" in policy
    assert '"validatorUrl": null' in text
    for source in sources:
        with closing(Client().get(source)) as asset:
            assert asset.status_code == 200


def test_the_address_of_the_api_leads_to_its_page(cast: Cast) -> None:
    assert Client().get("/api/v1/").headers["Location"] == "/api/v1/docs"


def test_every_route_is_described_in_words(cast: Cast) -> None:
    described = Client().get("/api/v1/openapi.json").json()

    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation["description"].strip(), (path, method)
            assert operation["security"], (path, method)
            assert "application/problem+json" in operation["responses"]["4XX"]["content"]
    report = described["paths"]["/api/v1/reports"]["post"]
    body = report["requestBody"]["content"]["application/json"]["schema"]
    assert {"description", "contact", "join_key"} <= set(body["properties"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)
NAMES = st.sampled_from(
    ["words", "why", "types", "to", "customer", "component", "reason", "next_at", "description"]
)
BODIES = JSON | st.dictionaries(NAMES, JSON, max_size=5)
VERBS = st.sampled_from(
    [
        *("incidents/{i}/note", "incidents/{i}/update", "incidents/{i}/confirm"),
        *("incidents/{i}/offer", "incidents/{i}/gather", "incidents/{i}/name-customer"),
        *("incidents/{i}/refuse", "incidents/{i}/call-next-step", "cases/{c}/move"),
        *("cases/{c}/add", "cases/{c}/identify", "components/checkout/state"),
    ]
)
OUR_OWN = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def test_no_body_breaks_a_verb(cast: Cast, speak: Speak) -> None:
    """Law: whatever is sent to a verb is done, or refused with a problem."""
    taken, ines = cast.report(cast.mira, at=clock.now()), speak(cast.ines)

    @OUR_OWN
    @given(VERBS, BODIES)
    def law(verb: str, said: object) -> None:
        answer = ines.post("/" + verb.format(i=taken.incident, c=taken.case), said)
        assert answer.status in {200, 403, 404, 409, 422}, answer.body
        if answer.status != 200:
            assert answer.json["status"] == answer.status

    law()


def test_no_report_is_turned_away(cast: Cast, speak: Speak) -> None:
    """Law: whatever is reported, by whomever, is a case."""
    voices = [speak(cast.mira), speak(cast.ana)]
    fields = st.sampled_from(
        ["description", "contact", "join_key", "customer", "channel", "component", "closest_to"]
    )
    told = st.dictionaries(fields, JSON, max_size=5)

    @OUR_OWN
    @given(st.sampled_from(voices), st.binary(max_size=200) | JSON | told)
    def law(voice: object, said: object) -> None:
        answer = voice.post("/reports", said)  # type: ignore[attr-defined]
        assert answer.status in {201, 202}, answer.body
        assert answer.json["case"]

    law()


def test_no_address_breaks_a_page(cast: Cast, speak: Speak) -> None:
    """Law: an address is answered, or is a problem."""
    ana = speak(cast.ana)

    @OUR_OWN
    @given(st.sampled_from(["cases", "incidents", "reports"]), st.text(max_size=30))
    def law(noun: str, text: str) -> None:
        from urllib.parse import quote

        part = quote(text.encode("utf-8", "replace"), safe="")
        answer = ana.get(f"/{noun}/{part}")
        assert answer.status in {200, 404, 405}, answer.body

    law()
