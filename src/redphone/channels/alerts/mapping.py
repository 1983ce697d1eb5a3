"""A door's own mapping: where in a body each part of an alert is.

Its values are paths (`event.host`, `alerts[0].name`, `labels["k8s.io/name"]`) or templates with
paths in braces (`{host}: {problem}`). `each` is the path of a list whose items are alerts; the
other paths then count from an item, and from the body where the item has no such thing. `resolved`
and `acknowledged` are the values of `status` that mean so, with commas between.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from redphone.channels.alerts import generic
from redphone.channels.alerts.alert import Alert, Change, NotReadable
from redphone.channels.alerts.body import read_any
from redphone.channels.alerts.format import Headers
from redphone.channels.alerts.states import change_of
from redphone.channels.alerts.values import MOST_ALERTS, key_of, line, link, text, when
from redphone.channels.alerts.words import sentences

PARTS = (
    "each", "title", "words", "key", "status", "resolved", "acknowledged", "severity",
    "component", "source", "link", "started_at",
)  # fmt: skip

LONGEST = 500
DEEPEST = 20

_STEP = re.compile(
    r"""\.?([^\s.\[\]{}"']+) | \[\s*(-?\d{1,6})\s*\] | \[\s*["']([^"']*)["']\s*\]""", re.VERBOSE
)
_HOLE = re.compile(r"\{([^{}]+)\}")

Path = tuple[str | int, ...]


def problems(mapping: Mapping[str, str]) -> list[str]:
    """What is wrong with a mapping, a sentence each for who wrote it; none if it can be used."""
    found = [
        f"'{name}' is no part of an alert. Use: {', '.join(PARTS)}."
        for name in mapping
        if name not in PARTS
    ]
    for name, value in mapping.items():
        if name in ("resolved", "acknowledged") or name not in PARTS:
            continue
        if len(value) > LONGEST:
            found.append(f"'{name}' is longer than {LONGEST} characters. Shorten it.")
        paths = _HOLE.findall(value) if "{" in value else [value]
        found += [
            f"'{name}' has '{path}', which is no path. Write one such as event.host."
            for path in paths
            if path.strip() and steps(path) is None
        ]
    return found


def receive(body: bytes, headers: Headers, mapping: Mapping[str, str]) -> tuple[Alert, ...]:
    """The alerts of a body, by a mapping; what it leaves out is found as without one.

    Raises:
        NotReadable: the body can't be parsed, or the mapping finds no alert in it.
    """
    value = read_any(body, headers)
    if isinstance(value, str):
        return generic.read(value)
    listed = _items(value, mapping)
    if not listed:
        message = f"The mapping's list '{mapping.get('each', '')}' has no object in this body."
        raise NotReadable(message)
    return tuple(_alert(item, value, mapping) for item in listed)


def _items(value: Any, mapping: Mapping[str, str]) -> list[Any]:
    if path := mapping.get("each", "").strip():
        found = look_up(value, path)
        listed = found if isinstance(found, list) else [found]
    else:
        listed = value if isinstance(value, list) else [value]
    return [each for each in listed[:MOST_ALERTS] if isinstance(each, dict)]


def _alert(item: Any, whole: Any, mapping: Mapping[str, str]) -> Alert:
    told = {
        name: fill(mapping[name], item, whole)
        for name in PARTS
        if name not in ("each", "resolved", "acknowledged") and mapping.get(name)
    }
    guess = generic.of_object(item, {}, known=line(told.get("title")))
    change = _change(told.get("status"), mapping) or guess.change
    title = line(told.get("title")) or guess.title
    alert = replace(
        guess,
        change=change,
        title=title,
        key=key_of(told.get("key")) or guess.key,
        severity=line(told.get("severity")) or guess.severity,
        component=line(told.get("component")) or guess.component,
        source=line(told.get("source")) or guess.source,
        link=link(told.get("link")) or guess.link,
        started_at=when(told.get("started_at")) or guess.started_at,
    )
    return replace(alert, words=_words(alert, text(told.get("words")), guess))


def _words(alert: Alert, says: str, guess: Alert) -> str:
    """The mapping's own words, or what is known without one."""
    told = [each for each in guess.fields.values() if "\n" in each or len(each) > 40][:3]
    return sentences(
        title=alert.title,
        source=alert.source,
        change=alert.change,
        since=alert.started_at,
        says=(says,) if says else told,
        about=(("About", alert.component), ("Severity", alert.severity)),
        link=alert.link,
    )


def _change(status: Any, mapping: Mapping[str, str]) -> Change | None:
    """The state by the mapping's lists of values; by common words where it has none."""
    if status is None:
        return None
    said = text(status).casefold()
    if said in _values(mapping.get("resolved", "")):
        return Change.RESOLVED
    if said in _values(mapping.get("acknowledged", "")):
        return Change.ACKNOWLEDGED
    return Change.FIRING if mapping.get("resolved") else change_of(said)


def _values(listed: str) -> list[str]:
    return [each.strip().casefold() for each in listed.split(",") if each.strip()]


def fill(template: str, item: Any, whole: Any = None) -> Any:
    """The value at a path, or a template with the values at its paths."""
    if "{" not in template:
        return _found(template, item, whole)
    filled = _HOLE.sub(lambda hole: text(_found(hole[1], item, whole)), template[:LONGEST])
    return filled if filled != _HOLE.sub("", template[:LONGEST]) else ""


def _found(path: str, item: Any, whole: Any) -> Any:
    value = look_up(item, path)
    return look_up(whole, path) if value is None else value


def look_up(value: Any, path: str) -> Any:
    """The value at a path; None where there is none."""
    for step in steps(path) or ():
        if isinstance(step, int) and isinstance(value, list):
            value = value[step] if -len(value) <= step < len(value) else None
        elif isinstance(value, dict):
            value = value.get(str(step))
        else:
            return None
    return value if steps(path) else None


def steps(path: str) -> Sequence[str | int] | None:
    """The steps of a path; None for what is no path."""
    rest = path.strip()[:LONGEST].removeprefix("$.").removeprefix("$")
    taken: list[str | int] = []
    at = 0
    while at < len(rest) and len(taken) < DEEPEST:
        found = _STEP.match(rest, at)
        if found is None or found.end() == at:
            return None
        name, index, quoted = found.groups()
        taken.append(int(index) if index is not None else name if name is not None else quoted)
        at = found.end()
    return taken if taken and at == len(rest) else None
