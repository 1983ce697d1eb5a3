"""Checks at start-up: each has an id, says what is wrong, and hints what to do."""

import os
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register


@register(Tags.security)
def secret_key_is_kept(**_: Any) -> list[CheckMessage]:
    """Without a kept key, sessions and links die with the process that made them."""
    if settings.SECRET_KEY_IS_KEPT:
        return []
    return [
        Error(
            "There is no secret key.",
            hint="Run 'redphone up' once, which makes one, or set REDPHONE_SECRET_KEY.",
            id="redphone.E001",
        )
    ]


@register(Tags.security)
def public_address_is_safe(**_: Any) -> list[CheckMessage]:
    """Passwords go over the wire: only this machine may do so in the clear."""
    here = ("127.0.0.1", "localhost", "::1")
    if settings.IS_HTTPS or urlsplit(settings.PUBLIC_URL).hostname in here:
        return []
    return [
        Warning(
            f"{settings.PUBLIC_URL} is not https: passwords cross the network in the clear.",
            hint="Put a proxy with a certificate before Redphone and set REDPHONE_PUBLIC_URL.",
            id="redphone.W002",
        )
    ]


@register("mail")
def mail_goes_somewhere(**_: Any) -> list[CheckMessage]:
    """A desk whose pages go nowhere is worse than none."""
    if settings.SMTP_IS_SET:
        return []
    return [
        Warning(
            "No SMTP server is set, so that pages by mail reach nobody.",
            hint="Set REDPHONE_SMTP_URL, as smtp://user:password@mail.example:587?tls=starttls.",
            id="redphone.W003",
        )
    ]


@register("mail")
def mail_door_has_its_certificate(**_: Any) -> list[CheckMessage]:
    """A certificate that can't be read would show at the first STARTTLS only."""
    named = [each for each in (settings.MAIL_TLS_CERT, settings.MAIL_TLS_KEY) if each]
    missing = [each for each in named if not os.access(each, os.R_OK)]
    if settings.MAIL_TLS_KEY and not settings.MAIL_TLS_CERT:
        missing.append("REDPHONE_MAIL_TLS_CERT")
    return [
        Error(
            f"{each} can't be read, so that mail can't come in by STARTTLS.",
            hint="Set REDPHONE_MAIL_TLS_CERT and REDPHONE_MAIL_TLS_KEY to PEM files.",
            id="redphone.E055",
        )
        for each in missing
    ]


@register("mail")
def mail_is_proven_by_somebody(**_: Any) -> list[CheckMessage]:
    """Proof that nobody looks for is never there: every customer would be a stranger."""
    if not settings.MAIL_NEEDS_PROOF or settings.MAIL_CHECKS_DNS or settings.MAIL_TRUSTED:
        return []
    return [
        Error(
            "REDPHONE_MAIL_NEEDS_PROOF is on, and nobody looks for proof.",
            hint="Set REDPHONE_MAIL_CHECK_DNS=1, or name your mail server in "
            "REDPHONE_MAIL_TRUSTED.",
            id="redphone.E056",
        )
    ]


@register("mail")
def mail_has_one_kind_of_tls(**_: Any) -> list[CheckMessage]:
    """Django takes TLS from the first byte or by STARTTLS, not both."""
    if not (settings.EMAIL_USE_SSL and settings.EMAIL_USE_TLS):
        return []
    return [
        Error(
            "REDPHONE_SMTP_URL asks for TLS twice.",
            hint="Write smtps://… or smtp://…?tls=starttls, not both.",
            id="redphone.E004",
        )
    ]
