"""What the API's own description allows, and what it does not, sent to every route."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from redphone import clock
from redphone.actions import tokens

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = [pytest.mark.django_db(transaction=True)]

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
FEW = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_route_answers_as_described(cast: Cast, mode: GenerationMode) -> None:
    """Law: whatever is sent, no route breaks, and its answer is one that the description has."""
    from redphone.config.wsgi import application

    cast.report(cast.mira, at=clock.now())
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    _, token = tokens.create(person=cast.ines.email, name="Fuzz", at=clock.now())
    headers = {"Authorization": f"Bearer {token}"}
    tried = 0

    for found in schema.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]

        @FEW
        @given(operation.as_strategy(generation_mode=mode))
        def law(case: Any) -> None:
            answer = case.call(headers=headers)
            case.validate_response(answer, checks=CHECKS)

        law()
        tried += 1

    assert tried >= 25
