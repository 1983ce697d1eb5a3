"""The form of a layer: people in turns, hand-overs, hours of the week.

Turns and hours are rows of fields, as many as are needed and one more, so that no script is
needed: "turn-0" comes several times, once for each who is on call together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from redphone.actions.layers import Planned
from redphone.core.oncall import Layer, OnHolidays, Unit, Window
from redphone.records.models import Person
from redphone.web import walls
from redphone.web.responder.forms import DAYS
from redphone.web.responder.layer_words import sorted_out

NOBODY = "nobody"
MOST = 60
"""The most turns, and the most rows of hours, that a form takes in."""
ROOM = 3
_WALL = "%Y-%m-%dT%H:%M"
_UNITS = [(Unit.HOUR, "hours"), (Unit.DAY, "days"), (Unit.WEEK, "weeks"), (Unit.MONTH, "months")]
_HOLIDAYS = [
    (OnHolidays.ALSO, "as on any day"),
    (OnHolidays.NEVER, "doesn’t hold"),
    (OnHolidays.ONLY, "holds on holidays only"),
]


class LayerForm(forms.Form):
    """What is single in a layer; `turns` and `hours` have the rest."""

    name = forms.CharField(max_length=80)
    priority = forms.IntegerField(
        min_value=1,
        max_value=99,
        help_text="Where a higher layer has somebody, it hides the lower ones.",
    )
    every = forms.IntegerField(label="A turn lasts", min_value=1, max_value=1000)
    unit = forms.ChoiceField(label="Counted in", choices=_UNITS)
    starts = forms.DateTimeField(
        label="The first turn begins",
        input_formats=[_WALL, f"{_WALL}:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_WALL),
        help_text="Its weekday and time of day are those of each hand-over.",
    )
    ends = forms.DateTimeField(
        label="Ends",
        required=False,
        input_formats=[_WALL, f"{_WALL}:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_WALL),
        help_text="Without it the layer holds for good.",
    )
    time_zone = forms.CharField(
        label="Zone", max_length=80, widget=forms.TextInput(attrs={"list": "zones"})
    )
    handover_in_persons_zone = forms.BooleanField(
        label="Hand over by the clock of whoever begins",
        required=False,
        help_text="09:00 is then nine in the morning where they live.",
    )
    on_holidays = forms.ChoiceField(label="On holidays it", choices=_HOLIDAYS)

    def clean_time_zone(self) -> str:
        name = str(self.cleaned_data["time_zone"]).strip()
        if not walls.is_zone(name):
            raise forms.ValidationError("No clock is known for that zone. Choose one of the list.")
        return name

    def clean_starts(self) -> datetime:
        return _naive(self.cleaned_data["starts"])

    def clean_ends(self) -> datetime | None:
        given = self.cleaned_data["ends"]
        return _naive(given) if given else None

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        if found.get("starts") and found.get("ends") and found["ends"] <= found["starts"]:
            self.add_error("ends", "It would end before its first turn begins.")
        return found


def _naive(given: datetime) -> datetime:
    return given.replace(tzinfo=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursRow:
    """A row of hours as it was typed: on these days, from and until."""

    days: tuple[int, ...] = ()
    starts: str = ""
    ends: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LongRow:
    """A window over several days as it was typed: from a day and time until another."""

    from_day: int = 4
    from_time: str = ""
    to_day: int = 0
    to_time: str = ""


@dataclass(kw_only=True)
class Typed:
    """All that somebody typed about a layer, valid or not."""

    form: LayerForm
    turns: list[list[str]]
    hours: list[HoursRow]
    long: list[LongRow]
    errors: list[str]

    @property
    def is_valid(self) -> bool:
        return self.form.is_valid() and not self.errors

    def with_room(self, more: int = 1) -> Typed:
        """The same with empty rows to fill."""
        turns = [[*turn, ""] for turn in self.turns]
        turns += [[""] for _ in range(max(more, ROOM - len(turns)))]
        return Typed(
            form=self.form,
            turns=turns[:MOST],
            hours=[*self.hours, HoursRow()],
            long=[*self.long, LongRow()],
            errors=self.errors,
        )

    def planned(self) -> Planned:
        """The layer that this means, once it is valid."""
        data = self.form.cleaned_data
        zone = walls.zone(data["time_zone"])
        ends = data["ends"]
        return Planned(
            name=data["name"],
            priority=data["priority"],
            time_zone=data["time_zone"],
            turns=tuple(tuple(int(one) for one in turn if one != NOBODY) for turn in self.turns),
            unit=Unit(data["unit"]),
            every=data["every"],
            starts_at=walls.from_wall(data["starts"], zone),
            ends_at=walls.from_wall(ends, zone) if ends else None,
            handover_in_persons_zone=data["handover_in_persons_zone"],
            windows=self._windows(),
            on_holidays=OnHolidays(data["on_holidays"]),
        )

    def _windows(self) -> tuple[Window, ...]:
        found = []
        for row in self.hours:
            starts, ends = time.fromisoformat(row.starts), time.fromisoformat(row.ends)
            found += [
                Window(
                    from_day=day,
                    from_time=starts,
                    to_day=(day + (ends <= starts)) % 7,
                    to_time=ends,
                )
                for day in row.days
            ]
        found += [
            Window(
                from_day=row.from_day,
                from_time=time.fromisoformat(row.from_time),
                to_day=row.to_day,
                to_time=time.fromisoformat(row.to_time),
            )
            for row in self.long
        ]
        return tuple(found)


def typed(post: Any, people: Iterable[Person]) -> Typed:
    """What was sent, with what is wrong in it. Empty rows are left out."""
    known = {NOBODY, *(str(person.pk) for person in people)}
    errors: list[str] = []
    turns = []
    for number in range(MOST):
        given = [one for one in post.getlist(f"turn-{number}")[:MOST] if one in known]
        named = list(dict.fromkeys(one for one in given if one != NOBODY))
        if given:
            turns.append(named or [NOBODY])
    if not turns:
        errors.append("Nobody takes turns. Choose somebody for the first turn.")
    hours = [row for n in range(MOST) if (row := _hours_row(post, n, errors))]
    long = [each for n in range(MOST) if (each := _long_row(post, n, errors))]
    form = LayerForm(post, auto_id="layer_%s")
    return Typed(form=form, turns=turns, hours=hours, long=long, errors=errors)


def _hours_row(post: Any, number: int, errors: list[str]) -> HoursRow | None:
    days = tuple(sorted({int(day) for day in post.getlist(f"days-{number}") if _is_day(day)}))
    starts, ends = post.get(f"from-{number}", "")[:5], post.get(f"until-{number}", "")[:5]
    if not (days or starts or ends):
        return None
    row = HoursRow(days=days, starts=starts, ends=ends)
    if not days or not _is_time(starts) or not _is_time(ends):
        errors.append("Hours of the week need a day, a time from and a time until.")
    return row


def _long_row(post: Any, number: int, errors: list[str]) -> LongRow | None:
    starts = post.get(f"long-from-time-{number}", "")[:5]
    ends = post.get(f"long-until-time-{number}", "")[:5]
    if not (starts or ends):
        return None
    days = [post.get(f"long-{which}-day-{number}", "") for which in ("from", "until")]
    if not all(_is_day(day) for day in days) or not _is_time(starts) or not _is_time(ends):
        errors.append("Hours over several days need a day and a time at both ends.")
        days = [day if _is_day(day) else "0" for day in days]
    return LongRow(from_day=int(days[0]), from_time=starts, to_day=int(days[1]), to_time=ends)


def _is_day(text: str) -> bool:
    return text in {"0", "1", "2", "3", "4", "5", "6"}


def _is_time(text: str) -> bool:
    try:
        time.fromisoformat(text)
    except ValueError:
        return False
    return True


def of_layer(layer: Layer) -> Typed:
    """A layer as its form shows it."""
    zone = walls.zone(layer.time_zone)
    long, daily = sorted_out(layer.windows)
    return Typed(
        form=LayerForm(
            auto_id="layer_%s",
            initial={
                "name": layer.name,
                "priority": layer.priority,
                "every": layer.every,
                "unit": layer.unit.value,
                "starts": _shown(layer.starts_at, zone),
                "ends": _shown(layer.ends_at, zone) if layer.ends_at else None,
                "time_zone": layer.time_zone,
                "handover_in_persons_zone": layer.handover_in_persons_zone,
                "on_holidays": layer.on_holidays.value,
            },
        ),
        turns=[[one.removeprefix("person:") for one in turn] or [NOBODY] for turn in layer.turns],
        hours=[
            HoursRow(days=days, starts=f"{starts:%H:%M}", ends=f"{ends:%H:%M}")
            for days, starts, ends in daily
        ],
        long=[
            LongRow(
                from_day=each.from_day,
                from_time=f"{each.from_time:%H:%M}",
                to_day=each.to_day,
                to_time=f"{each.to_time:%H:%M}",
            )
            for each in long
        ],
        errors=[],
    )


def _shown(then: datetime, zone: ZoneInfo) -> datetime:
    return then.astimezone(zone).replace(tzinfo=UTC)


def blank(time_zone: str, layers: Sequence[Layer], at: datetime) -> Typed:
    """A new layer: weeks from next Monday at nine, over those that are there."""
    today = at.astimezone(walls.zone(time_zone)).date()
    monday = today + timedelta(days=7 - today.weekday())
    initial: Mapping[str, Any] = {
        "name": "",
        "priority": max((layer.priority for layer in layers), default=0) + 1,
        "every": 1,
        "unit": Unit.WEEK.value,
        "starts": datetime.combine(monday, time(9), UTC),
        "time_zone": time_zone,
        "on_holidays": OnHolidays.ALSO.value,
    }
    form = LayerForm(auto_id="layer_%s", initial=dict(initial))
    return Typed(form=form, turns=[], hours=[], long=[], errors=[])


CHOICES_OF_DAYS = list(enumerate(DAYS))
