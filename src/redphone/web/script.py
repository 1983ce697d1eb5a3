"""`/redphone.js`: the script that a vendor pastes into its own pages."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import condition, require_safe

_FILE = Path(__file__).parent / "static" / "redphone" / "button.js"


def _short(text: str) -> str:
    """The script without its comments and indents: every page of a vendor loads it."""
    lines = (line.partition("  // ")[0].strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


_SCRIPT = _short(_FILE.read_text("utf-8")).encode()
_TAG = f'"{hashlib.sha256(_SCRIPT).hexdigest()[:32]}"'

KEPT_FOR = 300
"""Seconds that a browser may keep it: a mended script is everywhere within five minutes."""


@require_safe
@condition(etag_func=lambda request: _TAG)
def script(request: HttpRequest) -> HttpResponse:
    """The script, for pages of any site. It says nothing of who asks."""
    response = HttpResponse(_SCRIPT, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = f"public, max-age={KEPT_FOR}"
    # A vendor may pin it by a hash (which needs CORS), or isolate its pages (which needs CORP).
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
