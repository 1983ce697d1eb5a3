"""What the desk sends back to an SMS: short, in letters that every telephone has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from redphone.actions import links, standings, wording
from redphone.actions.standings import Stage
from redphone.core.phone_says import Over, Passed, Took
from redphone.core.ringing import ANSWERED
from redphone.core.stream import DeskError
from redphone.records.models import Delivery

ON_AGAIN = "Pages come here by SMS again."


def took(says: Took, beside: Iterable[str] = ()) -> str:
    """They have it, who need not come, and what else rings for them."""
    what = wording.listed(says.incidents)
    if says.done:
        return says.done
    first = f"{what} is yours." if says.is_new else f"You have {what} already."
    others = f" {wording.listed(says.others)}: no longer called." if says.others else ""
    rings = list(beside)
    left = f" Still ringing: {wording.listed(rings)}. Reply 1 again." if rings else ""
    return f"{first}{others}{left}"


def passed(says: Passed | Over | Took) -> str:
    """They can't come: who is called in their place."""
    match says:
        case Passed(names=()):
            return "Noted. There is nobody after you to be called now: it goes on ringing."
        case Passed():
            return f"Noted. Called now: {wording.listed(says.names)}."
        case Took():
            return took(says)
    return over(says)


def over(says: Over) -> str:
    """Somebody else has it, or it has ended."""
    if says.by:
        return f"{says.incident}: taken by {says.by}. Nothing is asked of you now."
    return f"{says.incident} asks nothing of you any more."


def nothing_rings(person: int, incident: str, *, at: datetime) -> str:
    """Why there is nothing to take: who has the last one, or that none rings."""
    pages = Delivery.objects.filter(purpose__in=ANSWERED, person=person)
    if incident:
        pages = pages.filter(stream=incident)
    last = pages.order_by("-created_at", "-id").first()
    if last is None:
        return f"{incident} does not ring for you." if incident else "Nothing rings for you now."
    page = standings.page(links.answer_token(last.pk, person), at=at)
    if page.stage is Stage.YOURS:
        return took(Took(incidents=(page.incident,), is_new=False))
    return over(Over(incident=page.incident, by=page.by if page.stage is Stage.TAKEN else None))


def refused(page: Delivery, error: DeskError, *, at: datetime) -> str:
    """Why it could not be taken: somebody has it, or what stands in the way."""
    shown = standings.page(links.answer_token(page.pk, page.person_id or 0), at=at)
    if shown.stage is Stage.RINGS:
        return f"{page.stream}: {error}"
    return nothing_rings(page.person_id or 0, page.stream, at=at)


def how_to(incident: str) -> str:
    """One answer to what was not understood."""
    if incident:
        return f"{incident} rings for you. Reply 1 to take it, 3 if you can't come."
    return "Nothing rings for you now. When a page comes, reply 1 to take it, 3 if you can't come."


def taken(case: str | None, hotline: str) -> str:
    """To whoever reported by SMS."""
    named = f" It is {case}." if case else ""
    call = f" If you can, call {hotline} as well." if hotline else ""
    return f"We have your message and look at it now.{named}{call}"
