"""The bytes of an iCalendar file, as calendars."""

from __future__ import annotations

from icalendar import Calendar, Component

from redphone.channels.schedules.found import Unreadable

MOST_BYTES = 8_000_000


def calendars_of(raw: bytes) -> list[Calendar]:
    """The calendars of one file; events that stand in none are one together.

    Raises:
        Unreadable: it is no iCalendar.
    """
    if len(raw) > MOST_BYTES:
        raise Unreadable("The file is larger than 8 MB. Export a shorter time.")
    text = _text(raw)
    if "BEGIN:" not in text.upper():
        raise Unreadable("This is no iCalendar: it has no BEGIN:VCALENDAR.")
    try:
        found = Calendar.from_ical(text, multiple=True)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable(f"The calendar is broken: {line(error)}") from error
    calendars = [each for each in found if isinstance(each, Calendar)]
    if calendars:
        return calendars
    loose = [each for each in found if isinstance(each, Component)]
    if not loose:
        raise Unreadable("The calendar is empty.")
    around = Calendar()
    for each in loose:
        around.add_component(each)
    return [around]


def _text(raw: bytes) -> str:
    """The text, which is UTF-8 by the standard, and in old exports is not."""
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def line(error: Exception) -> str:
    """What an error says, in one line that is not too long."""
    return " ".join(str(error).split())[:200] or type(error).__name__
