"""What somebody on the line hears next, as TwiML. Every address in it is ours and whole.

What people and policies say goes through the provider's own builder, which escapes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from redphone.core.hotline import Step
from redphone.core.hotline_says import (
    AskPin,
    AskWords,
    GetBy,
    Goodbye,
    Greet,
    Join,
    LetGo,
    Nothing,
    Ring,
    Says,
    TakeMessage,
    Thank,
    Whisper,
)

SILENCE = 4
"""Seconds of silence after which what is said counts as said."""

LONGEST_WORDS = 45
LONGEST_MESSAGE = 120
"""Seconds of a recording. Longer ones are not written down by the provider."""

TO_CHOOSE = 7
TO_KEY_A_PIN = 6
TO_TAKE = 8
"""Seconds until a key is no longer waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One call's addresses. `base` is where the hotline is, with a slash at its end.

    `records` says that whole conversations are recorded, and that callers are told so.
    """

    base: str
    call: str
    records: bool = False

    def url(self, step: Step, **query: int) -> str:
        return f"{self.base}{step.value}/?{urlencode({'call': self.call, **query})}"


def render(says: Says, line: Line) -> str:
    """The TwiML for what is heard next."""
    response = VoiceResponse()
    _WORDS[type(says)](says, line, response)
    return str(response)


def _greet(says: Greet, line: Line, response: VoiceResponse) -> None:
    keys = ", ".join(f"for {name}, press {key}" for key, name in says.keys)
    recorded = " This call is recorded." if line.records else ""
    on_record = f" It is case {_spelled(says.case)}, and people are being called." * bool(
        says.case
    )
    gather = _ask(line.url(Step.MENU), TO_CHOOSE, digits=1, speech=True)
    gather.say(
        f"This is the emergency line of {says.company}.{recorded} We have your call.{on_record}"
        f" {keys[:1].upper()}{keys[1:]}. Or say in your own words what is wrong."
    )
    response.append(gather)
    response.redirect(line.url(Step.MENU), method="POST")


def _spelled(case: str) -> str:
    """ "R P, 1 0 2 4": a voice would make a number of it, and a word of the letters."""
    letters, _, number = case.partition("-")
    return f"{' '.join(letters)}, {' '.join(number)}"


def _ask(action: str, seconds: int, *, digits: int | None = None, speech: bool = False) -> Gather:
    return Gather(
        action=action,
        method="POST",
        input="dtmf speech" if speech else "dtmf",
        timeout=seconds,
        num_digits=digits,
        speech_timeout="auto" if speech else None,
        finish_on_key="#",
    )


def _ask_words(says: AskWords, line: Line, response: VoiceResponse) -> None:
    response.say(
        "Say after the tone what is wrong, then press the hash key. Or wait: we go on at once."
    )
    _record(response, line, Step.SAID, LONGEST_WORDS)
    response.redirect(line.url(Step.SAID), method="POST")


def _record(response: VoiceResponse, line: Line, step: Step, longest: int) -> None:
    response.record(
        action=line.url(step),
        method="POST",
        max_length=longest,
        timeout=SILENCE,
        finish_on_key="#",
        play_beep=True,
        recording_status_callback=line.url(Step.RECORDING),
        recording_status_callback_method="POST",
        transcribe=True,
        transcribe_callback=line.url(Step.TRANSCRIPTION),
    )


def _ask_pin(says: AskPin, line: Line, response: VoiceResponse) -> None:
    again = "That is no PIN of ours. Try once more" if says.turn > 1 else "If you have a PIN, key"
    gather = _ask(line.url(Step.PIN, turn=says.turn), TO_KEY_A_PIN)
    gather.say(f"{again}{'' if says.turn > 1 else ' it in'}, then the hash key. If not, wait.")
    response.append(gather)
    response.redirect(line.url(Step.CONNECT), method="POST")


def _ring(says: Ring, line: Line, response: VoiceResponse) -> None:
    response.say(
        "We call the person on duty now. Stay on the line."
        if says.leg == 1
        else "We call the next person. Stay on the line."
    )
    query = {"leg": says.leg, "person": says.person}
    dial = Dial(
        action=line.url(Step.DIAL, **query),
        method="POST",
        timeout=says.seconds,
        caller_id=says.shown or None,
        record="record-from-answer" if line.records else None,
        recording_status_callback=line.url(Step.RECORDING) if line.records else None,
        recording_status_callback_method="POST" if line.records else None,
    )
    dial.number(
        says.number,
        url=line.url(Step.WHISPER, **query),
        method="POST",
        status_callback=line.url(Step.LEG, **query),
        status_callback_event="ringing answered completed",
        status_callback_method="POST",
    )
    response.append(dial)


def whisper(says: Whisper, line: Line, *, leg: int, person: int) -> str:
    """What the person who picked up hears. Whoever presses nothing is not joined."""
    response = VoiceResponse()
    plan = f", {says.plan}" if says.plan else ""
    for _ in range(2):
        # Who is woken by a telephone misses the first words.
        gather = _ask(line.url(Step.TAKE, leg=leg, person=person), TO_TAKE, digits=1)
        gather.say(f"Redphone. {says.about}{plan}. Press 1 to take the call.")
        response.append(gather)
    response.hangup()
    return str(response)


def _join(says: Join, line: Line, response: VoiceResponse) -> None:
    response.say("Thank you. You are joined.")


def _let_go(says: LetGo, line: Line, response: VoiceResponse) -> None:
    response.hangup()


def _take_message(says: TakeMessage, line: Line, response: VoiceResponse) -> None:
    response.say(
        "Nobody could come to the phone yet; we go on calling them. Leave your name, your number "
        f"and what is wrong after the tone. {_called_back(says.within)}"
    )
    _record(response, line, Step.VOICEMAIL, LONGEST_MESSAGE)
    # Without a sound, a provider goes on here instead of to the address above.
    response.say(f"{_called_back(says.within)} Goodbye.")
    response.hangup()


def _called_back(within: str) -> str:
    return f"You will be called back {f'within {within}' if within else 'as soon as we can'}."


def _thank(says: Thank, line: Line, response: VoiceResponse) -> None:
    response.say(f"Thank you. {_called_back(says.within)} Goodbye.")
    response.hangup()


def _goodbye(says: Goodbye, line: Line, response: VoiceResponse) -> None:
    response.say(
        "The call has ended on our side. Your case stays open: if you were cut off, call again. "
        "Goodbye."
    )
    response.hangup()


def _nothing(says: Nothing, line: Line, response: VoiceResponse) -> None:
    pass


def _get_by(says: GetBy, line: Line, response: VoiceResponse) -> None:
    if says.number:
        response.say("Stay on the line. We put you through.")
        dial = Dial(action=line.url(Step.FALLBACK), method="POST", timeout=60)
        dial.number(says.number)
        response.append(dial)
        return
    response.say(
        "We can't look anything up just now. Leave your name, your number and what is wrong "
        "after the tone, and call again in five minutes if nobody has called you back."
    )
    _record(response, line, Step.VOICEMAIL, LONGEST_MESSAGE)
    response.hangup()


def _whisper(says: Whisper, line: Line, response: VoiceResponse) -> None:
    raise AssertionError("a whisper needs to know to whom: use `whisper`")


_WORDS: dict[type[Says], Callable[..., None]] = {
    Greet: _greet,
    AskWords: _ask_words,
    AskPin: _ask_pin,
    Ring: _ring,
    Whisper: _whisper,
    Join: _join,
    LetGo: _let_go,
    TakeMessage: _take_message,
    Thank: _thank,
    Goodbye: _goodbye,
    Nothing: _nothing,
    GetBy: _get_by,
}
