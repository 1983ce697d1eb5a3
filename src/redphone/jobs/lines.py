"""The channels that this desk's workers send by."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from redphone import clock
from redphone.actions.providers import InRows
from redphone.channels import Channel
from redphone.channels.mail.send import SmtpMail
from redphone.channels.switchboard import Switchboard
from redphone.channels.telephone.send import Telephone
from redphone.channels.telephone.wire import Wire
from redphone.channels.webhook.address import Allowed


def lines() -> dict[str, Callable[[], Channel]]:
    """How each channel that is set up is opened, by its name."""
    found: dict[str, Callable[[], Channel]] = {"mail": SmtpMail}
    if settings.PHONE_PROVIDERS:
        found |= {"voice": _voice, "sms": _sms}
    return found


def _voice() -> Channel:
    return _telephone(is_text=False)


def _sms() -> Channel:
    return _telephone(is_text=True)


def _telephone(*, is_text: bool) -> Telephone:
    allowed = Allowed.read([*settings.WEBHOOK_ALLOW, *(["127.0.0.1"] * bool(settings.PHONES_URL))])
    return Telephone(
        providers=settings.PHONE_PROVIDERS,
        known=InRows(now=clock.now),
        wire=Wire(allowed=allowed),
        is_text=is_text,
    )


def switchboard() -> Switchboard:
    """All channels as one, for `deliveries.send_waiting`."""
    return Switchboard(lines())
