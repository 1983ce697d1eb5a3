"""What the API takes. A name that it does not know is an error, so that no typing slip is lost."""

from __future__ import annotations

from typing import Annotated, Literal

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from redphone.core.updates import Stage
from redphone.records.chain import storable

MOST_WORDS = 20_000
Words = Annotated[
    str,
    Field(max_length=MOST_WORDS, description="What a person writes; it can't be taken back."),
    AfterValidator(storable),
]
Name = Annotated[str, Field(max_length=80), AfterValidator(storable)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]


class Body(Schema):
    model_config = ConfigDict(extra="forbid")


class Nothing(Body):
    """The verb needs no words."""


class Report(Schema):
    """A report. A description is enough, and even that may be missing: nothing is turned away.

    The things of FAQ-6 help: `started_at`, `error_messages`, `steps_to_reproduce`,
    `business_impact`, `users_affected`, `tried_already`, all in words.
    """

    description: str = Field(default="", description="What is wrong, in a sentence.")
    contact: str = Field(default="", description="How to reach the person: telephone or e-mail.")
    started_at: str = ""
    error_messages: str = ""
    steps_to_reproduce: str = ""
    business_impact: str = ""
    users_affected: str = ""
    tried_already: str = ""
    closest_to: str = Field(
        default="", description="The issue type that comes closest, by its slug."
    )
    component: str = Field(
        default="", description="The component of the status page, by its slug."
    )
    join_key: str = Field(
        default="",
        description=(
            "Reports with the same key join one open incident. A customer's keys count among "
            "that customer's reports only."
        ),
    )
    customer: str = Field(
        default="",
        description="For the desk's own people: on whose behalf, by the customer's slug.",
    )
    channel: str = Field(
        default="",
        description="For the desk's own people: the channel it came by. Otherwise: api.",
    )


class Acknowledged(Nothing):
    """Nothing to say."""


class Confirm(Body):
    types: list[Name] = Field(min_length=1, max_length=20)
    why: Words = ""


class Reason(Body):
    reason: Words


class Offer(Body):
    to: str = Field(max_length=320, description="The e-mail address of one of the desk's people.")
    note: Words = ""


class Note(Body):
    note: Words = ""


class Said(Body):
    words: Words


class Update(Body):
    words: Words
    next_at: AwareDatetime = Field(description="When the next update comes, with its offset.")
    stage: Stage = Stage.INVESTIGATING


class Cause(Body):
    words: Words
    is_outside: bool = Field(default=False, description="A provider's, not ours.")


class Evidence(Body):
    evidence: Words


class Why(Body):
    why: Words


class Lane(Body):
    lane: str | None = Field(
        default=None, max_length=80, description="Which ladder; null: the first."
    )


class SkipTo(Lane):
    step: int = Field(ge=1, le=1000, description="Its number, from 1, as the ladder shows it.")
    why: Words


class AccountManager(Body):
    email: str | None = Field(
        max_length=320, description="The address that a colleague signs in with; null: nobody."
    )


class Take(Body):
    why: Words = Field(default="", description="Needed when you manage another emergency.")


class NameCustomer(Body):
    customer: Slug
    evidence: Literal["seen", "declared"] = "seen"
    words: Words = ""


class Publish(Body):
    is_public: bool
    why: Words


class Gather(Body):
    component: Slug | None = Field(description="Reports about it join here; null ends that.")


class PostIncidentReport(Body):
    """The four sections of FAQ-7."""

    timeline: Words
    root_cause: Words
    resolution: Words
    prevention: Words


class Respond(Body):
    words: Words
    through: Literal["reply", "phone"] = "reply"


class Add(Body):
    words: Words
    fields: list[Name] = Field(
        default=[], max_length=20, description="Which of the things of FAQ-6 these words tell."
    )


class Identify(Body):
    customer: Slug


class Move(Body):
    to: str = Field(pattern=r"^INC-\d{1,18}$")
    why: Words = ""


class ComponentState(Body):
    state: Literal["operational", "degraded", "partial_outage", "major_outage", "maintenance"]
    incident: str | None = Field(default=None, pattern=r"^INC-\d{1,18}$")


class Page(Schema):
    """How much of a list: from below `before` on."""

    limit: int = Field(default=50, ge=1, le=200)
    before: str | None = Field(default=None, pattern=r"^(RP|INC)-\d{1,18}$")


class CaseFilter(Page):
    status: Literal["", "open", "resolved", "closed", "declined"] = ""
    incident: str = Field(default="", pattern=r"^(INC-\d{1,18})?$")
    customer: str = Field(default="", pattern=r"^([a-z0-9][a-z0-9-]{0,79})?$")


class IncidentFilter(Page):
    status: Literal["", "open", "resolved", "closed", "declined"] = ""


class Before(Schema):
    before: int | None = Field(default=None, ge=1, le=2**31 - 1)
