"""The pages of on-call: the calendar, a team, a shift, one's own duty, fair nights."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from redphone.clock import now
from redphone.records import rotas
from redphone.records.models import Absence, Override, Person, RotaShift, Swap, Team
from redphone.records.models.swap import SwapState

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PAGES = (
    "/oncall/",
    "/oncall/calendar/",
    "/oncall/calendar/?show=month",
    "/oncall/calendar/?team=l1-support&show=month",
    "/oncall/calendar/?by=person",
    "/oncall/calendar/?by=person&show=month",
    "/oncall/mine/",
    "/oncall/nights/",
    "/oncall/nights/?days=90",
    "/oncall/teams/l1-support/",
    "/oncall/teams/l1-support/shift/",
    "/oncall/teams/l1-support/layers/new/",
    "/oncall/teams/l1-support/week/new/",
)
MANAGERS_ONLY = PAGES[-2:]


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def wall(then: datetime) -> str:
    return f"{then:%Y-%m-%dT%H:%M}"


# ── Who sees what ───────────────────────────────────────────────────────────────────────────────


def test_customers_find_nothing_there_and_strangers_are_led_to_the_door(cast: Cast) -> None:
    mira, stranger = signed_in(cast.mira), Client()

    for address in PAGES:
        assert mira.get(address).status_code == 404, address
        answer = stranger.get(address)
        assert answer.headers["Location"].startswith("/accounts/login/"), address


def test_everybody_of_the_desk_sees_the_pages_and_managers_change_the_rota(cast: Cast) -> None:
    for who in (cast.ana, cast.ines, cast.maya, cast.tom, cast.rosa):
        client = signed_in(who)
        manages = who in (cast.maya, cast.rosa)
        for address in PAGES:
            wanted = 403 if address in MANAGERS_ONLY and not manages else 200
            assert client.get(address).status_code == wanted, (who, address)


@pytest.mark.parametrize(
    "address",
    [
        "/oncall/calendar/?on=yesterday&show=year&by=moon&team=nobody",
        "/oncall/calendar/?on=9999-12-31&show=month",
        "/oncall/calendar/?on=0001-01-01",
        "/oncall/calendar/?by=person&person=99999999",
        "/oncall/calendar/?by=person&person=-1",
        "/oncall/teams/l1-support/shift/?at=99999999999999",
        "/oncall/teams/l1-support/shift/?at=9999999999",
        "/oncall/teams/l1-support/shift/?at=x",
        "/oncall/nights/?days=1000000",
    ],
)
def test_an_address_that_makes_no_sense_shows_what_is_usual(cast: Cast, address: str) -> None:
    assert signed_in(cast.maya).get(address).status_code == 200


def test_a_team_that_is_not_there_is_not_found(cast: Cast) -> None:
    maya = signed_in(cast.maya)

    for address in ("", "shift/", "layers/new/", "layers/1/", "layers/1/remove/", "week/new/"):
        assert maya.get(f"/oncall/teams/nobody/{address}").status_code == 404, address
    assert maya.get("/oncall/teams/l1-support/layers/999/").status_code == 404
    assert maya.get("/oncall/teams/l1-support/week/999/remove/").status_code == 404


# ── The calendar ────────────────────────────────────────────────────────────────────────────────


def test_days_are_those_of_whoever_looks(cast: Cast) -> None:
    Team.objects.filter(name="CISO").update(time_zone="UTC")
    RotaShift.objects.filter(team__name="CISO").update(starts="09:00", ends="17:00")
    ana = signed_in(cast.ana)

    ana.post("/oncall/calendar/zone/", {"zone": "Asia/Tokyo"})
    page = text(ana, "/oncall/calendar/?team=ciso")

    assert "18:00– " not in page
    assert "from 18:00 Maya Osei" in page
    assert "until 02:00 Maya Osei" in page or "02:00–18:00 Nobody" in page
    assert "Asia/Tokyo , your zone" in page


def test_a_zone_that_has_no_clock_is_refused_and_the_old_one_stays(cast: Cast) -> None:
    ana = signed_in(cast.ana)

    answer = ana.post("/oncall/calendar/zone/", {"zone": "Mars/Olympus"}, follow=True)

    assert "No clock is known for that zone" in answer.content.decode()
    cast.ana.refresh_from_db()
    assert cast.ana.time_zone == "UTC"


def test_a_form_leads_back_to_this_desk_only(cast: Cast) -> None:
    ana = signed_in(cast.ana)

    for back in ("https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"):
        answer = ana.post("/oncall/calendar/zone/", {"zone": "UTC", "back": back})
        assert answer.headers["Location"] == "/oncall/calendar/", back


def test_the_day_on_which_clocks_change_says_so(cast: Cast) -> None:
    Person.objects.filter(pk=cast.ana.pk).update(time_zone="Europe/Berlin")
    ana = signed_in(cast.ana)

    autumn = text(ana, "/oncall/calendar/?on=2026-10-25")
    spring = text(ana, "/oncall/calendar/?on=2027-03-28")

    assert "25 hours: the clocks go back" in autumn
    assert "23 hours: the clocks go forward" in spring


def test_a_hole_is_said_in_words_and_marked(cast: Cast) -> None:
    RotaShift.objects.filter(team__name="CISO").exclude(weekday=0).delete()
    maya = signed_in(cast.maya)

    week = maya.get("/oncall/calendar/?team=ciso").content.decode()
    month = text(maya, "/oncall/calendar/?show=month")

    assert '<li class="piece hole">' in week
    assert "<b>Nobody</b>" in week
    assert "Hours with nobody, to come" in week
    assert "hours with nobody" in month


def test_what_is_out_of_the_ordinary_is_shown_as_such(cast: Cast) -> None:
    at = now()
    given = {"team": Team.objects.get(name="CTO"), "starts_at": at, "ends_at": at + DAY}
    Override.objects.create(
        **given, person=cast.bo, instead_of=cast.tom, made_by=cast.maya.actor, made_at=at
    )
    Swap.objects.create(
        **given | {"team": Team.objects.get(name="CISO")},
        asked_by=cast.maya,
        asked_of=cast.ines,
        asked_at=at,
    )
    Absence.objects.create(
        person=cast.rosa,
        starts_at=at,
        ends_at=at + DAY,
        why="<b>training</b>",
        made_by=cast.rosa.actor,
        made_at=at,
    )
    ana = signed_in(cast.ana)

    teams = ana.get("/oncall/calendar/").content.decode()
    people = ana.get("/oncall/calendar/?by=person").content.decode()

    assert "in place of Tom Okafor" in teams
    assert "swap asked of Ines Haddad" in teams
    assert "&lt;b&gt;training&lt;/b&gt;" in teams
    assert "<b>training</b>" not in teams + people
    assert '<li class="piece away">' in people


def test_my_shifts_are_mine_alone(cast: Cast) -> None:
    page = text(signed_in(cast.ana), f"/oncall/calendar/?by=person&person={cast.ana.pk}")
    main = page.partition("Skip to the page")[2].partition("Not your zone")[0]

    assert "L1 Support" in main
    assert "CTO" not in main.partition("Sun ")[2]


# ── A shift, and what can be done about it ──────────────────────────────────────────────────────


def test_a_shift_says_why_somebody_is_on_call_in_it(cast: Cast) -> None:
    page = text(signed_in(cast.ana), "/oncall/teams/cto/shift/")

    assert "Tom Okafor by the week plan" in page


def test_somebody_stands_in_themselves_and_ends_it(cast: Cast) -> None:
    at, ana = now(), signed_in(cast.ana)
    form = {
        "team": "CTO",
        "instead_of": cast.tom.pk,
        "starts_at": wall(at - HOUR),
        "ends_at": wall(at + HOUR),
        "person": cast.bo.pk,
    }

    ana.post("/oncall/stand-in/", form)
    during = rotas.on_call("CTO", now())
    override = Override.objects.get()
    others = signed_in(cast.bo).post("/oncall/end-my-override/", {"override": override.pk})
    ana.post("/oncall/end-my-override/", {"override": override.pk})

    assert during == (cast.ana.actor,)
    assert others.status_code == 403
    assert rotas.on_call("CTO", now() + timedelta(seconds=1)) == (cast.tom.actor,)


def test_times_of_a_form_are_by_the_clock_of_whoever_fills_it_in(cast: Cast) -> None:
    Person.objects.filter(pk=cast.ana.pk).update(time_zone="Asia/Tokyo")
    tomorrow = (now() + DAY).date()
    form = {
        "team": "CTO",
        "instead_of": "",
        "starts_at": f"{tomorrow}T09:00",
        "ends_at": f"{tomorrow}T17:00",
    }

    signed_in(cast.ana).post("/oncall/stand-in/", form)

    assert f"{Override.objects.get().starts_at:%H:%M}" == "00:00"


def test_what_is_refused_comes_back_with_all_that_was_typed(cast: Cast) -> None:
    at = now()
    form = {
        "team": "CTO",
        "instead_of": "",
        "starts_at": wall(at + DAY),
        "ends_at": wall(at),
        "back": "/oncall/teams/cto/",
    }

    answer = signed_in(cast.ana).post("/oncall/stand-in/", form)
    page = answer.content.decode()

    assert answer.status_code == 409
    assert "ends after it begins" in page
    assert f'value="{wall(at + DAY)}"' in page
    assert 'href="/oncall/teams/cto/"' in page


def test_a_swap_is_asked_for_taken_and_then_stands_on_the_rota(cast: Cast) -> None:
    at = now()
    form = {
        "team": "L1 Support",
        "asked_of": cast.bo.pk,
        "starts_at": wall(at + DAY),
        "ends_at": wall(at + 2 * DAY),
        "why": "A wedding.",
    }
    ana, bo = signed_in(cast.ana), signed_in(cast.bo)

    ana.post("/oncall/ask-swap/", form)
    swap = Swap.objects.get()
    waits = text(bo, "/oncall/mine/")
    counted = bo.get("/oncall/").content.decode()
    others = signed_in(cast.ines).post("/oncall/accept-swap/", {"swap": swap.pk})
    bo.post("/oncall/accept-swap/", {"swap": swap.pk})

    assert "Ana Reyes asks you to take L1 Support" in waits
    assert "A wedding." in waits
    assert re.search(r"On call <span class=\"tag amber\">1</span>", counted)
    assert others.status_code == 404
    assert rotas.on_call("L1 Support", at + 1.5 * DAY) == (cast.bo.actor,)
    week = f"/oncall/calendar/?team=l1-support&on={(at + DAY).date()}"
    assert "swapped with Ana Reyes" in text(bo, week)


@pytest.mark.parametrize(
    ("who", "verb", "state"),
    [("bo", "decline-swap", SwapState.DECLINED), ("ana", "withdraw-swap", SwapState.WITHDRAWN)],
)
def test_a_swap_that_comes_to_nothing_leaves_the_rota_as_it_is(
    cast: Cast, who: str, verb: str, state: str
) -> None:
    at = now()
    swap = Swap.objects.create(
        team=Team.objects.get(name="L1 Support"),
        asked_by=cast.ana,
        asked_of=cast.bo,
        starts_at=at + DAY,
        ends_at=at + 2 * DAY,
        asked_at=at,
    )

    signed_in(getattr(cast, who)).post(f"/oncall/{verb}/", {"swap": swap.pk})

    swap.refresh_from_db()
    assert swap.state == state
    assert rotas.on_call("L1 Support", at + 1.5 * DAY) == (cast.ana.actor,)


def test_an_absence_that_leaves_hours_with_nobody_has_to_name_them(cast: Cast) -> None:
    at, tom = now(), signed_in(cast.tom)
    form = {"starts_at": wall(at + DAY), "ends_at": wall(at + 2 * DAY), "why": "flying"}

    refused = tom.post("/oncall/add-absence/", form)
    page = refused.content.decode()
    before = Absence.objects.count()
    tom.post("/oncall/add-absence/", form | {"holes_named": "on"})

    assert refused.status_code == 409
    assert "These hours have nobody, and I know" in page
    assert "CEO: " in page
    assert "CTO: " in page
    assert before == 0
    assert Absence.objects.get().person == cast.tom
    assert rotas.on_call("CTO", at + 1.5 * DAY) == ()


def test_managers_say_for_others_that_they_are_away_and_others_may_not(cast: Cast) -> None:
    at = now()
    form = {
        "person": cast.ana.pk,
        "starts_at": wall(at + DAY),
        "ends_at": wall(at + 2 * DAY),
        "holes_named": "on",
    }

    refused = signed_in(cast.bo).post("/oncall/add-absence-for/", form)
    signed_in(cast.maya).post("/oncall/add-absence-for/", form)
    absence = Absence.objects.get()
    not_theirs = signed_in(cast.bo).post("/oncall/end-absence/", {"absence": absence.pk})
    signed_in(cast.ana).post("/oncall/end-absence/", {"absence": absence.pk})

    assert refused.status_code == 403
    assert not_theirs.status_code == 403
    assert not Absence.objects.exists()


# ── Fair nights ─────────────────────────────────────────────────────────────────────────────────


def test_each_sees_their_own_nights_and_managers_everybodys(cast: Cast) -> None:
    ana = text(signed_in(cast.ana), "/oncall/nights/").partition("Broken nights")[2]
    maya = text(signed_in(cast.maya), "/oncall/nights/?days=90").partition("Broken nights")[2]

    assert "Bo Lindqvist" not in ana.partition("Managers see")[0]
    assert "Bo Lindqvist" in maya
    assert "720 h" in ana
    assert "2,160 h" in maya


@pytest.mark.parametrize(
    "page", ["", "calendar/", "mine/", "nights/", "feeds/", "reach/", "import/"]
)
def test_each_page_of_on_call_has_the_tabs_and_marks_its_own(cast: Cast, page: str) -> None:
    client = Client()
    client.force_login(cast.maya)

    shown = client.get(f"/oncall/{page}").content.decode()

    assert f'href="/oncall/{page}" aria-current="page"' in shown
    assert shown.count('<nav class="tabs"') == 1
    assert client.get("/on-call/reach/").status_code == 404
