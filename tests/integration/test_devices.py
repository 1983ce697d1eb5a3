"""Devices: added by their owner, verified by a code, and by nobody else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self

import pytest
from click.testing import CliRunner
from django.db import connection
from django.test import Client
from tests.conftest import NOON, POLICY_FILE

from redphone import clock
from redphone.actions import company, device_codes, device_messages, devices, people
from redphone.actions.device_codes import (
    CodeTooOld,
    CodeWrong,
    NoCodeWaits,
    NoSuchDevice,
    SentTooOften,
    TriesUsedUp,
    WorksAlready,
)
from redphone.core.message import Message, Outcome, Sent
from redphone.records import policies
from redphone.records.devices import rings, unreachable
from redphone.records.models import (
    Device,
    DeviceMessage,
    Person,
    RotaLayer,
    RotaShift,
    RotaTurn,
    RuleStep,
    Team,
)
from redphone.records.models.device import Urgency
from redphone.records.models.device_message import DeviceMessageState as State

if TYPE_CHECKING:
    from tests.conftest import Cast
    from tests.integration.conftest import Speak

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)
NUMBER = "+442079460321"


class Line:
    """A provider that keeps what it was given, and answers what it is told to."""

    def __init__(self, *answers: Outcome) -> None:
        self.messages: list[Message] = []
        self._answers: Iterator[Outcome] = iter(answers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def send(self, message: Message) -> Outcome:
        self.messages.append(message)
        return next(self._answers, Outcome(sent=Sent.TAKEN, provider="Bell"))

    @property
    def code(self) -> str:
        """The newest code that came here."""
        return code_in(self.messages[-1])


def code_in(message: Message) -> str:
    found = re.search(r"\b\d{6}\b", message.lines[0])
    assert found
    return found[0]


def send(line: Line, at: datetime = NOON) -> None:
    device_messages.send_waiting(channel=lambda: line, now=lambda: at)


def a_telephone(person: Person, line: Line | None = None, number: str = NUMBER) -> Device:
    (row,) = devices.begin(person=person.pk, kinds=["voice"], to=number, at=NOON)
    send(line or Line())
    return row


def browser(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


# Codes


def test_a_device_works_once_its_code_was_entered_and_not_before(cast: Cast) -> None:
    line = Line()
    row = a_telephone(cast.ana, line)
    before = row.is_working

    done = device_codes.verify(person=cast.ana.pk, device=row.pk, code=line.code, at=NOON + MINUTE)

    assert (before, done.is_working) == (False, True)
    assert line.messages[0].to == NUMBER
    assert line.messages[0].channel == "voice"


def test_a_call_speaks_each_digit_twice_and_an_sms_says_what_it_is(cast: Cast) -> None:
    line = Line()
    a_telephone(cast.ana, line)

    spoken = " ".join(line.messages[0].spoken)

    assert spoken.count(" ".join(f"{digit}." for digit in line.code)) == 2
    assert line.code in line.messages[0].short
    assert len(line.messages[0].short) <= 160
    assert line.messages[0].link is not None
    assert line.messages[0].callback == ""


def test_the_code_lies_nowhere_in_the_database_once_it_was_sent(cast: Cast) -> None:
    line = Line()
    row = a_telephone(cast.ana, line)
    row.refresh_from_db()

    message = DeviceMessage.objects.get()

    assert (message.state, message.sealed) == (State.TAKEN, "")
    assert line.code not in row.code_hash
    assert message.provider == "Bell"


def test_a_code_is_entered_as_people_type_it(cast: Cast) -> None:
    line = Line()
    row = a_telephone(cast.ana, line)
    typed = f" {line.code[:3]} {line.code[3:]} "

    device_codes.verify(person=cast.ana.pk, device=row.pk, code=typed, at=NOON)

    row.refresh_from_db()
    assert row.is_working


def test_five_wrong_codes_are_all_one_has_and_then_the_right_one_is_wrong_too(cast: Cast) -> None:
    line = Line()
    row = a_telephone(cast.ana, line)
    wrong = f"{(int(line.code) + 1) % 1_000_000:06}"

    errors = []
    for code in [wrong] * 5 + [line.code]:
        with pytest.raises(device_codes.CodeError) as raised:
            device_codes.verify(person=cast.ana.pk, device=row.pk, code=code, at=NOON)
        errors.append(raised.type)

    assert errors == [CodeWrong] * 4 + [TriesUsedUp] * 2
    row.refresh_from_db()
    assert not row.is_working


def test_a_code_is_good_for_ten_minutes(cast: Cast) -> None:
    line = Line()
    row = a_telephone(cast.ana, line)

    with pytest.raises(CodeTooOld):
        device_codes.verify(
            person=cast.ana.pk, device=row.pk, code=line.code, at=NOON + 10 * MINUTE
        )


def test_the_code_of_an_older_message_counts_no_more(cast: Cast) -> None:
    line = Line()
    row = a_telephone(cast.ana, line)
    old = line.code
    device_codes.send_code(person=cast.ana.pk, device=row.pk, at=NOON + MINUTE)
    send(line, NOON + MINUTE)
    if old == line.code:
        pytest.skip("one in a million: both codes are the same")

    with pytest.raises(CodeWrong):
        device_codes.verify(person=cast.ana.pk, device=row.pk, code=old, at=NOON + MINUTE)

    device_codes.verify(person=cast.ana.pk, device=row.pk, code=line.code, at=NOON + MINUTE)


def test_a_code_is_used_once(cast: Cast) -> None:
    line = Line()
    row = a_telephone(cast.ana, line)
    device_codes.verify(person=cast.ana.pk, device=row.pk, code=line.code, at=NOON)

    with pytest.raises(NoCodeWaits):
        device_codes.verify(person=cast.ana.pk, device=row.pk, code=line.code, at=NOON)
    Device.objects.filter(pk=row.pk).update(off_at=NOON, off_why="the number is gone")
    with pytest.raises(NoCodeWaits):
        device_codes.verify(person=cast.ana.pk, device=row.pk, code=line.code, at=NOON)


def test_the_code_of_one_device_does_not_open_another(cast: Cast) -> None:
    line, other = Line(), Line()
    mine = a_telephone(cast.ana, line)
    a_telephone(cast.bo, other, "+442079460322")

    with pytest.raises(NoSuchDevice):
        device_codes.verify(person=cast.bo.pk, device=mine.pk, code=line.code, at=NOON)
    with pytest.raises(CodeWrong):
        device_codes.verify(person=cast.ana.pk, device=mine.pk, code=other.code, at=NOON)


def test_a_device_that_was_switched_off_works_again_after_a_new_code(cast: Cast) -> None:
    line = Line()
    row = a_telephone(cast.ana, line)
    Device.objects.filter(pk=row.pk).update(verified_at=NOON, off_at=NOON, off_why="it was busy")

    device_codes.send_code(person=cast.ana.pk, device=row.pk, at=NOON + MINUTE)
    send(line, NOON + MINUTE)
    device_codes.verify(person=cast.ana.pk, device=row.pk, code=line.code, at=NOON + 2 * MINUTE)

    row.refresh_from_db()
    assert row.is_working
    assert row.off_why == ""


def test_a_wrong_code_is_answered_beside_its_device(cast: Cast) -> None:
    row = a_telephone(cast.ana)
    Device.objects.filter(pk=row.pk).update(code_until=clock.now() + 10 * MINUTE)

    answer = browser(cast.ana).post(f"/me/devices/{row.pk}/code/", {"code": "not a number"})

    page = answer.content.decode()
    assert answer.status_code == 409
    assert page.index(f'id="device-{row.pk}"') < page.index("4 tries are left")


@pytest.mark.parametrize("verb", ["code", "send"])
def test_many_at_once_get_no_more_tries_and_no_more_codes_than_one_after_another(
    cast: Cast, verb: str
) -> None:
    line = Line()
    row = a_telephone(cast.ana, line)
    wrong = f"{(int(line.code) + 1) % 1_000_000:06}"

    def attempt(_: int) -> str:
        try:
            if verb == "code":
                device_codes.verify(person=cast.ana.pk, device=row.pk, code=wrong, at=NOON)
            else:
                device_codes.send_code(person=cast.ana.pk, device=row.pk, at=NOON)
        except device_codes.CodeError as error:
            return type(error).__name__
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(8) as pool:
        ends = Counter(pool.map(attempt, range(12)))

    if verb == "code":
        assert ends == {"CodeWrong": 4, "TriesUsedUp": 8}
    else:
        assert ends == {"done": 2, "SentTooOften": 10}


def test_the_sign_in_address_is_told_of_a_new_device_and_of_no_old_one(cast: Cast) -> None:
    line = Line()
    row = a_telephone(cast.ana, line)
    device_codes.verify(person=cast.ana.pk, device=row.pk, code=line.code, at=NOON)
    send(line)
    told = line.messages[-1]
    Device.objects.filter(pk=row.pk).update(off_at=NOON)
    device_codes.send_code(person=cast.ana.pk, device=row.pk, at=NOON)
    send(line)
    device_codes.verify(person=cast.ana.pk, device=row.pk, code=line.code, at=NOON)

    assert told.to == cast.ana.email
    assert "Telephone call …321 was added" in told.lines[0]
    assert DeviceMessage.objects.filter(purpose="news").count() == 1
    assert "The test was" not in browser(cast.ana).get("/me/devices/").content.decode()


# Limits


def test_three_codes_in_ten_minutes_and_ten_a_day_are_the_most(cast: Cast) -> None:
    row = a_telephone(cast.ana)
    sent = 1
    at = NOON
    for _ in range(60):
        at += MINUTE
        try:
            device_codes.send_code(person=cast.ana.pk, device=row.pk, at=at)
            sent += 1
        except SentTooOften:
            continue

    assert sent == 10
    moments = sorted(DeviceMessage.objects.values_list("created_at", flat=True))
    assert all(b - a >= 10 * MINUTE for a, b in zip(moments, moments[3:], strict=False))


def test_removing_a_device_and_adding_it_anew_does_not_get_round_the_limit(cast: Cast) -> None:
    for _ in range(3):
        row = a_telephone(cast.ana)
        devices.remove(person=cast.ana.pk, device=row.pk, at=NOON)

    with pytest.raises(SentTooOften):
        a_telephone(cast.ana)
    assert not Device.objects.filter(person=cast.ana, kind="voice").exists()


def test_several_people_together_cannot_flood_one_number(cast: Cast) -> None:
    for person in (cast.ana, cast.bo, cast.ines):
        a_telephone(person)

    with pytest.raises(SentTooOften):
        a_telephone(cast.maya)


def test_tests_are_bounded_and_go_only_to_what_works(cast: Cast) -> None:
    row = a_telephone(cast.ana)
    with pytest.raises(device_codes.NothingToTest):
        device_codes.test(person=cast.ana.pk, device=row.pk, at=NOON)
    Device.objects.filter(pk=row.pk).update(verified_at=NOON)

    for _ in range(5):
        device_codes.test(person=cast.ana.pk, device=row.pk, at=NOON)

    with pytest.raises(SentTooOften):
        device_codes.test(person=cast.ana.pk, device=row.pk, at=NOON)
    with pytest.raises(WorksAlready):
        device_codes.send_code(person=cast.ana.pk, device=row.pk, at=NOON)


# Sending


def test_what_a_provider_does_not_take_is_tried_again_with_the_same_code(cast: Cast) -> None:
    line = Line(Outcome(sent=Sent.TRY_AGAIN, detail="429 slow down"))
    a_telephone(cast.ana, line)
    first = line.code
    waiting = DeviceMessage.objects.get()

    send(line, NOON + MINUTE)

    assert (waiting.state, waiting.said) == (State.PENDING, "429 slow down")
    assert (line.code, line.messages[0].key) == (first, line.messages[1].key)
    assert DeviceMessage.objects.get().state == State.TAKEN


def test_a_number_that_is_refused_is_not_tried_again_and_the_page_says_why(cast: Cast) -> None:
    line = Line(Outcome(sent=Sent.REFUSED, detail="21211 not a telephone"))
    row = a_telephone(cast.ana, line)

    page = browser(cast.ana).get("/me/devices/").content.decode()
    message = DeviceMessage.objects.get(device=row)

    assert (message.state, message.tries, message.sealed) == (State.FAILED, 1, "")
    assert "was not sent: 21211 not a telephone" in page


def test_a_killed_worker_leaves_a_lease_and_the_same_code_goes_out_again(cast: Cast) -> None:
    (row,) = devices.begin(person=cast.ana.pk, kinds=["voice"], to=NUMBER, at=NOON)
    claimed = device_messages.claim(at=NOON)
    line = Line()
    send(line, NOON + MINUTE / 2)
    early = len(line.messages)

    send(line, NOON + 2 * MINUTE)

    assert claimed is not None
    assert (early, len(line.messages)) == (0, 1)
    device_codes.verify(person=cast.ana.pk, device=row.pk, code=line.code, at=NOON + 3 * MINUTE)


def test_a_code_that_is_too_old_is_not_sent_and_not_kept(cast: Cast) -> None:
    devices.begin(person=cast.ana.pk, kinds=["voice"], to=NUMBER, at=NOON)
    line = Line()

    send(line, NOON + 11 * MINUTE)

    assert line.messages == []
    message = DeviceMessage.objects.get()
    assert (message.state, message.sealed) == (State.FAILED, "")


def test_a_provider_that_breaks_ends_after_bounded_tries(cast: Cast) -> None:
    class Broken(Line):
        def send(self, message: Message) -> Outcome:
            self.messages.append(message)
            raise RuntimeError("a bug, with a secret in it")

    line = Broken()
    devices.begin(person=cast.ana.pk, kinds=["voice"], to=NUMBER, at=NOON)
    for second in range(0, 720, 30):
        send(line, NOON + timedelta(seconds=second))

    message = DeviceMessage.objects.get()
    assert (message.state, message.sealed) == (State.FAILED, "")
    assert message.tries == len(line.messages) <= 20
    assert "secret" not in message.said


def test_what_is_older_than_any_limit_is_forgotten(cast: Cast) -> None:
    a_telephone(cast.ana)

    device_messages.forget_old(at=NOON + timedelta(days=1))
    kept = DeviceMessage.objects.count()
    device_messages.forget_old(at=NOON + timedelta(days=3))

    assert (kept, DeviceMessage.objects.count()) == (1, 0)


# Adding and removing


def test_what_nobody_could_be_reached_on_is_refused(cast: Cast) -> None:
    own = policies.current().policy
    cases: list[tuple[str, str, type[Exception]]] = [
        ("voice", "no number", people.NumberUnusable),
        ("sms", "", people.NumberUnusable),
        ("voice", "+44 909 879 0000", people.NumberUnusable),  # Whoever calls it pays.
        ("voice", own.hotline, devices.OurOwn),
        ("mail", own.email.upper(), devices.OurOwn),
        ("mail", "nobody", devices.MailUnusable),
        ("mail", "a@b.example\r\nBcc: c@d.example", devices.MailUnusable),
        ("fax", "1", devices.NoSuchKind),
        ("app", "file:///etc/passwd", devices.AppUnusable),
    ]

    for kind, to, error in cases:
        with pytest.raises(error):
            devices.add(person=cast.ana.pk, kind=kind, to=to, at=NOON)


def test_a_customers_person_has_no_devices(cast: Cast) -> None:
    with pytest.raises(devices.NotOfTheDesk):
        devices.add(person=cast.mira.pk, kind="voice", to=NUMBER, at=NOON)


def test_the_same_device_is_there_once_however_it_is_written(cast: Cast) -> None:
    a_telephone(cast.ana)

    with pytest.raises(devices.DeviceStandsAlready):
        devices.add(person=cast.ana.pk, kind="voice", to="+44 (20) 7946-0321", at=NOON)


def test_a_telephone_for_calls_and_sms_is_typed_once_and_rings_for_the_hotline(cast: Cast) -> None:
    line = Line()
    client = browser(cast.ana)
    form = {"to": "+44 20 7946 0321", "kinds": ["voice", "sms"], "name": "Bedside"}

    answer = client.post("/me/devices/add/telephone/", form)
    send(line, clock.now())
    voice = Device.objects.get(person=cast.ana, kind="voice")
    code = re.findall(
        r"\b\d{6}\b", next(m for m in line.messages if m.channel == "voice").lines[0]
    )
    client.post(f"/me/devices/{voice.pk}/code/", {"code": code[0]})

    assert answer.status_code == 302
    assert {m.channel for m in line.messages} == {"voice", "sms"}
    cast.ana.refresh_from_db()
    assert cast.ana.phone_e164 == NUMBER
    voice.refresh_from_db()
    assert voice.is_working


def test_a_number_that_the_hotline_knows_is_offered_and_not_asked_for_again(cast: Cast) -> None:
    people.set_phone(person=cast.ana.pk, phone="+44 20 7946 0321")

    page = browser(cast.ana).get("/me/devices/").content.decode()

    assert f'value="{NUMBER}"' in page
    assert "The hotline knows this number already" in page


def test_the_hotline_forgets_a_telephone_that_is_removed(cast: Cast) -> None:
    line = Line()
    row = a_telephone(cast.ana, line)
    device_codes.verify(person=cast.ana.pk, device=row.pk, code=line.code, at=NOON)

    devices.remove(person=cast.ana.pk, device=row.pk, at=NOON)

    cast.ana.refresh_from_db()
    assert cast.ana.phone_e164 == ""


def test_the_last_working_device_stays_while_its_owner_is_on_a_rota(cast: Cast) -> None:
    (mail,) = Device.objects.filter(person=cast.ana)

    with pytest.raises(devices.LastOneWorking) as raised:
        devices.remove(person=cast.ana.pk, device=mail.pk, at=NOON)

    assert "Billing Support, L1 Support, L2 Support" in str(raised.value)
    RotaShift.objects.filter(person=cast.ana).delete()
    layer = RotaLayer.objects.create(
        team=Team.objects.get(name="CTO"),
        name="Weeks",
        priority=1,
        time_zone="UTC",
        unit="week",
        every=1,
        starts_at=NOON + timedelta(days=9),
        made_at=NOON,
    )
    turn = RotaTurn.objects.create(layer=layer, position=0, person=cast.ana)
    with pytest.raises(devices.LastOneWorking, match="rota of CTO"):
        devices.remove(person=cast.ana.pk, device=mail.pk, at=NOON)
    turn.delete()
    devices.remove(person=cast.ana.pk, device=mail.pk, at=NOON)
    assert unreachable([cast.ana.pk])


def test_a_removed_device_leaves_the_rules(cast: Cast) -> None:
    row = a_telephone(cast.ana)
    RuleStep.objects.create(person=cast.ana, urgency="urgent", position=0, device=row)

    devices.remove(person=cast.ana.pk, device=row.pk, at=NOON)

    assert not RuleStep.objects.exists()


# The wrong side


def test_others_devices_are_not_there(cast: Cast) -> None:
    row = a_telephone(cast.ana)
    verbs = ("code", "send", "test", "rename", "remove", "nonsense")

    answers = {
        (who.name, verb): browser(who).post(f"/me/devices/{row.pk}/{verb}/", {}).status_code
        for who in (cast.bo, cast.rosa, cast.mira)
        for verb in verbs
    }
    seen = browser(cast.rosa).get(f"/me/devices/{row.pk}/state/").status_code

    assert set(answers.values()) == {404}
    assert seen == 404
    assert Device.objects.filter(pk=row.pk, name="").exists()


def test_nobody_who_has_not_signed_in_and_no_customer_sees_any_of_it(cast: Cast) -> None:
    paths = ("/me/devices/", "/me/rules/", "/oncall/reach/")

    strangers = {Client().get(path).status_code for path in paths}
    customers = {browser(cast.mira).get(path).status_code for path in paths}

    assert (strangers, customers) == ({302}, {404})
    assert Client().post("/me/devices/add/telephone/", {}).status_code == 302
    assert browser(cast.mira).post("/me/devices/add/telephone/", {}).status_code == 404


def test_who_has_left_can_do_nothing_with_their_devices(cast: Cast) -> None:
    line = Line()
    row = a_telephone(cast.ana, line)
    Person.objects.filter(pk=cast.ana.pk).update(is_active=False)

    with pytest.raises(NoSuchDevice):
        device_codes.verify(person=cast.ana.pk, device=row.pk, code=line.code, at=NOON)


def test_forms_with_nonsense_are_shown_again_with_what_is_wrong(cast: Cast) -> None:
    client = browser(cast.ana)
    long = "9" * 10_000

    answers = [
        client.post("/me/devices/add/telephone/", {"to": "abc", "kinds": ["voice"]}),
        client.post("/me/devices/add/telephone/", {"to": long, "kinds": ["voice"]}),
        client.post("/me/devices/add/telephone/", {"to": NUMBER, "kinds": ["fax"]}),
        client.post("/me/devices/add/mail/", {"to": "x\x00@y"}),
        client.post("/me/devices/add/other/", {"url": "file:///etc/passwd"}),
        client.post("/me/devices/add/other/", {"url": "\x00"}),
    ]

    assert {answer.status_code for answer in answers} == {422}
    assert not Device.objects.exclude(kind="mail").exists()
    assert client.post("/me/devices/add/nothing/", {}).status_code == 404
    assert client.get("/me/devices/?device=²&code=١٢٣٤٥٦").status_code == 200


def test_what_an_app_needs_is_sealed_and_shown_nowhere(cast: Cast) -> None:
    client = browser(cast.ana)
    form = {"topic": "very-secret-topic", "server": "", "token": "tk_abcdefghijklmnop", "name": ""}

    answer = client.post("/me/devices/add/ntfy/", form)
    page = client.get("/me/devices/").content.decode()
    reach = browser(cast.rosa).get("/oncall/reach/").content.decode()
    row = Device.objects.get(person=cast.ana, kind="app")
    line = Line()
    send(line, clock.now())

    assert answer.status_code == 302
    for text in (page, reach, row.address, row.sealed):
        assert "very-secret-topic" not in text
        assert "tk_abcdefghijklmnop" not in text
    assert row.address.startswith("ntfy ·")
    assert line.messages[0].secret == (
        "ntfys://tk_abcdefghijklmnop@ntfy.sh/very-secret-topic?auth=token"
    )


def test_a_program_reads_its_persons_devices_and_no_secret(cast: Cast, speak: Speak) -> None:
    client = browser(cast.ana)
    client.post("/me/devices/add/ntfy/", {"topic": "very-secret-topic"})
    a_telephone(cast.bo)

    answer = speak(cast.ana).get("/me/devices")

    assert [(each["kind"], each["state"]) for each in answer.json] == [
        ("mail", "works"),
        ("app", "waits"),
    ]
    assert b"very-secret-topic" not in answer.body
    assert speak(cast.mira).get("/me/devices").status == 404
    assert Client().get("/api/v1/me/devices").status_code == 401


def test_the_commands_list_devices_test_them_take_people_in_and_move_them(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contextlib import nullcontext

    from redphone.cli import device
    from redphone.cli import people as command

    for module in (device, command):
        monkeypatch.setattr(module, "database", nullcontext)
    run = CliRunner().invoke

    added = run(command.people_command, ["--add", "kim@desk.example", "--name", "Kim"])
    moved = run(command.people_command, ["--move", "kim@desk.example", "kim@new.example"])
    wrong = run(
        command.people_command, ["--add", "x@desk.example", "--name", "X", "--role", "king"]
    )
    listed = run(device.device, ["list", "kim@new.example"])
    waits = run(device.device, ["test", "kim@new.example"])
    tested = run(device.device, ["test", cast.ana.email])

    assert (added.exit_code, moved.exit_code, wrong.exit_code) == (0, 0, 1)
    assert "waits for its code" in listed.output
    assert (waits.exit_code, tested.exit_code) == (1, 0)
    assert DeviceMessage.objects.get().purpose == "test"


# New colleagues


def test_the_address_of_a_new_colleague_is_their_first_device_and_waits_for_its_code(
    cast: Cast,
) -> None:
    kim = people.add(email=" Kim@Redphone.example", name="Kim", role="responder", at=NOON)
    (mail,) = Device.objects.filter(person=kim)
    line = Line()

    device_codes.send_code(person=kim.pk, device=mail.pk, at=NOON)
    send(line)
    link = line.messages[0].link
    assert link is not None
    page = browser(kim).get(link[1].removeprefix("http://localhost:8000").partition("#")[0])
    opened = Device.objects.get(pk=mail.pk).is_working
    device_codes.verify(person=kim.pk, device=mail.pk, code=line.code, at=NOON)

    assert (mail.address, mail.is_working, opened) == ("kim@redphone.example", False, False)
    assert f'value="{line.code}"' in page.content.decode()
    assert not unreachable([kim.pk])
    with pytest.raises(people.AddressTaken):
        people.add(email="kim@redphone.example", name="Kim", role="responder", at=NOON)
    with pytest.raises(people.NoSuchRole):
        people.add(email="lea@redphone.example", name="Lea", role="customer", at=NOON)


def test_the_device_follows_when_somebody_moves_to_another_address(cast: Cast) -> None:
    people.move(email=cast.ana.email, to="Ana.Reyes@redphone.example", at=NOON)

    (mail,) = Device.objects.filter(person=cast.ana)
    assert (mail.address, mail.is_working) == ("ana.reyes@redphone.example", False)
    with pytest.raises(people.AddressTaken):
        people.move(email="ana.reyes@redphone.example", to=cast.bo.email, at=NOON)
    with pytest.raises(people.NoSuchColleague):
        people.move(email=cast.mira.email, to="mira@redphone.example", at=NOON)


# Who can be reached


def test_those_who_answer_for_the_desk_see_who_is_reached_on_what_and_no_whole_number(
    cast: Cast,
) -> None:
    a_telephone(cast.ana)
    Device.objects.filter(person=cast.bo).update(off_at=NOON, off_why="its mailbox is full")

    page = browser(cast.maya).get("/oncall/reach/").content.decode()

    assert NUMBER not in page
    assert "…321" in page
    assert "waits for its code" in page
    assert "its mailbox is full" in page
    assert re.search(r"Nothing verified reaches</b>\s*Bo Lindqvist", page)
    assert browser(cast.tom).get("/oncall/reach/").status_code == 200
    assert browser(cast.ana).get("/oncall/reach/").status_code == 403


def test_an_admin_adds_a_device_for_somebody_who_alone_can_enter_its_code(cast: Cast) -> None:
    form = {"person": str(cast.bo.pk), "kind": "sms", "to": "+44 20 7946 0322"}

    refused = browser(cast.maya).post("/oncall/reach/add/", form).status_code
    added = browser(cast.rosa).post("/oncall/reach/add/", form).status_code
    row = Device.objects.get(person=cast.bo, kind="sms")
    sent = DeviceMessage.objects.exists()
    theirs = browser(cast.rosa).post(f"/me/devices/{row.pk}/send/").status_code
    own = browser(cast.bo).post(f"/me/devices/{row.pk}/send/").status_code

    assert (refused, added, theirs, own) == (403, 302, 404, 302)
    assert not sent
    assert row.added_by == cast.rosa.actor
    assert (
        "An admin of this desk added it" in browser(cast.bo).get("/me/devices/").content.decode()
    )


def test_the_page_says_what_this_desk_cannot_send_by(cast: Cast) -> None:
    from redphone.jobs import heartbeats

    row = a_telephone(cast.ana)
    heartbeats.beat("worker", at=clock.now(), lines=["mail"])

    page = browser(cast.ana).get("/me/devices/").content.decode()

    assert f"This desk can’t send to</b> {row.address} (telephone call)" in page


def test_the_small_company_has_telephones_only_where_they_ring_nowhere(
    transactional_db: None,
) -> None:
    policies.publish(POLICY_FILE.read_text(), filename=POLICY_FILE.name, at=NOON)

    company.found(password="a word that only tests know", at=NOON, has_phones=True)

    ana = Person.objects.get(email="ana@redphone.example")
    kinds = Device.objects.filter(person=ana, verified_at__isnull=False)
    assert set(kinds.values_list("kind", flat=True)) == {"mail", "voice", "sms"}
    assert ana.phone_e164.startswith("+442079460")
    rung = [ring.channel for ring in rings([ana.pk], Urgency.URGENT)[ana.pk]]
    assert rung == ["mail", "sms", "voice", "voice"]
    assert [ring.channel for ring in rings([ana.pk], Urgency.CALM)[ana.pk]] == ["mail"]
