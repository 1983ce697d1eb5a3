"""The addresses of pages, as messages give them to people."""

from __future__ import annotations

from django.conf import settings
from django.core.signing import BadSignature, Signer

_SIGNER = Signer(salt="redphone.page", sep=".")


def incident(ref: str) -> str:
    """An incident's room, for the desk's own people."""
    return f"{settings.PUBLIC_URL}/incidents/{ref}/"


def case(ref: str) -> str:
    """A case's page, for the desk's own people."""
    return f"{settings.PUBLIC_URL}/cases/{ref}/"


def own_case(ref: str) -> str:
    """A case's page as its customer sees it."""
    return f"{settings.PUBLIC_URL}/my/cases/{ref}/"


def status_page() -> str:
    """The public status page."""
    return f"{settings.PUBLIC_URL}/status/"


def of_stream(ref: str) -> str:
    """The page of a case or an incident, for the desk's own people."""
    return incident(ref) if ref.startswith("INC-") else case(ref)


def answer(delivery: int, person: int) -> str:
    """The link by which one person answers one page: signed, so that nobody can make it up."""
    return f"{settings.PUBLIC_URL}/a/{_SIGNER.sign_object([delivery, person])}/"


def read_answer(token: str) -> tuple[int, int] | None:
    """The delivery and the person of a link, or None when it is not one of ours."""
    try:
        delivery, person = _SIGNER.unsign_object(token)
    except (BadSignature, ValueError):
        return None
    return int(delivery), int(person)
