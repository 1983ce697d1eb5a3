"""Tags that only the responders' pages need: names of clocks, links to clauses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString

from redphone.core.policy import NOT_AN_EMERGENCY, Policy
from redphone.web.clauses import links
from redphone.web.responder import naming

register = template.Library()


@register.filter
def clock_name(kind: str) -> str:
    return naming.clock(kind)


@register.filter
def stage_name(stage: str) -> str:
    return naming.STAGES.get(stage, stage)


@register.filter
def purpose_name(purpose: str) -> str:
    """What a message was for, in words."""
    return naming.PURPOSES.get(purpose, purpose.replace("_", " "))


@register.filter
def evidence_name(evidence: str) -> str:
    return naming.EVIDENCE.get(evidence, evidence)


@register.filter
def how_it_came(notes: Mapping[str, str]) -> list[tuple[str, str]]:
    """The notes on how a report came, as (what it is called, what it says), sender first."""
    known = list(naming.HOW_IT_CAME)
    order = sorted(notes, key=lambda name: known.index(name) if name in known else len(known))
    return [(naming.HOW_IT_CAME.get(name, name.replace("_", " ")), notes[name]) for name in order]


@register.filter
def asked_for(name: str) -> str:
    """One of the things of FAQ-6, in words."""
    return naming.ASKED_FOR.get(name, name.replace("_", " ").capitalize())


@register.simple_tag
def owed(kind: str, says: str) -> str:
    return naming.owed(kind, says)


@register.simple_tag
def by_plan(plans: tuple[tuple[str, int], ...], policy: Policy | None) -> str:
    return naming.by_plan(plans, policy)


@register.simple_tag
def plan_name(slug: str | None, policy: Policy | None) -> str:
    return naming.plan(slug or "", policy)


@register.simple_tag
def type_name(slug: str, policy: Policy) -> str:
    """An issue type's name in the policy; what is no type of it is said in its own words."""
    found = policy.issue_types.get(slug)
    return found.name if found else slug.replace("-", " ")


@register.filter
def reasons(triage: Mapping[str, Any]) -> dict[str, Any]:
    """The rules that spoke, by what they say: for it, against it, and what was set aside."""
    because = triage.get("because", ())
    heard = [each for each in because if not each.get("aside")]
    against = [each for each in heard if each["for"] == NOT_AN_EMERGENCY]
    return {
        "any": bool(because),
        "weighs": bool(because) and "against" in triage,
        "speaks_for": [each for each in heard if each not in against],
        "against": against,
        "aside": [each for each in because if each.get("aside")],
    }


@register.simple_tag
def clauses(given: str | Iterable[str]) -> SafeString:
    """Clauses, each a link to where the policy says it."""
    return links(given, "responder:policy")


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """The value of a key, or "" without one."""
    return mapping.get(key, "") if mapping else ""
