"""Changing a rota on its team's page: seen first, then saved, and holes named one by one."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from redphone.clock import now
from redphone.records import rotas
from redphone.records.models import NamedHole, Person, RotaLayer, RotaShift, RotaTurn, Team

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)
ADDRESS = "/oncall/teams/cto/layers/new/"


@pytest.fixture
def maya(cast: Cast) -> Client:
    """A support manager's browser."""
    client = Client()
    client.force_login(cast.maya)
    return client


def layer(*turns: tuple[Person, ...], **more: Any) -> dict[str, Any]:
    """The form of a layer of weeks that began last week, in UTC."""
    begins = (now() - 7 * DAY).replace(hour=9, minute=0)
    return {
        **{f"turn-{n}": [person.pk for person in turn] for n, turn in enumerate(turns)},
        "name": "Weeks",
        "priority": 1,
        "every": 1,
        "unit": "week",
        "starts": f"{begins:%Y-%m-%dT%H:%M}",
        "time_zone": "UTC",
        "on_holidays": "also",
        **more,
    }


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', page)
    assert found, "no effect is shown"
    return found[1]


def show(maya: Client, form: dict[str, Any], address: str = ADDRESS) -> str:
    return maya.post(address, form | {"preview": "yes"}).content.decode()


def save(maya: Client, form: dict[str, Any], mark: str, address: str = ADDRESS) -> Any:
    return maya.post(address, form | {"save": "yes", "seen": mark})


def test_a_layer_is_shown_and_only_then_saved(cast: Cast, maya: Client) -> None:
    form = layer((cast.ana,), (cast.bo, cast.ines))

    shown = show(maya, form)
    before = RotaLayer.objects.count()
    answer = save(maya, form, seen(shown))

    assert "Tom Okafor" in shown
    assert "Bo Lindqvist and Ines Haddad" in shown
    assert "How evenly it lies" in shown
    assert before == 0
    assert answer.headers["Location"] == "/oncall/teams/cto/"
    assert rotas.on_call("CTO", now() + timedelta(seconds=1)) in {
        (cast.ana.actor,),
        (cast.bo.actor, cast.ines.actor),
    }
    page = maya.get("/oncall/teams/cto/").content.decode()
    assert "<b>Ana Reyes</b>" in page
    assert "every week on" in page


def test_nothing_is_saved_without_being_seen(cast: Cast, maya: Client) -> None:
    form = layer((cast.ana,))
    mark = seen(show(maya, form))

    unseen = save(maya, form, "")
    another = save(maya, form | {"turn-0": [cast.bo.pk]}, mark)

    assert unseen.status_code == another.status_code == 409
    assert "not what you were shown" in another.content.decode()
    assert not RotaLayer.objects.exists()


def test_a_rota_that_moved_in_between_is_shown_anew(cast: Cast, maya: Client) -> None:
    form = layer((cast.ana,))
    mark = seen(show(maya, form))
    RotaShift.objects.filter(team__name="CTO", weekday=2).delete()

    answer = save(maya, form, mark)
    again = save(maya, form, seen(answer.content.decode()))

    assert answer.status_code == 409
    assert again.status_code == 302


def test_a_hole_is_named_before_it_is_saved(cast: Cast, maya: Client) -> None:
    RotaShift.objects.filter(team__name="CTO").delete()
    hours = {"days-0": ["0", "1", "2", "3", "4"], "from-0": "09:00", "until-0": "17:00"}
    form = layer((cast.ana,), **hours)

    shown = show(maya, form)
    unnamed = save(maya, form, seen(shown))
    before = RotaLayer.objects.count()
    named = save(maya, form | {"holes_named": "yes"}, seen(shown))

    assert "These hours have nobody, and I know" in shown
    assert shown.count('<li><span class="hole">') >= 19
    assert unnamed.status_code == 409
    assert "there are hours with nobody" in unnamed.content.decode()
    assert before == 0
    assert named.status_code == 302
    assert NamedHole.objects.filter(named_by=cast.maya.actor).exists()


def test_a_layer_is_changed_from_what_it_is(cast: Cast, maya: Client) -> None:
    form = layer(
        (cast.ana,),
        (cast.bo,),
        **{"long-from-day-0": "4", "long-from-time-0": "18:00"},
        **{"long-until-day-0": "0", "long-until-time-0": "09:00"},
        **{"days-0": ["0", "2"], "from-0": "22:00", "until-0": "06:00"},
    )
    save(maya, form, seen(show(maya, form)))
    row = RotaLayer.objects.get()
    address = f"/oncall/teams/cto/layers/{row.pk}/"

    page = maya.get(address).content.decode()
    changed = layer((cast.ines,), name="Other weeks", priority=3)
    answer = save(maya, changed, seen(show(maya, changed, address)), address)

    assert 'name="from-0" value="22:00"' in page
    assert 'name="long-from-time-0" value="18:00"' in page
    assert f'<option value="{cast.bo.pk}" selected>' in page
    assert answer.status_code == 302
    assert rotas.on_call("CTO", now() + timedelta(seconds=1)) == (cast.ines.actor,)
    assert "priority 3" in maya.get("/oncall/teams/cto/").content.decode()


def test_a_layer_is_removed_once_it_was_seen_what_that_does(cast: Cast, maya: Client) -> None:
    form = layer((cast.ana,))
    save(maya, form, seen(show(maya, form)))
    address = f"/oncall/teams/cto/layers/{RotaLayer.objects.get().pk}/remove/"

    shown = maya.get(address).content.decode()
    save(maya, {}, seen(shown), address)

    assert "Tom Okafor" in shown
    assert rotas.on_call("CTO", now() + timedelta(seconds=1)) == (cast.tom.actor,)


def test_a_shift_of_the_week_is_added_and_removed(cast: Cast, maya: Client) -> None:
    add = "/oncall/teams/ciso/week/new/"
    form = {"person": cast.ines.pk, "weekday": 2, "starts": "22:00", "ends": "06:00"}

    save(maya, form, seen(show(maya, form, add)), add)
    shift = RotaShift.objects.get(team__name="CISO", person=cast.ines)
    page = maya.get("/oncall/teams/ciso/").content.decode()
    remove = f"/oncall/teams/ciso/week/{shift.pk}/remove/"
    save(maya, {}, seen(maya.get(remove).content.decode()), remove)

    assert "22:00–06:00 next day" in page
    assert not RotaShift.objects.filter(pk=shift.pk).exists()


def test_a_team_that_nobody_filled_yet_gets_its_first_layer(cast: Cast, maya: Client) -> None:
    Team.objects.filter(name="CTO").delete()
    form = layer((cast.ana,))

    empty = maya.get("/oncall/teams/cto/").content.decode()
    answer = save(maya, form, seen(show(maya, form)))

    assert '<b class="hole">Nobody</b>' in empty
    assert answer.status_code == 302
    assert rotas.on_call("CTO", now() + timedelta(seconds=1)) == (cast.ana.actor,)


def test_what_is_wrong_with_a_layer_is_said_and_what_was_typed_stays(
    cast: Cast, maya: Client
) -> None:
    def refused(says: str, **more: Any) -> None:
        answer = maya.post(ADDRESS, layer((cast.ana,)) | {"preview": "yes"} | more)
        page = answer.content.decode()
        assert answer.status_code == 409, more
        assert says in page, more
        assert 'value="Weeks"' in page or "name" in more

    refused("Nobody takes turns", **{"turn-0": [""]})
    refused("Nobody takes turns", **{"turn-0": ["7000000"]})
    refused("At least one turn", **{"turn-0": ["nobody"]})
    refused("No clock is known", time_zone="Mars/Olympus")
    refused("end before its first turn", ends="2001-01-01T00:00")
    refused("Hours of the week need", **{"from-0": "09:00"})
    refused("Hours of the week need", **{"days-0": ["1"], "from-0": "25:00", "until-0": "9"})
    refused("at both ends", **{"long-from-time-0": "09:00"})
    refused(
        "overlap",
        **{"days-0": ["1", "2"], "from-0": "09:00", "until-0": "09:30"}
        | {"days-1": ["1"], "from-1": "09:15", "until-1": "10:00"},
    )
    refused("less than or equal to 99", priority=100)
    refused("This field is required", name="")
    assert not RotaLayer.objects.exists()


def test_a_customers_person_never_gets_on_a_rota(cast: Cast, maya: Client) -> None:
    page = show(maya, layer((cast.mira,)))

    assert "Nobody takes turns" in page
    assert not RotaTurn.objects.exists()


def test_more_turns_are_made_room_for_without_a_script(cast: Cast, maya: Client) -> None:
    form = layer((cast.ana,), (cast.bo,), (cast.ines,)) | {"more": "yes"}

    page = maya.post(ADDRESS, form).content.decode()

    assert page.count('<select name="turn-') == 3 * 2 + 3
    assert 'value="Weeks"' in page


@pytest.mark.parametrize("who", ["ana", "ines", "tom"])
def test_nobody_but_managers_changes_a_rota(cast: Cast, who: str) -> None:
    client = Client()
    client.force_login(getattr(cast, who))
    shift = RotaShift.objects.filter(team__name="CTO").first()
    assert shift is not None

    for address in (ADDRESS, f"/oncall/teams/cto/week/{shift.pk}/remove/"):
        assert client.get(address).status_code == 403
        assert client.post(address, layer((cast.ana,)) | {"save": "yes"}).status_code == 403
    assert "Add a layer" not in client.get("/oncall/teams/cto/").content.decode()
