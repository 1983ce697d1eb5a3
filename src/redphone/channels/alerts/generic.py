"""Any JSON, form or text as an alert: for monitors that have no format of their own here.

It looks near the top for the names that monitors use for a title, a state, a severity. Where it
finds nothing that says what is wrong, the alert is not readable, and a mapping is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from redphone.channels.alerts.alert import Alert, Change, NotReadable
from redphone.channels.alerts.body import read_any
from redphone.channels.alerts.format import Headers
from redphone.channels.alerts.headline import headline
from redphone.channels.alerts.names import (
    COMPONENTS,
    HINTS,
    INNER_KEYS,
    LINKS,
    LISTS,
    NAMES,
    OVER_IF_TRUE,
    OVER_SINCE,
    OWN_KEYS,
    PLACES,
    RULE_KEYS,
    SAYS,
    SENDERS,
    SEVERITIES,
    STARTS,
    STATES,
    TITLES,
    WRONG_IF_TRUE,
)
from redphone.channels.alerts.nearby import Nearby
from redphone.channels.alerts.states import change_of, change_of_title
from redphone.channels.alerts.values import (
    MOST_ALERTS,
    digest,
    flat,
    key_of,
    line,
    link,
    text,
    when,
)
from redphone.channels.alerts.words import compose

NO_LINK = re.compile(r"ack|callback|avatar|image|icon|logo|webhook|api|self|runbook|unsubscribe")

NOTHING = (
    "Nothing in it says what is wrong: it has no title, message, name or description near the top."
    " Give the door a mapping that says where they are."
)

_FIGURES = re.compile(r"\d+(?:[.,]\d+)?\s?%|\d+\.\d+(?![\d.])")
_STATE_IN_FRONT = re.compile(
    r"^\W*(?:resolved|recovered|recovery|ok|closed|cleared|firing|triggered|alerting|problem|open"
    r"|acknowledged)\W+",
    re.IGNORECASE,
)


def receive(body: bytes, headers: Headers) -> tuple[Alert, ...]:
    """The alerts of a body of any form.

    Raises:
        NotReadable: it can't be parsed, or nothing in it says what is wrong.
    """
    return read(read_any(body, headers))


def read(value: Any, *, source: str = "") -> tuple[Alert, ...]:
    """The alerts in a value that was parsed.

    Raises:
        NotReadable: nothing in it says what is wrong.
    """
    if isinstance(value, str):
        return (_of_text(value, source),)
    alerts = [of_object(each, outer, source) for each, outer in items(value)]
    if not alerts:
        raise NotReadable(NOTHING)
    return tuple(alerts)


def items(value: Any) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The objects that are alerts, each with what stands around it and holds for all of them."""
    if isinstance(value, list):
        return [(each, {}) for each in value[:MOST_ALERTS] if isinstance(each, dict)]
    if not isinstance(value, dict):
        return []
    for name in LISTS:
        listed = value.get(name)
        if isinstance(listed, list) and (name == "alerts" or not _tells(value)):
            inner = [each for each in listed[:MOST_ALERTS] if isinstance(each, dict)]
            if inner:
                return [(each, _around(value)) for each in inner]
    return [(value, {})]


def _tells(value: Mapping[str, Any]) -> bool:
    single = Nearby(_around(value))
    return single.pick((*TITLES, *SAYS)) is not None


def _around(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in value.items() if not isinstance(each, dict | list)}


def _of_text(words: str, source: str) -> Alert:
    """Plain words: the first line is the title, and tells the state if it begins with one."""
    title = next((told for each in words[:4000].splitlines() if (told := line(each))), "")
    if not title:
        raise NotReadable("The body is empty.")
    change = change_of_title(title) or Change.FIRING
    return compose(
        key=digest("text", _without_state(title)),
        change=change,
        title=title,
        source=source,
        says=(text(words, 4000),),
        fields={},
    )


def of_object(
    value: Mapping[str, Any], outer: Mapping[str, Any], source: str = "", known: str = ""
) -> Alert:
    """The alert in an object; `known` is its title where nothing in it is one.

    Raises:
        NotReadable: nothing in it says what is wrong.
    """
    near = Nearby(value, outer)
    component = _component(near)
    severity, seen_at, since = _first(near, SEVERITIES), _link(near), _since(near)
    called = headline(near, component)
    title = called.title or known or _place(near, component, seen_at)
    if not title:
        raise NotReadable(NOTHING)
    change = state(near, title)
    sender = source or _first(near, SENDERS)
    return compose(
        key=_key(near, called.stem or title, component),
        change=change,
        title=title,
        source=sender,
        severity=severity,
        component=component,
        since=since,
        says=called.says,
        about=(("About", component),),
        link=seen_at,
        fields=flat(value, outer),
    )


def _place(near: Nearby, component: str, seen_at: str) -> str:
    """The place alone, where a body tells a state and nothing more."""
    return (component or seen_at) if _by_words(near, STATES) else ""


def _first(near: Nearby, names: tuple[str, ...]) -> str:
    """The value nearest to the top that tells something, on one line."""
    ordered = sorted(near.all(names), key=lambda each: each[0])
    return next((told for _, _, value in ordered if (told := line(value))), "")


def _component(near: Nearby, names: tuple[str, ...] = COMPONENTS) -> str:
    """Where it is: a name, neither an address nor a number."""
    ordered = sorted(near.all(names), key=lambda each: each[0])
    told = (line(value) for _, _, value in ordered)
    return next((each for each in told if each and "://" not in each and not each.isdigit()), "")


def state(near: Nearby, title: str) -> Change:
    """What is said of the state, the surest sign first; firing where nothing is."""
    return (
        _by_words(near, STATES)
        or _by_flags(near)
        or change_of_title(title)
        or _by_words(near, HINTS)
        or _by_texts(near)
        or _by_moment(near)
        or Change.FIRING
    )


def _by_words(near: Nearby, names: tuple[str, ...]) -> Change | None:
    ordered = sorted(near.all(names), key=lambda each: each[0])
    return next((found for _, _, word in ordered if (found := change_of(word))), None)


def _by_flags(near: Nearby) -> Change | None:
    """Yes or no, 1 or 0, under a name that says what "yes" means."""
    for names, if_true, if_false in (
        (("heartbeatstatus", *OVER_IF_TRUE), Change.RESOLVED, Change.FIRING),
        (WRONG_IF_TRUE, Change.FIRING, Change.RESOLVED),
        (("state", "alertstate"), Change.FIRING, Change.RESOLVED),
    ):
        for _, _, value in near.all(names):
            if (yes := _yes(value)) is not None:
                return if_true if yes else if_false
    return None


def _yes(value: Any) -> bool | None:
    """0 is no, any small number yes: Nagios and its kin count 1, 2, 3 for ever worse states."""
    if isinstance(value, bool):
        return value
    told = text(value, 10).lower()
    if told in ("0", "false", "no"):
        return False
    return True if told in ("1", "2", "3", "true", "yes") else None


def _by_texts(near: Nearby) -> Change | None:
    ordered = near.all((*SAYS, *NAMES, *TITLES))
    said = (each for _, _, value in ordered if (each := line(value)))
    return next((found for each in said if (found := change_of_title(each))), None)


def _by_moment(near: Nearby) -> Change | None:
    ended = any(when(value) for _, _, value in near.all(OVER_SINCE))
    return Change.RESOLVED if ended else None


def _since(near: Nearby) -> datetime | None:
    ordered = near.all(STARTS)
    return next((found for _, _, value in ordered if (found := when(value))), None)


def _link(near: Nearby) -> str:
    named = [value for _, _, value in near.all(LINKS)]
    ended = [each for _, name, each in near.ending("url", "link") if not NO_LINK.search(name)]
    return next((found for value in [*named, *ended] if (found := link(value))), "")


def _key(near: Nearby, title: str, component: str) -> str:
    """The sender's own key; else what watches and where; else a digest of title and place."""
    if own := _first(near, OWN_KEYS):
        return key_of(own)
    if rule := _first(near, RULE_KEYS):
        place = _component(near, PLACES)
        return key_of(f"{rule}/{place}" if place else rule)
    if (found := near.found.get("id")) and found[0] == 0:
        return key_of(line(found[1]))
    if inner := _first(near, INNER_KEYS):
        return key_of(inner)
    return digest("generic", _without_state(title), component)


def _without_state(title: str) -> str:
    """The title as it is in every state: no "[Resolved]" before it, no figures that move."""
    return _FIGURES.sub("#", _STATE_IN_FRONT.sub("", title)).lower()
