"""The shape of the policy file, told to editors as a JSON Schema (2020-12).

An editor that knows it completes keys and marks mistakes while one writes. It is not what reads
the file: `policy.file` is, and says more. A test holds the keys of the two together.

Source: POL-1 to POL-10, EMG-1 to EMG-5, RUN-1 to RUN-7, FAQ-1 to FAQ-8.
"""

from __future__ import annotations

from typing import Any

from redphone.core.policy import ROLES, Strength
from redphone.core.policy.fields import CLAUSE, SLUG
from redphone.core.policy.file import SECOND_STEPS
from redphone.core.policy.week import DAYS

Schema = dict[str, Any]

_SPAN = r"^\s*\d+\s*([Bb]usiness\s+)?[A-Za-z]+(\s+\d+\s*([Bb]usiness\s+)?[A-Za-z]+)*\s*$"


def policy_schema() -> Schema:
    """The schema as plain values, ready for `json.dumps`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Redphone policy",
        "description": "What an urgent-support desk promises. Check it: redphone policy check",
        **_table(_TOP, optional=("reopen_within", "statements")),
        "$defs": _DEFS,
    }


def _table(properties: Schema, *, optional: tuple[str, ...] = ()) -> Schema:
    required = [key for key in properties if key not in optional]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _ref(name: str, description: str = "") -> Schema:
    reference: Schema = {"$ref": f"#/$defs/{name}"}
    return {**reference, "description": description} if description else reference


def _list(items: Schema, description: str = "", *, at_least: int = 0) -> Schema:
    schema: Schema = {"type": "array", "items": items}
    if at_least:
        schema["minItems"] = at_least
    return {**schema, "description": description} if description else schema


def _text(description: str) -> Schema:
    return {"type": "string", "minLength": 1, "description": description}


def _flag(description: str) -> Schema:
    return {"type": "boolean", "description": description}


def _whole(description: str, at_most: int) -> Schema:
    return {"type": "integer", "minimum": 1, "maximum": at_most, "description": description}


def _named(name: str, description: str) -> Schema:
    return {
        "type": "object",
        "propertyNames": {"pattern": f"^{SLUG.pattern}$"},
        "additionalProperties": _ref(name),
        "minProperties": 1,
        "description": description,
    }


_SAYS = _text("The source's own words, where the number is our reading of them.")
_STRENGTH = {
    "enum": [each.value for each in Strength],
    "description": "promise: owed to a customer, a miss is told to them. target: our own aim.",
}
_TARGET = {
    "within": _ref("span"),
    "outside_business_hours": _ref(
        "span", "For what arrives while the desk is closed; the earlier of it and the opening."
    ),
    "clause": _ref("clause"),
    "strength": _STRENGTH,
    "source_says": _SAYS,
}
_CADENCE = {
    "every": _ref("span"),
    "by": {"enum": ["direct", "email"], "description": "How the customers are told."},
    "to": _text("Who is told, in words."),
    "clause": _ref("clause"),
    "strength": _STRENGTH,
    "source_says": _SAYS,
}
_PAGE_CADENCE = {key: value for key, value in _CADENCE.items() if key != "by"}
_WORDS = {
    "clause": _ref("clause"),
    "weight": _whole("1 is a hint, 5 nearly settles it.", 5),
    "runbook": _text("The runbook that these words suggest, where it isn't the type's own."),
    "together_with": _list(_text("Word groups: counts only beside a word of each, in a clause.")),
    "topic": _flag("Says which type it would be, and nothing of urgency."),
    "phrases": _list(_text("Whole words; a word with a * at its end is a beginning."), at_least=1),
}
_TARGET_EXTRAS = ("outside_business_hours", "source_says")

_DEFS: Schema = {
    "span": {
        "type": "string",
        "pattern": _SPAN,
        "examples": ["30 min", "2 h", "1 business hour", "5 business days"],
        "description": 'A length of time: "30 min", "1 h 30 min", "1 business hour", "90 days".',
    },
    "clause": {
        "type": "string",
        "pattern": f"^{CLAUSE.pattern}$",
        "description": 'The sentence of the source that says so, such as "FAQ-3".',
    },
    "share": {
        "description": 'A share between 0 and 1: 0.5, or a fraction in quotes, "1/3".',
        "anyOf": [
            {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
            {"type": "string", "pattern": r"^\s*\d{1,4}\s*/\s*\d{1,4}\s*$"},
        ],
    },
    "target": _table(_TARGET, optional=_TARGET_EXTRAS),
    "row_target": _table(_TARGET, optional=(*_TARGET_EXTRAS, "clause")),
    "cadence": _table(_CADENCE, optional=("source_says",)),
    "row_cadence": _table(_CADENCE, optional=("source_says", "clause")),
    "page_cadence": _table(_PAGE_CADENCE, optional=("source_says",)),
    "row_page_cadence": _table(_PAGE_CADENCE, optional=("source_says", "clause")),
    "words": _table(_WORDS, optional=("runbook", "together_with", "topic")),
    "step": _table(
        {
            "teams": _list(_text("A team: whoever is on call for it.")),
            "people": _list(_text("Somebody, by the address that they sign in with.")),
            "roles": _list({"enum": list(ROLES)}, "Everyone who has such a role."),
            "account_manager": _flag("Whoever looks after an affected customer."),
            "all_must_acknowledge": _flag("Answered only when each of them has."),
            "repeat": _whole("So many times more before the ladder goes on.", 20),
            "only_in_business_hours": _flag("Waits for the next opening."),
        },
        optional=(
            *("teams", "people", "roles", "account_manager"),
            *("all_must_acknowledge", "repeat", "only_in_business_hours"),
        ),
    ),
    "escalation": _table(
        {
            "by": _list(_text("A way to ask for it."), at_least=1),
            "review_within": _ref("target", "The promise."),
            "while_open": _ref("target", "Our own aim while the emergency is open."),
        },
        optional=("while_open",),
    ),
    "plan": _table(
        {
            "name": _text("As customers know it."),
            "channels": _list(_text("A way in: hotline, button, email, chat.")),
            "channels_clause": _ref("clause"),
            "first_response": _list(
                _ref("target"), "Every clause that promises one; the strictest counts.", at_least=1
            ),
            "updates": _list(_ref("cadence")),
            "post_incident_report": _ref("target"),
            "escalation": _ref("escalation"),
        },
        optional=("updates", "post_incident_report", "escalation"),
    ),
    "issue_type": _table(
        {
            "clause": _ref("clause"),
            "name": _text("As people know it."),
            "definition": _text("What belongs to it."),
            "plans": _list(_text("A plan."), "Whom the resolution target is for; all, if empty."),
            "respond_within": _ref("row_target", "Until a responder is engaged."),
            "escalation": _list(
                {
                    "anyOf": [
                        _text("A team."),
                        _list(_text("A team."), "Teams that are called together.", at_least=1),
                        _ref("step", "Whoever else is called, and how."),
                    ]
                },
                "The ladder, first step first.",
                at_least=1,
            ),
            "beside": _list(_text("A team paged together with the first step.")),
            "updates": _list(_ref("row_cadence"), "What the affected customers are told."),
            "status_page": _ref("row_page_cadence", "Leave it out: never public by itself."),
            "resolve_within": _ref("row_target"),
            "contain_within": _ref("row_target"),
            "notification_regulations": _flag("Whether regulators may have to be told."),
            "runbook": _text("The runbook to begin with."),
            "post_incident_report": _flag("Whether every one of them calls for a report."),
            "still_on_it_after": _ref("span", "For this type sooner, or later, than others."),
            "words": _list(_ref("words"), "Words in a report that speak for this type."),
        },
        optional=(
            *(
                "plans",
                "still_on_it_after",
                "beside",
                "updates",
                "status_page",
                "resolve_within",
                "contain_within",
            ),
            *("notification_regulations", "runbook", "post_incident_report", "words"),
        ),
    ),
    "runbook": _table(
        {
            "clause": _ref("clause"),
            "name": _text("As people know it."),
            "steps": _list(_text("One step."), at_least=1),
        }
    ),
}

_TOP: Schema = {
    "name": _text("The policy's title."),
    "version": _text("Change it with every change: cases keep the version they began under."),
    "company": _text("Who promises."),
    "unknown_caller_plan": _text("The plan of whoever is not known yet."),
    "reopen_within": _ref("span", "What comes back in this span goes on under its old clocks."),
    "reach": _table(
        {
            "hotline": _text("The telephone number."),
            "hotline_clause": _ref("clause"),
            "email": _text("The address for urgent reports."),
            "escalations": _text("The address for escalations."),
            "chat_pages_after": _ref("span", "A chat nobody picked up pages after so long."),
        },
        optional=("chat_pages_after",),
    ),
    "business_hours": _table(
        {
            "name": _text("What people call these hours."),
            "time_zone": _text('A name such as "Europe/Berlin".'),
            "week": {
                **_table(
                    {day: _text('"09:00-18:00" or "09:00-12:00, 13:00-24:00"') for day in DAYS},
                    optional=DAYS,
                ),
                "minProperties": 1,
            },
            "holidays": {
                "type": "string",
                "pattern": r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$",
                "description": 'A country, or a part of one: "US", "US-NY".',
            },
            "closed_on": _list({}, "More days off, without quotes: 2026-12-24."),
            "open_on": _list({}, "Holidays on which the desk works, without quotes."),
            "clause": _ref("clause", "Where the source says its hours."),
        },
        optional=("name", "holidays", "closed_on", "open_on", "clause"),
    ),
    "warnings": _table(
        {
            "share_left": _ref("share", "A clock warns when this share of its span is left, …"),
            "at_least": _ref("span", "… but never with less to go than this …"),
            "at_most": _ref("span", "… or with more than this."),
        },
        optional=("share_left", "at_least", "at_most"),
    ),
    "triage": _table(
        {
            "confirm_within": _ref("target"),
            "emergencies": _list(
                _table(
                    {
                        "name": _text("A kind of emergency, as the source names it."),
                        "clause": _ref("clause"),
                        "issue_type": _text("The type that handles it."),
                    },
                    optional=("issue_type",),
                )
            ),
            "not_emergencies": _list(_text("What is none.")),
            "not_emergencies_clause": _ref("clause"),
            "ask_for": _list(_text("What to ask a reporter for.")),
            "ask_for_clause": _ref("clause"),
            "not_emergency_words": _list(_ref("words"), "Words that speak against urgency."),
            "emergency_words": _list(_ref("words"), "Words of an emergency of any type."),
            "groups": _list(
                _table(
                    {
                        "name": _text("The name that words ask for with together_with."),
                        "phrases": _WORDS["phrases"],
                    }
                )
            ),
            "turns": _list(
                _table(
                    {
                        "says": _text("What these words make of the others, for the page."),
                        "clause": _ref("clause"),
                        "weight": _WORDS["weight"],
                        "before": _flag("Takes back only what follows at once."),
                        "unless": _list(_text("Words beside which it takes nothing back.")),
                        "phrases": _WORDS["phrases"],
                    },
                    optional=("weight", "before", "unless"),
                ),
                "Words that take back what is said beside them.",
            ),
            "signs": _list(
                _table(
                    {
                        "field": _text("channel, plan, or a field of the report."),
                        "values": _list(_text("What it says."), at_least=1),
                        "speaks_for": _text("An issue type, an-emergency or not-an-emergency."),
                        "weight": _WORDS["weight"],
                        "clause": _ref("clause"),
                    }
                ),
                "Facts of a report that speak, beside its words.",
            ),
        },
        optional=(
            *("emergencies", "not_emergency_words", "emergency_words"),
            *("groups", "turns", "signs"),
        ),
    ),
    "coaching": _table(
        {
            "after": _whole("So many confirmed non-urgent reports …", 1000),
            "within": _ref("span", "… in this span."),
            "clause": _ref("clause"),
        }
    ),
    "plans": _named("plan", "What customers of each plan are owed."),
    "urgent": _table(
        {
            "handled_by": _text("Who answers for urgent issues."),
            "handled_by_clause": _ref("clause"),
            "updates": _list(_ref("cadence")),
            "incident_manager": _ref("target"),
            "executive_review": _ref("target"),
            "status_page": _ref("page_cadence", "When a private type is made public after all."),
        },
        optional=("handled_by", "handled_by_clause", "updates", "executive_review", "status_page"),
    ),
    "post_incident_report": _table(
        {
            "clause": _ref("clause"),
            "sections": _list(_text("A section.")),
            "after_missed_resolution": _flag("Whether a missed resolution calls for one too."),
        },
        optional=("after_missed_resolution",),
    ),
    "ladder": _table(
        {
            "unanswered_after": _ref("span", "A page without an answer goes to the next step."),
            "no_progress_at": _ref("share", "The last step is called at this share of the time."),
            "still_on_it_after": _ref("span", "Whoever has it and does nothing is asked again."),
            "teams": _list(_text("A team that steps may name."), "All of them; any, if left out."),
            "rounds": _whole("How often the ladder is walked before it is exhausted.", 100),
            "second_step": {"enum": list(SECOND_STEPS)},
            "clause": _ref("clause", "Where the source says its times."),
        },
        optional=("still_on_it_after", "teams", "rounds", "clause"),
    ),
    "statements": _list(
        _table({"clause": _ref("clause"), "says": _text("The sentence.")}),
        "Sentences of the source that promise something without a number.",
    ),
    "issue_types": _named("issue_type", "The rows of the emergency table."),
    "runbooks": _named("runbook", "What to do, step by step."),
}
