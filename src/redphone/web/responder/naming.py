"""What things are called on the responders' pages: clocks, stages, channels, evidence."""

from __future__ import annotations

from redphone.core.policy import Policy
from redphone.web.words import counted

CLOCKS = {
    "engaged": "Engaged",
    "confirm_triage": "Triage confirmed",
    "first_response": "First response",
    "next_update": "Next update",
    "status_update": "Status page update",
    "senior_owner": "Senior owner",
    "incident_manager": "Incident manager",
    "containment": "Containment",
    "resolution": "Resolution",
    "post_incident_report": "Post-incident report",
    "next_step": "Next step",
    "no_progress": "Joins if no progress",
    "still_on_it": "Still on it?",
}
CADENCES = frozenset({"next_update", "status_update"})
"""Clocks that start again after each update: they are said as "every"."""

STAGES = {
    "investigating": "Investigating",
    "cause_found": "Cause found",
    "recovering": "Recovering",
    "monitoring": "Monitoring",
}
EVIDENCE = {"seen": "seen by us", "declared": "declared by us", "reported": "reported by them"}
ASKED_FOR = {
    "description": "A description",
    "started_at": "When it started",
    "error_messages": "Error messages",
    "steps_to_reproduce": "Steps to reproduce",
    "business_impact": "Business impact",
    "users_affected": "Users affected",
    "tried_already": "What they tried already",
    "contact": "How to reach them",
}
THROUGH = {"reply": "by mail", "phone": "on the phone", "chat": "in the chat"}
BY_CHANNEL = {"email": " by mail"}
HOW_IT_CAME = {
    "unreadable": "Could not be read",
    "from": "From",
    "sender": "Sender",
    "reply_to": "Asks for answers at",
    "to": "To",
    "sent": "Sent, as it says",
    "kind": "Taken for",
    "twin": "Perhaps the same as",
    "placed": "Why it is here",
    "escalation": "Escalation",
    "receipt": "Receipt",
    "door": "Door",
    "peer": "Handed over by",
    "helo": "Which calls itself",
    "tls": "Encrypted",
    "mailbox": "Mailbox",
    "folder": "Folder",
    "spf": "SPF",
    "dkim": "DKIM",
    "dmarc": "DMARC",
}
"""The notes of a report that came by mail."""

REASONS = {
    "opened": "as it opened",
    "reopened": "as it was reopened",
    "unanswered": "since nobody answered",
    "nobody_on_call": "since nobody was on call before",
    "nobody_reached": "since no page reached the step before",
    "declined": "since whoever was asked can't come",
    "no_progress": "for lack of progress",
    "by_hand": "by hand",
    "skipped": "skipped to by hand",
    "went_quiet": "since whoever had it went quiet",
    "unattended": "since the chat was left waiting",
}
PURPOSES = {
    "page": "a page",
    "receipt": "the receipt",
    "reply": "the answer",
    "update": "an update",
    "offer": "the offer of incident management",
    "warning": "a warning",
    "missed": "word of a missed deadline",
    "declined": "the reason for declining",
    "resolved": "the resolution",
    "reopened": "word of the reopening",
    "catch_up": "all that was said so far",
    "exhausted": "word that nobody answered",
    "still_on_it": "the question whether they are still on it",
    "wanted": "word that somebody is wanted",
    "second": "word of a second emergency",
    "report": "the post-incident report",
    "undelivered": "word of an undelivered message",
    "taken": "word that somebody has it",
    "device_off": "word of a dead device",
}
_NUMBERS = (
    "No",
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
    "Ten",
    "Eleven",
    "Twelve",
)


def clock(kind: str) -> str:
    """A clock's name; one that is not known is said in its own words."""
    return CLOCKS.get(kind, kind.replace("_", " ").capitalize())


def owed(kind: str, says: str) -> str:
    """What a clause promises: "every 30 min", "within 4 h"."""
    if kind in CADENCES:
        return f"every {says}" if says[:1].isdigit() else says
    return says


def number(of: int) -> str:
    """A number at the start of a sentence: in letters up to twelve."""
    return _NUMBERS[of] if of < len(_NUMBERS) else f"{of:,}"


def plan(slug: str, policy: Policy | None) -> str:
    """A plan's name; "" is an unknown caller."""
    if not slug:
        return "unknown"
    found = policy.plans.get(slug) if policy else None
    return found.name if found else slug.capitalize()


def by_plan(plans: tuple[tuple[str, int], ...], policy: Policy | None) -> str:
    """ "29 Enterprise, 12 Pro"."""
    return ", ".join(f"{count:,} {plan(slug, policy)}" for slug, count in plans if count)


def people(count: int) -> str:
    return counted(count, "customer")
