"""How states and explanations are kept in JSON: msgspec reads the core's own types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from redphone.core.case import Case
from redphone.core.clocks import Claim, Clock
from redphone.core.incident import Incident


def dump(value: Case | Incident | Clock | Claim) -> Any:
    """A core value as it comes back out of JSON: lists for tuples, ISO 8601 text for moments.

    Exactly so, since rows are compared with it: a tuple would never equal the list that was read.
    """
    return msgspec.json.decode(msgspec.json.encode(value))


def load_case(data: Mapping[str, Any]) -> Case:
    return msgspec.convert(data, Case)


def load_incident(data: Mapping[str, Any]) -> Incident:
    return msgspec.convert(data, Incident)


def load_claims(data: object) -> tuple[Claim, ...]:
    """The claims of a deadline row, as the core made them."""
    return msgspec.convert(data, tuple[Claim, ...])
