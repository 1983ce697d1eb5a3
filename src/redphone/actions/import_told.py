"""What a trial of an import has shown, as it is kept, and as lines for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from redphone.actions import import_rows
from redphone.actions.import_trial import File, Trial
from redphone.channels.schedules import FORMATS
from redphone.core.oncall import Layer
from redphone.records.models import ScheduleImport, Team

MOST_KEPT = 400
"""Differences that are kept one by one; of more than these, how many there are."""

_MOST_TURNS = 12

Named = Callable[[Sequence[str]], list[str]]


def told(
    team: Team, files: Sequence[File], trial: Trial, chosen: Mapping[str, int]
) -> dict[str, Any]:
    """The columns that keep what a trial has shown. People are written with their names."""
    found, proof = trial.found, trial.proof
    differences = proof.differences if proof else ()

    def named(people: Sequence[str]) -> list[str]:
        return [trial.names.get(each, each) for each in people]

    return {
        "minutes": proof.minutes if proof else 0,
        "agree": proof.agree if proof else 0,
        "proof": {
            "by": found.said.by if found.said else "",
            "starts_at": trial.starts_at.isoformat(),
            "ends_at": proof.ends_at.isoformat() if proof else "",
            "time_zone": trial.rota.time_zone,
            "broken": found.broken,
            "differences": [
                [d.starts_at.isoformat(), d.ends_at.isoformat(), named(d.theirs), named(d.ours)]
                for d in differences[:MOST_KEPT]
            ],
            "more": max(0, len(differences) - MOST_KEPT),
            "lost": [[each.name, each.why] for each in found.lost],
            "notes": list(found.notes),
            "dated_until": found.dated_until.isoformat() if found.dated_until else "",
            "people": [
                {
                    "key": each.who.key,
                    "name": each.who.name or each.who.key,
                    "email": each.who.email,
                    "here": named([f"person:{pk}" for pk in each.people]),
                    "by": each.by,
                }
                for each in trial.matched
            ],
            "layers": [_layer(layer, named) for layer in trial.rota.layers],
            "overrides": len(trial.rota.overrides),
            "holes": [[a.isoformat(), b.isoformat()] for a, b in trial.holes],
            "standing": import_rows.standing(team, trial.starts_at),
            "chosen": dict(chosen),
            "files": [
                {"name": name, "bytes": len(raw), "sha256": sha256(raw).hexdigest()}
                for name, raw in files
            ],
        },
    }


def _layer(layer: Layer, named: Named) -> dict[str, Any]:
    return {
        "name": layer.name,
        "priority": layer.priority,
        "turns": [" and ".join(named(turn)) or "nobody" for turn in layer.turns[:_MOST_TURNS]],
        "more": max(0, len(layer.turns) - _MOST_TURNS),
        "every": layer.every,
        "unit": layer.unit.value,
        "windows": len(layer.windows),
        "from": layer.holds_from.date().isoformat() if layer.holds_from else "",
        "until": layer.ends_at.date().isoformat() if layer.ends_at else "",
    }


def is_clean(row: ScheduleImport) -> bool:
    """Whether it can be saved without accepting anything: all agrees, all is known, none lost."""
    proof = row.proof
    known = all(each["here"] for each in proof["people"])
    return not proof["broken"] and known and not proof["lost"] and row.agree == row.minutes


def lines(row: ScheduleImport) -> Iterator[str]:
    """The proof for a terminal."""
    proof = row.proof
    if proof["broken"]:
        yield f"Nothing could be read: {proof['broken']}"
        return
    named = f"{row.title} " if row.title else ""
    counts = f"{len(proof['layers'])} layers, {proof['overrides']} overrides"
    yield f"{named}({FORMATS[row.source].name}, {proof['time_zone']}): {counts}."
    for layer in proof["layers"]:
        more = f" and {layer['more']} more" if layer["more"] else ""
        yield f"  {layer['name']}: {', '.join(layer['turns'])}{more}; {rhythm(layer)}."
    yield from _people(proof)
    for name, why in proof["lost"]:
        yield f"Lost: {name}. {why}"
    for note in proof["notes"]:
        yield f"Note: {note}"
    for since, until in proof["holes"]:
        yield f"Nobody on call: {between(since, until, proof['time_zone'])}."
    yield from _proof(row)


def rhythm(layer: Mapping[str, Any]) -> str:
    """How long a turn of a kept layer lasts: "every week", "every 12 hours"."""
    every, unit = layer["every"], layer["unit"]
    parts = ", in part of the week" if layer["windows"] else ""
    parts += f", from {layer['from']}" if layer["from"] else ""
    parts += f", until {layer['until']}" if layer["until"] else ""
    return (f"every {unit}" if every == 1 else f"every {every} {unit}s") + parts


def _people(proof: Mapping[str, Any]) -> Iterator[str]:
    for each in proof["people"]:
        if each["here"]:
            yield f"  {each['name']} is {' and '.join(each['here'])} (by {each['by']})."
        else:
            yield f'  {each["name"]} is nobody here: say --person "{each["key"]}=EMAIL".'


def _proof(row: ScheduleImport) -> Iterator[str]:
    proof = row.proof
    yield f"Compared with: {proof['by']}."
    if row.agree == row.minutes:
        yield f"{row.agree:,} minutes agree."
        return
    yield f"{row.agree:,} of {row.minutes:,} minutes agree. These differ:"
    for since, until, theirs, ours in proof["differences"]:
        when = between(since, until, proof["time_zone"])
        yield f"  {when}: there {spoken(theirs)}, here {spoken(ours)}."
    if proof["more"]:
        yield f"  and {proof['more']:,} more."


def spoken(people: Sequence[str]) -> str:
    return ", ".join(people) or "nobody"


def between(since: str, until: str, zone: str) -> str:
    """A kept span of time on the wall of a zone."""
    own = ZoneInfo(zone)
    start, end = (datetime.fromisoformat(each).astimezone(own) for each in (since, until))
    return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M %Z}"
