"""Who stands in and who is away at a moment: what is laid over whoever the layers name.

- An override that names whom it replaces takes their place wherever a layer has it, and can be
  replaced in turn; two who swap are each the other. It never adds a place.
- An override that replaces all has the rota to itself. Several that overlap share it.
- Any other stands beside the rota, whoever is on it.
- Who is absent is named by nothing of this. The place of somebody absent goes to who stands in
  for them; without one it is empty, and where it was the layer's only one, lower layers show.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from redphone.core.oncall.rota import Rota


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The overrides of a moment. `stand_ins` are by whom they replace, in order."""

    alone: tuple[str, ...]
    beside: tuple[str, ...]
    stand_ins: Mapping[str, tuple[str, ...]]
    away: frozenset[str]

    def in_place_of(self, person: str) -> tuple[str, ...]:
        """Who has a person's place: they themselves, or those who stand in and can be reached."""
        if person not in self.stand_ins:
            return () if person in self.away else (person,)
        found = self._chain(person, frozenset((person,)))
        return tuple(dict.fromkeys(each for each in found if each not in self.away))

    def _chain(self, person: str, passed: frozenset[str]) -> Iterator[str]:
        """Who stands in for a person, and who for them in turn; nobody comes twice."""
        found = [each for each in self.stand_ins.get(person, ()) if each not in passed]
        if not found:
            yield person
        for each in found:
            yield from self._chain(each, passed | {each})

    def people(self, named: Iterable[str]) -> tuple[str, ...]:
        """Who has the places of these people, each once."""
        return tuple(dict.fromkeys(each for person in named for each in self.in_place_of(person)))


def standing(rota: Rota, at: datetime) -> Standing:
    """What is laid over the rota at a moment."""
    away = frozenset(a.person for a in rota.absences if a.starts_at <= at < a.ends_at)
    alone, beside = [], []
    stand_ins: dict[str, tuple[str, ...]] = {}
    for override in rota.overrides:
        if not override.starts_at <= at < override.ends_at:
            continue
        if override.replaces_all:
            alone.append(override.person)
        elif override.instead_of is None:
            beside.append(override.person)
        else:
            sofar = stand_ins.get(override.instead_of, ())
            stand_ins[override.instead_of] = (*sofar, override.person)
    return Standing(
        alone=tuple(alone),
        beside=tuple(person for person in beside if person not in away),
        stand_ins=stand_ins,
        away=away,
    )
