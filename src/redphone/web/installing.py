"""What makes a browser take Redphone as an app: its manifest, and its service worker.

A service worker shows pushes. It is served from the root, since it speaks only for what lies below
its own address.
"""

from __future__ import annotations

from pathlib import Path

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.views.decorators.http import require_safe

_WORKER = (Path(__file__).parent / "static" / "redphone" / "service-worker.js").read_bytes()

ICONS = ((192, "any"), (512, "any"), (512, "maskable"))


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The service worker. A browser asks for it anew, so that a mended one is there at once."""
    response = HttpResponse(_WORKER, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """What a telephone needs to put Redphone on its home screen."""
    icons = [
        {
            "src": static(f"redphone/icon-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for size, purpose in ICONS
    ]
    told = {
        "id": "/",
        "name": "Redphone",
        "short_name": "Redphone",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#faf8f5",
        "theme_color": "#b3261e",
        "icons": icons,
    }
    response = JsonResponse(told, content_type="application/manifest+json")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
