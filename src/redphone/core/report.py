"""What came in, and what it lacks.

A report is what someone told us, on any channel, kept as it came. A description and a way to reach
the person open a case; everything else is asked while the page is already out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

TITLE_LENGTH = 90
SHORTEST_TITLE = 12

ALERT = "alert"
"""The channel of what monitors say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report, read. `plan` is None while the sender is unknown.

    `closest_to` is the issue type that the sender picked, if any; `join_key` an exact key under
    which later reports of the same trouble join (a monitor's dedup key). `fields` are the eight
    things of FAQ-6, as far as they came.

    Source: FAQ-2, FAQ-6.
    """

    channel: str
    received_at: datetime
    description: str
    contact: str = ""
    plan: str | None = None
    closest_to: str | None = None
    join_key: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file that came with a report, as the sender named it. Its type is a claim, no fact.

    `left_out` says why `content` is empty though `size` is not: the file was too large to keep.
    """

    name: str
    content_type: str
    content: bytes
    size: int = -1
    left_out: str = ""

    @property
    def digest(self) -> str:
        """The SHA-256 of what is kept of it, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    def without_content(self, why: str) -> Attached:
        """The same without its bytes, which were too many."""
        size = len(self.content) if self.size < 0 else self.size
        return Attached(
            name=self.name, content_type=self.content_type, content=b"", size=size, left_out=why
        )


def title(description: str) -> str:
    """The first sentence of a description, short enough for a line on the board.

    A first paragraph that is long enough ends it too: that is the subject of a mail.
    """
    first, _, rest = description.strip().partition("\n\n")
    text = " ".join((first if rest and len(first) >= SHORTEST_TITLE else description).split())
    for end in (". ", "! ", "? ", " - "):
        head, found, _ = text.partition(end)
        if found and len(head) >= SHORTEST_TITLE:
            text = head
            break
    text = text.rstrip(".")
    if len(text) <= TITLE_LENGTH:
        return text or "A report that could not be read"
    return text[: TITLE_LENGTH - 1].rsplit(" ", 1)[0] + "…"


def lacks(report: Report, ask_for: tuple[str, ...]) -> tuple[str, ...]:
    """Which of the things that the policy asks for have not been told yet, in its order.

    Source: FAQ-6.
    """
    told = {name for name, value in report.fields.items() if value.strip()}
    if report.description.strip():
        told.add("description")
    if report.contact.strip():
        told.add("contact")
    return tuple(name for name in ask_for if name not in told)


def is_off_channel(channel: str, channels: tuple[str, ...]) -> bool:
    """Whether a plan names other channels than this one. It is taken all the same, marked.

    A monitor's alert is nobody's choice of a channel.

    Source: POL-6, FAQ-2.
    """
    return channel not in channels and channel != ALERT
