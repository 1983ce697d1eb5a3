"""The channels that this desk's workers send by."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import parseaddr

from django.conf import settings

from redphone import clock
from redphone.actions import push_keys
from redphone.actions.providers import InRows
from redphone.channels import Channel
from redphone.channels.apprise.send import Apps
from redphone.channels.mail.send import SmtpMail
from redphone.channels.push.send import WebPush
from redphone.channels.switchboard import Switchboard
from redphone.channels.telephone.send import Telephone
from redphone.channels.telephone.wire import Wire
from redphone.channels.webhook.address import Allowed


def lines() -> dict[str, Callable[[], Channel]]:
    """How each channel that is set up is opened, by its name."""
    found: dict[str, Callable[[], Channel]] = {"mail": SmtpMail, "app": _apps, "push": _push}
    if settings.PHONE_PROVIDERS:
        found |= {"voice": _voice, "sms": _sms}
    return found


def _apps() -> Apps:
    return Apps(settings.WEBHOOK_ALLOW)


def _push() -> WebPush:
    return WebPush(
        lambda: push_keys.ours(at=clock.now()),
        contact=_contact(),
        now=clock.now,
        allow=settings.WEBHOOK_ALLOW,
    )


def _contact() -> str:
    """Whom a push service writes to when it has trouble with us."""
    if settings.IS_HTTPS:
        return str(settings.PUBLIC_URL)
    return f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"


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
