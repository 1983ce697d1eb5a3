"""Mail that came in: what is parked, one mail with how it came, and what to do with it.

Nothing of a mail is ever run or rendered on a page of ours. Its words are text; its HTML, cleaned,
is shown in a frame without scripts, an origin, or anything from elsewhere; its bytes are saved.
"""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from redphone.actions import mail_by_hand, mail_reports
from redphone.records.models import ReceivedMail
from redphone.records.models.received_mail import Became
from redphone.records.queries import mails, rights
from redphone.web import access, errors, files
from redphone.web.middleware import at
from redphone.web.responder.pages import page, whole

FRAMED = "default-src 'none'; img-src data:; frame-ancestors 'self'; form-action 'none'; sandbox"
"""The cleaned HTML of a mail: no scripts, no styles, no pictures from elsewhere."""

TABS = (
    ("parked", "Parked"),
    ("back", "Came back"),
    ("beside", "Kept beside a case"),
    ("all", "Everything"),
)


class Attach(forms.Form):
    case = forms.CharField(
        label="Case", max_length=30, widget=forms.TextInput(attrs={"placeholder": "RP-…"})
    )

    def clean_case(self) -> str:
        typed = str(self.cleaned_data["case"]).strip().upper()
        return f"RP-{typed}" if typed.isdigit() else typed


@require_GET
@access.staff_only
def mail_list(request: HttpRequest) -> HttpResponse:
    """What came and was put nowhere, newest first; by the tabs also the rest."""
    number = whole(request.GET.get("page"))
    found = mails.mail_list(
        access.asker(request), request.GET.get("show", "parked"), number=max(1, number)
    )
    told = {"found": found, "tabs": TABS, "number": number, "next": number + 1}
    return page(request, "mails.html", told, here="mail")


@require_GET
@access.staff_only
def mail(request: HttpRequest, number: uuid.UUID) -> HttpResponse:
    return _show(request, mails.received(access.asker(request), number), Attach())


def _show(
    request: HttpRequest, found: ReceivedMail, form: Attach, *, status: int = 200
) -> HttpResponse:
    read = mail_reports.reread(found)
    is_parked = found.became == Became.PARKED
    told = {
        "mail": found,
        "read": read,
        "has_more": read.text.strip() != found.words.strip(),
        # Why it became what it is stands above them.
        "notes": {name: said for name, said in found.notes.items() if name != "placed"},
        "form": form,
        "stream": found.stream or (found.report.case_ref if found.report else ""),
        "may_settle": is_parked and rights.may(access.asker(request), "mail.settle"),
    }
    return page(request, "mail.html", told, here="mail", status=status)


@require_GET
@access.staff_only
def raw(request: HttpRequest, number: uuid.UUID) -> HttpResponse:
    """The mail byte for byte, to be saved as text and never opened by the browser."""
    found = mails.received(access.asker(request), number)
    return files.download(mails.raw(found), f"mail-{found.pk}.txt", "text/plain; charset=utf-8")


@require_GET
@access.staff_only
def html(request: HttpRequest, number: uuid.UUID) -> HttpResponse:
    """The cleaned HTML, for the frame on the mail's page."""
    read = mail_reports.reread(mails.received(access.asker(request), number))
    if not read.html:
        raise Http404
    answer = HttpResponse(f"<!doctype html><meta charset=utf-8>{read.html}")
    answer["Content-Security-Policy"] = FRAMED
    answer["X-Frame-Options"] = "SAMEORIGIN"
    return answer


@require_POST
@access.staff_only
def act(request: HttpRequest, number: uuid.UUID, verb: str) -> HttpResponse:
    """Put a parked mail somewhere."""
    who = access.asker(request)
    rights.require(who, "mail.settle")
    match verb:
        case "attach":
            return _attach(request, number, who.actor)
        case "open":
            with errors.refused(request):
                case = mail_by_hand.open_case(mail=number, by=who.actor, at=at(request))
                messages.success(request, f"It is {case or 'becoming a case'} now.")
        case "aside":
            with errors.refused(request):
                mail_by_hand.set_aside(mail=number, by=who.actor, at=at(request))
                messages.success(request, "Set aside. It is kept.")
                return redirect("responder:mails")
        case _:
            raise Http404
    return redirect("responder:mail", number)


def _attach(request: HttpRequest, number: uuid.UUID, by: str) -> HttpResponse:
    form = Attach(request.POST)
    if form.is_valid():
        case = form.cleaned_data["case"]
        try:
            mail_by_hand.attach(mail=number, case=case, by=by, at=at(request))
        except mail_by_hand.NoSuchMail:
            raise
        except mail_by_hand.NotThere as error:
            form.add_error("case", str(error))
        except mail_by_hand.MailSettled as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"It stands in {case} now.")
            return redirect("responder:mail", number)
    found = mails.received(access.asker(request), number)
    return _show(request, found, form, status=409)
