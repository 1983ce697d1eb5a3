"""The link that someone who is not signed in gets for their report: signed, so unguessable."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.core import signing

from redphone.records.queries.asker import NotYours

LASTS = timedelta(days=90)
_SALT = "redphone.reported"


def token(report_id: uuid.UUID) -> str:
    """The secret part of the link."""
    return signing.dumps(str(report_id), salt=_SALT)


def report_of(token: str) -> uuid.UUID:
    """The report that a link was given for.

    Raises:
        NotYours: nobody was given this link, or it is too old.
    """
    try:
        return uuid.UUID(signing.loads(token, salt=_SALT, max_age=LASTS))
    except (signing.BadSignature, ValueError) as error:
        raise NotYours from error
