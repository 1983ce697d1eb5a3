"""One's own devices: add one, enter its code, try it, name it, remove it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from redphone.actions import device_codes, devices
from redphone.channels.apprise.apps import SERVICES
from redphone.core.reach import in_words, warnings
from redphone.core.stream import DeskError
from redphone.records.models import Device
from redphone.records.models.device import DeviceKind, Urgency
from redphone.records.queries import devices as reads
from redphone.records.queries import rights
from redphone.records.queries.asker import NotYours
from redphone.web import access, errors
from redphone.web.middleware import at
from redphone.web.responder import device_forms
from redphone.web.responder.pages import page

RIGHT = "devices.own"


@require_GET
@never_cache
@access.staff_only
def device_list(request: HttpRequest) -> HttpResponse:
    return _list(request)


@require_GET
@never_cache
@access.staff_only
def state(request: HttpRequest, number: int) -> HttpResponse:
    """How far the last message to a device is: asked for again while it is under way."""
    told = {"each": reads.one(access.asker(request), number, at=at(request))}
    return render(request, "responder/device_state.html", told)


@require_POST
@access.staff_only
def add(request: HttpRequest, what: str) -> HttpResponse:
    """Add a device by one of the forms; its code is on its way when the page comes back."""
    who = access.signed_in(request)
    rights.require(access.asker(request), RIGHT)
    form = _form(what, request)
    if form.is_valid():
        with errors.refused(request, form):
            made = devices.begin(
                person=who.pk,
                kinds=_kinds(form),
                to=form.address if isinstance(form, device_forms.App) else form.cleaned_data["to"],
                name=form.cleaned_data["name"],
                at=at(request),
            )
            messages.success(request, "Added. A code is on its way: enter it below.")
            return _back(made[0].pk)
    return _list(request, {what: form}, status=422)


def _form(what: str, request: HttpRequest) -> forms.Form:
    """
    Raises:
        NotYours: there is no such form.
    """
    if what == "telephone":
        return device_forms.Telephone(request.POST, auto_id="telephone_%s")
    if what == "mail":
        return device_forms.Mail(request.POST, auto_id="mail_%s")
    if what in SERVICES:
        return device_forms.App(request.POST, service=SERVICES[what], auto_id=f"{what}_%s")
    raise NotYours


def _kinds(form: forms.Form) -> list[str]:
    if isinstance(form, device_forms.App):
        return [DeviceKind.APP.value]
    if isinstance(form, device_forms.Mail):
        return [DeviceKind.MAIL.value]
    return list(form.cleaned_data["kinds"])


@require_POST
@access.staff_only
def act(request: HttpRequest, number: int, verb: str) -> HttpResponse:
    """Do one thing with a device of one's own, then show them again."""
    who, moment = access.signed_in(request).pk, at(request)
    rights.require(access.asker(request), RIGHT)
    try:
        match verb:
            case "code":
                code = request.POST.get("code", "")[:20]
                found = device_codes.verify(person=who, device=number, code=code, at=moment)
                messages.success(request, _works(found))
            case "send":
                device_codes.send_code(person=who, device=number, at=moment)
                messages.success(request, "A new code is on its way. Older ones count no more.")
            case "test":
                device_codes.test(person=who, device=number, at=moment)
                messages.success(request, "A test is on its way.")
            case "rename":
                devices.rename(person=who, device=number, name=request.POST.get("name", ""))
            case "remove":
                gone = devices.remove(person=who, device=number, at=moment)
                messages.success(request, f"{gone} is removed.")
            case _:
                raise NotYours
    except DeskError as error:
        if errors.status(error) != 409:
            raise
        return _list(request, problem={"device": number, "text": str(error)}, status=409)
    return _back(number)


def _works(row: Device) -> str:
    if row.kind == DeviceKind.VOICE and row.person.phone == row.address:
        return f"{row} works. The hotline rings you there too, while you are on call."
    return f"{row} works: pages come to it from now on."


def _back(device: int) -> HttpResponse:
    return redirect(f"{reverse('responder:devices')}#device-{device}")


def _list(
    request: HttpRequest,
    filled: dict[str, forms.Form] | None = None,
    *,
    problem: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    who, person, moment = access.asker(request), access.signed_in(request), at(request)
    owned = reads.own(who, at=moment)
    tries, climbs = reads.tries(person.pk, Urgency.URGENT), reads.climbs_after()
    lines = reads.lines(at=moment)
    missing = [] if lines is None else [k for k in DeviceKind if k.value not in lines]
    told = {
        "owned": owned,
        "works": [each for each in owned if each.row.is_working],
        "person": person,
        "rule": in_words(tries, climbs),
        "warnings": warnings(tries, is_urgent=True, climbs_after=climbs),
        "has_rule": bool(reads.steps(person.pk, Urgency.URGENT)),
        "missing": missing,
        "unheard": [each.row for each in owned if each.row.kind in missing],
        "typed": _typed(request),
        "problem": problem,
        **_blank(request, owned),
    }
    for name, form in (filled or {}).items():
        if name in ("telephone", "mail"):
            told[name] = form
        else:
            apps: list[Any] = told["apps"]
            told["apps"] = [form if each.service.slug == name else each for each in apps]
    return page(request, "devices.html", told, here="profile", status=status)


def _blank(request: HttpRequest, owned: tuple[reads.Owned, ...]) -> dict[str, Any]:
    """The empty forms. What the desk knows already is filled in: nobody types a number twice."""
    person = access.signed_in(request)
    numbers = {each.row.address for each in owned if each.row.kind in ("voice", "sms")}
    known = {(each.row.kind, each.row.address) for each in owned}
    number = person.phone_e164 or next(iter(sorted(numbers)), "")
    unused = [kind for kind in ("voice", "sms") if (kind, number) not in known]
    mail = "" if ("mail", person.email) in known else person.email
    return {
        "telephone": device_forms.Telephone(
            initial={"to": number if unused else "", "kinds": unused or ["voice"]},
            auto_id="telephone_%s",
        ),
        "mail": device_forms.Mail(initial={"to": mail}, auto_id="mail_%s"),
        "apps": device_forms.blank_apps(),
        # A number that the hotline knows and no page can use yet.
        "only_hotline": person.phone_e164 and ("voice", person.phone_e164) not in known,
    }


def _typed(request: HttpRequest) -> dict[str, Any]:
    """The code that a mail's link has filled in, and for which device."""
    device, code = request.GET.get("device", ""), request.GET.get("code", "")
    is_one = device.isascii() and device.isdigit() and code.isascii() and code.isdigit()
    return {"device": int(device[:17]), "code": code[:6]} if is_one else {}
