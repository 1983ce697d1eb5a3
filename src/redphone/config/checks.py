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


@register("hotline")
def hotline_is_reached_from_outside(**_: Any) -> list[CheckMessage]:
    """The provider signs the address it calls, and calls only what it can reach."""
    here = ("127.0.0.1", "localhost", "::1")
    if not settings.HOTLINE_TOKENS or urlsplit(settings.PUBLIC_URL).hostname not in here:
        return []
    return [
        Warning(
            f"The hotline is on, and {settings.PUBLIC_URL} is only this machine.",
            hint="Set REDPHONE_PUBLIC_URL to the address that the voice provider calls.",
            id="redphone.W020",
        )
    ]


@register("hotline")
def hotline_has_somebody_to_fall_back_on(**_: Any) -> list[CheckMessage]:
    """Without a database nobody's number can be looked up."""
    if not settings.HOTLINE_TOKENS or _is_number(settings.HOTLINE_FALLBACK):
        return []
    return [
        Warning(
            "The hotline has no number to dial while the database is away.",
            hint="Set REDPHONE_HOTLINE_FALLBACK to a telephone, as +442079460321.",
            id="redphone.W021",
        )
    ]


@register("hotline")
def recordings_come_from_named_addresses(**_: Any) -> list[CheckMessage]:
    """An address that is no origin would match nothing, and no recording be fetched."""
    wrong = [each for each in settings.HOTLINE_MEDIA if not _is_origin(each)]
    if not wrong:
        return []
    return [
        Error(
            f"REDPHONE_HOTLINE_MEDIA has {wrong[0]!r}, which is no address of a host.",
            hint="Write https://api.twilio.com: a scheme and a host, nothing after it.",
            id="redphone.E022",
        )
    ]


@register("hotline")
def numbers_have_a_region(**_: Any) -> list[CheckMessage]:
    """Numbers without a prefix mean nothing in a country that is none."""
    # Only this check asks it, and loading it takes a while.
    import phonenumbers

    if settings.PHONE_REGION in phonenumbers.SUPPORTED_REGIONS:
        return []
    return [
        Error(
            f"REDPHONE_PHONE_REGION is {settings.PHONE_REGION!r}, which is no country.",
            hint="Write two letters, as US or GB.",
            id="redphone.E023",
        )
    ]


def _is_number(text: str) -> bool:
    return text.startswith("+") and text[1:].isdigit()


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        rest = (parts.path, parts.query, parts.fragment, parts.username)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(rest)
    except ValueError:
        return False
