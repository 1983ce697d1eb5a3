"""Both faces of a chat: what a page shows of a conversation, and what it fetches while open.

A page is told that something changed, by the live stream of its case; it then asks for what comes
after the last entry that it has. So nothing is lost or doubled, whatever the line did.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from redphone.actions import chat_desk
from redphone.actions.chat import Message
from redphone.channels.chat import receive
from redphone.core.report import Attached
from redphone.records.models import CaseRow
from redphone.records.queries import chat
from redphone.records.queries.asker import Asker
from redphone.records.queries.chat import Line, Mention, Talk
from redphone.web import middleware

SHOWN_AT_ONCE = 1_500
"""Characters of one line that stand open; the rest is folded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A line with what was recognised in it. `rest` is what is folded away of a long one."""

    line: Line
    mine: bool
    words: str
    rest: str
    mentions: tuple[Mention, ...]
    phones: tuple[str, ...]


def spoken(talk: Talk, row: CaseRow, asker: Asker) -> list[Spoken]:
    """The lines of a conversation, with what their reader can do about them."""
    named = {line.seq: receive.cases_in(line.words or "") for line in talk.lines}
    known = chat.mentions(asker, row, (ref for refs in named.values() for ref in refs))
    return [
        Spoken(
            line=line,
            mine=line.by_us == asker.is_staff,
            words=(line.words or "")[:SHOWN_AT_ONCE],
            rest=(line.words or "")[SHOWN_AT_ONCE:],
            mentions=tuple(known[ref] for ref in named[line.seq] if ref in known),
            phones=() if line.by_us else receive.phones_in(line.words or ""),
        )
        for line in talk.lines
    ]


def last_phone(lines: Iterable[Spoken]) -> str:
    """The last telephone number that the customer wrote."""
    found = [number for each in lines for number in each.phones]
    return found[-1] if found else ""


def news(
    request: HttpRequest,
    row: CaseRow,
    asker: Asker,
    *,
    after: int,
    head: str,
    told: dict[str, Any],
) -> HttpResponse:
    """What came after an entry: lines to append, the page's head anew, and how far we know.

    `head` is the template of what is said above the conversation.
    """
    talk = chat.talk(row, asker, after=after)
    shown = told | {"talk": talk, "row": row, "lines": spoken(talk, row, asker)}
    return JsonResponse(
        {
            "lines": render_to_string("web/chat_lines.html", shown, request),
            "head": render_to_string(head, shown, request),
            "last": talk.last,
            "seen": talk.seen,
            "status": talk.status,
        }
    )


def message(request: HttpRequest, files: Sequence[Attached] = ()) -> Message | None:
    """What was sent; None when there was nothing in it. An id in no form of ours is new."""
    text = request.POST.get("text", "")
    if not text.strip() and not files:
        return None
    return Message(
        id=message_id(request.POST.get("id", "")),
        text=text or "(a file)",
        files=files,
        is_remark="remark" in request.POST,
    )


def message_id(given: str) -> str:
    try:
        return str(uuid.UUID(given))
    except ValueError:
        return str(uuid.uuid4())


def wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def refusal(why: str, status: int = 409, *, again: bool = False) -> JsonResponse:
    """A refusal that the page's script shows beside the message. With `again` the same message may
    be taken later, and stays in the browser for that; otherwise its words go back to who wrote."""
    return JsonResponse({"why": why, "again": again}, status=status)


def after(request: HttpRequest) -> int:
    given = request.GET.get("after", "")
    return int(given) if given.isdigit() and len(given) < 9 else 0


def seen(request: HttpRequest, case: str, *, by_desk: bool) -> HttpResponse:
    """Note how far a page was looked at."""
    given = request.POST.get("seq", "")
    if given.isdigit() and len(given) < 9:
        at = middleware.at(request)
        chat_desk.seen(case=case, by_desk=by_desk, seq=int(given), at=at)
    return HttpResponse(status=204)
