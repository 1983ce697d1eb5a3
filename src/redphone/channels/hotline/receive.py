"""What a voice provider posts, read: form fields become a core value. Nothing here ever raises."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from redphone.core.hotline import OF_THE_CALLEE, Callback, Step

WITHHELD = frozenset(
    {"", "anonymous", "unknown", "unavailable", "restricted", "private", "withheld", "blocked"}
)
"""What providers write where a caller shows no number."""

# "ANONYMOUS", "RESTRICTED" and the like, as they are typed on a telephone's keys.
WITHHELD_DIGITS = frozenset({"266696687", "7378742833", "2562533", "8656696", "86282452253"})

LONGEST = 4000
"""Characters that are read of any one field. What was sent is kept whole."""

FAILED = "failed"


def callback(
    step: Step, query: Mapping[str, str], form: Mapping[str, str], *, at: datetime
) -> Callback | None:
    """What the provider tells; None when it does not say of which call.

    `query` is the address's own part, which we wrote; the signature covers both.
    """
    call = _text(query, "call") or _text(form, "ParentCallSid") or _text(form, "CallSid")
    if not call:
        return None
    is_callees = step in OF_THE_CALLEE
    return Callback(
        step=step,
        call=call[:100],
        at=at,
        caller="" if is_callees else number(_text(form, "From") or _text(form, "Caller")),
        called="" if is_callees else number(_text(form, "To") or _text(form, "Called")),
        status=_text(form, "CallStatus").lower(),
        account=_text(form, "AccountSid")[:100],
        leg=_whole(query, "leg"),
        person=_whole(query, "person"),
        turn=_whole(query, "turn") or 1,
        digits=_text(form, "Digits"),
        speech=_text(form, "SpeechResult").strip(),
        dial_status=_text(form, "DialCallStatus").lower(),
        bridged=_yes_or_no(_text(form, "DialBridged")),
        recording=_recording(form),
        recording_url=_recording_url(form),
        seconds=_seconds(_text(form, "RecordingDuration")),
        transcript=_transcript(form),
        is_rehearsal=_text(query, "rehearsal") == "1",
    )


def number(text: str) -> str:
    """A number as the provider gave it; "" when it was withheld."""
    plain = re.sub(r"[\s().-]", "", text)
    if plain.lower() in WITHHELD or plain.lstrip("+") in WITHHELD_DIGITS:
        return ""
    return text.strip()[:80]


def _text(form: Mapping[str, str], name: str) -> str:
    return str(form.get(name) or "")[:LONGEST].replace("\x00", "")


def _whole(form: Mapping[str, str], name: str) -> int:
    text = _text(form, name)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _seconds(text: str) -> int | None:
    """Whole seconds; a recording may say -1, or nothing, while its length is not known."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _yes_or_no(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


def _recording(form: Mapping[str, str]) -> str:
    """The recording's name; a provider that gives none is taken by the address."""
    return (_text(form, "RecordingSid") or _text(form, "RecordingUrl"))[:300]


def _recording_url(form: Mapping[str, str]) -> str:
    """Where it can be fetched: not while it is being made, nor when nothing was recorded."""
    if _text(form, "RecordingStatus").lower() in {"in-progress", "absent", FAILED}:
        return ""
    return "" if _text(form, "RecordingDuration") == "0" else _text(form, "RecordingUrl")


def _transcript(form: Mapping[str, str]) -> str:
    if _text(form, "TranscriptionStatus").lower() == FAILED:
        return ""
    return _text(form, "TranscriptionText").strip()
