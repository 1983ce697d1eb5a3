"""What all responders' pages share: the shell's figures, who is on call, and messages."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from redphone.records.queries import board, duty, oncall
from redphone.records.queries.rights import may
from redphone.web import access
from redphone.web.middleware import at


def page(
    request: HttpRequest, template: str, told: dict[str, Any], *, here: str, status: int = 200
) -> HttpResponse:
    """A page in the responders' shell. `here` names its line in the navigation."""
    who = access.asker(request)
    figures = board.figures(who) | {"oncall": duty.waiting(who, at=at(request))}
    shell = {
        "here": here,
        "counts": {name: f"{n:,}" if n else "" for name, n in figures.items()},
        "on_call_now": oncall.on_call_now(who, at=at(request)),
        "may_change_rota": may(who, "oncall.change"),
        "may_see_reach": may(who, "devices.see"),
        "may_change_customers": may(who, "customers.change"),
    }
    return render(request, f"responder/{template}", shell | told, status=status)


def whole(text: str | None, default: int = 1) -> int:
    """A page's number out of an address, whatever somebody has typed there."""
    return int(text) if text and text.isdigit() and len(text) < 9 else default


def perhaps(text: str | None) -> int | None:
    """A stream's number out of an address, or None."""
    return int(text) if text and text.isdigit() and len(text) < 18 else None


def back_to(request: HttpRequest, default: str) -> str:
    """Where a form wants its sender to be led, if that is a page of this desk."""
    given = request.POST.get("back", "")[:500]
    ours = url_has_allowed_host_and_scheme(given, allowed_hosts=None)
    return given if ours and given.startswith("/") else default
