"""The addresses of pages, as messages give them to people."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.core.signing import BadSignature, Signer


def _signer() -> Signer:
    """Made anew each time: the secret key is known once settings are."""
    return Signer(salt="redphone.page", sep=".")


A_REPORT_IS_SHOWN_FOR = timedelta(days=90)
"""How long the link for somebody without an account leads to their case."""

_REPORTED = "redphone.reported"


def incident(ref: str) -> str:
    """An incident's room, for the desk's own people."""
    return f"{settings.PUBLIC_URL}/incidents/{ref}/"


def case(ref: str) -> str:
    """A case's page, for the desk's own people."""
    return f"{settings.PUBLIC_URL}/cases/{ref}/"


def own_case(ref: str) -> str:
    """A case's page as its customer sees it."""
    return f"{settings.PUBLIC_URL}/my/cases/{ref}/"


def report_token(report: uuid.UUID) -> str:
    """The secret part of the link to one's own report, for somebody without an account."""
    return signing.dumps(str(report), salt=_REPORTED)


def reported(report: uuid.UUID) -> str:
    """The case of a report, for who reported it and has no account: signed, so unguessable."""
    return f"{settings.PUBLIC_URL}/my/report/{report_token(report)}/"


def read_reported(token: str) -> uuid.UUID | None:
    """The report that a link was given for; None when it is not one of ours, or too old."""
    try:
        return uuid.UUID(signing.loads(token, salt=_REPORTED, max_age=A_REPORT_IS_SHOWN_FOR))
    except (BadSignature, ValueError):
        return None


def status_page() -> str:
    """The public status page."""
    return f"{settings.PUBLIC_URL}/status/"


def devices() -> str:
    """Where one of the desk's people says how they are reached."""
    return f"{settings.PUBLIC_URL}/me/devices/"


def duty() -> str:
    """Where one of the desk's people sees their own duty, and answers swaps."""
    return f"{settings.PUBLIC_URL}/oncall/mine/"


def device_code(device: int, code: str) -> str:
    """The same page with a code filled in: it is entered by its owner's button, and only so."""
    return f"{devices()}?device={device}&code={code}#device-{device}"


def of_stream(ref: str) -> str:
    """The page of a case or an incident, for the desk's own people."""
    return incident(ref) if ref.startswith("INC-") else case(ref)


def answer(delivery: int, person: int) -> str:
    """The link by which one person answers one page: signed, so that nobody can make it up."""
    return f"{settings.PUBLIC_URL}/a/{_signer().sign_object([delivery, person])}/"


def answer_token(delivery: int, person: int) -> str:
    """The secret part of that link."""
    return str(_signer().sign_object([delivery, person]))


def callback(delivery: int, person: int) -> str:
    """The address below which a provider asks what to say and tells what came of a message."""
    return f"{settings.PUBLIC_URL}/phone/{_signer().sign_object([delivery, person])}"


def read_answer(token: str) -> tuple[int, int] | None:
    """The delivery and the person of a link, or None when it is not one of ours."""
    try:
        delivery, person = _signer().unsign_object(token)
    except (BadSignature, ValueError):
        return None
    return int(delivery), int(person)
