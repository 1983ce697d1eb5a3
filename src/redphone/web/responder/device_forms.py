"""The forms by which somebody says what they are reached on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.http import QueryDict

from redphone.actions import rules
from redphone.channels.apprise.apps import SERVICES, AppKind
from redphone.core.stream import DeskError
from redphone.records.models import Person
from redphone.records.models.device import DeviceKind

ROWS = 20
SPARE = 3
"""So many empty rows follow those that a rule has."""


class StepUnreadable(DeskError):
    """After how many minutes? Write a number from 0 to 60."""


def _name() -> forms.CharField:
    return forms.CharField(
        label="What you call it",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "Work phone", "autocomplete": "off"}),
    )


class Telephone(forms.Form):
    """A number, and by which ways it may be reached: typed once for both."""

    to = forms.CharField(
        label="Number, with its country",
        max_length=50,
        widget=forms.TextInput(
            attrs={"type": "tel", "autocomplete": "tel", "placeholder": "+44 20 7946 0321"}
        ),
    )
    kinds = forms.MultipleChoiceField(
        label="It gets",
        choices=[(DeviceKind.VOICE.value, "Calls"), (DeviceKind.SMS.value, "SMS")],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose calls, SMS or both."},
    )
    name = _name()


class Mail(forms.Form):
    to = forms.CharField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    name = _name()

    @property
    def kinds(self) -> tuple[str, ...]:
        return (DeviceKind.MAIL.value,)


class App(forms.Form):
    """What one chat or push service asks for."""

    name = _name()

    def __init__(self, *args: Any, service: AppKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.service = service
        asked = {blank.name: _blank_field(blank) for blank in service.blanks}
        # What a service calls "name" would hide ours: none does.
        self.fields = {**asked, "name": self.fields["name"]}

    @property
    def address(self) -> str:
        """The whole address that these fields make."""
        return self.service.make({k: v.strip() for k, v in self.cleaned_data.items()})


def _blank_field(blank: Any) -> forms.CharField:
    kind = "password" if blank.is_secret else "text"
    attrs = {"placeholder": blank.example, "autocomplete": "off", "spellcheck": "false"}
    return forms.CharField(
        label=blank.label,
        required=blank.is_needed,
        max_length=1500,
        widget=forms.TextInput(attrs={**attrs, "type": kind}),
    )


def blank_apps() -> list[App]:
    """An empty form for each service."""
    return [App(service=each, auto_id=f"{each.slug}_%s") for each in SERVICES.values()]


class Code(forms.Form):
    code = forms.CharField(
        max_length=20,
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "placeholder": "6 digits",
                "size": "10",
            }
        ),
    )


class Name(forms.Form):
    name = _name()


class ForSomebody(forms.Form):
    """A device that an admin adds for somebody, who enters its code themselves."""

    person = forms.TypedChoiceField(label="For whom", coerce=int)
    kind = forms.ChoiceField(
        label="What",
        choices=[
            (DeviceKind.VOICE.value, "Telephone call"),
            (DeviceKind.SMS.value, "SMS"),
            (DeviceKind.MAIL.value, "E-mail"),
        ],
    )
    to = forms.CharField(label="Number or address", max_length=254)

    def __init__(self, *args: Any, people: Iterable[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["person"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(each.pk, each.name) for each in people]


def read_steps(sent: QueryDict) -> list[rules.Step]:
    """The steps of a rule as they were typed: a row without a device is none.

    Raises:
        StepUnreadable: the minutes of one are no number that a rule can have.
    """
    found = []
    for row in range(ROWS):
        device = sent.get(f"device_{row}", "")
        if device.isascii() and device.isdigit() and len(device) < 18:
            found.append(rules.Step(device=int(device), after=_minutes(sent.get(f"after_{row}"))))
    return found


def _minutes(text: str | None) -> timedelta:
    try:
        minutes = Decimal((text or "0").strip().replace(",", ".") or "0")
    except InvalidOperation as error:
        raise StepUnreadable from error
    if not minutes.is_finite() or not 0 <= minutes <= 60:
        raise StepUnreadable
    return timedelta(seconds=int(minutes * 60))
