"""The routes: which face answers where."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from redphone.config.rooms import is_there


def closed(request: HttpRequest) -> HttpResponse:
    """django-allauth's pages that we do not offer.

    Whoever could change their own address could take one that reports come from: an admin does
    that. Nobody signs up.
    """
    raise Http404


def faces() -> list[URLPattern | URLResolver]:
    """The faces that are there, the root-level ones last."""
    routes = {
        "api/v1/": "redphone.api.urls",
        "status/": "redphone.web.public.urls",
        "hotline/": "redphone.web.hotline.urls",
        "phone/": "redphone.web.phone.urls",
        "outbox/": "redphone.web.outbox.urls redphone.jobs.outbox_urls"
        if settings.OUTBOX_IS_ON
        else "",
        "": "redphone.jobs.urls redphone.web.urls "
        "redphone.web.customer.urls redphone.web.responder.urls",
    }
    return [
        path(prefix, include(module))
        for prefix, modules in routes.items()
        for module in modules.split()
        if is_there(module)
    ]


urlpatterns = [
    path("accounts/signup/", closed),
    path("accounts/email/", closed),
    path("accounts/", include("allauth.urls")),
    *faces(),
]

handler403 = "redphone.web.errors.forbidden"
handler404 = "redphone.web.errors.not_found"
handler500 = "redphone.web.errors.broken"
