"""What the person behind a token is reached on: to be read, since a program has no code."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from redphone.api import schemas
from redphone.api.auth import caller
from redphone.records.queries import devices as reads

router = Router(tags=["You"])


@router.get("/devices", response=list[schemas.Device], summary="Your devices")
def listing(request: HttpRequest) -> list[schemas.Device]:
    """Only one's own; customers have none, and find nothing here."""
    who = caller(request)
    return [
        schemas.Device(
            id=each.row.pk,
            kind=each.row.kind,
            name=each.row.name,
            address=each.row.address,
            state=each.state,
            why=each.row.off_why,
            heard_at=each.row.heard_at,
        )
        for each in reads.own(who.asker, at=who.at)
    ]
