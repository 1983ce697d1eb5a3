"""The keys that vouch for people on vendors' pages, and the sites whose frames may hold ours."""

from __future__ import annotations

from redphone.records.models import IdentityKey
from redphone.records.queries import rights
from redphone.records.queries.asker import Asker

MOST = 200


def identity_keys(asker: Asker) -> list[IdentityKey]:
    """The keys, those in use first, then the newest.

    Raises:
        NotYours: the asker is none of the desk's own people.
        NotAllowed: their role may not look after keys.
    """
    rights.require(asker, "identity.change")
    found = IdentityKey.objects.order_by("-created_at")[:MOST]
    return sorted(found, key=lambda key: key.revoked_at is not None)


def framing_origins() -> list[str]:
    """The sites whose pages may show ours in a frame: those of the keys in use."""
    lists = IdentityKey.objects.filter(revoked_at=None).values_list("origins", flat=True)
    return sorted({origin for origins in lists for origin in origins})
