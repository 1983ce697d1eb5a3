"""Calendar feeds: secret addresses that show who is on call, to their owner's calendar only."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import recurring_ical_events
from django.test import Client
from icalendar import Calendar

from redphone import clock
from redphone.actions import feeds
from redphone.core import oncall
from redphone.core.stream import DeskError
from redphone.records import rotas
from redphone.records.models import CalendarFeed, Override, Team

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def browser(person: object) -> Client:
    client = Client()
    client.force_login(person)  # type: ignore[arg-type]
    return client


def test_a_teams_feed_names_who_is_on_call(cast: Cast) -> None:
    team = Team.objects.get(name="On-call Engineer")
    now = clock.now()
    secret = feeds.make(person=cast.bo.pk, team=team.pk, at=now)

    answer = Client().get(f"/calendar/{secret}.ics")

    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert "max-age" not in answer["Cache-Control"]
    calendar = recurring_ical_events.of(Calendar.from_ical(answer.content))
    rota = rotas.rotas(now, [team.name])[team.name]
    people = {cast.ana.actor: "Ana Reyes"} | {
        each.actor: each.name for each in (cast.bo, cast.ines, cast.maya, cast.tom, cast.rosa)
    }
    for hours in range(0, 24 * 14, 5):
        at = (now + timedelta(hours=hours)).replace(microsecond=0)
        shown = {str(event["X-REDPHONE-ON-CALL"]) for event in calendar.at(at)}
        assert shown == {people[person] for person in oncall.on_call(rota, at)}


def test_ones_own_feed_has_only_ones_own_duties(cast: Cast) -> None:
    secret = feeds.make(person=cast.ana.pk, team=None, at=clock.now())

    events = Calendar.from_ical(Client().get(f"/calendar/{secret}.ics").content).walk("VEVENT")

    assert events
    assert {str(each["X-REDPHONE-ON-CALL"]) for each in events} == {cast.ana.name}
    assert all(str(each["SUMMARY"]).startswith("On call: ") for each in events)


def test_a_hole_is_an_event_of_the_teams_feed(cast: Cast) -> None:
    team = Team.objects.get(name="On-call Engineer")
    team.shifts.all().delete()
    secret = feeds.make(person=cast.maya.pk, team=team.pk, at=clock.now())

    raw = Client().get(f"/calendar/{secret}.ics").content.decode()

    assert "SUMMARY:Nobody on call: On-call Engineer" in raw


def test_what_has_not_changed_is_not_sent_again(cast: Cast) -> None:
    team = Team.objects.get(name="On-call Engineer")
    secret = feeds.make(person=cast.ana.pk, team=team.pk, at=clock.now())
    first = Client().get(f"/calendar/{secret}.ics")

    same = Client().get(f"/calendar/{secret}.ics", headers={"If-None-Match": first["ETag"]})
    older = Client().get(
        f"/calendar/{secret}.ics", headers={"If-Modified-Since": first["Last-Modified"]}
    )
    now = clock.now()
    Override.objects.create(
        team=team,
        person=cast.rosa,
        starts_at=now + timedelta(days=2),
        ends_at=now + timedelta(days=3),
        made_by="desk",
        made_at=now,
    )
    changed = Client().get(f"/calendar/{secret}.ics", headers={"If-None-Match": first["ETag"]})

    assert (same.status_code, same.content) == (304, b"")
    assert older.status_code == 304
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


@pytest.mark.parametrize("secret", ["", "x", "0" * 32, "a" * 5000, "../../me", "%00", "née"])
def test_a_wrong_secret_finds_nothing(cast: Cast, secret: str) -> None:
    assert Client().get(f"/calendar/{secret}.ics").status_code == 404


def test_a_secret_that_was_replaced_or_taken_back_finds_nothing(cast: Cast) -> None:
    now = clock.now()
    first = feeds.make(person=cast.ana.pk, team=None, at=now)
    second = feeds.make(person=cast.ana.pk, team=None, at=now)

    assert Client().get(f"/calendar/{first}.ics").status_code == 404
    assert Client().get(f"/calendar/{second}.ics").status_code == 200
    feeds.end(person=cast.ana.pk, team=None)
    assert Client().get(f"/calendar/{second}.ics").status_code == 404


def test_whoever_has_left_reads_nothing_any_more(cast: Cast) -> None:
    team = Team.objects.get(name="On-call Engineer")
    secrets = [feeds.make(person=cast.bo.pk, team=pk, at=clock.now()) for pk in (None, team.pk)]

    cast.bo.is_active = False
    cast.bo.save()

    assert [Client().get(f"/calendar/{each}.ics").status_code for each in secrets] == [404, 404]


def test_a_customer_can_have_no_feed(cast: Cast) -> None:
    team = Team.objects.get(name="On-call Engineer")
    mira = browser(cast.mira)

    with pytest.raises(DeskError):
        feeds.make(person=cast.mira.pk, team=team.pk, at=clock.now())
    assert mira.get("/oncall/feeds/").status_code == 404
    assert mira.post("/oncall/feeds/make/", {"team": team.pk}).status_code == 404
    assert not CalendarFeed.objects.exists()


def test_the_page_shows_ones_own_addresses_and_no_one_elses(cast: Cast) -> None:
    theirs = feeds.make(person=cast.bo.pk, team=None, at=clock.now())
    ana = browser(cast.ana)

    ana.post("/oncall/feeds/make/", {"team": ""})
    page = ana.get("/oncall/feeds/").content.decode()
    row = CalendarFeed.objects.get(person=cast.ana)

    assert feeds.secret_of(row) in page
    assert theirs not in page
    assert feeds.secret_of(row) not in row.digest + row.sealed
    ana.post("/oncall/feeds/end/", {"team": ""})
    assert not CalendarFeed.objects.filter(person=cast.ana).exists()
    assert CalendarFeed.objects.filter(person=cast.bo).exists()


def test_a_feed_is_given_out_within_a_tenth_of_a_second(cast: Cast) -> None:
    team = Team.objects.get(name="On-call Engineer")
    secret = feeds.make(person=cast.ana.pk, team=team.pk, at=clock.now())
    Client().get(f"/calendar/{secret}.ics")

    took = []
    for _ in range(5):
        before = time.perf_counter()
        Client().get(f"/calendar/{secret}.ics")
        took.append(time.perf_counter() - before)

    assert min(took) < 0.1
