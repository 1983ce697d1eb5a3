"""JSON as the APIs of other systems give it: one file or several, wrapped or bare."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from redphone.channels.schedules.found import Unreadable

T = TypeVar("T")

MOST_BYTES = 32_000_000
_DEEPEST = 6
_YEARS = (1990, 2199)
_MOST = 10**9


def leaves(files: Sequence[bytes], kind: Callable[[dict[str, Any]], str]) -> dict[str, list[Any]]:
    """The objects of these files by their kind, however they are wrapped.

    `kind` names an object, or says "" for a wrapper, whose values are then looked at.

    Raises:
        Unreadable: a file is no JSON, or holds nothing that has a kind.
    """
    found: dict[str, list[Any]] = {}
    for raw in files:
        known = [(kind(each), each) for each in _walk(_parsed(raw), kind, 0)]
        if not known:
            raise Unreadable("Nothing in this file is known here. Save what the API answers.")
        for name, each in known:
            found.setdefault(name, []).append(each)
    return found


def _parsed(raw: bytes) -> Any:
    if len(raw) > MOST_BYTES:
        raise Unreadable("The file is larger than 32 MB.")
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"This is no JSON: {str(error)[:160]}") from error


def _walk(
    value: Any, kind: Callable[[dict[str, Any]], str], depth: int
) -> Iterator[dict[str, Any]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        if kind(value):
            yield value
            return
        for each in value.values():
            yield from _walk(each, kind, depth + 1)
    elif isinstance(value, list):
        for each in value:
            yield from _walk(each, kind, depth + 1)


def convert(value: Any, shape: type[T], named: str) -> T:
    """A document in its shape.

    Raises:
        Unreadable: something in it is of another kind than the API's.
    """
    try:
        found = msgspec.convert(value, shape, strict=False)
    except (msgspec.ValidationError, ValueError, OverflowError) as error:
        raise Unreadable(f"{named}: {str(error)[:200]}") from error
    _check_bounds(found, named)
    return found


def _check_bounds(value: Any, named: str) -> None:
    """Let no time or number pass for which a plan would be counted from the beginning of time."""
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            _check_bounds(getattr(value, name), named)
    elif isinstance(value, list):
        for each in value:
            _check_bounds(each, named)
    elif isinstance(value, datetime) and not _YEARS[0] <= value.year <= _YEARS[1]:
        raise Unreadable(f"{named}: {value:%Y-%m-%d} is no time at which anybody is on call.")
    elif isinstance(value, int) and abs(value) > _MOST:
        raise Unreadable(f"{named}: {value:,} is too large a number.")


def zone(name: str) -> ZoneInfo:
    """A zone by its name.

    Raises:
        Unreadable: there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise Unreadable(f"Nobody knows the time zone {name[:60]!r}.") from error


def aware(at: datetime, zone: ZoneInfo) -> datetime:
    """A moment; one without an offset is in the schedule's zone."""
    return at if at.tzinfo else at.replace(tzinfo=zone)
