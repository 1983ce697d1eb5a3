"""An alert: what a monitor told us, whatever the form in which it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Change(StrEnum):
    """What an alert says of its trouble: it is there, somebody has it, it is over."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One change of one trouble, read.

    `key` is the sender's own and is the same while the trouble lasts, from firing to resolved;
    where a sender gives none, it is a digest of the parts that tell one trouble from another.
    `words` are for a responder: what, where, since when, how bad, where to look. `severity` is as
    the sender said it. `component` is the service, host or namespace that it is about, "" when
    unknown. `link` is http or https, or "". `fields` are all labels and details, by dotted names,
    so many and so long as `values.py` allows.

    `is_test` is a sender trying whether it gets through: nothing is wrong.
    """

    key: str
    change: Change
    title: str
    words: str
    severity: str = ""
    component: str = ""
    source: str = ""
    link: str = ""
    started_at: datetime | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    is_test: bool = False


class NotReadable(Exception):
    """This is no alert that can be read. Its message says what is wrong, and what to do.

    `status` is the HTTP status that says so to the sender; `errors` are the faults one by one.
    `token` is the door's token, where the body had one. `alert` is what could be read in spite of
    the faults, so that a responder gets more than a refusal.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        errors: Sequence[str] = (),
        token: str = "",
        alert: Alert | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.errors = list(errors) or [message]
        self.token = token
        self.alert = alert
