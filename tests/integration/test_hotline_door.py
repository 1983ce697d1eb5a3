"""The hotline's door from the wrong side, without a database, and the pages behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import Settings

from redphone.actions import canaries, hotline_deeds, pins
from redphone.channels.fake import Telephones
from redphone.channels.hotline.signature import sign
from redphone.channels.switchboard import Switchboard
from redphone.channels.telephone import provider
from redphone.clock import now
from redphone.records import ledger
from redphone.records.models import Call, CallEvent, Canary, CaseRow, Contact, Person, Report
from redphone.records.queries import senders

if TYPE_CHECKING:
    from tests.conftest import Cast

    from redphone.core.stream import Entry

TOKEN = "a token that only tests know"
PUBLIC = "https://desk.example"
RING = {
    "CallSid": "CA1",
    "AccountSid": "AC1",
    "From": "+442079460321",
    "To": "+18005559999",
    "CallStatus": "ringing",
}


@pytest.fixture(autouse=True)
def is_set_up(settings: Settings, cast: Cast) -> None:
    settings.HOTLINE_TOKENS = [TOKEN]
    settings.HOTLINE_FALLBACK = "+442079460100"
    settings.PUBLIC_URL = PUBLIC
    cast.ana.phone = "+15005550101"
    cast.ana.save()


def post(path: str, form: dict[str, str], *, token: str = TOKEN, url: str = "") -> Any:
    from urllib.parse import urlencode

    return Client(raise_request_exception=False).post(
        f"/hotline/{path}",
        urlencode(form),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": sign(token, url or f"{PUBLIC}/hotline/{path}", form)},
    )


def as_person(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@contextmanager
def no_database() -> Iterator[None]:
    def gone(*args: Any) -> Any:
        raise OperationalError("the connection is closed")

    with connection.execute_wrapper(gone):
        yield


# ── From the wrong side ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Twilio-Signature": ""},
        {"X-Twilio-Signature": "bm90IGEgc2lnbmF0dXJl"},
        {"X-Twilio-Signature": "ÿ" * 28},
    ],
)
def test_what_is_not_signed_is_refused_and_nothing_is_kept(headers: dict[str, str]) -> None:
    answer = Client().post("/hotline/voice/", RING, headers=headers)

    assert answer.status_code == 403
    assert b"REDPHONE_HOTLINE_TOKEN" in answer.content
    assert Call.objects.count() == Report.objects.count() == 0


@pytest.mark.parametrize(
    ("token", "url"),
    [
        ("another token", ""),
        (TOKEN, "https://elsewhere.example/hotline/voice/"),
        (TOKEN, f"{PUBLIC}/hotline/menu/"),
        (TOKEN, f"{PUBLIC}/hotline/voice/?rehearsal=1"),
    ],
)
def test_a_signature_for_something_else_is_refused(token: str, url: str) -> None:
    assert post("voice/", RING, token=token, url=url).status_code == 403
    assert CallEvent.objects.count() == 0


def test_without_a_token_the_hotline_is_off(settings: Settings) -> None:
    settings.HOTLINE_TOKENS = []

    assert post("voice/", RING, token="").status_code == 503
    assert Report.objects.count() == 0


@pytest.mark.parametrize("step", ["ringing", "lost", "nothing"])
def test_our_own_notes_are_no_door(step: str) -> None:
    assert post(f"{step}/", RING).status_code == 404
    assert Call.objects.count() == 0


def test_what_is_absurd_is_turned_away_and_what_is_odd_is_not() -> None:
    assert post("voice/", RING | {"More": "x" * 300_000}).status_code == 413
    assert post("voice/", {"From": "+442079460321"}).status_code == 400
    assert Client().get("/hotline/voice/").status_code == 405
    odd = {"CallSid": "CA2\x00", "From": "\x00\x01", "Digits": "\x00", "CallStatus": "☎"}
    assert post("menu/", odd).status_code == 200
    assert Report.objects.count() == 1


def test_fields_past_all_number_are_refused_before_they_are_read() -> None:
    many = {f"field{n}": "" for n in range(1500)}

    assert post("voice/", RING | many).status_code in {200, 403, 413}


# ── Without a database ──────────────────────────────────────────────────────────────────────────


def test_without_a_database_the_caller_is_put_through_elsewhere() -> None:
    with no_database():
        answer = post("voice/", RING)

    assert answer.status_code == 200
    assert "+442079460100" in answer.content.decode()


def test_without_that_number_too_a_message_is_recorded(settings: Settings) -> None:
    settings.HOTLINE_FALLBACK = ""

    with no_database():
        answer = post("voice/", RING).content.decode()

    assert "<Record" in answer
    assert "call again" in answer


def test_a_provider_that_waited_in_vain_is_answered_without_asking_anybody() -> None:
    with no_database():
        answer = post("away/?call=CA1", RING)

    assert "+442079460100" in answer.content.decode()
    assert "/hotline/fallback/?call=CA1" in answer.content.decode()
    assert post("away/", RING, token="another").status_code == 403


def test_who_is_on_the_line_can_still_take_the_call() -> None:
    with no_database():
        whisper = post("whisper/?call=CA1&leg=1&person=7", {"CallSid": "CA9"}).content.decode()
        take = post("take/?call=CA1&leg=1&person=7", {"CallSid": "CA9", "Digits": "1"})

    assert "Press 1 to take the call" in whisper
    assert "<Hangup" not in take.content.decode()


def test_what_nobody_hears_is_asked_for_again() -> None:
    with no_database():
        assert post("recording/?call=CA1", RING).status_code == 503


def test_the_next_callback_makes_the_report() -> None:
    with no_database():
        post("voice/", RING)

    post("fallback/?call=CA1", RING | {"DialCallStatus": "completed"})

    case = CaseRow.objects.get()
    assert (case.channel, case.report.contact) == ("hotline", "+442079460321")


def test_a_call_of_which_only_the_second_line_was_heard_waits_for_its_caller(cast: Cast) -> None:
    post(f"take/?call=CA1&leg=1&person={cast.ana.pk}", {"CallSid": "CA9", "Digits": "1"})
    waiting = Report.objects.count()

    hotline_deeds.sweep(at=now() + timedelta(minutes=2))

    assert waiting == 0
    assert CaseRow.objects.get().first_response_at is not None


# ── Any order ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seed", range(4))
def test_any_order_and_repetition_ends_in_the_same_case(cast: Cast, seed: int) -> None:
    leg = f"call=CA1&leg=1&person={cast.ana.pk}"
    child = {"CallSid": "CA9", "ParentCallSid": "CA1", "From": "+18005559999"}
    going = RING | {"CallStatus": "in-progress"}
    recorded = {"RecordingSid": "RE1", "RecordingUrl": "https://api.twilio.com/RE1"}
    story = [
        ("voice/", RING),
        ("menu/?call=CA1", going | {"Digits": "3"}),
        (f"whisper/?{leg}", child),
        (f"take/?{leg}", child | {"Digits": "1"}),
        (f"leg/?{leg}", child | {"CallStatus": "completed"}),
        (f"dial/?{leg}", going | {"DialCallStatus": "completed", "DialBridged": "true"}),
        ("recording/?call=CA1", RING | recorded | {"RecordingDuration": "7"}),
        ("transcription/?call=CA1", RING | recorded | {"TranscriptionText": "Cards fail"}),
        ("status/", RING | {"CallStatus": "completed"}),
    ]
    if seed:
        story += story[:4]
        Random(seed).shuffle(story)

    for path, form in story:
        assert post(path, form).status_code == 200, path
    hotline_deeds.sweep(at=now() + timedelta(seconds=20))

    case = CaseRow.objects.select_related("incident").get()
    call = Call.objects.get()
    assert case.incident is not None
    assert (case.issue_type, case.incident.types) == (
        "payment-processing-failure", ["payment-processing-failure"],
    )  # fmt: skip
    assert (call.end, call.taken_by, call.call_back_since) == ("answered", cast.ana, None)
    assert case.first_response_at is not None
    assert facts(ledger.entries(case.ref)) == [
        ("added", "system"), ("opened", "system"),
        ("responded", cast.ana.actor), ("sorted", "system"),
    ]  # fmt: skip
    assert "acknowledged" in {entry.kind for entry in ledger.entries(case.incident.ref)}
    assert call.recordings.count() == 1


def facts(entries: list[Entry]) -> list[tuple[str, str]]:
    return sorted((entry.kind, entry.actor) for entry in entries)


# ── The pages ───────────────────────────────────────────────────────────────────────────────────


def hung_up() -> CaseRow:
    post("voice/", RING)
    post("status/", RING | {"CallStatus": "completed"})
    hotline_deeds.sweep(at=now() + timedelta(seconds=20))
    return CaseRow.objects.get()


def test_the_board_and_the_case_say_whom_to_call_back(cast: Cast) -> None:
    case = hung_up()
    ana = as_person(cast.ana)

    board = ana.get("/now/").content.decode()
    page = ana.get(f"/cases/{case.ref}/").content.decode()

    assert 'href="tel:+442079460321"' in board
    assert f"/cases/{case.ref}/#calls" in board
    assert "waiting since" in page
    assert "I called back" in page


def test_calling_back_is_ticked_off_and_is_the_first_response(cast: Cast) -> None:
    """POL-2, FAQ-3."""
    case = hung_up()
    ana = as_person(cast.ana)

    def tick(**form: str) -> int:
        return ana.post(f"/cases/{case.ref}/called-back/", form).status_code

    assert tick(reached="yes", words="") == 409
    assert tick(reached="no", words="It rang out.") == 302
    assert "Call back" in ana.get("/now/").content.decode()
    assert tick(reached="yes", words="Their shop is down; we are on it.") == 302

    case.refresh_from_db()
    row = Call.objects.get()
    assert case.first_response_at is not None
    assert row.called_back_by == cast.ana
    assert "tel:" not in ana.get("/now/").content.decode()
    assert tick(reached="yes", words="Once more.") == 409
    assert as_person(cast.mira).post(f"/cases/{case.ref}/called-back/").status_code == 404
    assert as_person(cast.rosa).post(f"/cases/{case.ref}/called-back/").status_code in {
        302,
        403,
        409,
    }


def test_a_pin_is_made_by_managers_and_shown_once(cast: Cast) -> None:
    assert as_person(cast.ana).post("/customers/petrel/pin/").status_code == 403
    maya = as_person(cast.maya)

    maya.post("/customers/petrel/pin/")
    first = maya.get("/customers/petrel/").content.decode()
    second = maya.get("/customers/petrel/").content.decode()

    pin = first.partition("The PIN is ")[2][:8]
    assert pins.check(pin, at=now()) == cast.jon.customer_id
    assert pin not in second
    maya.post("/customers/petrel/remove-pin/")
    assert pins.check(pin, at=now()) == 0


def test_the_desks_own_people_say_where_they_are_rung(cast: Cast) -> None:
    bo = as_person(cast.bo)

    bo.post("/me/phone/", {"phone": "+44 20 7946 0102"})
    bo.post("/me/phone/", {"phone": "no number"})

    cast.bo.refresh_from_db()
    assert (cast.bo.phone, cast.bo.phone_e164) == ("+44 20 7946 0102", "+442079460102")
    assert as_person(cast.mira).post("/me/phone/", {"phone": "+442079460999"}).status_code == 404


def test_the_on_call_page_names_whom_the_hotline_cannot_ring(
    cast: Cast, settings: Settings
) -> None:
    page = as_person(cast.ana).get("/oncall/").content.decode()
    settings.HOTLINE_TOKENS = []
    off = as_person(cast.ana).get("/oncall/").content.decode()

    named = page.partition("The hotline can’t ring")[2].partition("</div>")[0]
    assert "Bo Lindqvist" in named
    assert "Ana Reyes" not in named
    assert "The hotline can’t ring" not in off


# ── Whose number it is ──────────────────────────────────────────────────────────────────────────


def test_a_number_of_two_organisations_is_nobodys(cast: Cast) -> None:
    for person in (cast.mira, cast.jon):
        contact = Contact.objects.filter(customer=person.customer_id).first()
        assert contact is not None
        contact.phone = "020 7946 0999"
        contact.save()

    both = senders.by_phone("+1 207 946 0999")

    assert both == senders.NOBODY


def test_a_number_is_found_by_its_index_however_many_there_are(cast: Cast) -> None:
    assert cast.mira.customer_id is not None
    customer = cast.mira.customer_id
    Contact.objects.bulk_create(
        Contact(
            customer_id=customer,
            name=f"C{n}",
            phone=f"+44207946{n:04}",
            phone_e164=f"+44207946{n:04}",
        )
        for n in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("analyze contact")
        cursor.execute("explain select * from contact where phone_e164 = '+442079460321'")
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "contact_by_phone" in plan
    assert senders.by_phone("+44 20 7946 0321").customer == cast.mira.customer_id


# ── The desk's own test calls ───────────────────────────────────────────────────────────────────

OURS = "+15005550006"


@pytest.fixture
def own_call(settings: Settings) -> dict[str, str]:
    """A test call has just left, from the number that pages come from to the hotline."""
    settings.PHONE_PROVIDERS = [
        provider.read(f"https://AC1:key@api.provider.example/?from={OURS}")
    ]
    settings.CANARIES = (("voice", "provider", RING["To"]),)
    telephones = Telephones()
    board = Switchboard({"voice": telephones.line("voice")})
    canaries.send_due(channel=lambda: board, now=now)
    assert [message.to for message in telephones.messages] == [RING["To"]]
    return RING | {"From": OURS}


def test_our_own_test_call_has_come_back_and_opens_nothing(own_call: dict[str, str]) -> None:
    """Whatever is told of it, and as often as it is told."""
    answers = [post("voice/", own_call), post("voice/", own_call)]
    answers.append(post("status/", own_call | {"CallStatus": "completed"}))

    assert {answer.status_code for answer in answers} == {200}
    assert b"<Dial" not in answers[0].content
    assert Call.objects.count() == Report.objects.count() == CallEvent.objects.count() == 0
    assert Canary.objects.get().arrived_at is not None
    assert [each.word for each in canaries.standings(at=now())] == ["well"]


def test_a_call_from_our_number_while_no_test_is_out_is_a_call(own_call: dict[str, str]) -> None:
    """A number can be forged: nothing is lost by that but while a test is out."""
    Canary.objects.update(sent_at=now() - timedelta(minutes=11))

    post("voice/", own_call)

    assert Report.objects.count() == 1


def test_a_customer_s_call_while_a_test_is_out_is_a_call(own_call: dict[str, str]) -> None:
    post("voice/", RING)

    assert Report.objects.count() == 1
    assert Canary.objects.get().arrived_at is None
