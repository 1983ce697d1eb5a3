"""The complaints that users of other systems made in public, each as a night of ours.

Read for it, and said here in our own words:

- A second step had no device for urgent pages, so that the directors were rung, and nobody had
  been told beforehand (Grafana OnCall 1326, 1511).
- A step with nobody on it sat out its whole delay in silence (GoAlert 4548).
- A wait for a time of day never went on after a restart (Grafana OnCall 1206, 3283).
- The next step of the ladder cut off a person's own rule, so that the call in it never came
  (Grafana OnCall 934); a failing channel of one took the page of another along (1503).
- Rung on after taking it (Grafana OnCall 4654, 4760). Taken at night and forgotten (1792). Still
  theirs after the end of their shift (325).
- All times an hour off after the clocks changed, and an hour with nobody on call (Grafana OnCall
  3261, 5455); which hand-over holds in an hour that comes twice or never (GoAlert 1252).
- A swap that other parts of the system did not know of (Grafana OnCall 3096); people who had left
  still on the rota (4936), and a stand-in for one of them that nobody could take back (4343).
- One reply code for two incidents (GoAlert 3154), and an answer to a bundle that was not
  understood once somebody else had closed a part of it (GoAlert 4254).
- A hand-over to a phone on which nothing was set up: three hours in which nobody heard anything
  (a post-mortem on a PagerDuty desk).
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from tests.simulation.phones import Phone

from redphone.actions import devices, incidents, layers, oncall, swaps, texts
from redphone.actions.layer_plan import Planned
from redphone.channels.fake import Does
from redphone.channels.telephone.receive import Text
from redphone.core.oncall import Unit, Window
from redphone.records import rotas
from redphone.records.models import (
    Delivery,
    Device,
    EntryRow,
    IncidentRow,
    Person,
    ReceivedText,
    RotaShift,
    RuleStep,
)

if TYPE_CHECKING:
    from tests.simulation.conftest import House

pytestmark = pytest.mark.django_db(transaction=True)

ANA, BO, INES, NEW = "+442079460321", "+442079460322", "+442079460323", "+442079460399"
L1 = "L1 Support"
BERLIN = ZoneInfo("Europe/Berlin")


def phone_of(house: House, person: Person) -> Phone:
    return Phone(house.phones, person, house.now)


def calls(house: House, person: Person) -> int:
    """How often somebody was called for a page."""
    return sum(
        ring.message.key.endswith("/page") for ring in phone_of(house, person).rang("voice")
    )


def has_no_device(person: Person) -> None:
    Device.objects.filter(person=person).delete()


def reply(house: House, sender: str, body: str, *, name: str) -> str:
    """An SMS to the desk, as its provider hands it on."""
    text = Text(provider_id=name, sender=sender, receiver="+15005550006", body=body)
    return texts.take(text, raw=b"", content_type="text/plain", at=house.now)


# ── Steps that reach nobody ──────────────────────────────────────────────────────────────────


def test_a_step_without_any_device_is_mailed_and_has_its_time(house: House) -> None:
    """EMG-1: nobody is passed over in silence, and the step above waits its five minutes."""
    has_no_device(house.cast.bo)
    house.report("system_outage")

    house.advance(minutes=9, seconds=59)

    assert house.pages() == [(0, "l1-support"), (5, "on-call-engineer")]
    mailed = Delivery.objects.get(person=house.cast.bo, purpose="page")
    assert (mailed.channel, mailed.address) == ("mail", house.cast.bo.email)
    house.advance(seconds=2)
    assert house.paged()[-1] == "cto"


def test_a_step_with_nobody_on_it_is_passed_at_once_and_says_so(house: House) -> None:
    """EMG-1."""
    house.nobody_on_call_for(L1)

    house.report("system_outage")
    house.advance(seconds=5)

    assert [(minute, reason) for minute, reason, _ in house.asked()] == [
        (0, "opened"),
        (0, "nobody_on_call"),
    ]
    assert house.rung() == [house.cast.bo.name]


def test_a_channel_of_one_that_fails_takes_nobody_else_along(house: House) -> None:
    """Two are rung at once, and the line to one of them is dead for good."""
    RotaShift.objects.bulk_create(
        RotaShift(
            team_id=RotaShift.objects.filter(team__name=L1).values_list("team", flat=True)[0],
            person=house.cast.ines,
            weekday=day,
            starts=time(0),
            ends=time(0),
        )
        for day in range(7)
    )
    house.device("ana", "app", "https://chat.example/ana", 0)
    house.device("ines", "voice", INES, 0)
    phone_of(house, house.cast.ana).does(Does.GONE, kind="app")

    house.report("system_outage")
    house.advance(minutes=4)

    assert calls(house, house.cast.ines) == 1
    assert house.paged() == ["l1-support"]


# ── Waits ────────────────────────────────────────────────────────────────────────────────────


def test_a_wait_goes_on_in_a_process_that_knows_nothing(house: House) -> None:
    """A restart each minute: every step and every ring come at their own moment all the same."""
    house.device("l1 support", "voice", ANA, 0, 3)
    house.device("on-call engineer", "voice", BO, 0, 3)
    house.report("system_outage")

    for _ in range(11):
        house.restart()
        house.advance(minutes=1)

    assert house.pages() == [(0, "l1-support"), (5, "on-call-engineer"), (10, "cto")]
    assert calls(house, house.cast.ana) == 2
    assert calls(house, house.cast.bo) == 2


def test_a_rule_goes_on_below_the_whole_ladder(house: House) -> None:
    """The last ring of the first person comes after two further steps were called."""
    house.device("l1 support", "sms", ANA, 0)
    house.device("l1 support", "voice", ANA, 12)

    house.report("system_outage")
    house.advance(minutes=13)

    assert house.paged() == ["l1-support", "on-call-engineer", "cto"]
    (call,) = phone_of(house, house.cast.ana).rang("voice")
    assert (call.at - house.phones.rings[0].at) == timedelta(minutes=12)


def test_who_has_taken_it_is_rung_no_more_by_their_own_rule(house: House) -> None:
    house.device("l1 support", "push", "browser", 0)
    house.device("l1 support", "sms", ANA, 1)
    house.device("l1 support", "voice", ANA, 2)
    house.report("system_outage")
    house.advance(seconds=30)

    house.acknowledge(house.cast.ana)
    house.advance(minutes=9)

    assert [ring.channel for ring in house.phones.rings if ring.message.key.endswith("/page")] == [
        "push"
    ]


def test_taken_and_forgotten_until_the_end_of_the_shift(house: House) -> None:
    """POL-8: the shift ended; whoever was on it is asked first, then whoever is on call now."""
    house.report("system_outage")
    house.advance(minutes=1)
    house.acknowledge(house.cast.ana)
    RotaShift.objects.filter(team__name=L1).update(person=house.cast.ines)

    house.advance(hours=3)

    assert "asked_again" in house.kinds()
    assert house.asked()[-1][1] != "opened"
    assert any(reason == "went_quiet" for _, reason, _ in house.asked())


# ── The rota changes while it rings ──────────────────────────────────────────────────────────


def test_a_stand_in_whose_time_ends_while_it_rings_is_rung_on(house: House) -> None:
    """Whoever was asked stays asked; the next walk of the ladder asks who is on call by then."""
    house.device("ines", "voice", INES, 0, 4)
    house.device("ana", "voice", ANA, 0)
    oncall.add_override(
        team=L1,
        person=house.cast.ines.pk,
        instead_of=house.cast.ana.pk,
        starts_at=house.now - timedelta(hours=1),
        ends_at=house.now + timedelta(minutes=2),
        by=house.cast.maya.actor,
        at=house.now,
    )
    house.report("system_outage")

    house.advance(minutes=16)

    assert calls(house, house.cast.ines) == 2
    rung = [(minute, people) for minute, _, people in house.asked()]
    assert rung[0] == (0, [house.cast.ines.name])
    assert (15, [house.cast.ana.name]) in rung


def test_a_stand_in_taken_back_while_it_rings_may_still_take_it(house: House) -> None:
    house.device("ines", "voice", INES, 0)
    made = oncall.add_override(
        team=L1,
        person=house.cast.ines.pk,
        instead_of=house.cast.ana.pk,
        starts_at=house.now - timedelta(hours=1),
        ends_at=house.now + timedelta(hours=2),
        by=house.cast.maya.actor,
        at=house.now,
    )
    house.report("system_outage")
    house.advance(seconds=30)
    oncall.end_override(override=made.pk, by=house.cast.maya.actor, at=house.now)

    house.acknowledge(house.cast.ines)
    house.advance(minutes=9)

    assert house.pages() == [(0, "l1-support")]


def test_a_swap_that_is_accepted_while_it_rings_holds_from_its_own_moment(house: House) -> None:
    """The one who was rung is still asked, and whoever took the hour has the pages in it."""
    hour = house.now + timedelta(minutes=10)
    asked = swaps.ask_swap(
        team=L1,
        asked_of=house.cast.ines.pk,
        starts_at=hour,
        ends_at=hour + timedelta(hours=1),
        by=house.cast.ana.actor,
        at=house.now,
    )
    house.report("system_outage")
    house.advance(minutes=1)
    swaps.accept_swap(swap=asked.pk, by=house.cast.ines.actor, at=house.now)

    house.advance(minutes=15)

    rung = [(minute, people) for minute, _, people in house.asked()]
    assert rung[0] == (0, [house.cast.ana.name])
    assert (15, [house.cast.ines.name]) in rung


# ── People and telephones that go ────────────────────────────────────────────────────────────


def test_somebody_who_leaves_while_it_rings_is_passed_with_a_word_on_why(house: House) -> None:
    """EMG-1: the rest of their rule is not waited for, nor is the step's time."""
    house.device("l1 support", "sms", ANA, 1)
    house.device("l1 support", "voice", ANA, 2, 4)
    house.report("system_outage")
    house.advance(seconds=10)
    Person.objects.filter(pk=house.cast.ana.pk).update(is_active=False)

    house.advance(seconds=55)

    assert house.phones.rings == []
    assert [(minute, reason) for minute, reason, _ in house.asked()] == [
        (0, "opened"),
        (1, "nobody_reached"),
    ]
    (said,) = EntryRow.objects.filter(kind="delivery_failed", data__to=house.cast.ana.actor)
    assert said.data["why"] == "no_line"


def test_a_number_that_is_changed_while_it_rings_rings_no_more(house: House) -> None:
    """It may be somebody else's by now. The device that comes next in the rule comes at once."""
    house.device("l1 support", "sms", ANA, 0)
    old = house.device("l1 support", "voice", BO, 2)
    house.device("l1 support", "voice", NEW, 4)
    house.report("system_outage")
    house.advance(minutes=1)
    devices.remove(person=house.cast.ana.pk, device=old.pk, at=house.now)

    house.advance(minutes=2)

    rung = [ring for ring in house.phones.rings if ring.channel == "voice"]
    assert [(ring.address, (ring.at - house.phones.rings[0].at).seconds) for ring in rung] == [
        (NEW, 120)
    ]
    assert house.paged() == ["l1-support"]


def test_the_only_number_taken_away_while_it_rings_climbs_at_its_turn(house: House) -> None:
    """EMG-1."""
    old = house.device("l1 support", "voice", ANA, 1)
    RuleStep.objects.exclude(device=old).delete()
    house.report("system_outage")
    house.advance(seconds=30)
    devices.remove(person=house.cast.ana.pk, device=old.pk, at=house.now)

    house.advance(seconds=35)

    assert house.phones.rings == []
    assert house.pages() == [(0, "l1-support"), (1, "on-call-engineer")]


# ── One phone, several incidents and answers ─────────────────────────────────────────────────


def test_an_answer_by_sms_after_somebody_else_took_it_changes_nothing(house: House) -> None:
    """POL-1: it says who has it, and takes no other incident instead."""
    house.device("l1 support", "sms", ANA, 0)
    house.device("on-call engineer", "sms", BO, 0)
    house.report("system_outage")
    house.advance(minutes=5, seconds=10)
    house.acknowledge(house.cast.bo)

    answer = reply(house, ANA, "1", name="SM1")

    (taken,) = EntryRow.objects.filter(kind="acknowledged")
    assert taken.actor == house.cast.bo.actor
    assert house.cast.bo.name in answer


def test_two_incidents_on_one_phone_have_an_answer_each(house: House) -> None:
    """EMG-1, EMG-5: one is taken by its number, the other rings on."""
    house.device("l1 support", "sms", ANA, 0, 3)
    house.report("system_outage")
    house.report("critical_feature_failure")
    house.advance(seconds=61)
    first, second = house.incidents

    answer = reply(house, ANA, f"1 {first.removeprefix('INC-')}", name="SM1")
    house.advance(minutes=3)

    taken = EntryRow.objects.filter(kind="acknowledged").values_list("stream", flat=True)
    assert [*taken] == [first]
    assert first in answer
    assert phone_of(house, house.cast.ana).says()[-1].startswith(second)
    assert IncidentRow.objects.get(ref=second).status == "open"


def test_an_answer_takes_nothing_that_was_not_told_yet(house: House) -> None:
    """The second incident waits its minute on this phone when the first one is answered."""
    house.device("l1 support", "sms", ANA, 0)
    house.report("system_outage")
    house.advance(seconds=10)
    house.report("critical_feature_failure")
    house.advance(seconds=10)

    reply(house, ANA, "1", name="SM1")

    taken = EntryRow.objects.filter(kind="acknowledged").values_list("stream", flat=True)
    assert [*taken] == house.incidents[:1]
    house.advance(minutes=1)
    assert phone_of(house, house.cast.ana).says()[-1].startswith(house.incidents[1])


def test_an_answer_to_two_takes_the_one_that_still_rings(house: House) -> None:
    """The first of them was taken on another device; the answer is not that nothing rings."""
    house.device("l1 support", "sms", ANA, 0)
    house.report("system_outage")
    house.report("critical_feature_failure")
    house.advance(seconds=61)
    first, second = house.incidents
    incidents.acknowledge(incident=first, by=house.cast.ana.actor, at=house.now)

    answer = reply(house, ANA, "1", name="SM1")

    assert answer.startswith(f"{second} is yours")


def test_an_sms_whose_process_died_after_it_took_takes_no_second_incident(house: House) -> None:
    """The row was kept and the incident taken; only the answer was not written down."""
    house.device("l1 support", "sms", ANA, 0)
    house.report("system_outage")
    house.report("critical_feature_failure")
    house.advance(seconds=61)
    reply(house, ANA, "1", name="SM1")
    _forget_what_it_meant("SM1")

    house.now += timedelta(seconds=40)
    assert texts.look_again(at=house.now) == 1

    assert EntryRow.objects.filter(kind="acknowledged").count() == 1
    assert "already" in reply(house, ANA, "1", name="SM1")


def _forget_what_it_meant(name: str) -> None:
    ReceivedText.objects.filter(provider_id=name).update(meaning="new", answer="", person=None)


# ── Midnight, and the change of clocks ───────────────────────────────────────────────────────


def nights(house: House, starts_at: datetime, handover: time) -> None:
    """Bo and Ines take the nights in turn, day by day, from one wall time to seven."""
    RotaShift.objects.filter(team__name=L1).delete()
    window = tuple(
        Window(from_day=day, from_time=handover, to_day=(day + 1) % 7, to_time=time(7))
        for day in range(7)
    )
    layers.add_layer(
        team=L1,
        layer=Planned(
            name="Nights",
            turns=((house.cast.bo.pk,), (house.cast.ines.pk,)),
            time_zone="Europe/Berlin",
            unit=Unit.DAY,
            starts_at=starts_at,
            windows=window,
        ),
        by=house.cast.maya.actor,
        at=house.now,
        holes_named=True,
    )


def by_wall(house: House, *wall: int, fold: int = 0) -> tuple[str, ...]:
    """Who is on call at a wall time in Berlin, by first name."""
    at = datetime(*wall, tzinfo=BERLIN, fold=fold).astimezone(UTC)  # type: ignore[misc,arg-type]
    names = {person.actor: person.name.partition(" ")[0] for person in Person.objects.all()}
    return tuple(names[actor] for actor in rotas.on_call(L1, at))


@pytest.mark.parametrize("day", [(2027, 3, 27), (2026, 10, 24), (2026, 12, 1)])
def test_a_night_over_midnight_is_one_persons_however_long_it_is(
    house: House, day: tuple[int, int, int]
) -> None:
    """Row 16: the night of the change is an hour shorter or longer, and nobody's in no minute."""
    evening = datetime(*day, 22, 0, tzinfo=BERLIN)
    house.now = evening.astimezone(UTC) - timedelta(days=4)
    nights(house, (evening - timedelta(days=2)).astimezone(UTC), time(22))
    morning = (evening + timedelta(days=1)).replace(hour=7)

    seen, at = set(), evening.astimezone(UTC)
    while at < morning.astimezone(UTC):
        seen.add(rotas.on_call(L1, at))
        at += timedelta(minutes=7)

    assert seen == {(house.cast.bo.actor,)}
    assert rotas.on_call(L1, morning.astimezone(UTC)) == ()
    assert by_wall(house, *(evening + timedelta(days=1)).timetuple()[:5]) == ("Ines",)


def test_a_page_rings_across_a_hand_over_in_the_hour_that_is_skipped(house: House) -> None:
    """Row 16: half past two does not come that night. Somebody has every minute around it."""
    RotaShift.objects.filter(team__name=L1).delete()
    house.now = datetime(2027, 3, 28, 0, 50, tzinfo=UTC)
    layers.add_layer(
        team=L1,
        layer=Planned(
            name="Round the clock",
            turns=((house.cast.bo.pk,), (house.cast.ines.pk,)),
            time_zone="Europe/Berlin",
            unit=Unit.DAY,
            starts_at=datetime(2027, 3, 26, 2, 30, tzinfo=BERLIN).astimezone(UTC),
        ),
        by=house.cast.maya.actor,
        at=house.now - timedelta(days=5),
        holes_named=True,
    )
    house.device("ines", "voice", INES, 0)
    house.report("system_outage")

    house.advance(minutes=41)

    first = house.asked()[0]
    assert first[2] == [house.cast.ines.name]
    at = house.now - timedelta(hours=2)
    while at < house.now + timedelta(hours=2):
        assert len(rotas.on_call(L1, at)) == 1, at
        at += timedelta(minutes=1)
    before, after = (datetime(2027, 3, 28, hour, 0, tzinfo=BERLIN) for hour in (1, 4))
    assert rotas.on_call(L1, before.astimezone(UTC)) == (house.cast.ines.actor,)
    assert rotas.on_call(L1, after.astimezone(UTC)) == (house.cast.bo.actor,)


def test_a_page_rings_across_the_hour_that_comes_twice(house: House) -> None:
    """Row 16: the ladder counts minutes and not the wall, and no step waits an hour more."""
    house.now = datetime(2026, 10, 25, 0, 55, tzinfo=UTC)

    house.report("system_outage")
    house.advance(minutes=16)

    assert [minute for minute, *_ in house.asked()][:4] == [0, 5, 10, 15]
