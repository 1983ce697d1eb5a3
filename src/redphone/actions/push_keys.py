"""The key by which browsers and their push services know this desk: made when first asked for."""

from __future__ import annotations

from datetime import datetime

from redphone.channels.push.keys import PushKey, new_key
from redphone.records.models import PushKeyRow
from redphone.records.sealed import seal, unseal

SEALED_FOR = "push-key"


def ours(*, at: datetime) -> PushKey:
    """The desk's key. Two machines that ask first at once end with one.

    Raises:
        SealBroken: the secret key is another one by now. `renew` makes a new one in its place.
    """
    found = _sealed()
    if found is None:
        row = PushKeyRow(sealed=seal(new_key().pem, purpose=SEALED_FOR), created_at=at)
        PushKeyRow.objects.bulk_create([row], ignore_conflicts=True)
        found = _sealed()
    assert found is not None
    return PushKey(unseal(found, purpose=SEALED_FOR))


def renew(*, at: datetime) -> None:
    """A new key. Every browser has to be asked anew: the subscriptions of the old one are dead."""
    row = {"sealed": seal(new_key().pem, purpose=SEALED_FOR), "created_at": at}
    PushKeyRow.objects.update_or_create(pk=PushKeyRow.THE_ONE, defaults=row)


def _sealed() -> str | None:
    return PushKeyRow.objects.values_list("sealed", flat=True).first()
