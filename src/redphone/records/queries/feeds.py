"""Who has which calendar feeds: everyone sees their own, and nobody another's."""

from __future__ import annotations

from dataclasses import dataclass

from redphone.records.models import CalendarFeed, Team
from redphone.records.queries.asker import Asker, require_staff


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLine:
    """A feed that somebody can have; `row` is None until they make it. No team: own duties."""

    team: Team | None
    row: CalendarFeed | None


def feeds(asker: Asker) -> list[FeedLine]:
    """The asker's own feeds: their duties first, then each team's.

    Raises:
        NotYours: the asker is none of the desk's own people.
    """
    require_staff(asker)
    rows = {row.team_id: row for row in CalendarFeed.objects.filter(person=asker.person_id)}
    teams: list[Team | None] = [None, *Team.objects.all()]
    return [FeedLine(team=team, row=rows.get(team.pk if team else None)) for team in teams]
