"""The customers' forms: report an emergency, and add to what was told."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms

from redphone.core.policy import Policy
from redphone.web.customer.questions import closest_to, question

NEEDED = ("description", "contact")
"""A description and a way to reach the person open a case; the rest can follow."""

_WHY_NEEDED = {
    "description": "Say in a sentence what is wrong: that is enough to start.",
    "contact": "Leave a phone number or an e-mail address, so that we can answer you.",
}


def new_key() -> str:
    """A key by which a form is known, however often it is sent."""
    return str(uuid.uuid4())


def read_key(text: str) -> str:
    """The key that a form brought; "" when it is none of ours."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return ""


class Telling(forms.CharField):
    """What somebody tells us: of any length, and without the one character that no text holds."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.replace("\x00", "") if isinstance(value, str) else value)


class Closest(forms.ChoiceField):
    """A choice that is a help to us and no condition: one that we don't know is "Not sure"."""

    def valid_value(self, value: Any) -> bool:
        return True

    def clean(self, value: Any) -> str:
        picked = str(super().clean(value) or "")
        return picked if super().valid_value(picked) else ""


def _box(name: str, *, required: bool = False) -> Telling:
    asked = question(name)
    field = Telling(
        label=asked.label,
        help_text=asked.hint,
        required=required,
        widget=forms.Textarea(attrs={"rows": asked.rows}) if asked.rows > 1 else forms.TextInput(),
    )
    field.error_messages["required"] = _WHY_NEEDED.get(name, "This is needed.")
    return field


class ReportForm(forms.Form):
    """*Report a critical issue*. Only the description and a way to reach the person are needed.

    `key` makes the same form one case, however often it is sent.

    Source: FAQ-2, FAQ-6, POL-6.
    """

    use_required_attribute = True

    key = forms.CharField(required=False, widget=forms.HiddenInput)
    description = _box("description", required=True)
    closest_to = Closest(required=False, widget=forms.RadioSelect)
    contact = _box("contact", required=True)

    def __init__(self, *args: Any, policy: Policy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = closest_to(policy)
        closest = self.fields["closest_to"]
        assert isinstance(closest, Closest)
        closest.choices = [(slug, label) for slug, label, _ in self.choices]
        self.helpful = [name for name in policy.triage.ask_for if name not in NEEDED]
        for name in self.helpful:
            self.fields[name] = _box(name)
        self.fields["contact"].widget.attrs["autocomplete"] = "tel"

    def helpful_fields(self) -> Iterable[forms.BoundField]:
        """The fields that help and aren't needed, in the policy's order."""
        return [self[name] for name in self.helpful]

    @property
    def has_helpful(self) -> bool:
        """Whether any of them was filled in, so that they are shown open again."""
        return any(self[name].value() for name in self.helpful)

    @property
    def chosen(self) -> str:
        """What was picked as closest; nothing counts as not sure."""
        return str(self["closest_to"].value() or "")

    def told(self) -> dict[str, str]:
        """What was told of the things that help."""
        return {name: self.cleaned_data[name] for name in self.helpful if self.cleaned_data[name]}

    def idempotency_key(self) -> str:
        """The key of this form. One that isn't a key of ours counts as a new form."""
        return read_key(self.cleaned_data["key"]) or new_key()


def _asked(name: str) -> str:
    label = question(name).label
    return label if label.endswith("?") else f"{label}:"


class AddForm(forms.Form):
    """Add to what was told: in one's own words, or to one of the things still missing.

    Source: FAQ-6.
    """

    key = forms.CharField(required=False, widget=forms.HiddenInput)
    words = Telling(
        label="Add to your report",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, lacks: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lacking = [name for name in lacks if name not in NEEDED]
        for name in self.lacking:
            self.fields[name] = _box(name)

    def idempotency_key(self) -> str:
        """The key of this form; "" for one that has none and is added each time."""
        return read_key(self.cleaned_data["key"])

    def told(self) -> list[str]:
        """Which of the missing things were told now."""
        return [name for name in self.lacking if self.cleaned_data[name]]

    def all_words(self) -> str:
        """Everything that was written, each thing under its name."""
        lines = [self.cleaned_data["words"]]
        lines += [f"{_asked(name)} {self.cleaned_data[name]}" for name in self.told()]
        return "\n\n".join(line for line in lines if line.strip())
