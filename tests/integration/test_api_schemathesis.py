"""Does the API keep its own description, whatever a tool makes of it? Source: POL-6, FAQ-2.

Schemathesis reads the description that we serve, and sends what it allows and what it does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks

from redphone import clock
from redphone.actions import tokens
from redphone.config.wsgi import application

if TYPE_CHECKING:
    from tests.conftest import Cast

    from redphone.records.models import Person

pytestmark = pytest.mark.django_db(transaction=True)

PROMISES = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]

A_FEW = settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def schema(cast: Cast) -> Any:
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)


def _headers(person: Person) -> dict[str, str]:
    _, text = tokens.create(person=person.email, name="Schemathesis", at=clock.now())
    return {"Authorization": f"Bearer {text}"}


def _make_real(case: Any, known: dict[str, Any]) -> None:
    """Speak of something that is there: what is drawn almost never is, and tries the look-up."""
    noun = case.operation.path.strip("/").split("/")[2]
    name = "slug" if noun == "components" else "ref"
    if noun in known and name in (case.path_parameters or {}):
        case.path_parameters[name] = known[noun]


@pytest.mark.parametrize(
    ("who", "mode"),
    [
        ("ines", GenerationMode.POSITIVE),
        ("ines", GenerationMode.NEGATIVE),
        ("mira", GenerationMode.POSITIVE),
    ],
)
def test_every_route_keeps_what_the_description_says(
    cast: Cast, schema: Any, who: str, mode: GenerationMode
) -> None:
    """Law: no request that can be made of the description is a server error, and each answer has
    a status, a type and a form that the description names."""
    taken = cast.report(cast.mira, at=clock.now())
    known = {"cases": taken.case, "incidents": taken.incident, "components": "checkout"}
    headers = _headers(getattr(cast, who))
    answered: list[int] = []

    for found in schema.get_all_operations():
        requests = found.ok().as_strategy(generation_mode=mode)

        @A_FEW
        @given(requests, st.integers(0, 3))
        def law(case: Any, chance: int) -> None:
            if chance:
                _make_real(case, known)
            answer = case.call(headers=headers)
            case.validate_response(answer, checks=PROMISES, headers=headers)
            answered.append(answer.status_code)

        law()

    assert len(answered) > 80
    assert {404, 422 if mode is GenerationMode.NEGATIVE else 200} <= set(answered)
