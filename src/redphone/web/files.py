"""Giving somebody a file that a stranger sent: to be saved, and never opened by the browser."""

from __future__ import annotations

import re
from urllib.parse import quote

from django.http import HttpResponse

from redphone.records.models import Attachment

CLOSED = "default-src 'none'; sandbox; frame-ancestors 'none'"


def saved(attachment: Attachment) -> HttpResponse:
    """The file as it came. Whatever it says it is, it is served as bytes without a meaning."""
    return download(bytes(attachment.content), attachment.name)


def download(
    content: bytes, name: str, content_type: str = "application/octet-stream"
) -> HttpResponse:
    """Bytes to be saved under a name; no browser runs, frames or sniffs them."""
    answer = HttpResponse(content, content_type=content_type)
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._") or "file"
    answer["Content-Disposition"] = (
        f"attachment; filename=\"{plain[-120:]}\"; filename*=UTF-8''{quote(name[-200:], safe='')}"
    )
    answer["Content-Security-Policy"] = CLOSED
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
