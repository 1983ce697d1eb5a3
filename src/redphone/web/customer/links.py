"""The link that someone who is not signed in gets for their report: signed, so unguessable."""

from __future__ import annotations

import uuid

from redphone.actions import links
from redphone.records.queries.asker import NotYours

token = links.report_token


def report_of(token: str) -> uuid.UUID:
    """The report that a link was given for.

    Raises:
        NotYours: nobody was given this link, or it is too old.
    """
    found = links.read_reported(token)
    if found is None:
        raise NotYours
    return found
