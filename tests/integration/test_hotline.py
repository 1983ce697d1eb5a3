"""The hotline from end to end: a provider over real sockets plays calls to a running desk."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from redphone.actions import hotline_deeds, pins, verify
from redphone.channels.hotline.fake import PlacedCall, Post, Provider
from redphone.channels.hotline.script import (
    BUSY,
    HANGS_UP,
    TAKES,
    VOICEMAIL_BOX,
    Input,
    Lines,
    Pickup,
)
from redphone.cli.hotline import hotline
from redphone.clock import now
from redphone.core.hotline import Callback, Step
from redphone.records import calls, ledger
from redphone.records.models import Call, CallEvent, CaseRow, Contact, Recording, Report
from redphone.records.verdicts import Finding

if TYPE_CHECKING:
    from tests.conftest import Cast

TOKEN = "only-tests-know-this"
HOTLINE = "+18005559999"
STRANGER = "+442079460321"
MIRAS = "+442079460999"
PHONES = {"ana": "+15005550101", "bo": "+15005550102", "tom": "+15005550103"}

Place = Callable[..., PlacedCall]


@pytest.fixture
def provider(live_server: LiveServer, cast: Cast, settings: Settings) -> Iterator[Provider]:
    settings.HOTLINE_TOKENS = [TOKEN]
    settings.PUBLIC_URL = live_server.url
    for name, phone in PHONES.items():
        person = getattr(cast, name)
        person.phone = phone
        person.save(update_fields=["phone"])
    found = Provider(public=live_server.url, token=TOKEN)
    yield found
    found.close()


@pytest.fixture
def place(provider: Provider) -> Place:
    """Places a call and plays it to its end."""

    def place(*answers: Input, caller: str = STRANGER, **lines: Any) -> PlacedCall:
        return provider.call(Lines(answers=answers, **lines), caller=caller, called=HOTLINE)

    return place


def press(key: str) -> Input:
    return Input(digits=key)


def case_of(call: PlacedCall) -> CaseRow:
    return CaseRow.objects.select_related("incident", "report").get(
        ref=Call.objects.get(sid=call.sid).case_ref
    )


def kinds(ref: str) -> list[str]:
    return [entry.kind for entry in ledger.entries(ref)]


def swept() -> None:
    """What the clock loop does once the line has been silent for a while."""
    hotline_deeds.sweep(at=now() + timedelta(seconds=20))


def test_who_answers_and_presses_one_has_the_incident_and_the_customer_an_answer(
    place: Place, cast: Cast
) -> None:
    """POL-2, FAQ-3: answered live is the first response."""
    call = place(press("1"), phones=[TAKES])

    case = case_of(call)
    assert case.incident is not None
    acknowledged = next(e for e in ledger.entries(case.incident.ref) if e.kind == "acknowledged")
    responded = next(e for e in ledger.entries(case.ref) if e.kind == "responded")
    row = Call.objects.get(sid=call.sid)
    taker = row.taken_by
    assert taker is not None
    assert call.dialled == [taker.phone]
    assert acknowledged.actor == responded.actor == taker.actor
    assert responded.data == {"through": "phone"}
    assert (row.end, row.call_back_since) == ("answered", None)
    assert case.first_response_at is not None


def test_there_is_a_case_before_anybody_is_dialled(place: Place) -> None:
    call = place(HANGS_UP)

    case = case_of(call)
    assert call.dialled == []
    assert case.channel == "hotline"
    assert case.report.contact == STRANGER
    assert case.title == f"A call to the hotline from {STRANGER}"
    assert [post.step for post in call.posts] == ["voice", "status"]


@pytest.mark.parametrize(
    ("key", "slug"),
    [
        ("1", "system-outage"),
        ("2", "data-security-incident"),
        ("3", "payment-processing-failure"),
        ("4", "account-lockout"),
    ],
)
def test_each_key_says_what_it_is_about(place: Place, key: str, slug: str) -> None:
    case = case_of(place(press(key)))

    assert case.issue_type == slug
    assert case.incident is not None
    assert case.incident.types == [slug]


def test_words_are_kept_and_sort_the_case(place: Place) -> None:
    call = place(Input(speech="Payments are failing for all <shops> & we lose money"))

    case = case_of(call)
    added = next(e for e in ledger.entries(case.ref) if e.kind == "added")
    assert added.words == "Payments are failing for all <shops> & we lose money"
    assert case.issue_type == "payment-processing-failure"


@pytest.mark.parametrize("answer", [Input(), press("9"), press("*"), press("#")])
def test_pressing_nothing_or_nonsense_stops_nothing(place: Place, answer: Input) -> None:
    call = place(answer, phones=[TAKES])

    assert Call.objects.get(sid=call.sid).end == "answered"
    assert case_of(call).issue_type == "other-emergency"


def test_who_is_busy_or_silent_or_a_voicemail_box_is_followed_by_the_next(place: Place) -> None:
    call = place(press("1"), phones=[BUSY, VOICEMAIL_BOX, TAKES])

    row = Call.objects.get(sid=call.sid)
    assert len(set(call.dialled)) == len(call.dialled) == 3
    assert row.taken_by is not None
    assert row.taken_by.phone == call.dialled[-1]
    assert (row.end, row.call_back_since) == ("answered", None)


def test_at_the_end_of_the_ladder_a_message_is_taken_and_the_promise_is_said(
    place: Place,
) -> None:
    call = place(press("1"), recordings=[Input(speech="Call me back, the whole site is down")])
    swept()

    row, case = Call.objects.get(sid=call.sid), case_of(call)
    assert set(call.dialled) == set(PHONES.values())
    # A loaded machine may take a minute for all this.
    assert re.search("You will be called back within 1[34] minutes", call.says)
    assert (row.end, row.call_back_since is not None) == ("message", True)
    assert "Call me back, the whole site is down" in [
        entry.words.partition("\n")[0] for entry in ledger.entries(case.ref)
    ]
    assert kinds(case.ref)[-1] == "call_missed"
    assert Recording.objects.get().state == "waiting"


@pytest.mark.parametrize(
    ("answers", "lines"),
    [
        ([HANGS_UP], {}),
        ([press("1")], {"phones": [Pickup(caller_hangs_up=True)]}),
        ([press("1")], {"phones": [BUSY, Pickup(caller_hangs_up=True)]}),
        ([press("1")], {"recordings": [HANGS_UP]}),
        ([Input()], {"recordings": [HANGS_UP]}),
    ],
)
def test_who_hangs_up_before_anybody_answers_is_to_be_called_back(
    place: Place, answers: list[Input], lines: dict[str, Any]
) -> None:
    call = place(*answers, **lines)

    swept()
    swept()

    row = Call.objects.get(sid=call.sid)
    assert (row.end, row.call_back_since is not None) == ("hung_up", True)
    assert kinds(case_of(call).ref).count("call_missed") == 1


def test_who_calls_again_is_said_to_have_called_before(place: Place) -> None:
    first, second = case_of(place(HANGS_UP)), case_of(place(HANGS_UP))

    assert "called before" not in first.report.notes
    assert second.report.notes["called before"] == first.ref


def test_a_withheld_number_is_taken_and_said(place: Place) -> None:
    case = case_of(place(press("1"), caller=""))

    assert case.report.contact == ""
    assert case.report.notes["caller"] == "The number was withheld"
    assert "withheld number" in case.report.description


def test_who_calls_is_known_by_the_number_however_it_was_written(place: Place, cast: Cast) -> None:
    contact = Contact.objects.filter(customer=cast.mira.customer_id).first()
    assert contact is not None
    contact.phone = "+44 (20) 7946-0999"
    contact.save()

    case = case_of(place(press("1"), caller=MIRAS))

    assert case.customer_id == cast.mira.customer_id
    assert case.plan == "enterprise"


def test_an_unknown_caller_is_on_the_enterprise_clock(place: Place) -> None:
    """clauses.md 8: until known."""
    call = place(press("1"), phones=[TAKES])

    assert case_of(call).plan is None
    assert "System Outage, an unknown caller" in "\n".join(each.what for each in call.heard)


def test_a_pin_says_whose_case_it_is_and_is_written_down_nowhere(place: Place, cast: Cast) -> None:
    assert cast.jon.customer_id is not None
    pin = pins.make_pin(customer=cast.jon.customer_id, by=cast.maya.actor, at=now())

    call = place(press("1"), press(f"{pin}#"), phones=[TAKES])

    case = case_of(call)
    assert (case.customer_id, case.plan) == (cast.jon.customer_id, "pro")
    assert "identified" in kinds(case.ref)
    for event in CallEvent.objects.all():
        assert pin.encode() not in bytes(event.raw)
        assert pin not in str(event.told)
    raw = bytes(CallEvent.objects.get(step="pin").raw)
    assert b"Digits=struck+out" in raw
    assert STRANGER.removeprefix("+").encode() in raw


def test_three_wrong_pins_and_the_call_goes_on_as_an_unknown_one(place: Place, cast: Cast) -> None:
    assert cast.jon.customer_id is not None
    pin = pins.make_pin(customer=cast.jon.customer_id, by=cast.maya.actor, at=now())
    wrong = press("00000000#" if not pin.startswith("0000") else "11111111#")

    call = place(press("1"), wrong, wrong, wrong, press(f"{pin}#"), phones=[TAKES])

    assert case_of(call).customer_id is None
    assert Call.objects.get(sid=call.sid).end == "answered"
    assert [post.step for post in call.posts].count("pin") == 3


def test_while_pins_are_guessed_none_is_looked_up(
    place: Place, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pins, "WRONG_AN_HOUR", 2)
    assert cast.jon.customer_id is not None
    pin = pins.make_pin(customer=cast.jon.customer_id, by=cast.maya.actor, at=now())
    place(press("1"), press("123#"), press("456#"))

    call = place(press("1"), press(f"{pin}#"))

    assert case_of(call).customer_id is None
    assert "pin" not in [post.step for post in call.posts]


def test_the_same_callbacks_again_change_nothing(place: Place, provider: Provider) -> None:
    call = place(press("1"), phones=[BUSY, TAKES])
    swept()
    case, events = case_of(call), CallEvent.objects.count()
    assert case.incident is not None
    before = (kinds(case.ref), kinds(case.incident.ref))

    answers = [provider.send(post).status for post in [*call.posts, *reversed(call.posts)]]
    swept()

    assert set(answers) == {200}
    assert (kinds(case.ref), kinds(case.incident.ref)) == before
    assert (Report.objects.count(), CallEvent.objects.count()) == (1, events)


class SendsTwice(Lines):
    """While the first telephone rings, the provider sends the menu's callback once more."""

    provider: Provider
    again: str = ""
    number: str = ""

    def rung(self, number: str) -> Pickup:
        if not self.again:
            row = Call.objects.get()
            told = {"CallSid": row.sid, "From": STRANGER, "To": HOTLINE, "Digits": "1"}
            told["CallStatus"] = "in-progress"
            url = f"{self.provider.public}/hotline/menu/?call={row.sid}"
            self.again = self.provider.send(Post(url=url, form=told, is_heard=True)).data.decode()
            self.number = number
        return super().rung(number)


def test_a_callback_that_comes_twice_rings_the_same_person(provider: Provider) -> None:
    script = SendsTwice(answers=[press("1")], phones=[BUSY, TAKES])
    script.provider = provider

    call = provider.call(script, caller=STRANGER, called=HOTLINE)

    assert f">{script.number}</Number>" in script.again
    assert "leg=1" in script.again
    assert len(call.dialled) == 2
    assert Call.objects.get().end == "answered"


def test_a_call_whose_end_never_came_is_found_by_the_sweep(
    place: Place, provider: Provider
) -> None:
    provider.drops = lambda post: True
    call = place(press("1"), phones=[Pickup(caller_hangs_up=True)])
    assert Call.objects.get(sid=call.sid).ended_at is None

    hotline_deeds.sweep(at=now() + timedelta(minutes=5))
    early = Call.objects.get(sid=call.sid).call_back_since
    hotline_deeds.sweep(at=now() + timedelta(minutes=11))

    row = Call.objects.get(sid=call.sid)
    assert early is None
    assert (row.end, row.call_back_since is not None) == ("lost", True)
    assert kinds(case_of(call).ref).count("call_missed") == 1


def test_a_call_that_was_taken_is_not_taken_for_lost(place: Place, provider: Provider) -> None:
    provider.drops = lambda post: True
    call = place(press("1"), phones=[TAKES])
    Call.objects.update(ended_at=None)

    hotline_deeds.sweep(at=now() + timedelta(hours=1))

    assert Call.objects.get(sid=call.sid).call_back_since is None


def test_the_incident_of_a_call_is_rung_for_by_whoever_has_it(place: Place, cast: Cast) -> None:
    call = place(press("1"), phones={PHONES["bo"]: TAKES})

    case = case_of(call)
    assert case.incident is not None
    assert PHONES["bo"] in call.dialled
    assert Call.objects.get(sid=call.sid).taken_by == cast.bo


def test_a_rehearsal_says_that_it_is_one(provider: Provider) -> None:
    call = provider.call(Lines(), caller=STRANGER, called=HOTLINE, rehearsal=True)

    case = case_of(call)
    assert case.title.startswith("A rehearsal of the hotline")
    assert "rehearsal" in case.report.notes


def test_customers_find_no_recording_of_another_case(place: Place, cast: Cast) -> None:
    call = place(press("1"), recordings=[Input(speech="Help")])
    client = Client()
    client.force_login(cast.mira)

    assert client.get(f"/cases/{case_of(call).ref}/").status_code == 404


def test_a_rehearsal_stands_on_no_status_page(provider: Provider) -> None:
    call = provider.call(Lines([press("1")]), caller=STRANGER, called=HOTLINE, rehearsal=True)

    incident = case_of(call).incident
    assert incident is not None
    assert (incident.types, incident.is_public) == (["system-outage"], False)
    findings: list[Finding] = []
    verify.verify(at=now(), found=findings.append)
    assert findings == []


def test_what_a_killed_process_left_undone_the_sweep_does(provider: Provider, cast: Cast) -> None:
    at = now()
    told = {"call": "CA1", "at": at}
    calls.keep(Callback(step=Step.VOICE, caller=STRANGER, **told))  # type: ignore[arg-type]
    calls.keep(Callback(step=Step.MENU, digits="4", **told))  # type: ignore[arg-type]
    calls.keep(Callback(step=Step.TAKE, leg=1, person=cast.bo.pk, digits="1", **told))  # type: ignore[arg-type]
    assert Report.objects.count() == 0

    swept()

    case = CaseRow.objects.get()
    assert case.issue_type == "account-lockout"
    assert case.first_response_at is not None


def test_an_operator_hears_the_menu_in_the_terminal(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDPHONE_HOTLINE_TOKEN", TOKEN)
    monkeypatch.setenv("REDPHONE_PUBLIC_URL", provider.public)

    heard = CliRunner().invoke(hotline, ["rehearse", "--keys", "1", "--answer", "2"])
    typed = CliRunner().invoke(hotline, ["rehearse", "--withheld"], input="3\ny\n")

    assert heard.exit_code == typed.exit_code == 0, (heard.output, typed.output)
    assert "For an outage, press 1" in heard.output
    assert "A rehearsal. System Outage, an unknown caller. Press 1" in heard.output
    assert heard.output.count("rings +1500555") == 2
    assert Call.objects.filter(is_rehearsal=True, end="answered").count() == 2
