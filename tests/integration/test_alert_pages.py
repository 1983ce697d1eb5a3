"""The pages of doors: who may do what there, and what they show."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from tests.conftest import NOON, Cast
from tests.integration.test_alert_opening import come

from redphone import clock
from redphone.actions import doors
from redphone.records.models import Alert, Door, Person

pytestmark = pytest.mark.django_db(transaction=True)

NEW = {"name": "Frankfurt", "format": "alertmanager", "most_a_minute": "10"}


def browser(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_a_manager_makes_a_door_and_sees_its_token_once(cast: Cast) -> None:
    maya = browser(cast.maya)

    made = maya.post("/doors/create/", NEW).content.decode()
    door = Door.objects.get()
    (token,) = set(re.findall(r"rpd[0-9a-f]{29}", made))
    later = maya.get(f"/doors/{door.pk}/").content.decode()

    assert doors.find(doors.digest(token)) is not None
    assert "alertmanager.yml" in made
    assert token not in later
    assert door.prefix in maya.get("/doors/").content.decode()


def test_others_of_the_desk_only_look_and_customers_find_nothing(cast: Cast) -> None:
    door, _ = doors.create(name="Frankfurt", format="any", at=NOON)
    ana, mira = browser(cast.ana), browser(cast.mira)

    assert ana.get(f"/doors/{door.pk}/").status_code == 200
    assert ana.post("/doors/create/", NEW).status_code == 403
    assert ana.post(f"/doors/{door.pk}/revoke/").status_code == 403
    assert ana.post(f"/doors/{door.pk}/try/").status_code == 403
    for path in ("/doors/", f"/doors/{door.pk}/", "/doors/alerts/1/"):
        assert mira.get(path).status_code == 404
        assert Client().get(path).status_code == 302
    assert Door.objects.get().revoked_at is None


def test_a_door_is_taken_back(cast: Cast) -> None:
    door, token = doors.create(name="Frankfurt", format="any", at=NOON)
    maya = browser(cast.maya)

    maya.post(f"/doors/{door.pk}/revoke/")

    assert doors.find(doors.digest(token)) is None
    assert "taken back" in maya.get("/doors/").content.decode()


def test_its_reader_is_tried_without_opening_anything(cast: Cast) -> None:
    door, _ = doors.create(name="Frankfurt", format="grafana", at=NOON)

    page = browser(cast.maya).post(f"/doors/{door.pk}/try/", follow=True).content.decode()

    assert "It was read as" in page
    assert Alert.objects.get().became == "test"


def test_a_door_that_makes_no_sense_is_refused_with_a_reason(cast: Cast) -> None:
    maya = browser(cast.maya)

    unsigned = maya.post("/doors/create/", NEW | {"secret": "what for"})
    unmapped = maya.post("/doors/create/", NEW | {"mapping": "[not json"})

    assert "sign nothing" in unsigned.content.decode()
    assert "JSON object" in unmapped.content.decode()
    assert not Door.objects.exists()


def test_the_incident_says_how_many_more_came_and_what_still_fires(cast: Cast) -> None:
    door, _ = doors.create(name="Frankfurt", format="any", at=NOON)
    at = clock.now() - timedelta(minutes=5)
    come(door, "db-1", at=at)
    for number in range(41):
        come(door, "db-1", at=at + timedelta(seconds=number))
    ana = browser(cast.ana)
    ref = Alert.objects.exclude(incident=None)[0].incident.ref  # type: ignore[union-attr]

    firing = ana.get(f"/incidents/{ref}/").content.decode()
    come(door, "db-1", change="resolved", at=at + timedelta(minutes=4))
    over = ana.get(f"/incidents/{ref}/").content.decode()

    assert "41 more alerts, last" in firing
    assert "still firing" in firing
    assert "nothing fires any more" in over
    assert "says that this is over" in over


def test_the_body_of_an_alert_is_saved_as_it_came(cast: Cast) -> None:
    door, _ = doors.create(name="Frankfurt", format="any", at=NOON)
    come(door, "db-1", "db-2")
    second = Alert.objects.get(key="db-2")

    answer = browser(cast.ana).get(f"/doors/alerts/{second.pk}/")

    assert answer.content == b'{"as": "it came"}'
    assert answer["Content-Disposition"].startswith("attachment")


def test_a_strangers_words_are_shown_as_words(cast: Cast) -> None:
    door, _ = doors.create(name="Frankfurt", format="any", at=NOON)
    come(door, "<b>k</b>", title="<script>alert(1)</script>")
    ana = browser(cast.ana)

    page = ana.get(f"/doors/{door.pk}/").content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
