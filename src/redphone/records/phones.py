"""One spelling for telephone numbers: E.164, as providers write them."""

from __future__ import annotations

from django.conf import settings


def e164(number: str, *, region: str = "") -> str | None:
    """A number in the one international spelling; None when it is no number.

    `region` (ISO 3166) is whose numbers are written without their country's prefix; without one
    it is the setting's.
    """
    # Loaded when there is a number: commands that see none start sooner.
    import phonenumbers

    region = region or str(getattr(settings, "PHONE_REGION", "US"))
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def is_costly(number: str) -> bool:
    """Whether whoever calls this number (E.164) pays its owner for it: nobody is paged there."""
    import phonenumbers
    from phonenumbers import PhoneNumberType

    kind = phonenumbers.number_type(phonenumbers.parse(number))
    return kind in (PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST)
