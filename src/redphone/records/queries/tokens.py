"""The tokens of the API, for who looks after them."""

from __future__ import annotations

from redphone.records.models import ApiToken
from redphone.records.queries import rights
from redphone.records.queries.asker import Asker

MOST = 200


def tokens(asker: Asker) -> list[ApiToken]:
    """The tokens, those that open something first, then the newest.

    Raises:
        NotYours: the asker is none of the desk's own people.
        NotAllowed: their role may not look after tokens.
    """
    rights.require(asker, "tokens.change")
    found = ApiToken.objects.select_related("person").order_by("-created_at")[:MOST]
    return sorted(found, key=lambda token: token.revoked_at is not None)
