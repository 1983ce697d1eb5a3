"""How telephone providers do, in rows that all workers share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q
from django.db.models.functions import Coalesce

from redphone.records.models import Delivery, TelephoneProvider

FIRST_AFTER = timedelta(minutes=1)
LONGEST_AFTER = timedelta(minutes=10)
"""For how long a provider that failed is asked last: doubled with each failure after that."""

SAID_AGAIN_AFTER = timedelta(minutes=1)
"""That a provider works is written down no more often than this."""


@dataclass(frozen=True, slots=True)
class InRows:
    """See `redphone.channels.telephone.health.Known`. `now` is read at each question."""

    now: Callable[[], datetime]

    def order(self, names: Sequence[str]) -> list[str]:
        """The providers in their settings' order; those that failed lately after all others."""
        rows = TelephoneProvider.objects.filter(name__in=names, open_until__gt=self.now())
        unwell = set(rows.values_list("name", flat=True))
        return sorted(names, key=lambda name: name in unwell)

    def worked(self, name: str) -> None:
        at = self.now()
        row = TelephoneProvider.objects.filter(name=name)
        stale = Q(worked_at=None) | Q(worked_at__lte=at - SAID_AGAIN_AFTER)
        fresh = {"failing_since": None, "open_until": None, "failures": 0, "worked_at": at}
        if not row.filter(stale | Q(failing_since__isnull=False)).update(**fresh):
            TelephoneProvider.objects.get_or_create(name=name, defaults={"worked_at": at})

    def failed(self, name: str, *, said: str, retry_after: int | None = None) -> None:
        at = self.now()
        row, _ = TelephoneProvider.objects.get_or_create(name=name)
        wait = min(FIRST_AFTER * 2 ** min(row.failures, 10), LONGEST_AFTER)
        if retry_after is not None:
            wait = min(timedelta(seconds=retry_after), LONGEST_AFTER)
        TelephoneProvider.objects.filter(name=name).update(
            failing_since=Coalesce(F("failing_since"), at),
            open_until=at + wait,
            failures=F("failures") + 1,
            said=said[:300],
        )

    def is_anothers(self, provider_id: str, *, key: str) -> bool:
        known = Delivery.objects.filter(message_id=provider_id)
        return known.exclude(key=key).exists()


def failing(*, at: datetime) -> dict[str, TelephoneProvider]:
    """The providers that do not work now, by name."""
    return TelephoneProvider.objects.filter(failing_since__lte=at).in_bulk()
