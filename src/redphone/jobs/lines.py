"""The channels that this desk's workers send by."""

from __future__ import annotations

from collections.abc import Callable

from redphone.channels import Channel
from redphone.channels.mail.send import SmtpMail
from redphone.channels.switchboard import Switchboard


def lines() -> dict[str, Callable[[], Channel]]:
    """How each channel that is set up is opened, by its name."""
    return {"mail": SmtpMail}


def switchboard() -> Switchboard:
    """All channels as one, for `deliveries.send_waiting`."""
    return Switchboard(lines())
