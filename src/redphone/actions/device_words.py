"""What a code, a test and news say, on whatever device they come."""

from __future__ import annotations

from redphone.actions import links
from redphone.actions.device_codes import CODE_IS_GOOD_FOR, SEALED_FOR
from redphone.core.message import Message
from redphone.records.models import DeviceMessage
from redphone.records.models.device import DeviceKind
from redphone.records.models.device_message import DeviceMessagePurpose as Purpose
from redphone.records.sealed import unseal

GOOD_FOR = f"{CODE_IS_GOOD_FOR.total_seconds() // 60:.0f} minutes"


def compose(message: DeviceMessage) -> Message:
    """The message of a row, with its code.

    Raises:
        SealBroken: the secret key is another one by now.
    """
    match Purpose(message.purpose):
        case Purpose.CODE:
            return _code(message)
        case Purpose.TEST:
            return _test(message)
        case Purpose.NEWS:
            return _news(message)
        case Purpose.DUTY:
            return _duty(message)


def _code(message: DeviceMessage) -> Message:
    code = unseal(message.sealed, purpose=SEALED_FOR)
    owner = message.person.name
    return _message(
        message,
        subject="Your code for Redphone",
        lines=(
            f"Your code is {code}. It is good for {GOOD_FOR}.",
            f"With it {owner} says that pages may come here. Whoever did not ask for it may "
            "forget this message: nothing more comes.",
        ),
        short=f"{code} is your code for Redphone, good for {GOOD_FOR}. Nobody asks you for it.",
        spoken=(
            f"This is Redphone, with a code for {owner}.",
            f"The code is: {slowly(code)}",
            f"Once more: {slowly(code)}",
            "If you do not know what this is, just hang up. Good-bye.",
        ),
        link=("Enter the code", links.device_code(message.device_id or 0, code)),
    )


def slowly(code: str) -> str:
    """A code as it is spoken: each digit a sentence of its own."""
    return " ".join(f"{digit}." for digit in code)


def _test(message: DeviceMessage) -> Message:
    owner = message.person.name
    return _message(
        message,
        subject="A test of Redphone: all is well",
        lines=(
            f"{owner} has asked for this test. Pages reach you here.",
            "Nothing is wrong, and nothing needs to be done.",
        ),
        short="A test of Redphone, as you asked. Pages reach you here; nothing is wrong.",
        spoken=(
            f"This is Redphone, with a test for {owner}.",
            "Pages reach you here. Nothing is wrong, and nothing needs to be done. Good-bye.",
        ),
        link=("Your devices", links.devices()),
    )


def _news(message: DeviceMessage) -> Message:
    return _message(
        message,
        subject="A new device gets your pages",
        lines=(
            f"{message.about} was added to your devices, and its code was entered.",
            "If that was not you, remove it, change your password, and tell an admin of the desk.",
        ),
        short=f"{message.about} gets your pages now. If that was not you, remove it.",
        spoken=(),
        link=("Your devices", links.devices()),
    )


def _duty(message: DeviceMessage) -> Message:
    return _message(
        message,
        subject="Your on-call duty",
        lines=(message.about, "See all of it, and answer what is asked of you, on your page."),
        short=message.about,
        spoken=("This is Redphone, about your duty.", message.about, "Good-bye."),
        link=("My duty", links.duty()),
    )


def _message(
    message: DeviceMessage,
    *,
    subject: str,
    lines: tuple[str, ...],
    short: str,
    spoken: tuple[str, ...],
    link: tuple[str, str],
) -> Message:
    """`link` is left out of an SMS: a short one is read at a glance, and looks like no fraud. Only
    of one's duty it is the way to answer."""
    is_duty = message.purpose == Purpose.DUTY
    key = f"device:{message.device_id}/{message.purpose}/{message.pk}"
    sealed = message.device.sealed if message.device else ""
    return Message(
        key=key,
        to=message.address,
        subject=subject,
        lines=lines,
        thread=key,
        link=link if message.channel != DeviceKind.SMS or is_duty else None,
        is_automatic=True,
        channel=message.channel,
        short=short,
        spoken=spoken,
        secret=unseal(sealed, purpose="device") if sealed else "",
    )
