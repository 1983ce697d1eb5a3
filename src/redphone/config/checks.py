"""Checks at start-up: each has an id, says what is wrong, and hints what to do."""

import os
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from redphone.channels.webhook.address import Allowed


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


@register("phone")
def calls_are_carried_by_somebody(**_: Any) -> list[CheckMessage]:
    """Mail alone wakes nobody, and one provider alone is away some night."""
    if len(settings.PHONE_PROVIDERS) >= 2:
        return []
    has_one = bool(settings.PHONE_PROVIDERS)
    return [
        Warning(
            "Only one telephone provider is set, so that its bad night is yours."
            if has_one
            else "No telephone provider is set, so that nobody can be rung or sent an SMS.",
            hint=f"Set REDPHONE_PHONE_{2 if has_one else 1}, as "
            "https://ACCOUNT:TOKEN@api.twilio.com/?from=+15005550006.",
            id="redphone.W025" if has_one else "redphone.W024",
        )
    ]


@register("phone")
def calls_come_back_to_us(**_: Any) -> list[CheckMessage]:
    """A provider asks the desk what to say: without that nobody can take a page by a key."""
    here = ("127.0.0.1", "localhost", "::1")
    is_far = bool(settings.PHONE_PROVIDERS) and not settings.PHONES_URL
    if not is_far or urlsplit(settings.PUBLIC_URL).hostname not in here:
        return []
    return [
        Warning(
            f"Calls and SMS are on, and {settings.PUBLIC_URL} is only this machine.",
            hint="Set REDPHONE_PUBLIC_URL to the address that the provider calls.",
            id="redphone.W026",
        )
    ]


@register("phone")
def providers_are_reached_safely(**_: Any) -> list[CheckMessage]:
    """A provider's token must not cross the network in the clear."""
    allowed = Allowed.read(settings.WEBHOOK_ALLOW)
    clear = [each for each in settings.PHONE_PROVIDERS if each.base.startswith("http://")]
    unknown = [each.name for each in clear if not _is_allowed(each.base, allowed)]
    if not unknown or settings.PHONES_URL:
        return []
    return [
        Error(
            f"{unknown[0]} is asked without TLS, with its token in the clear.",
            hint="Write https:// in REDPHONE_PHONE_1 and REDPHONE_PHONE_2, or name the host in "
            "REDPHONE_WEBHOOK_ALLOW.",
            id="redphone.E027",
        )
    ]


def _is_allowed(url: str, allowed: Allowed) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return allowed.has(host, ip_address(host))
    except ValueError:
        return host in allowed.hosts


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
