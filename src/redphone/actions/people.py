"""What the desk's own people say of themselves."""

from __future__ import annotations

from zoneinfo import available_timezones

from redphone.core.stream import DeskError
from redphone.records.models import Person
from redphone.records.phones import e164


class NumberUnusable(DeskError):
    """That is no telephone number. Write it with its country, as +44 20 7946 0321."""


class ZoneUnknown(DeskError):
    """No clock is known for that zone. Write it as "Europe/Berlin" or "America/New_York"."""


def set_phone(*, person: int, phone: str) -> None:
    """Say on which telephone the hotline rings somebody; "" for none.

    Raises:
        NumberUnusable: nobody could dial it.

    Source: POL-1.
    """
    phone = phone.strip()
    if phone and e164(phone) is None:
        raise NumberUnusable
    row = Person.objects.get(pk=person)
    row.phone = phone
    row.save(update_fields=["phone"])


def set_time_zone(*, person: int, time_zone: str) -> None:
    """Say by which clock somebody lives: their days on the calendar, and their nights.

    Raises:
        ZoneUnknown: nobody knows that zone's clock.
    """
    if time_zone not in available_timezones():
        raise ZoneUnknown
    Person.objects.filter(pk=person).update(time_zone=time_zone)
