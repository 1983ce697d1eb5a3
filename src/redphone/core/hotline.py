"""A call to the hotline: what the provider has told of it, and what that adds up to.

Callbacks come late, twice, in any order, or never. So a call is no chain of states but a set of
facts: `replay` sorts what was heard by what it says, not by when it came, and gives the same call
for any order and any repetition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

PIN_TRIES = 3
"""Wrong PINs of one call; after them it goes on as an unknown caller's."""

OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
"""What a provider says of a call that has ended."""

MENU: dict[str, tuple[str, str]] = {
    "1": ("system-outage", "an outage"),
    "2": ("data-security-incident", "a security problem"),
    "3": ("payment-processing-failure", "payments"),
    "4": ("account-lockout", "being locked out"),
}
"""Keys of the menu: the issue type of each, and how it is said."""


class Step(StrEnum):
    """Where in a call a callback comes from; `RINGING` and `LOST` are the desk's own notes.

    `AWAY` is asked for by the provider when no other answer came in time.
    """

    AWAY = "away"
    VOICE = "voice"
    MENU = "menu"
    SAID = "said"
    PIN = "pin"
    CONNECT = "connect"
    RINGING = "ringing"
    WHISPER = "whisper"
    TAKE = "take"
    LEG = "leg"
    DIAL = "dial"
    VOICEMAIL = "voicemail"
    FALLBACK = "fallback"
    STATUS = "status"
    RECORDING = "recording"
    TRANSCRIPTION = "transcription"
    LOST = "lost"

    @property
    def is_heard(self) -> bool:
        """Whether somebody on the line hears the answer; the others only tell us something."""
        return self not in _TELLING


_TELLING = {Step.LEG, Step.STATUS, Step.RECORDING, Step.TRANSCRIPTION, Step.RINGING, Step.LOST}
OF_THE_CALLEE = frozenset({Step.WHISPER, Step.TAKE, Step.LEG, Step.RINGING})
"""Steps that speak of the line to one of the desk's people: their numbers aren't the caller's."""

_NO_TIME = datetime.min.replace(tzinfo=UTC)
_ORDER = {step: number for number, step in enumerate(Step)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """One thing that the provider has told, read; "" is what it did not say.

    `call` is the caller's line, whichever line this is about. `leg` counts the people who were
    dialled from 1, and `person` is whom that leg rings. `turn` counts what was asked again.
    `bridged` is whether the two lines were joined. `customer` is whose PIN was keyed in: 0 for a
    wrong one, None where none was checked.
    """

    step: Step
    call: str
    at: datetime
    caller: str = ""
    called: str = ""
    status: str = ""
    account: str = ""
    leg: int = 0
    person: int = 0
    turn: int = 1
    digits: str = ""
    speech: str = ""
    dial_status: str = ""
    bridged: bool | None = None
    recording: str = ""
    recording_url: str = ""
    seconds: int | None = None
    transcript: str = ""
    customer: int | None = None
    is_rehearsal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One of the desk's people who was dialled. `status` is "" while it rings."""

    number: int
    person: int
    status: str = ""
    taken_at: datetime | None = None
    bridged: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Something that was recorded: the provider's name for it, where it lies, how long it is."""

    name: str
    url: str = ""
    seconds: int | None = None
    transcript: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is known of a call.

    `is_known` says that the caller's own line was heard of, so that its number is known or
    withheld. `chosen` is the key of the menu, `words` what they said into it. `customer` was told
    by a PIN, `pins` counts the tries. `ended_at` is when the caller's line was over, and `is_lost`
    that nobody told us so.
    """

    sid: str
    caller: str = ""
    called: str = ""
    account: str = ""
    is_known: bool = False
    is_rehearsal: bool = False
    started_at: datetime | None = None
    chosen: str = ""
    words: tuple[str, ...] = ()
    pins: int = 0
    customer: int | None = None
    legs: tuple[Leg, ...] = ()
    recordings: tuple[Recording, ...] = ()
    ended_at: datetime | None = None
    is_lost: bool = False

    @property
    def taken(self) -> Leg | None:
        """The leg of whoever took the call, by pressing a key: a voicemail box presses none."""
        return next((leg for leg in self.legs if leg.taken_at), None)

    @property
    def was_answered(self) -> bool:
        """Whether the caller and one of the desk's people have had each other on the line."""
        return self.taken is not None and self.taken.bridged is not False

    @property
    def needs_call_back(self) -> bool:
        """Whether the caller has gone without having spoken to anybody."""
        return self.ended_at is not None and not self.was_answered

    @property
    def end(self) -> str:
        """How it ended: `answered`, `message`, `hung_up`, `lost`; "" while it goes on."""
        if self.ended_at is None:
            return ""
        if self.was_answered:
            return "answered"
        if any(recording.url for recording in self.recordings):
            return "message"
        return "lost" if self.is_lost else "hung_up"

    def leg(self, number: int) -> Leg | None:
        return next((leg for leg in self.legs if leg.number == number), None)


def replay(sid: str, heard: Iterable[Callback]) -> Call:
    """The call that a set of callbacks adds up to, in whatever order they came."""
    told = sorted(heard, key=_place)
    own = [each for each in told if each.step not in OF_THE_CALLEE and each.step is not Step.LOST]
    over = [each for each in told if _ends(each) or _is_lost(each, own)]
    pins = [each for each in told if each.step is Step.PIN and each.customer is not None]
    return Call(
        sid=sid,
        caller=_first(each.caller for each in own),
        called=_first(each.called for each in own),
        account=_first(each.account for each in told),
        is_known=bool(own),
        is_rehearsal=any(each.is_rehearsal for each in told),
        started_at=min((each.at for each in told), default=None),
        chosen=_first(e.digits for e in told if e.step is Step.MENU and e.digits in MENU),
        words=_each_once(e.speech for e in told if e.step is Step.MENU and e.speech),
        pins=len({each.turn for each in pins}),
        customer=next((each.customer for each in pins if each.customer), None),
        legs=tuple(_legs(told)),
        recordings=tuple(_recordings(told)),
        ended_at=min((each.at for each in over), default=None),
        is_lost=bool(over) and all(each.step is Step.LOST for each in over),
    )


def _place(told: Callback) -> tuple[int, int, int, str]:
    """Where it stands among the others: by what it says, and not by when it came."""
    return _ORDER[told.step], told.turn, told.leg, says(told)


def says(told: Callback) -> str:
    """All that a callback says, without when it came: two that say the same are one."""
    return repr(replace(told, at=_NO_TIME))


def _first(values: Iterable[str]) -> str:
    return next((value for value in values if value), "")


def _each_once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _ends(told: Callback) -> bool:
    """The caller's line is over. The end of a leg is not: the next one is dialled."""
    return told.step not in OF_THE_CALLEE and told.status in OVER


def _is_lost(told: Callback, own: list[Callback]) -> bool:
    """The line was given up for lost, and has not been heard of since."""
    return told.step is Step.LOST and all(each.at <= told.at for each in own)


def _legs(told: list[Callback]) -> Iterator[Leg]:
    for number in sorted({each.leg for each in told if each.leg}):
        mine = [each for each in told if each.leg == number]
        bridged = [each.bridged for each in mine if each.bridged is not None]
        taken = [each.at for each in mine if _takes(each)]
        yield Leg(
            number=number,
            person=max(each.person for each in mine),
            status=_first(each.dial_status for each in reversed(mine)),
            taken_at=min(taken, default=None),
            bridged=any(bridged) if bridged else None,
        )


def _takes(told: Callback) -> bool:
    """They pressed 1; or the lines were joined, which happens only after that."""
    return (told.step is Step.TAKE and told.digits == "1") or told.bridged is True


def _recordings(told: list[Callback]) -> Iterator[Recording]:
    for name in sorted({each.recording for each in told if each.recording}):
        mine = [each for each in told if each.recording == name]
        yield Recording(
            name=name,
            url=_first(each.recording_url for each in mine),
            seconds=max((e.seconds for e in mine if e.seconds is not None), default=None),
            transcript=_first(each.transcript for each in mine),
        )


def spoken(span: timedelta) -> str:
    """A span as it is said on the phone, in whole minutes rounded down; "" for none left."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return ""
    if minutes < 120:
        return "1 minute" if minutes == 1 else f"{minutes} minutes"
    return f"{minutes // 60} hours"
