"""Schedules that were imported, with their proofs: for those who may change rotas."""

from __future__ import annotations

from redphone.records import policies
from redphone.records.models import ScheduleImport, Team
from redphone.records.queries import rights
from redphone.records.queries.asker import Asker, NotYours

RIGHT = "oncall.change"


def latest(asker: Asker, most: int = 50) -> list[ScheduleImport]:
    """The newest imports, saved and unsaved.

    Raises:
        NotYours, NotAllowed: the asker may change no rota.
    """
    rights.require(asker, RIGHT)
    return list(ScheduleImport.objects.select_related("team")[:most])


def an_import(asker: Asker, number: int) -> ScheduleImport:
    """One import with its team.

    Raises:
        NotYours: there is none of that number.
        NotAllowed: the asker may change no rota.
    """
    rights.require(asker, RIGHT)
    row = ScheduleImport.objects.select_related("team").filter(pk=number).first()
    if row is None:
        raise NotYours
    return row


def teams(asker: Asker) -> list[str]:
    """The teams that a plan can be for: those of the policy's ladders, and those that are there.

    Raises:
        NotYours, NotAllowed: the asker may change no rota.
    """
    rights.require(asker, RIGHT)
    try:
        kinds = list(policies.current().policy.issue_types.values())
    except policies.NoPolicy:
        kinds = []
    named = [
        team
        for kind in kinds
        for step in (*(each.teams for each in kind.steps), kind.beside)
        for team in step
    ]
    return list(dict.fromkeys([*named, *Team.objects.values_list("name", flat=True)]))
