"""The console of webhooks: where integrators' programs are told, and what each was told."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from redphone.actions import webhooks as actions
from redphone.records.queries import rights
from redphone.records.queries import webhooks as reads
from redphone.web import access, errors
from redphone.web.middleware import at
from redphone.web.responder.pages import page, perhaps

RIGHT = "webhooks.change"


class NewWebhook(forms.Form):
    name = forms.CharField(label="Who is told", max_length=100)
    url = forms.CharField(
        label="Address",
        max_length=1000,
        help_text="Where it is posted to, as https://hooks.example/redphone.",
    )
    events = forms.CharField(
        label="Events",
        max_length=2000,
        required=False,
        help_text="With blanks between: incident.*, case.opened. Nothing is all of them.",
    )


class Replay(forms.Form):
    hours = forms.IntegerField(
        label="What it was told in the last hours", min_value=1, max_value=24 * 365, initial=24
    )


@require_GET
@access.staff_only
def webhook_list(request: HttpRequest) -> HttpResponse:
    return _list(request)


@require_POST
@never_cache
@access.staff_only
def create(request: HttpRequest) -> HttpResponse:
    """Make a webhook. Its secret stands on the page that follows, and is shown nowhere again."""
    who = access.asker(request)
    rights.require(who, RIGHT)
    form = NewWebhook(request.POST)
    if form.is_valid():
        with errors.refused(request, form):
            _, secret = actions.create(
                name=form.cleaned_data["name"],
                url=form.cleaned_data["url"],
                events=form.cleaned_data["events"].replace(",", " ").split(),
                by=who.actor,
                at=at(request),
            )
            return _list(request, made=secret)
    return _list(request, form)


@require_GET
@access.staff_only
def webhook(request: HttpRequest, number: int) -> HttpResponse:
    return _show(request, number)


@require_POST
@never_cache
@access.staff_only
def act(request: HttpRequest, number: int, verb: str) -> HttpResponse:
    """Do one thing with a webhook, then show it again."""
    who, moment = access.asker(request), at(request)
    rights.require(who, RIGHT)
    reads.webhook(who, number)
    post = perhaps(request.POST.get("post"))
    with errors.refused(request):
        match verb:
            case "secret":
                _, secret = actions.change_secret(webhook=number, at=moment)
                return _show(request, number, made=secret)
            case "end":
                actions.end(webhook=number, why=f"Ended by {request.user}.", at=moment)
            case "test":
                actions.test(webhook=number, at=moment)
                messages.success(request, "A test is on its way; look again in a moment.")
            case "replay":
                form = Replay(request.POST)
                hours = form.cleaned_data["hours"] if form.is_valid() else 24
                count = actions.replay(
                    webhook=number, since=moment - timedelta(hours=hours), at=moment
                )
                messages.success(request, f"{count} posts go out again, in their order.")
            case "again" if post is not None:
                actions.send_again(webhook=number, post=post, at=moment)
            case "skip" if post is not None:
                actions.skip(webhook=number, post=post)
    return redirect("responder:webhook", number)


def _list(request: HttpRequest, form: NewWebhook | None = None, made: str = "") -> HttpResponse:
    told = {
        "webhooks": reads.webhooks(access.asker(request)),
        "form": form or NewWebhook(),
        "made": made,
    }
    status = 422 if form is not None else 200
    return page(request, "webhooks.html", told, here="connections", status=status)


def _show(request: HttpRequest, number: int, made: str = "") -> HttpResponse:
    found = reads.webhook(access.asker(request), number)
    posts = reads.posts(found.row, below=perhaps(request.GET.get("below")))
    shown = posts[: reads.PER_PAGE]
    told = {
        "found": found,
        "row": found.row,
        "posts": shown,
        "older": shown[-1].pk if len(posts) > len(shown) else None,
        "replay": Replay(),
        "made": made,
    }
    return page(request, "webhook.html", told, here="connections")
