"""What else a page speaks for: the other incidents of the same message, for its link's page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from redphone.actions import bundles, links, wording
from redphone.records import policies, states
from redphone.records.models import Delivery, IncidentRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Another incident that the same message speaks for, and whether it still rings."""

    incident: str
    address: str
    title: str
    rings: bool


def beside(delivery: Delivery, *, is_fresh: bool) -> Iterator[Beside]:
    """The other incidents of a message. Once its link has had its day, none of them rings."""
    others = [each for each in bundles.said(delivery) if each.stream != delivery.stream]
    if not others:
        return
    ringing = {each.stream for each in bundles.still_said(delivery)} if is_fresh else set()
    rows = IncidentRow.objects.filter(ref__in=[o.stream for o in others])
    kinds = {row.ref: _kind(row) for row in rows}
    for each in others:
        yield Beside(
            incident=each.stream,
            address=links.incident(each.stream),
            title=kinds.get(each.stream, ""),
            rings=each.stream in ringing,
        )


def _kind(row: IncidentRow) -> str:
    """What it is taken for: no words of anybody, since who has the link may not be signed in."""
    policy = policies.pinned(row.policy_id).policy
    types = states.load_incident(row.state).types
    return wording.listed(policy.issue_type(slug).name for slug in types)
