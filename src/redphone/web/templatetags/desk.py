"""Template tags for times, spans, clocks and live parts: `{% load desk %}`.

Times are real text in the page; `desk.js` only keeps those with `data-due`, `data-since` or
`data-until` up to date, so a page says the same with scripts off.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from redphone.channels.chat import receive
from redphone.clock import now
from redphone.core.review import SECTIONS
from redphone.core.spans import Span, SpanUnit
from redphone.web import words
from redphone.web.clauses import links

register = template.Library()

NO_TIME = SafeString("–")
Spanned = timedelta | Span | None


def _at(context: template.Context) -> datetime:
    """The moment that the page speaks of: the request's, or `at` where a view gave one."""
    found = context.get("at") or getattr(context.get("request"), "at", None)
    return found if isinstance(found, datetime) else now()


def _time(then: datetime, shown: str, **data: str) -> SafeString:
    # A board has hundreds of these: each part is our own text, and holds nothing to escape.
    marks = "".join(f' data-{name}="{value}"' for name, value in data.items())
    return SafeString(
        f'<time datetime="{then.isoformat()}" title="{words.exact(then)}"{marks}>{shown}</time>'
    )


@register.simple_tag(takes_context=True)
def moment(context: template.Context, then: datetime | None) -> SafeString:
    """When: "14:32 UTC", with the day where it isn't today; to the second on hovering."""
    return _time(then, words.clock_time(then, _at(context))) if then else NO_TIME


@register.simple_tag(takes_context=True)
def left(context: template.Context, due: datetime | None) -> SafeString:
    """How long until it is due: "in 12 minutes", "2 minutes late". Ticks."""
    return _time(due, words.left(due, _at(context)), due="words") if due else NO_TIME


@register.simple_tag(takes_context=True)
def countdown(context: template.Context, due: datetime | None) -> SafeString:
    """The big figures of a clock: "1:18", "−2:06". Ticks."""
    return _time(due, words.digits(due, _at(context)), due="digits") if due else NO_TIME


@register.simple_tag(takes_context=True)
def ago(context: template.Context, then: datetime | None) -> SafeString:
    """How long it has been: "12 minutes ago". Ticks."""
    return _time(then, words.ago(then, _at(context)), due="ago") if then else NO_TIME


@register.filter
def phone(number: str) -> str:
    """A telephone number as people write it, with its country: "+44 20 7946 0321"."""
    return receive.spaced(number)


@register.filter
def dialled(number: str) -> str:
    """A number of the policy as a telephone takes it: "1-800-555-9999" is "18005559999"."""
    return "".join(sign for sign in number if sign in "+0123456789")


@register.simple_tag
def chat_file(door: Any, number: uuid.UUID) -> str:
    """Where a file of a conversation is saved from, by the door that somebody came by."""
    return str(door.file(number))


@register.simple_tag(takes_context=True)
def until(
    context: template.Context, start: datetime, due: datetime | None, label: str = "Time left"
) -> SafeString:
    """The bar under a clock: how much of the span from `start` to `due` is left. Ticks."""
    at = _at(context)
    whole = max(1, int((due - start).total_seconds())) if due else 1
    rest = min(whole, max(0, int((due - at).total_seconds()))) if due else 0
    return format_html(
        '<progress class="bar" max="{}" value="{}" aria-label="{}"{}></progress>',
        whole,
        rest,
        label,
        format_html(' data-until="{}"', due.isoformat()) if due else "",
    )


@register.filter
def span(length: Spanned) -> str:
    """A length for a narrow place: "2 min 41 s". Spans of the policy are written as they are."""
    return words.span(length) if isinstance(length, timedelta) else str(length or "")


@register.filter
def long(length: Span | timedelta) -> str:
    """A length for a sentence: "30 minutes". Business time is written as the policy writes it."""
    if isinstance(length, Span):
        return words.length(length.length) if length.unit is SpanUnit.WALL else str(length)
    return words.length(length)


@register.filter
def exactly(then: datetime | None) -> str:
    """A moment to the second, with its zone."""
    return words.exact(then) if then else "–"


@register.filter
def and_list(names: list[str]) -> str:
    """Several names in a sentence: "Ana, Bo and Ines"."""
    return words.people_list([str(name) for name in names])


@register.filter
def slug_words(slug: str) -> str:
    """A slug as words: "account-lockout" and "first_response" lose their dashes."""
    return str(slug).replace("-", " ").replace("_", " ")


_CLOCKS = {
    "first_response": "first answer",
    "confirm_triage": "triage",
    "post_incident_report": "post-incident report",
    "status_update": "status page",
}


@register.filter
def clock_name(key: str) -> str:
    """A clock's kind or key in words: "next update", "incident manager"."""
    kind = str(key).partition("|")[0]
    return _CLOCKS.get(kind, kind.replace("_", " "))


@register.filter
def headed(words: str) -> str:
    """A post-incident report with its sections named as people name them."""
    for name in SECTIONS:
        words = words.replace(f"{name}: ", f"{stage_name(name)}\n", 1)
    return words


@register.filter
def stage_name(stage: str) -> str:
    """Where an incident stands, as the status page says it: "Cause found"."""
    return str(stage).replace("_", " ").capitalize()


_BARS = {
    "operational": "",
    "maintenance": "work",
    "degraded": "part",
    "partial_outage": "part",
    "major_outage": "down",
}


@register.simple_tag
def clauses(given: str | Iterable[str]) -> SafeString:
    """Clauses, each a link to where the public policy says it."""
    return links(given, "status:policy")


@register.filter
def bar(state: str | None) -> str:
    """How a day of a component is drawn."""
    return _BARS.get(state or "", "none")


@register.simple_tag
def count(number: int, noun: str, nouns: str = "") -> str:
    """ "1 case", "2 cases"; `nouns` for a plural that isn't made with an s."""
    return words.counted(number, noun) if not nouns or number == 1 else f"{number:,} {nouns}"


@register.inclusion_tag("web/live.html", takes_context=True)
def live(context: template.Context, topic: str, *parts: str) -> dict[str, Any]:
    """Keep the elements with these ids up to date while the page is open.

    `topic` is what to listen to: `board`, `status`, `case/RP-1001`, `incident/INC-101`. On each
    event the page is fetched again, and the elements with the ids in `parts` are morphed into
    their new form: what is typed elsewhere, the focus and open details stay as they are.
    """
    request = context.get("request")
    return {
        "stream": f"/live/{topic}",
        "page": request.get_full_path() if request else "",
        "parts": ",".join(f"#{part}:outerMorph" for part in parts),
    }
