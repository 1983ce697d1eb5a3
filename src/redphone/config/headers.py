"""The security headers that Django has no setting for."""

from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponseBase

_CONTENT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",  # The QR code of an authenticator is such an image.
    "font-src": "'self'",
    "connect-src": "'self'",
    "frame-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "microphone", "geolocation", "payment", "usb", "browsing-topics")
)


def content_security_policy(changed: Mapping[str, str]) -> str:
    """The policy of a page, with the few directives that it needs otherwise."""
    return "; ".join(f"{name} {value}" for name, value in (_CONTENT | dict(changed)).items())


CONTENT_SECURITY_POLICY = content_security_policy({})


def security_headers(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """A middleware: nothing inline and nothing from elsewhere, unless the view set its own.

    A view may set the whole header, or name the directives it changes in `response.csp`.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        changed = getattr(response, "csp", None)
        policy = content_security_policy(changed) if changed else CONTENT_SECURITY_POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response

    return answer
