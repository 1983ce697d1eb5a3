"""What a provider posts of our calls and SMS, read. Nothing here ever raises."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from redphone.channels.telephone.answers import NUMBER_IS_DEAD

LONGEST = 4000
"""Characters that are read of any one field."""


class Went(StrEnum):
    """What a status tells: nothing yet, that it arrived or rang, or that it did not."""

    ON = "on"
    ARRIVED = "arrived"
    FAILED = "failed"


_WENT = {
    **dict.fromkeys(("ringing", "in-progress", "answered", "completed"), Went.ARRIVED),
    # The telephone has rung, or is in use: it works, and the person's rule goes on.
    **dict.fromkeys(("busy", "no-answer"), Went.ARRIVED),
    **dict.fromkeys(("delivered", "read"), Went.ARRIVED),
    **dict.fromkeys(("failed", "undelivered"), Went.FAILED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What became of a call or an SMS. `for_good`: the number itself is dead."""

    went: Went
    provider_id: str
    said: str = ""
    for_good: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """An SMS that came in. `sender` is as the provider gave it."""

    provider_id: str
    sender: str
    receiver: str
    body: str


def status(form: Mapping[str, str]) -> Status:
    """What a status callback tells."""
    words = (field(form, "CallStatus") or field(form, "MessageStatus")).lower()
    code = field(form, "ErrorCode")
    told = (words, code, field(form, "ErrorMessage"), field(form, "SipResponseCode"))
    return Status(
        went=_WENT.get(words, Went.ON),
        provider_id=sid(form),
        said=" ".join(filter(None, told))[:300],
        for_good=code.isascii() and code.isdigit() and int(code[:9]) in NUMBER_IS_DEAD,
    )


def sid(form: Mapping[str, str]) -> str:
    """What the provider calls the call or the SMS."""
    found = field(form, "CallSid") or field(form, "MessageSid") or field(form, "SmsSid")
    return found[:100]


def digit(form: Mapping[str, str]) -> str:
    """The key that was pressed; "" for none."""
    return field(form, "Digits").strip()[:1]


def text(form: Mapping[str, str]) -> Text | None:
    """An SMS that came in; None when it does not say what it is."""
    if not sid(form) or not field(form, "From"):
        return None
    sender = re.sub(r"[\s().-]", "", field(form, "From"))[:80]
    return Text(
        provider_id=sid(form),
        sender=sender,
        receiver=field(form, "To")[:80],
        body=field(form, "Body"),
    )


def field(form: Mapping[str, str], name: str) -> str:
    return str(form.get(name) or "")[:LONGEST].replace("\x00", "")
