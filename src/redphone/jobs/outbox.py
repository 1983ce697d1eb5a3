"""The pages of the mailbox: what a desk that is only tried out has sent, and to whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from redphone.jobs.metrics import is_local

ON_A_PAGE = 100
NAME = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9]{6}-[0-9a-f]{6}")

PREVIEW_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""A mail's own styles are let in, in a frame without scripts or an origin."""

SHOWN = (
    "From",
    "To",
    "Reply-To",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "X-Redphone-Ref",
    "Auto-Submitted",
    "Importance",
)


@dataclass(frozen=True, slots=True)
class Kept:
    """One mail as it was taken."""

    name: str
    mail: EmailMessage

    @property
    def at(self) -> datetime:
        return datetime.strptime(self.name[:22], "%Y%m%d-%H%M%S-%f").replace(tzinfo=UTC)

    @property
    def to(self) -> str:
        return str(self.mail["To"] or "")

    @property
    def subject(self) -> str:
        return str(self.mail["Subject"] or "(no subject)")

    @property
    def ref(self) -> str:
        return str(self.mail["X-Redphone-Ref"] or "")

    @property
    def is_urgent(self) -> bool:
        return str(self.mail["Importance"]) == "high"

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(self.mail[name])) for name in SHOWN if self.mail[name]]

    def part(self, kind: str) -> str:
        found = self.mail.get_body((kind,))
        return str(found.get_content()) if isinstance(found, EmailMessage) else ""

    @property
    def text(self) -> str:
        return self.part("plain")

    @property
    def has_html(self) -> bool:
        return self.mail.get_body(("html",)) is not None


def _folder() -> Path:
    return Path(settings.OUTBOX_DIR)


def _read(path: Path) -> Kept | None:
    try:
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    except FileNotFoundError:
        return None
    return Kept(path.stem, mail) if isinstance(mail, EmailMessage) else None


def _newest(before: str) -> Iterator[Kept]:
    names = sorted((path.stem for path in _folder().glob("*.eml")), reverse=True)
    for name in [name for name in names if not before or name < before][: ON_A_PAGE + 1]:
        if kept := _read(_folder() / f"{name}.eml"):
            yield kept


def _named(name: str) -> Kept:
    kept = _read(_folder() / f"{name}.eml") if NAME.fullmatch(name) else None
    if kept is None:
        raise Http404
    return kept


def _is_desk(request: HttpRequest) -> bool:
    user = request.user
    return bool(user.is_authenticated and not user.is_customer)


def may_look(request: HttpRequest) -> bool:
    """Whether somebody is one of the desk, or at this very machine."""
    return _is_desk(request) or is_local(request)


def _require_insider(request: HttpRequest) -> None:
    """Mails hold links that answer pages: only this machine's people and the desk's read them."""
    if not may_look(request):
        raise Http404


def _page(request: HttpRequest, name: str, **told: object) -> HttpResponse:
    shell = "web/desk.html" if _is_desk(request) else "web/public.html"
    return render(request, f"outbox/{name}.html", {"here": "outbox", "shell": shell, **told})


@never_cache
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """All that was sent, newest first."""
    _require_insider(request)
    found = list(_newest(request.GET.get("before", "")))
    mails = found[:ON_A_PAGE]
    older = mails[-1].name if len(found) > ON_A_PAGE else ""
    return _page(request, "list", mails=mails, older=older)


@never_cache
@require_safe
def show(request: HttpRequest, name: str) -> HttpResponse:
    """One mail: its text, its look, its headers."""
    _require_insider(request)
    return _page(request, "mail", kept=_named(name))


@never_cache
@require_safe
def preview(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML of a mail, for the frame on its page. Its links open beside it."""
    _require_insider(request)
    html = _named(name).part("html").replace("<head>", '<head><base target="_blank">', 1)
    response = HttpResponse(html)
    response["Content-Security-Policy"] = PREVIEW_POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response
