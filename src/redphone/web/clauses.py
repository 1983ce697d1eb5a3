"""Clauses on a page, each a link to where the policy says it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_CLAUSE = re.compile(r"[A-Z]{3}-\d+")


def links(given: str | Iterable[str], route: str) -> SafeString:
    """Clauses, joined by commas, as links into the policy's page at a route."""
    ids = given.split(", ") if isinstance(given, str) else list(given)
    return format_html_join(", ", "{}", ((_link(each, route),) for each in ids if each))


@lru_cache(maxsize=256)
def _link(text: str, route: str) -> SafeString | str:
    found = _CLAUSE.match(text)
    if found is None:
        return text
    return format_html('<a class="nowrap" href="{}#{}">{}</a>', reverse(route), found[0], text)
