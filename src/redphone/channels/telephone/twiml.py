"""What whoever was rung hears, as TwiML. What people wrote is escaped by the provider's builder.

A voicemail box picks up like a person. It presses nothing, and so it takes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from twilio.twiml.messaging_response import MessagingResponse
from twilio.twiml.voice_response import Gather, VoiceResponse

from redphone.core.phone_says import Ask, Over, Passed, Says, Took

TO_PRESS = 6
"""Seconds until a key is no longer waited for."""

MOST_WORDS = 1000
"""Letters that are read out: nobody listens to more of it at night."""

TROUBLE = (
    "This is Redphone with an urgent page. The desk can't say more just now: open it in your "
    "browser, or call the others."
)


def render(says: Says, *, callback: str) -> str:
    """The TwiML for what is heard next. `callback` is the call's own address at the desk."""
    match says:
        case Ask():
            return _ask(says, callback)
        case Took():
            return tell(_took(says))
        case Over(by=None):
            return tell((f"{spelled(says.incident)} asks nothing of you any more.", "Good night."))
        case Over():
            return tell((f"{spelled(says.incident)} was taken by {says.by}.", "Sleep well."))
        case Passed():
            return tell(_passed(says))
    return tell(says.words)


def tell(words: Iterable[str]) -> str:
    """Words that ask for nothing, said twice: whoever was woken misses the first ones."""
    said = " ".join(words)[:MOST_WORDS]
    response = VoiceResponse()
    response.say(said)
    response.pause(length=1)
    response.say(said)
    response.hangup()
    return str(response)


def trouble(callback: str, *, again: bool) -> str:
    """What is heard while nothing can be looked up. `again`: the desk is asked once more after."""
    response = VoiceResponse()
    response.say(TROUBLE)
    if again:
        response.pause(length=5)
        response.redirect(f"{callback}/voice?again=1", method="POST")
    else:
        response.hangup()
    return str(response)


def _ask(says: Ask, callback: str) -> str:
    words = f"This is Redphone, with a page. {' '.join(says.words)[:MOST_WORDS]} {_keys(says)}"
    response = VoiceResponse()
    for _ in range(2):
        gather = Gather(
            action=f"{callback}/key",
            method="POST",
            input="dtmf",
            num_digits=1,
            timeout=TO_PRESS,
        )
        gather.say(words)
        response.append(gather)
    response.say("You pressed nothing, so that nobody has it yet. We go on calling. Good-bye.")
    response.hangup()
    return str(response)


def _keys(says: Ask) -> str:
    if says.count > 1:
        keys = "Press 1 to take the first, 4 to take all, 2 to hear it again"
        return keys + (", 3 if you can't." if says.can_pass else ".")
    keys = f"Press 1 to {says.act}, 2 to hear it again"
    return keys + (", 3 if you can't come." if says.can_pass else ".")


def _took(says: Took) -> tuple[str, ...]:
    what = _listed(spelled(each) for each in says.incidents)
    if says.done:
        return (says.done, "Good luck.")
    first = f"{what} is yours." if says.is_new else f"You have {what} already."
    others = f"{_listed(says.others)} stop ringing." if says.others else ""
    left = f"{_listed(map(spelled, says.left))} still rings." if says.left else ""
    return tuple(filter(None, (first, others, left, "Good luck.")))


def _passed(says: Passed) -> tuple[str, ...]:
    if says.names:
        return (f"Understood. {_listed(says.names)} is called now.", "Good-bye.")
    return (
        "Understood. There is nobody after you to be called now.",
        "It goes on ringing until somebody has it. Good-bye.",
    )


def spelled(incident: str) -> str:
    """ "Incident 1 0 2 4": a voice would make a long number of it, and a word of the letters."""
    return f"Incident {' '.join(incident.rpartition('-')[2])}"


def _listed(names: Iterable[str]) -> str:
    found = list(names)
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}"


def text(answer: str) -> str:
    """What is sent back to an SMS; "" for nothing."""
    response = MessagingResponse()
    if answer:
        response.message(answer)
    return str(response)
