"""What needs no desk: providers' addresses, an SMS's letters, what people mean, what is heard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.conf import LazySettings
from hypothesis import given
from hypothesis import strategies as st

from redphone.channels.telephone import provider, receive, twiml, words
from redphone.channels.telephone.provider import BadProvider
from redphone.channels.telephone.receive import Went
from redphone.config import checks
from redphone.core import text_says
from redphone.core.phone_says import Ask, Over, Passed, Tell, Took
from redphone.core.text_says import Meant, Said

TWILIO = "https://AC1:secret@api.twilio.com/?from=+15005550006"


def test_a_provider_is_read_from_its_address() -> None:
    found = provider.read(TWILIO)

    assert found.url("Calls") == "https://api.twilio.com/2010-04-01/Accounts/AC1/Calls.json"
    assert (found.caller, found.texter) == ("+15005550006", "+15005550006")
    assert (found.token, found.signed_by) == ("secret", "secret")
    assert "secret" not in repr(found)


def test_other_paths_keys_and_senders_are_options() -> None:
    found = provider.read(
        "https://SK1:se%2Fcret@space.example/api/laml/2010-04-01"
        "?from=%2B15005550006&from_sms=Redphone&account=AC1&signed_by=key%26"
    )

    assert found.url("Messages").startswith("https://space.example/api/laml/2010-04-01/Accounts/")
    assert "/Accounts/AC1/" in found.url("Calls")
    assert (found.user, found.token, found.signed_by) == ("SK1", "se/cret", "key&")
    assert found.texter == "Redphone"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.twilio.com",
        "ftp://AC1:t@host/?from=+15005550006",
        "https://AC1@host/?from=+15005550006",
        "https://A/../1:t@host/?from=+15005550006",
        "https://AC1:t@host/",
        "https://AC1:t@host/?from=5005550006",
        "https://AC1:t@host/?from=+15005550006&from_sms=a-name-too-long",
        "https://AC1:t@host/?from=+15005550006&form=+15005550006",
        "https://AC1:t@host:port/?from=+15005550006",
        "https://AC%2F1:t@host/?from=+15005550006",
    ],
)
def test_an_address_that_names_no_provider_says_what_to_write(url: str) -> None:
    with pytest.raises(BadProvider):
        provider.read(url)


def test_two_accounts_at_one_host_have_two_names_and_one_twice_is_none() -> None:
    other = TWILIO.replace("AC1", "AC2")

    assert [each.name for each in provider.read_all([TWILIO, other])] == [
        "api.twilio.com/AC1",
        "api.twilio.com/AC2",
    ]
    with pytest.raises(BadProvider):
        provider.read_all([TWILIO, TWILIO])


def test_settings_that_reach_nobody_or_in_the_clear_are_said(settings: LazySettings) -> None:
    settings.PHONE_PROVIDERS = ()
    none = checks.calls_are_carried_by_somebody()
    settings.PHONE_PROVIDERS = provider.read_all([TWILIO.replace("https", "http")])
    one = checks.calls_are_carried_by_somebody()
    here, clear = checks.calls_come_back_to_us(), checks.providers_are_reached_safely()
    settings.PUBLIC_URL, settings.WEBHOOK_ALLOW = "https://desk.example", ["api.twilio.com"]

    said = [each.id for each in (*none, *one, *here, *clear)]
    assert said == ["redphone.W024", "redphone.W025", "redphone.W026", "redphone.E027"]
    assert checks.calls_come_back_to_us() == checks.providers_are_reached_safely() == []


def test_an_sms_is_in_letters_that_telephones_have() -> None:
    assert words.plain("“Ça va” – naïve… 日本 €5 ę") == '"Ça va" - naïve... ?? €5 e'.replace(
        "ï", "i"
    )
    assert words.length("€5") == 3


@given(st.text(max_size=400), st.text(alphabet="abc/.:", max_size=130))
def test_an_sms_is_never_longer_than_two_and_keeps_its_link(short: str, link: str) -> None:
    """Law: whatever is written, the link is whole, and the letters fit."""
    body = words.body(short, ask="Reply 1 to take it.", link=link)

    assert words.length(body) <= words.TWO
    assert body.rstrip().endswith(link.strip())
    assert "Reply 1 to take it." in body


def test_an_sms_is_one_where_its_link_leaves_room() -> None:
    body = words.body("word " * 100, ask="Reply 1 to take it.", link="https://desk.example/" * 3)

    assert words.length(body) <= words.ONE
    assert "word..." in body


TAKES = Said(meant=Meant.TAKE)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("1", TAKES),
        (" Ack. ", TAKES),
        ("YES!", TAKES),
        ("take it", TAKES),
        ("1\n> INC-101 due 03:15", TAKES),
        ("1 INC-101", Said(meant=Meant.TAKE, incident="INC-101")),
        ("ack 101", Said(meant=Meant.TAKE, incident="INC-101")),
        ("inc 101", Said(meant=Meant.TAKE, incident="INC-101")),
        ("ALL", Said(meant=Meant.TAKE, is_all=True)),
        ("ack all", Said(meant=Meant.TAKE, is_all=True)),
        ("3", Said(meant=Meant.PASS)),
        ("not me", Said(meant=Meant.PASS)),
        ("Stop", Said(meant=Meant.STOP)),
        ("start", Said(meant=Meant.START)),
    ],
)
def test_what_a_colleagues_sms_means(body: str, said: Said) -> None:
    assert text_says.read(body) == said


@pytest.mark.parametrize(
    "body",
    ["", "  ", "I am driving, one moment please", "stop the outage", "11", "INC-", "1000", "?"],
)
def test_what_is_no_command_takes_nothing(body: str) -> None:
    assert text_says.read(body) == Said(meant=Meant.UNCLEAR)


@given(st.text(max_size=300))
def test_any_sms_is_read(body: str) -> None:
    """Law: nothing that is written raises."""
    text_says.read(body)


FORM: dict[str, Any] = {"CallSid": "CA1"}


@pytest.mark.parametrize(
    ("form", "went", "for_good"),
    [
        ({"CallStatus": "initiated"}, Went.ON, False),
        ({"CallStatus": "ringing"}, Went.ARRIVED, False),
        ({"CallStatus": "busy"}, Went.ARRIVED, False),
        ({"CallStatus": "no-answer"}, Went.ARRIVED, False),
        ({"CallStatus": "canceled"}, Went.ON, False),
        ({"CallStatus": "failed"}, Went.FAILED, False),
        ({"MessageStatus": "sent"}, Went.ON, False),
        ({"MessageStatus": "delivered"}, Went.ARRIVED, False),
        ({"MessageStatus": "undelivered", "ErrorCode": "30003"}, Went.FAILED, False),
        ({"MessageStatus": "undelivered", "ErrorCode": "30005"}, Went.FAILED, True),
        ({"MessageStatus": "failed", "ErrorCode": "21610"}, Went.FAILED, True),
        ({"MessageStatus": "new\x00", "ErrorCode": "9" * 5000}, Went.ON, False),
        ({}, Went.ON, False),
    ],
)
def test_what_a_status_tells(form: dict[str, str], went: Went, for_good: bool) -> None:
    told = receive.status(form)

    assert (told.went, told.for_good) == (went, for_good)


def said(text: str) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(text).iter("Say")]


@pytest.mark.parametrize(
    ("says", "part"),
    [
        (Ask(words=("Incident 1: <Outage>.",)), "Incident 1: <Outage>. Press 1 to take it"),
        (Ask(words=("Two.",), count=2), "4 to take all"),
        (Took(incidents=("INC-101",), others=("Bo", "Ines")), "Bo and Ines stop ringing"),
        (Took(incidents=("INC-101",), is_new=False), "You have Incident 1 0 1 already"),
        (Took(incidents=("INC-1",), left=("INC-2",)), "Incident 2 still rings"),
        (Over(incident="INC-101", by="Bo"), "was taken by Bo"),
        (Over(incident="INC-101"), "asks nothing of you"),
        (Passed(names=("Ines",)), "Ines is called now"),
        (Passed(), "nobody after you"),
        (Tell(words=("Your code is: 1. 2.",)), "Your code is: 1. 2."),
    ],
)
def test_what_is_heard(says: Any, part: str) -> None:
    heard = said(twiml.render(says, callback="https://desk.example/phone/t"))

    assert any(part in each for each in heard)


def test_a_desk_in_trouble_is_asked_once_more_and_then_the_line_ends() -> None:
    first = ElementTree.fromstring(twiml.trouble("https://d/phone/t", again=True))
    second = ElementTree.fromstring(twiml.trouble("https://d/phone/t", again=False))

    assert first[-1].text == "https://d/phone/t/voice?again=1"
    assert second[-1].tag == "Hangup"


def test_without_a_key_the_page_is_said_twice_and_the_line_ends() -> None:
    root = ElementTree.fromstring(
        twiml.render(Ask(words=("What.",)), callback="https://d/phone/t")
    )

    assert [each.tag for each in root] == ["Gather", "Gather", "Say", "Hangup"]
    assert root[0].attrib["action"] == "https://d/phone/t/key"
    assert root[0].attrib["numDigits"] == "1"


def nested(document: str) -> set[tuple[str, str]]:
    """Each verb with the one that it stands in."""
    root = ElementTree.fromstring(document)
    return {(each.tag, inner.tag) for each in root.iter() for inner in each}


def test_what_we_speak_is_what_providers_take() -> None:
    name = Path("shared") / "real" / "telephony" / "twiml-valid-documents.json"
    file = next((there for up in Path(__file__).parents if (there := up / name).exists()), None)
    if file is None:
        pytest.skip(f"Documents that a provider takes are not here: {name}.")
    # The documents pause nowhere; the provider's own builder does.
    known = set().union(*map(nested, json.loads(file.read_text()).values()))
    known.add(("Response", "Pause"))

    for says in (Ask(words=("What.",)), Tell(words=("What.",)), Over(incident="INC-1")):
        assert nested(twiml.render(says, callback="https://desk.example/phone/t")) <= known
