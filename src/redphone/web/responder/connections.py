"""Where the desk touches the world: each way in and out, and whether it is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from redphone.actions import providers
from redphone.records.models import TelephoneProvider
from redphone.records.queries.rights import may
from redphone.web import access
from redphone.web.middleware import at
from redphone.web.responder.pages import page


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way in or out. `href` is "" where its page is not for this person, or there is none."""

    name: str
    says: str
    href: str = ""
    state: str = ""


def _telephones(moment: datetime) -> list[Way]:
    """Who carries calls and SMS, and how they do."""
    if not settings.PHONE_PROVIDERS:
        says = "The desk's people are rung and written to by a telephone provider."
        return [Way(name="Calls and SMS", says=says, state="not set up")]
    unwell = providers.failing(at=moment)
    return [
        Way(
            name=f"Calls and SMS by {each.name}",
            says=_trouble(unwell[each.name]) if each.name in unwell else "It works.",
            state="does not work" if each.name in unwell else "",
        )
        for each in settings.PHONE_PROVIDERS
    ]


def _trouble(row: TelephoneProvider) -> str:
    since = f"{row.failing_since:%d %b, %H:%M} UTC" if row.failing_since else "just now"
    return f"Since {since} it says: {row.said}. The other one is asked first meanwhile."


@require_GET
@access.staff_only
def connections(request: HttpRequest) -> HttpResponse:
    """The list, with links to what this person may look after."""
    who = access.asker(request)

    def to(route: str, right: str) -> str:
        return reverse(route) if may(who, right) else ""

    told = {
        "ways_in": [
            Way(
                name="Monitors and alerts",
                says="A door for each: PagerDuty-compatible, Alertmanager, Grafana and others.",
                href=reverse("responder:doors"),
            ),
            Way(
                name="Mail",
                says="What came to the urgent addresses and is in no case yet.",
                href=reverse("responder:mails"),
                state="" if settings.MAIL_IN or settings.MAIL_BOX else "not set up",
            ),
            Way(
                name="Hotline",
                says="By a telephone provider; the rota's people are rung.",
                state="" if settings.HOTLINE_TOKENS else "not set up",
            ),
            Way(
                name="The button and chat on your own pages",
                says="Keys with which your dashboard says who is in front of it.",
                href=to("responder:identity", "identity.change"),
            ),
        ],
        "ways_out": [
            *_telephones(at(request)),
            Way(
                name="Webhooks",
                says="Programs elsewhere that are told what happens here.",
                href=to("responder:webhooks", "webhooks.change"),
            ),
            Way(
                name="Tokens of the API",
                says="Programs that act here as a person.",
                href=to("responder:tokens", "tokens.change"),
            ),
        ],
    }
    return page(request, "connections.html", told, here="connections")
