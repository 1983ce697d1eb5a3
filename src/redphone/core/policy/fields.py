"""Reading fields out of the policy file, keeping every problem with its line.

A reader goes on after a problem with a stand-in value, so that one look at the file finds all that
is wrong with it. The stand-ins never leave `policy.file`: it refuses a file with any problem.

Source: FAQ-1 to FAQ-8 and every other clause, since all are kept in that file.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

from redphone.core.policy.lines import Path, key_lines, line_of
from redphone.core.spans import Span, SpanUnit, SpanUnreadable, parse_span

CLAUSE = re.compile(r"[A-Z]{2,8}-[1-9][0-9]*")
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SHARE = re.compile(r"(\d{1,4})\s*/\s*(\d{1,4})")
_STAND_IN = Span(unit=SpanUnit.WALL, length=timedelta(seconds=1))
_KINDS = {
    str: "text in quotes",
    bool: "true or false",
    int: "a whole number",
    float: 'a share such as 0.5 or "1/3"',
    dict: "a table",
    list: "a list in square brackets",
}


class Required:
    """Stands for "no default: the file has to say it"."""


REQUIRED: Final = Required()


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One thing that is wrong in the file, where, and what to do."""

    line: int
    message: str


class Problems:
    """All problems found so far in a text. It is gone through for lines only when there is one."""

    def __init__(self, text: str) -> None:
        self.found: list[Problem] = []
        self._text = text
        self._lines: dict[Path, int] | None = None

    def add(self, path: Path, message: str) -> None:
        if self._lines is None:
            self._lines = key_lines(self._text)
        self.found.append(Problem(line=line_of(self._lines, path), message=message))

    def unheard(self) -> Problems:
        """A place for problems that are only the consequence of one already found."""
        return Problems(self._text)


class Fields:
    """The fields of one table of the file, read one by one; `done` reports what nobody read."""

    def __init__(self, table: Mapping[str, Any], path: Path, problems: Problems) -> None:
        self.path = path
        self.problems = problems
        self._table = table
        self._known: set[str] = set()

    def has(self, key: str) -> bool:
        return key in self._table

    def wrong(self, key: str, message: str) -> None:
        """Report a problem with this key."""
        self.problems.add((*self.path, key), message)

    def done(self) -> frozenset[str]:
        """Report every key that was never read; gives the keys that this table may hold."""
        for key in self._table.keys() - self._known:
            close = difflib.get_close_matches(key, self._known, n=1)
            advice = f'Did you mean "{close[0]}"?' if close else f"Known: {_listed(self._known)}."
            self.wrong(key, f'"{key}" is not known in {self._where()}. {advice}')
        return frozenset(self._known)

    def _where(self) -> str:
        return f"[{'.'.join(str(part) for part in self.path)}]" if self.path else "the file"

    def _get(self, key: str, kind: type, default: object) -> Any:
        """The value of this key, the default, or None with a problem."""
        self._known.add(key)
        if key not in self._table:
            if default is REQUIRED:
                self.wrong(key, f'{self._where()} has no "{key}". Add it, as {_KINDS[kind]}.')
                return None
            return default
        value = self._table[key]
        # In Python a truth value is a number too; in the file it is not.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.wrong(key, f'"{key}" should be {_KINDS[kind]}. It is {value!r}.')
            return None if default is REQUIRED else default
        return value

    def text(self, key: str, default: str | Required = REQUIRED) -> str:
        """Text on one line, not blank unless that is the default."""
        value = self._get(key, str, default)
        if value is None:
            return ""
        if self.has(key) and not value.strip():
            self.wrong(key, f'"{key}" is blank. Write something, or take the line out.')
        return " ".join(str(value).split())

    def texts(self, key: str, default: tuple[str, ...] | Required = REQUIRED) -> tuple[str, ...]:
        """A list of texts, none of them blank and none twice."""
        value = self._get(key, list, default)
        if value is None:
            return ()
        texts: list[str] = []
        for index, item in enumerate(value):
            if not isinstance(item, str) or not item.strip():
                self.problems.add(
                    (*self.path, key, index), f'"{key}" is a list of texts. {item!r} is none.'
                )
            elif item in texts:
                self.problems.add(
                    (*self.path, key, index), f'"{item}" is twice in "{key}". Take one out.'
                )
            else:
                texts.append(" ".join(item.split()))
        return tuple(texts)

    def choice(self, key: str, choices: Iterable[str]) -> str:
        """One of a few words."""
        allowed = tuple(choices)
        value = self.text(key)
        if value and value not in allowed:
            self.wrong(key, f'"{value}" is not a {key}. Write one of {_listed(allowed)}.')
        return value if value in allowed else allowed[0]

    def clause(self, key: str = "clause", default: str | Required = REQUIRED) -> str:
        """The id of a sentence of the source, such as "FAQ-3"."""
        value = self.text(key, default)
        if value and not CLAUSE.fullmatch(value):
            self.wrong(key, f'"{value}" is not a clause. Write an id such as "FAQ-3" or "EMG-1".')
        return value

    def maybe_clause(self) -> str | None:
        return self.clause(default="") or None

    def flag(self, key: str, *, default: bool) -> bool:
        return bool(self._get(key, bool, default))

    def number(self, key: str, default: int | Required = REQUIRED, *, at_most: int) -> int:
        """A whole number from 1 to `at_most`."""
        value = self._get(key, int, default)
        if value is None:
            return 1
        if not 1 <= value <= at_most:
            self.wrong(key, f'"{key}" is {value}. Write a whole number from 1 to {at_most}.')
        return int(value)

    def maybe_number(self, key: str, *, at_most: int) -> int:
        """A whole number from 1 to `at_most`, or 0 when the key is not there."""
        self._known.add(key)
        return self.number(key, at_most=at_most) if self.has(key) else 0

    def share(self, key: str, default: float | Required = REQUIRED) -> float:
        """A share between 0 and 1, written as a number (0.5) or a fraction in quotes ("1/3")."""
        written = self._table.get(key)
        fraction = _SHARE.fullmatch(written.strip()) if isinstance(written, str) else None
        if fraction and int(fraction[2]):
            self._known.add(key)
            value: float | None = float(Fraction(int(fraction[1]), int(fraction[2])))
        elif type(written) is int:
            self._known.add(key)
            value = float(written)
        else:
            value = self._get(key, float, default)
        if value is not None and not 0 < value < 1:
            self.wrong(key, f'"{key}" is {written}. Write a share between 0 and 1, such as 0.5.')
        return 0.5 if value is None else value

    def span(self, key: str, default: str | Required = REQUIRED, *, wall: bool = False) -> Span:
        """A span as people write it; with `wall`, one that runs by day and by night."""
        value = self._get(key, str, default)
        if value is None:
            return _STAND_IN
        try:
            span = parse_span(value)
        except SpanUnreadable as error:
            self.wrong(key, f'"{key}": {error}')
            return _STAND_IN
        if wall and span.unit is not SpanUnit.WALL:
            self.wrong(key, f'"{key}" runs by day and by night. Write it like "30 min" or "2 h".')
        return span

    def maybe_span(self, key: str, *, wall: bool = False) -> Span | None:
        self._known.add(key)
        return self.span(key, wall=wall) if self.has(key) else None

    def dates(self, key: str) -> tuple[date, ...]:
        """A list of days, written without quotes: 2026-12-24."""
        value = self._get(key, list, [])
        days: list[date] = []
        for index, item in enumerate(value):
            # Only `date` itself will do; its subclass with a time of day will not.
            if type(item) is date:
                days.append(item)
            else:
                self.problems.add(
                    (*self.path, key, index),
                    f'"{key}" is a list of days. Write each like 2026-12-24, without quotes.',
                )
        return tuple(days)

    def raw(self, key: str, kind: type) -> Any:
        """A value of this kind as `tomllib` gave it, or None with a problem."""
        return self._get(key, kind, REQUIRED)

    def table(self, key: str) -> Fields:
        """The table under this key; an empty one, with a problem, when there is none."""
        value = self._get(key, dict, REQUIRED)
        if value is None:
            # Nothing is asked of a table that isn't there, so that one gap is one problem.
            return Fields({}, (*self.path, key), self.problems.unheard())
        return Fields(value, (*self.path, key), self.problems)

    def maybe_table(self, key: str) -> Fields | None:
        self._known.add(key)
        return self.table(key) if self.has(key) else None

    def tables(self, key: str) -> list[Fields]:
        """The list of tables under this key; none when the key is not there."""
        value = self._get(key, list, [])
        tables: list[Fields] = []
        for index, item in enumerate(value or ()):
            path = (*self.path, key, index)
            if isinstance(item, dict):
                tables.append(Fields(item, path, self.problems))
            else:
                self.problems.add(path, f'"{key}" is a list of tables. {item!r} is none.')
        return tables

    def named_tables(self, key: str) -> dict[str, Fields]:
        """The tables under this key by their slugs, at least one."""
        under = self.table(key)
        found: dict[str, Fields] = {}
        for slug in under._table:
            if not SLUG.fullmatch(slug):
                under.wrong(slug, f'"{slug}" is not a short name. Write it like "system-outage".')
            found[slug] = under.table(slug)
        if not found and self.has(key):
            self.wrong(key, f"[{key}] is empty. Add at least one.")
        return found


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f'"{word}"' for word in sorted(words))
