"""The forms of the responders' pages. What a verb refuses is the core's affair, not theirs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms

from redphone.core.policy import Policy
from redphone.core.review import SECTIONS
from redphone.core.updates import Stage
from redphone.records.models import Component, Customer, Person
from redphone.records.models.component import ComponentState
from redphone.records.models.customer import Plan
from redphone.records.queries import customers as customer_reads
from redphone.records.queries.asker import Asker
from redphone.web.responder import naming
from redphone.web.words import counted

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def words(label: str, *, help_text: str = "", rows: int = 3, required: bool = True) -> Any:
    """A field for a person's own words."""
    area = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(
        label=label, help_text=help_text, required=required, widget=area, max_length=20_000
    )


class Reason(forms.Form):
    words = words("Why", help_text="The desk reads this on the timeline.", rows=2)


class Note(forms.Form):
    words = words("A note for the desk", help_text="Customers don’t see it.", rows=2)


class Resolve(forms.Form):
    words = words(
        "What was restored, and how you verified it",
        help_text="All affected customers are sent these words.",
    )


class Contain(forms.Form):
    words = words(
        "Evidence that it spreads no further", help_text="It goes on record under your name."
    )


class Decline(forms.Form):
    words = words(
        "Why this is no emergency", help_text="The customers are sent these words. Clocks end."
    )


class Reopen(forms.Form):
    words = words("What came back", help_text="The same clocks go on. Customers are told.", rows=2)


class Refuse(forms.Form):
    words = words("Why not", rows=2, required=False)


class Cause(forms.Form):
    words = words("The cause", rows=2)
    is_outside = forms.ChoiceField(
        label="Where it is",
        choices=[("no", "With us"), ("yes", "Outside: a provider’s")],
        widget=forms.RadioSelect,
        initial="no",
    )

    def clean_is_outside(self) -> bool:
        return bool(self.cleaned_data["is_outside"] == "yes")


class Publish(forms.Form):
    given = ("is_public",)

    def __init__(self, *args: Any, is_public: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["is_public"].initial = "no" if is_public else "yes"

    is_public = forms.ChoiceField(
        label="The public status page",
        choices=[("yes", "Shows this incident"), ("no", "Does not show it")],
        widget=forms.RadioSelect,
    )
    words = words("Why", rows=2)

    def clean_is_public(self) -> bool:
        return bool(self.cleaned_data["is_public"] == "yes")


class Confirm(forms.Form):
    """Confirm the emergency, or say that it is of other types."""

    given = ("policy", "types")

    types = forms.MultipleChoiceField(
        label="Issue types", widget=forms.CheckboxSelectMultiple, required=False
    )
    words = words("Why", rows=2, required=False, help_text="Needed if you change the types.")

    def __init__(self, *args: Any, policy: Policy, types: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["types"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(slug, kind.name) for slug, kind in policy.issue_types.items()]
        field.initial = list(types)
        self._before = set(types)

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        chosen = set(found.get("types") or ())
        if chosen and chosen != self._before and not (found.get("words") or "").strip():
            self.add_error("words", "Say why it is of another type than it was taken for.")
        return found


class Offer(forms.Form):
    given = ("people",)

    to = forms.ChoiceField(label="To whom")
    words = words(
        "What they need to know", rows=2, required=False, help_text="You stay until they accept."
    )

    def __init__(self, *args: Any, people: Iterable[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(p.actor, f"{p.name}, {p.get_role_display().lower()}") for p in people]


class StartRunbook(forms.Form):
    runbook = forms.CharField(label="Runbook", max_length=100)


class Tick(forms.Form):
    runbook = forms.CharField(max_length=100)
    step = forms.IntegerField()
    words = words("Note", rows=1, required=False)


class CallNext(forms.Form):
    lane = forms.CharField(max_length=100)


class SkipTo(forms.Form):
    """A step of a ladder, as "lane step": its number counts from 1, as on the page."""

    step = forms.RegexField(r"^\S{1,100} \d{1,3}$", label="Which step", max_length=110)
    words = words("Why", rows=2, help_text="The desk reads this on the timeline.")

    def clean_step(self) -> tuple[str, int]:
        lane, number = self.cleaned_data["step"].split(" ")
        return lane, int(number) - 1


class Take(forms.Form):
    """It asks for words only where somebody has another emergency: the browser then demands them.

    The desk does not: somebody's other emergency may have ended since the page was built.
    """

    words = forms.CharField(
        label="Why you should have both",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "required": True}),
        help_text="One emergency each is the rule. The managers are told.",
        max_length=20_000,
    )


class _WithCustomer(forms.Form):
    """A form that names a customer by what their name begins with; the browser suggests names."""

    given: tuple[str, ...] = ("who",)
    customer = forms.CharField(
        label="Customer", widget=forms.TextInput(attrs={"list": "customers"}), max_length=200
    )

    def __init__(self, *args: Any, who: Asker, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._who = who

    def clean_customer(self) -> int:
        found = customer_reads.by_name(self._who, self.cleaned_data["customer"])
        if found is None:
            raise forms.ValidationError("No customer has this name. Choose one from the list.")
        return found.pk


class NameCustomer(_WithCustomer):
    evidence = forms.ChoiceField(
        label="How we know",
        choices=[("seen", "Seen in our data"), ("declared", "Declared by us")],
        widget=forms.RadioSelect,
        initial="seen",
    )
    words = words(
        "The evidence", rows=2, help_text="They are sent one message with all that was said."
    )


class Identify(_WithCustomer):
    pass


class Gather(forms.Form):
    given = ("components",)

    component = forms.ChoiceField(label="Reports about", required=False)

    def __init__(self, *args: Any, components: Iterable[Component], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["component"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            ("", "No component: each opens its own"),
            *((each.slug, each.name) for each in components),
        ]


class SetComponent(forms.Form):
    given = ("components",)

    component = forms.ChoiceField(label="Component")
    state = forms.ChoiceField(label="Is now", choices=ComponentState.choices)

    def __init__(self, *args: Any, components: Iterable[Component], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["component"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (each.slug, f"{each.name} ({each.get_state_display().lower()})") for each in components
        ]


class Update(forms.Form):
    """An update to customers. The next one comes so many minutes after this is sent."""

    given = ("at", "latest")

    words = forms.CharField(
        label="Update",
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "What changed, or what was tried"}),
        max_length=20_000,
    )
    stage = forms.ChoiceField(
        label="Stage", choices=[(each.value, naming.STAGES[each.value]) for each in Stage]
    )
    minutes = forms.TypedChoiceField(label="Next update", coerce=int)

    def __init__(self, *args: Any, at: datetime, latest: datetime | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = int(((latest or at) - at).total_seconds() // 60)
        offered = [each for each in (10, 15, 20, 30, 45, 60, 120, 240) if each <= most]
        if most and most not in offered:
            offered.append(most)
        field = self.fields["minutes"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(each, _in(each, at)) for each in offered]
        field.initial = max((each for each in offered if each <= 30), default=None)

    def next_at(self, at: datetime) -> datetime:
        return at + timedelta(minutes=self.cleaned_data["minutes"])


def _in(minutes: int, at: datetime) -> str:
    due = (at + timedelta(minutes=minutes)).astimezone(UTC)
    return f"in {counted(minutes, 'minute')}, by {due:%H:%M} UTC"


class PublishReport(forms.Form):
    timeline = words("Timeline: what happened, when", rows=5)
    root_cause = words("Root cause", rows=4)
    resolution = words("Resolution: how it was put right", rows=4)
    prevention = words("Prevention: what will be different", rows=4)

    @property
    def sections(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in SECTIONS}


class Respond(forms.Form):
    words = words("Your answer", help_text="The customer is sent these words.", rows=4)


class Phoned(forms.Form):
    words = words(
        "What was said on the phone",
        help_text="Counts as the first response. Nothing is sent.",
        rows=3,
    )


class CalledBack(forms.Form):
    reached = forms.ChoiceField(
        label="Did you reach them?",
        choices=[("yes", "Yes"), ("no", "No: they still wait to be called back")],
        widget=forms.RadioSelect,
        initial="yes",
    )
    words = words(
        "What was said",
        required=False,
        help_text="Needed if you reached them. Counts as the first response; nothing is sent.",
    )

    def clean_reached(self) -> bool:
        return bool(self.cleaned_data["reached"] == "yes")


class Add(forms.Form):
    words = words("What they told us", rows=3)


class Move(forms.Form):
    to = forms.CharField(
        label="Incident",
        max_length=30,
        widget=forms.TextInput(attrs={"list": "incidents", "placeholder": "INC-…"}),
    )
    words = words("Why it is the same trouble", rows=2, required=False)

    def clean_to(self) -> str:
        return str(self.cleaned_data["to"]).partition(" ")[0].strip().upper()


class Join(forms.Form):
    case = forms.CharField(max_length=30)


class CaseFilters(forms.Form):
    q = forms.CharField(label="Search", required=False, max_length=100)
    status = forms.ChoiceField(
        required=False,
        choices=[
            ("", "Any status"),
            ("open", "Open"),
            ("resolved", "Resolved"),
            ("closed", "Closed"),
            ("declined", "Declined"),
        ],
    )
    plan = forms.ChoiceField(
        required=False,
        choices=[("", "Any plan"), *Plan.choices, ("unknown", "Not known yet")],
    )
    type = forms.ChoiceField(label="Issue type", required=False)
    channel = forms.ChoiceField(required=False)
    customer = forms.CharField(
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"list": "customers", "placeholder": "Any customer"}),
    )
    off = forms.BooleanField(label="Off-channel", required=False)
    unanswered = forms.BooleanField(label="Nobody has answered", required=False)

    def __init__(
        self, *args: Any, policy: Policy | None, channels: Iterable[str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        types = policy.issue_types.items() if policy else ()
        kind, channel = self.fields["type"], self.fields["channel"]
        assert isinstance(kind, forms.ChoiceField)
        assert isinstance(channel, forms.ChoiceField)
        kind.choices = [("", "Any type"), *((slug, each.name) for slug, each in types)]
        channel.choices = [("", "Any channel"), *((c, c.capitalize()) for c in channels)]


class Shift(forms.Form):
    given = ("people",)

    team = forms.CharField(widget=forms.HiddenInput, max_length=200)
    person = forms.TypedChoiceField(coerce=int)
    weekday = forms.TypedChoiceField(label="Begins on", coerce=int, choices=list(enumerate(DAYS)))
    starts = forms.TimeField(label="From", widget=forms.TimeInput(attrs={"type": "time"}))
    ends = forms.TimeField(
        label="Until",
        widget=forms.TimeInput(attrs={"type": "time"}),
        help_text="Not after the start: it runs overnight.",
    )

    def __init__(self, *args: Any, people: Iterable[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["person"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(each.pk, each.name) for each in people]


class CustomerForm(forms.Form):
    given = ("people",)

    name = forms.CharField(max_length=200)
    plan = forms.ChoiceField(choices=Plan.choices)
    account_manager = forms.TypedChoiceField(coerce=int, required=False, empty_value=None)

    def __init__(
        self,
        *args: Any,
        people: Iterable[Person],
        customer: Customer | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["account_manager"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [("", "nobody"), *((each.pk, each.name) for each in people)]
        if customer is not None:
            self.fields["name"].initial = customer.name
            self.fields["plan"].initial = customer.plan
            field.initial = customer.account_manager_id


class ContactForm(forms.Form):
    contact = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(max_length=200)
    email = forms.CharField(label="E-mail address", required=False, max_length=254)
    phone = forms.CharField(label="Telephone", required=False, max_length=50)
    security = forms.BooleanField(
        label="Security contact", required=False, help_text="Is told of data security incidents."
    )


class OneContact(forms.Form):
    contact = forms.IntegerField()


class AddPerson(forms.Form):
    name = forms.CharField(max_length=200)
    email = forms.CharField(label="E-mail address", max_length=254)


class AddComponent(forms.Form):
    name = forms.CharField(max_length=100)
    description = forms.CharField(required=False, max_length=300)
