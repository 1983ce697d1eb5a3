"""Where test messages to ourselves come back: whatever a service posts here is looked through."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from redphone import clock
from redphone.actions import canaries

MOST_BYTES = 64 * 1024


# Services post here, not browsers: the word in the message is the proof.
@csrf_exempt
@never_cache
@require_POST
def arrived(request: HttpRequest, token: str = "") -> HttpResponse:
    """204 for one of ours; 404 for anything else, of which nothing is kept."""
    body = request.read(MOST_BYTES).decode("utf-8", "replace")
    known = canaries.arrived(f"{token} {body}", at=clock.now())
    return HttpResponse(status=204 if known else 404)
