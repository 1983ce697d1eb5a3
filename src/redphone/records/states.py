"""How states and explanations are kept in JSON: msgspec reads the core's own types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from redphone.core.case import Case
from redphone.core.clocks import Claim, Clock
from redphone.core.incident import Incident


def dump(value: Case | Incident | Clock | Claim) -> Any:
    """A core value as JSON's own types; moments become ISO 8601 text."""
    return msgspec.to_builtins(value)


def load_case(data: Mapping[str, Any]) -> Case:
    return msgspec.convert(data, Case)


def load_incident(data: Mapping[str, Any]) -> Incident:
    return msgspec.convert(data, Incident)


def load_claims(data: object) -> tuple[Claim, ...]:
    """The claims of a deadline row, as the core made them."""
    return msgspec.convert(data, tuple[Claim, ...])
