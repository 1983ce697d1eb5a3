"""A call as the set of what was told of it, what is read in a callback, and what is heard."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from redphone.channels.hotline import receive, twiml
from redphone.channels.hotline.twiml import Line
from redphone.core import case as cases
from redphone.core import command
from redphone.core.hotline import Callback, Step, replay, spoken
from redphone.core.hotline_says import (
    AskPin,
    AskWords,
    GetBy,
    Goodbye,
    Greet,
    Join,
    LetGo,
    Nothing,
    Ring,
    Says,
    TakeMessage,
    Thank,
    Whisper,
)
from redphone.core.incident import Incident

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
LINE = Line(base="https://desk.example/hotline/", call="CA1")
EVIL = "<Hangup/>\"' & Söhne</Say>"

SAYS: tuple[Says, ...] = (
    Greet(company=EVIL, case="RP-1024", keys=(("1", "an outage"), ("2", EVIL))),
    AskWords(),
    AskPin(turn=1),
    AskPin(turn=2),
    Ring(leg=1, person=7, number="+15005550101", shown="+18005559999", seconds=20),
    Join(),
    LetGo(),
    TakeMessage(within="12 minutes"),
    Thank(within=""),
    Goodbye(),
    Nothing(),
    GetBy(number="+442079460321"),
    GetBy(number=""),
)


def told(step: Step, **more: object) -> Callback:
    return replace(Callback(step=step, call="CA1", at=AT), **more)  # type: ignore[arg-type]


# ── The call ────────────────────────────────────────────────────────────────────────────────────


def test_a_voicemail_box_that_picks_up_has_taken_nothing() -> None:
    call = replay(
        "CA1",
        [
            told(Step.WHISPER, leg=1, person=7),
            told(Step.TAKE, leg=1, person=7),
            told(Step.DIAL, leg=1, person=7, dial_status="completed"),
            told(Step.STATUS, status="completed"),
        ],
    )

    assert call.taken is None
    assert (call.end, call.needs_call_back) == ("hung_up", True)


def test_lines_that_were_joined_were_taken_though_we_never_heard_the_key() -> None:
    call = replay("CA1", [told(Step.DIAL, leg=1, person=7, bridged=True)])

    assert call.was_answered
    assert call.taken is not None
    assert call.taken.person == 7


def test_who_pressed_the_key_when_the_caller_had_gone_has_answered_nobody() -> None:
    call = replay(
        "CA1",
        [
            told(Step.TAKE, leg=1, person=7, digits="1"),
            told(Step.DIAL, leg=1, person=7, bridged=False, status="completed"),
        ],
    )

    assert call.taken is not None
    assert call.needs_call_back


def test_the_end_of_a_leg_is_not_the_end_of_the_call() -> None:
    call = replay("CA1", [told(Step.LEG, leg=1, person=7, status="completed")])

    assert call.ended_at is None
    assert not call.is_known


def test_a_line_that_is_heard_again_was_not_lost() -> None:
    lost = told(Step.LOST, at=AT + timedelta(minutes=10))
    again = told(Step.DIAL, leg=1, person=7, at=AT + timedelta(minutes=11))

    assert replay("CA1", [lost]).end == "lost"
    assert replay("CA1", [lost, again]).end == ""


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(0.5, ""), (1, "1 minute"), (14.9, "14 minutes"), (119, "119 minutes"), (130, "2 hours")],
)
def test_a_span_is_said_in_whole_minutes_and_never_more_than_there_are(
    minutes: float, said: str
) -> None:
    assert spoken(timedelta(minutes=minutes)) == said


# ── What is told later sorts what nobody has decided ────────────────────────────────────────────


def an_incident(**more: object) -> Incident:
    vague = Incident(ref="INC-1", opened_at=AT, started_at=AT, types=("other-emergency",))
    return replace(vague, **more)  # type: ignore[arg-type]


def test_a_vague_incident_is_sorted_once() -> None:
    """FAQ-1."""
    (entry,) = command.sort(an_incident(), issue_type="system-outage", at=AT, actor="system")

    assert entry.data == {"types": ["system-outage"]}


@pytest.mark.parametrize(
    "more",
    [
        {"types": ("account-lockout",)},
        {"types": ("other-emergency", "account-lockout")},
        {"confirmed_at": AT},
        {"public_by_hand": True},
        {"resolved_at": AT},
    ],
)
def test_what_a_person_has_decided_or_has_a_type_stays(more: dict[str, object]) -> None:
    found = command.sort(an_incident(**more), issue_type="system-outage", at=AT, actor="system")

    assert found == ()


def test_a_call_back_that_reached_somebody_says_what_was_spoken() -> None:
    """POL-2."""
    case = cases.Case(ref="RP-1", opened_at=AT, incident="INC-1", channel="hotline")

    with pytest.raises(cases.WordsMissing):
        cases.call_back(case, by="person:7", reached=True, words=" ", at=AT)
    with pytest.raises(cases.NotAPerson):
        cases.call_back(case, by="system", reached=False, words="", at=AT)
    tried = cases.call_back(case, by="person:7", reached=False, words="", at=AT)
    assert tried.data == {"reached": False}


# ── What is read in a callback ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "number", ["", "anonymous", "ANONYMOUS", "+266696687", "Restricted", "+7378742833", "unknown"]
)
def test_a_withheld_number_is_none(number: str) -> None:
    assert receive.number(number) == ""


def test_the_callees_line_says_nothing_of_the_caller() -> None:
    form = {"CallSid": "CA2", "ParentCallSid": "CA1", "From": "+18005559999", "To": "+15005550101"}

    found = receive.callback(Step.TAKE, {"leg": "1", "person": "7"}, form, at=AT)

    assert found is not None
    assert (found.call, found.caller, found.called, found.person) == ("CA1", "", "", 7)


@pytest.mark.parametrize(
    "form",
    [
        {"CallSid": "CA1", "RecordingDuration": "-1", "RecordingUrl": "x"},
        {"CallSid": "CA1", "Digits": "\x00" * 9, "From": "\ud800", "SpeechResult": "a" * 99_999},
        {"CallSid": "\x00" * 500 + "CA" * 200, "DialBridged": "perhaps"},
        {"ParentCallSid": "CA1", "RecordingDuration": "²", "CallStatus": "COMPLETED"},
    ],
)
def test_odd_fields_are_read_as_far_as_they_go(form: dict[str, str]) -> None:
    found = receive.callback(
        Step.RECORDING, {"leg": "-1", "person": "9" * 40, "turn": "x"}, form, at=AT
    )

    assert found is not None
    assert (found.leg, found.person, found.turn, found.bridged) == (0, 0, 1, None)
    assert len(found.call) <= 100


def test_without_a_call_there_is_nothing_to_read() -> None:
    assert receive.callback(Step.STATUS, {}, {"From": "+442079460321"}, at=AT) is None


def test_a_recording_that_is_empty_or_not_ready_has_no_address() -> None:
    form = {"CallSid": "CA1", "RecordingSid": "RE1", "RecordingUrl": "https://api.twilio.com/RE1"}

    def url(**more: str) -> str:
        found = receive.callback(Step.RECORDING, {}, {**form, **more}, at=AT)
        assert found is not None
        return found.recording_url

    assert url() == "https://api.twilio.com/RE1"
    assert url(RecordingStatus="in-progress") == ""
    assert url(RecordingDuration="0") == ""


# ── What is heard ───────────────────────────────────────────────────────────────────────────────

ATTRIBUTES = {
    "Response": set(),
    "Say": set(),
    "Hangup": set(),
    "Redirect": {"method"},
    "Gather": {
        "action", "method", "input", "timeout", "numDigits", "speechTimeout", "finishOnKey",
    },
    "Record": {
        "action", "method", "maxLength", "timeout", "finishOnKey", "playBeep", "transcribe",
        "transcribeCallback", "recordingStatusCallback", "recordingStatusCallbackMethod",
    },
    "Dial": {
        "action", "method", "timeout", "callerId", "record", "recordingStatusCallback",
        "recordingStatusCallbackMethod",
    },
    "Number": {"url", "method", "statusCallback", "statusCallbackEvent", "statusCallbackMethod"},
}  # fmt: skip
"""The verbs that we use, each with the attributes that the provider knows of it."""


def every_document() -> list[str]:
    whisper = twiml.whisper(Whisper(about=EVIL, plan=EVIL), LINE, leg=1, person=7)
    recorded = replace(LINE, records=True)
    return [whisper, *(twiml.render(each, line) for each in SAYS for line in (LINE, recorded))]


@pytest.mark.parametrize("text", every_document())
def test_every_document_is_of_known_verbs_and_whole_addresses_of_ours(text: str) -> None:
    root = ElementTree.fromstring(text)

    assert root.tag == "Response"
    for verb in root.iter():
        assert set(verb.keys()) <= ATTRIBUTES[verb.tag]
        for name, value in verb.items():
            if name in {"action", "url"} or name.endswith(("Callback", "callback")):
                assert value.startswith("https://desk.example/hotline/"), (verb.tag, name)


def test_what_people_say_is_escaped() -> None:
    text = twiml.render(Greet(company=EVIL, case="", keys=()), LINE)

    said = next(ElementTree.fromstring(text).iter("Say")).text or ""
    assert EVIL in said
    assert "<Hangup" not in text


def test_a_call_never_just_ends_after_something_was_asked() -> None:
    """Where nothing is keyed in or said, the document itself goes on."""
    for says in (SAYS[0], AskWords(), AskPin(turn=1)):
        last = list(ElementTree.fromstring(twiml.render(says, LINE)))[-1]
        assert last.tag == "Redirect"


def real(name: str) -> Path:
    for folder in Path(__file__).parents:
        found = folder / "shared" / "real" / "telephony" / name
        if found.exists():
            return found
    pytest.skip(f"{name} is not here: our verbs are not compared with the provider's own.")


def test_the_providers_own_documents_have_the_verbs_that_we_use() -> None:
    found = json.loads(real("twiml-valid-documents.json").read_text())
    seen: dict[str, set[str]] = {}
    for text in found.values():
        for verb in ElementTree.fromstring(text).iter():
            seen.setdefault(verb.tag, set()).update(verb.keys())

    assert seen.keys() >= ATTRIBUTES.keys()
    assert {"statusCallback", "statusCallbackEvent"} <= seen["Number"]
    assert {"action", "method", "finishOnKey", "maxLength", "timeout"} <= seen["Record"]
