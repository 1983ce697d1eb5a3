"""The page of the telephones: what rings at a desk that is only tried out, keys, and SMS."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from redphone.channels.telephone import fake_room
from redphone.channels.telephone.provider import Provider
from redphone.jobs.outbox import may_look
from redphone.records.models import Device
from redphone.records.models.device import DeviceKind

WHAT = frozenset({"pick_up", "press", "hang_up"})
KEYS = (
    ("1", "take it"),
    ("2", "hear it again"),
    ("3", "can't come"),
    ("4", "take all, of several"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A call or an SMS as the page shows it."""

    told: dict[str, Any]
    owner: str

    @property
    def at(self) -> datetime:
        return parsedate_to_datetime(self.told["date_created"]).astimezone(UTC)

    @property
    def is_text(self) -> bool:
        return bool(self.told["kind"] == "text")

    @property
    def is_ringing(self) -> bool:
        return bool(self.told["is_live"]) and self.told["status"] != "in-progress"

    @property
    def status(self) -> str:
        return str(self.told["status"]).replace("-", " ")


@never_cache
@require_safe
def room(request: HttpRequest) -> HttpResponse:
    """What rings now, and what has rung."""
    is_desk = _require_insider(request)
    trouble, found = "", []
    try:
        found = list(_shown(fake_room.look(settings.PHONE_PROVIDERS[0])))
    except fake_room.NobodyThere as error:
        trouble = str(error)
    told = {
        "here": "phones",
        "shell": "web/desk.html" if is_desk else "web/public.html",
        "live": [each for each in found if each.told["is_live"] and not each.is_text],
        "past": [each for each in found if not each.told["is_live"] and not each.is_text],
        "texts": [each for each in found if each.is_text],
        "numbers": _numbers(),
        "trouble": trouble,
        "keys": KEYS,
    }
    return render(request, "phones/room.html", told)


@require_POST
def act(request: HttpRequest, sid: str, what: str) -> HttpResponse:
    """Pick up, press a key, or hang up."""
    _require_insider(request)
    if what not in WHAT:
        raise Http404
    key = request.POST.get("key", "")[:1]
    _say(request, lambda at: fake_room.act(at, sid=sid, what=what, key=key), is_loud=bool(key))
    return redirect("phones")


@require_POST
def write(request: HttpRequest) -> HttpResponse:
    """Send the desk an SMS from one of the telephones."""
    _require_insider(request)
    sender, body = request.POST.get("sender", "")[:20], request.POST.get("body", "")[:500]
    _say(request, lambda at: fake_room.write(at, sender=sender, body=body))
    return redirect("phones")


def _say(request: HttpRequest, does: Callable[[Provider], str], *, is_loud: bool = True) -> None:
    """Do it, and show what came of it unless the list shows it anyway."""
    try:
        heard = does(settings.PHONE_PROVIDERS[0])
    except fake_room.NobodyThere as error:
        heard, is_loud = str(error), True
    if heard and is_loud:
        messages.info(request, heard)


def _require_insider(request: HttpRequest) -> bool:
    """A key takes an incident in somebody's name: only this machine's people and the desk's."""
    if not may_look(request):
        raise Http404
    return bool(request.user.is_authenticated and not request.user.is_customer)


def _shown(rung: Iterable[dict[str, Any]]) -> Iterable[Shown]:
    owners = {number: name for number, name in _numbers() if name}
    for each in rung:
        yield Shown(each, owners.get(each["to"], ""))


def _numbers() -> list[tuple[str, str]]:
    """Every telephone that somebody has, and whose it is."""
    kinds = (DeviceKind.VOICE, DeviceKind.SMS)
    devices = Device.objects.filter(kind__in=kinds).order_by("person__name", "address")
    found = dict(devices.values_list("address", "person__name"))
    return sorted(found.items(), key=lambda pair: pair[1])
