"""Who may do what: one table of verbs and roles, asked by every edge before it calls an action.

An incident's own manager may do with it whatever a responder may, whatever their role: an
executive who takes an incident over can also bring it to its end.
"""

from __future__ import annotations

from redphone.records.models.person import Role
from redphone.records.queries.asker import Asker, NotAllowed, require_staff

WORKING = frozenset(
    {
        Role.RESPONDER.value,
        Role.INCIDENT_MANAGER.value,
        Role.SUPPORT_MANAGER.value,
        Role.ADMIN.value,
    }
)
"""Those who work on emergencies."""

LEADING = WORKING - {Role.RESPONDER.value}
MANAGING = frozenset({Role.SUPPORT_MANAGER.value, Role.ADMIN.value})
ANY_STAFF = WORKING | {Role.EXECUTIVE.value}

_INCIDENT = (
    "call_next_step",
    "close",
    "confirm",
    "contain",
    "decline",
    "gather",
    "name_cause",
    "name_customer",
    "offer",
    "post_update",
    "publish",
    "publish_report",
    "reopen",
    "resolve",
    "set_component",
    "skip_to_step",
    "start_runbook",
    "tick",
)
_CASE = ("add", "close", "decline", "move", "respond", "settle")

ALLOWED: dict[str, frozenset[str]] = {
    # A page reaches executives too: they have to be able to answer it, and to say what they know.
    **dict.fromkeys(
        ("incident.acknowledge", "incident.take", "incident.refuse", "incident.own"), ANY_STAFF
    ),
    "incident.note": ANY_STAFF,
    # So does the page of a chat that waits.
    "case.pick_up": ANY_STAFF,
    **{f"incident.{verb}": WORKING for verb in _INCIDENT},
    **{f"case.{verb}": WORKING for verb in _CASE},
    "mail.settle": WORKING,
    # Naming the customer gives them sight of the case.
    "case.identify": LEADING,
    # Taking duty on, swapping one's own and saying that one is away: everybody of the desk.
    "oncall.stand_in": ANY_STAFF,
    "oncall.change": MANAGING,
    # Everyone has devices of their own, and only their own.
    "devices.own": ANY_STAFF,
    "devices.see": MANAGING | {Role.EXECUTIVE.value},
    # Its owner enters the code all the same.
    "devices.add_for_others": frozenset({Role.ADMIN.value}),
    "customers.change": MANAGING,
    "components.change": MANAGING,
    "webhooks.change": MANAGING,
    "doors.change": MANAGING,
    "policy.findings": MANAGING,
    # Whoever holds a token acts as its person, whoever that is.
    "tokens.change": frozenset({Role.ADMIN.value}),
    # Whoever holds an identity key can be any customer's person.
    "identity.change": frozenset({Role.ADMIN.value}),
}
"""The roles that may do each verb, as `noun.verb`."""


def may(asker: Asker, verb: str, *, manages: bool = False) -> bool:
    """Whether this person may do that. `manages`: they are the incident manager of it.

    An unknown verb is a mistake of ours, and a KeyError.
    """
    if asker.role in ALLOWED[verb]:
        return True
    own = verb.startswith(("incident.", "case.")) and verb != "case.identify"
    return manages and own and asker.is_staff


def require(asker: Asker, verb: str, *, manages: bool = False) -> None:
    """Let them pass who may do that.

    Raises:
        NotYours: they are none of the desk's own people.
        NotAllowed: their role may not do it.
    """
    require_staff(asker)
    if not may(asker, verb, manages=manages):
        raise NotAllowed
