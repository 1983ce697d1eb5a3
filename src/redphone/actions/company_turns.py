"""The small company's rotas: one team follows the sun, another takes weeks with a second.

They lie over the week plan that is there, for teams that have no layers yet. Whom the desk had on
call stays on its week plan. The demo makes the same on a desk that has none.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from redphone.actions import layers, people
from redphone.actions.layers import Planned
from redphone.core.oncall import Unit, Window
from redphone.records.models import Person, RotaLayer, Team
from redphone.records.models.person import Role

SUN = "L2 Support"
WEEKLY = "Product Engineering"
TEAM_ZONE = "Europe/Berlin"

COLLEAGUES = (
    # Two in each part of the world: the day in one is the night in the others.
    ("Kenji Mori", "Asia/Tokyo"),
    ("Yuki Tanaka", "Asia/Tokyo"),
    ("Lena Voss", "Europe/Berlin"),
    ("Piet de Boer", "Europe/Berlin"),
    ("Sam Rivera", "America/Los_Angeles"),
    ("Dana Cole", "America/Los_Angeles"),
)
DAYS = {
    # By each zone's own wall; they overlap for a while, so that no change of clocks opens a hole.
    "Asia/Tokyo": (time(8), time(17)),
    "Europe/Berlin": (time(8), time(19)),
    "America/Los_Angeles": (time(8), time(17)),
}


def plan(at: datetime, domain: str, *, encoded: str = "") -> list[Person]:
    """Let colleagues take turns, for those of the two teams that the desk has. The colleagues.

    `domain` is that of their addresses, and `encoded` their password as it is stored: without it
    they can't sign in.
    """
    wanted = [name for name in (SUN, WEEKLY) if _is_free(name)]
    if not wanted:
        return []
    made = [_colleague(name, zone, at, domain, encoded) for name, zone in COLLEAGUES]
    for team in wanted:
        turns = _sun(made, at) if team == SUN else _weekly([*_of_the_week(team), *made], at)
        layers.add_layers(team=team, layers=turns, by="system", at=at, holes_named=True)
    return made


def _is_free(team: str) -> bool:
    return Team.objects.filter(name=team).exists() and not (
        RotaLayer.objects.filter(team__name=team).exists()
    )


def _of_the_week(team: str) -> list[Person]:
    """Who is on a team's week plan and can be called: they take turns with the colleagues."""
    found = Person.objects.filter(shifts__team__name=team, is_active=True)
    reached = found.filter(devices__verified_at__isnull=False, devices__off_at=None)
    return list(reached.distinct().order_by("pk"))


def _colleague(name: str, zone: str, at: datetime, domain: str, encoded: str) -> Person:
    email = f"{name.partition(' ')[0].lower()}@{domain}"
    known = Person.objects.filter(email=email).first()
    if known is not None:
        return known
    made = people.add(email=email, name=name, role=Role.RESPONDER, at=at, time_zone=zone)
    # Nobody reads this address but in the outbox: there is no code to enter.
    made.devices.update(verified_at=at)
    if encoded:
        made.password = encoded
        made.save(update_fields=["password"])
    return made


def _sun(people: list[Person], at: datetime) -> list[Planned]:
    """The day of each zone for those who live there, who take turns of a day."""
    return [
        Planned(
            name=f"Day in {zone.partition('/')[2].replace('_', ' ')}",
            turns=tuple((each.pk,) for each in people if each.time_zone == zone),
            time_zone=zone,
            unit=Unit.DAY,
            starts_at=_monday(at, zone, time(8)),
            windows=tuple(
                Window(from_day=day, from_time=starts, to_day=day, to_time=ends)
                for day in range(7)
            ),
        )
        for zone, (starts, ends) in DAYS.items()
    ]


def _weekly(people: list[Person], at: datetime) -> list[Planned]:
    """A week each from Monday morning on; whose week it was last is the second beside them."""
    turns = tuple((each.pk,) for each in people)
    given = {"primary": turns, "secondary": (*turns[-1:], *turns[:-1])}
    return [
        Planned(
            name=f"Weeks, {name}",
            turns=each,
            time_zone=TEAM_ZONE,
            unit=Unit.WEEK,
            starts_at=_monday(at, TEAM_ZONE, time(9)),
        )
        for name, each in given.items()
    ]


def _monday(at: datetime, zone: str, wall: time) -> datetime:
    """This week's Monday, by a zone's wall."""
    today = at.astimezone(ZoneInfo(zone)).date()
    return datetime.combine(today - timedelta(days=today.weekday()), wall, ZoneInfo(zone))
