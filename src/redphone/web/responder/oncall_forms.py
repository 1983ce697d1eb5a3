"""The forms with which people change who is on call.

Times are by the clock of whoever fills them in.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from redphone.records.models import Person
from redphone.web import walls

_WALL = "%Y-%m-%dT%H:%M"


class WallField(forms.DateTimeField):
    """A moment that is typed by a clock on the wall. `zone` is set by the form that has it."""

    zone: ZoneInfo = walls.zone("UTC")

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_WALL)
        formats = [_WALL, f"{_WALL}:%S", "%Y-%m-%d %H:%M"]
        super().__init__(widget=widget, input_formats=formats, **kwargs)

    def to_python(self, value: Any) -> Any:
        found = super().to_python(value)
        return walls.from_wall(found.replace(tzinfo=None), self.zone) if found else None

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, datetime):
            return value
        return value.astimezone(self.zone).replace(tzinfo=None)


class _NamesHoles(forms.Form):
    """A form that may leave hours with nobody. The box is shown once that was refused."""

    holes_named = forms.BooleanField(
        label="These hours have nobody, and I know", required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound:
            self.fields["holes_named"].widget = forms.CheckboxInput()


class _InZone(forms.Form):
    """A form whose moments are in one zone, which their labels name."""

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        for field in self.fields.values():
            if isinstance(field, WallField):
                field.zone = walls.zone(zone)
                field.label = f"{field.label} ({zone})"

    def choose(self, name: str, choices: Iterable[tuple[object, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(choices)


def _named(people: Iterable[Person]) -> list[tuple[object, str]]:
    return [(each.pk, each.name) for each in people]


class StandInMyself(_InZone, _NamesHoles):
    """I am on call in place of somebody, or beside the rota."""

    given = ("people", "zone")

    team = forms.CharField(widget=forms.HiddenInput, max_length=200)
    instead_of = forms.TypedChoiceField(
        label="In place of", coerce=int, required=False, empty_value=None
    )
    starts_at = WallField(label="From")
    ends_at = WallField(label="Until")

    def __init__(self, *args: Any, people: Iterable[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("instead_of", [("", "nobody: beside the rota"), *_named(people)])


class StandIn(StandInMyself):
    """Somebody is on call in place of somebody, or beside the rota, or alone."""

    person = forms.TypedChoiceField(label="Who is on call", coerce=int)
    replaces_all = forms.BooleanField(
        label="Alone, whoever the rota names", required=False, help_text="Replaces everybody."
    )
    field_order = ("team", "person", "instead_of", "replaces_all", "starts_at", "ends_at")

    def __init__(self, *args: Any, people: Iterable[Person], **kwargs: Any) -> None:
        people = list(people)
        super().__init__(*args, people=people, **kwargs)
        self.choose("person", _named(people))

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        if found.get("replaces_all") and found.get("instead_of"):
            self.add_error("replaces_all", "Either in place of one person, or alone.")
        return found


class AskSwap(_InZone):
    """Ask a colleague to take a stretch of my duty, for a stretch of theirs or for nothing."""

    given = ("people", "zone", "who")

    team = forms.CharField(widget=forms.HiddenInput, max_length=200)
    asked_of = forms.TypedChoiceField(label="Ask", coerce=int)
    starts_at = WallField(label="They take from")
    ends_at = WallField(label="until")
    back_starts_at = WallField(
        label="I take theirs from", required=False, help_text="Only if you give something back."
    )
    back_ends_at = WallField(label="until", required=False)
    why = forms.CharField(required=False, max_length=500)

    def __init__(self, *args: Any, people: Iterable[Person], who: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("asked_of", _named(each for each in people if each.pk != who))


class MyAbsence(_InZone, _NamesHoles):
    """I can't be reached."""

    given: tuple[str, ...] = ("zone",)

    starts_at = WallField(label="From")
    ends_at = WallField(label="Until")
    why = forms.CharField(
        required=False, max_length=200, help_text="Everybody of the desk reads it."
    )


class AnyAbsence(MyAbsence):
    """Somebody can't be reached."""

    given = ("people", "zone")

    person = forms.TypedChoiceField(label="Who is away", coerce=int)
    field_order = ("person", "starts_at", "ends_at", "why")

    def __init__(self, *args: Any, people: Iterable[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("person", _named(people))


class OneOverride(_NamesHoles):
    override = forms.IntegerField()


class OneSwap(forms.Form):
    swap = forms.IntegerField()


class OneAbsence(forms.Form):
    absence = forms.IntegerField()
