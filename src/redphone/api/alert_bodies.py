"""From a body to the rows that are stored: read it, or say why it can't be read and keep it."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from redphone import clock
from redphone.actions.alerts import UNREADABLE, short
from redphone.actions.doors import ANY, Known
from redphone.api import alert_proofs as proofs
from redphone.api.alert_answers import CHANGES, V1, V2, Dialect, Taken
from redphone.channels import alerts as formats
from redphone.channels.alerts import pagerduty
from redphone.channels.alerts.alert import Alert, Change, NotReadable
from redphone.records.alerts import Line
from redphone.records.chain import storable
from redphone.records.models.alert import Became

OTHER_FORMAT = "This door takes only what is signed for it. Send it to the door's own address."

MOST_ALERTS = 5000
"""Alerts of one body that are looked at one by one; of the others a person is told."""

REMEMBERED = 512
"""Bodies that are remembered as they were read: a monitor repeats itself to the letter."""

LONGEST_REMEMBERED = 4096
"""Bytes of such a body."""


@dataclass(frozen=True, slots=True)
class _Read:
    """One alert of a body, in the form in which it is stored."""

    key: str
    change: str
    title: str
    said: str
    is_test: bool


async def take(
    door: Known, dialect: Dialect, body: bytes, headers: Mapping[str, str], token: str
) -> Taken:
    """What a request with a good token brings."""
    at = clock.now()
    kind = _format(door, dialect, body, headers)
    if door.is_signed and kind != door.format:
        return Taken(refused=dialect.wrong_proof(OTHER_FORMAT))
    if why := await proofs.fault(kind, door, body, headers, at):
        return Taken(refused=dialect.wrong_proof(why))
    taken = _taken(door, dialect, kind, body, headers, token, at)
    if number := "" if dialect.path else formats.number(kind, body, headers):
        # What is signed and comes again is stored once, also when its incident has ended since.
        return replace(taken, lines=tuple(each._replace(number=number) for each in taken.lines))
    return taken


def _taken(
    door: Known,
    dialect: Dialect,
    kind: str,
    body: bytes,
    headers: Mapping[str, str],
    token: str,
    at: datetime,
) -> Taken:
    kept = _without(token, body)
    content_type = headers.get("content-type", "application/json")[:200]
    try:
        found = _read(kind, body, headers, door, dialect)
    except NotReadable as error:
        if error.status == 413:
            return Taken(refused=dialect.too_large())
        return _unread(door, at, kept, content_type, error)
    if not found:
        became = Became.CHANGE if dialect is CHANGES else Became.TEST
        return Taken(lines=(_line(door, at, kept, content_type, settled=became),))
    return Taken(lines=_lines(door, at, kept, content_type, found), key=found[0].key)


def _without(token: str, body: bytes) -> bytes:
    """The body without the token, which some APIs have in it."""
    text = token.encode()
    return body.replace(text, text[:8] + b"*" * (len(text) - 8)) if text in body else body


def _format(door: Known, dialect: Dialect, body: bytes, headers: Mapping[str, str]) -> str:
    if dialect.format != ANY:
        return dialect.format
    if door.format != ANY:
        return door.format
    return formats.recognise(body, headers) or "generic"


_PAGERDUTY = {
    V2.path: pagerduty.enqueue,
    CHANGES.path: pagerduty.enqueue_change,
    V1.path: pagerduty.create_event,
}

_read_lately: OrderedDict[tuple[str, bytes], tuple[_Read, ...]] = OrderedDict()


def _read(
    kind: str, body: bytes, headers: Mapping[str, str], door: Known, dialect: Dialect
) -> tuple[_Read, ...]:
    """What is in a body. A short one that came a moment ago need not be read again."""
    key = (dialect.path or kind, body)
    # Whatever else a reader looks at must be no part of the request beside its body.
    is_whole = bool(dialect.path) and "content-encoding" not in headers
    if is_whole and (known := _read_lately.get(key)) is not None:
        return known
    if dialect.path:
        found = _PAGERDUTY[dialect.path](body, headers).alerts
    else:
        found = formats.receive(kind, body, headers, mapping=door.mapping or None)
    read = tuple(_as_read(alert) for alert in found[:MOST_ALERTS]) + _too_many(len(found))
    if is_whole and len(body) <= LONGEST_REMEMBERED:
        _read_lately[key] = read
        if len(_read_lately) > REMEMBERED:
            _read_lately.popitem(last=False)
    return read


def _as_read(alert: Alert) -> _Read:
    return _Read(
        key=short(_clean(alert.key)),
        change=alert.change.value,
        title=_clean(alert.title)[:300],
        said=msgspec.json.encode(_said(alert)).decode(),
        is_test=alert.is_test,
    )


def _too_many(count: int) -> tuple[_Read, ...]:
    """A person looks at what is too much to be taken one by one."""
    if count <= MOST_ALERTS:
        return ()
    why = f"One message held {count:,} alerts. The first {MOST_ALERTS:,} were taken one by one."
    said = msgspec.json.encode({"unreadable": why}).decode()
    return (_Read(UNREADABLE, Change.FIRING.value, why, said, is_test=False),)


def _unread(
    door: Known, at: datetime, kept: bytes, content_type: str, error: NotReadable
) -> Taken:
    """It could not be read, or not all of it: it is kept, and somebody looks at it."""
    errors = tuple(storable(each)[:300] for each in error.errors[:20])
    why = "; ".join(errors)[:1000]
    if error.alert is not None and error.alert.change is not Change.FIRING:
        # What can't be read is taken for trouble; what says that it is none is only kept.
        line = _line(door, at, kept, content_type, title=why[:200], settled=Became.STRAY)
        return Taken(lines=(line,), errors=errors, fault=error)
    said = _said(error.alert) if error.alert else {}
    line = _line(
        door,
        at,
        kept,
        content_type,
        key=UNREADABLE,
        change=Change.FIRING.value,
        title=_clean(error.alert.title)[:300] if error.alert else why[:200],
        said=msgspec.json.encode({**said, "unreadable": why}).decode(),
    )
    return Taken(lines=(line,), errors=errors, fault=error)


def _lines(
    door: Known, at: datetime, kept: bytes, content_type: str, found: tuple[_Read, ...]
) -> tuple[Line, ...]:
    request = uuid.uuid4()
    head, kind = (door.pk, request), _clean(content_type)
    quiet = "" if door.opens_for_tests else Became.TEST.value
    return tuple(
        # By position, as `Line` names them: this is the hot path.
        Line(
            *head,
            part,
            at,
            each.key,
            each.change,
            each.title,
            each.said,
            kept if part == 0 else b"",
            kind,
            quiet if each.is_test else "",
        )
        for part, each in enumerate(found)
    )


def _line(
    door: Known,
    at: datetime,
    kept: bytes,
    content_type: str,
    *,
    request: uuid.UUID | None = None,
    part: int = 0,
    key: str = "",
    change: str = "",
    title: str = "",
    said: str = "{}",
    settled: str = "",
) -> Line:
    return Line(
        door=door.pk,
        request=request or uuid.uuid4(),
        part=part,
        received_at=at,
        key=key,
        change=change,
        title=title,
        said=said,
        raw=kept,
        content_type=_clean(content_type),
        settled=str(settled),
    )


def _said(alert: Alert) -> dict[str, str]:
    words = alert.words if alert.words.startswith(alert.title) else f"{alert.title}\n{alert.words}"
    return {
        "words": _clean(words)[:20_000],
        "severity": _clean(alert.severity),
        "component": _clean(alert.component),
        "link": _clean(alert.link),
        "started_at": alert.started_at.isoformat() if alert.started_at else "",
    }


def _clean(text: str) -> str:
    """The text as the database can hold it."""
    return text if text.isascii() and "\x00" not in text else storable(text)
