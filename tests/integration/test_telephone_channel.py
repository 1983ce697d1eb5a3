"""The contract of the lines "voice" and "sms": real HTTP to providers that behave in every way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from redphone.channels.telephone import provider
from redphone.channels.telephone.fake import Exchange, Mood
from redphone.channels.telephone.fake_server import serving
from redphone.channels.telephone.health import InMemory
from redphone.channels.telephone.send import Telephone
from redphone.channels.telephone.wire import Wire
from redphone.channels.webhook.address import Allowed
from redphone.core.message import Message, Sent

ANA = "+442079460321"

PAGE = Message(
    key="INC-101/2/person:1/voice:7/page",
    to=ANA,
    subject="Page INC-101: System Outage: nobody can reach the dashboard",
    lines=("System Outage.",),
    thread="INC-101",
    link=("I have it", "https://desk.example/a/WzEyMyw0NV0.c2lnbmF0dXJl/"),
    is_urgent=True,
    channel="voice",
    short="INC-101, due 03:15 CET: System Outage. Nobody can reach the dashboard at all",
    spoken=("Incident 1 0 1: System Outage at Nordwind.", "Nobody can reach the dashboard."),
    callback="https://desk.example/phone/token",
)


@dataclass
class Pair:
    """Two providers, and the desk's lines to them."""

    first: Exchange
    second: Exchange
    known: InMemory
    voice: Telephone
    sms: Telephone

    @property
    def rang(self) -> int:
        return len(self.first.calls()) + len(self.second.calls())


def nobody(url: str, form: dict[str, str], signature: str) -> tuple[int, str]:
    return 200, "<Response/>"


@pytest.fixture
def pair() -> Iterator[Pair]:
    first, second = (Exchange(public="https://desk.example", deliver=nobody) for _ in range(2))
    wire = Wire(allowed=Allowed.read(["127.0.0.1"]), connect=1.0, read=0.4)
    with serving(first) as one, serving(second) as two:
        providers = provider.read_all([one.setting(), two.setting(caller="+15005550009")])
        known = InMemory()
        voice = Telephone(providers=providers, known=known, wire=wire)
        yield Pair(first, second, known, voice, replace(voice, is_text=True))


def test_a_call_says_where_its_words_and_its_news_go(pair: Pair) -> None:
    outcome = pair.voice.send(PAGE)

    (call,) = pair.first.calls(ANA)
    assert (outcome.sent, outcome.provider_id) == (Sent.TAKEN, call.sid)
    assert outcome.receipt_within == timedelta(seconds=30)
    assert call.form["Url"] == "https://desk.example/phone/token/voice"
    assert call.form["StatusCallback"] == "https://desk.example/phone/token/status"
    assert call.form["From"] == "+15005550006"
    assert pair.second.rung == []


def test_a_code_is_spoken_without_asking_the_desk(pair: Pair) -> None:
    pair.voice.send(replace(PAGE, callback="", spoken=("The code is: 1. 2. <3>.",)))

    (call,) = pair.first.calls()
    assert "1. 2. &lt;3&gt;." in call.form["Twiml"]
    assert "Url" not in call.form


def test_an_sms_is_one_and_ends_with_how_to_answer(pair: Pair) -> None:
    outcome = pair.sms.send(replace(PAGE, channel="sms"))

    (text,) = pair.first.texts(ANA)
    assert outcome.receipt_within == timedelta(seconds=45)
    assert len(text.form["Body"]) <= 160
    assert text.form["Body"].startswith("INC-101, due 03:15 CET: System Outage.")
    assert PAGE.link is not None
    assert text.form["Body"].endswith(f"Reply 1 to take it. {PAGE.link[1]}")


@pytest.mark.parametrize("mood", [Mood.DOWN, Mood.BUSY, Mood.DENIES, Mood.FORGETS])
def test_when_the_first_one_does_not_do_it_the_second_rings_in_the_same_try(
    pair: Pair, mood: Mood
) -> None:
    pair.first.mood = mood

    outcome = pair.voice.send(PAGE)

    assert outcome.sent is Sent.TAKEN
    assert [len(pair.first.calls()), len(pair.second.calls())] == [0, 1]
    assert outcome.provider == pair.voice.providers[1].name
    assert pair.voice.providers[0].name in pair.known.unwell


def test_whom_nobody_reaches_is_passed_over_at_once(pair: Pair) -> None:
    gone = provider.read("http://AC1:t@127.0.0.1:9/?from=+15005550006")
    line = replace(pair.voice, providers=[gone, pair.voice.providers[1]])

    assert line.send(PAGE).sent is Sent.TAKEN
    assert len(pair.second.calls()) == 1


def test_a_provider_that_failed_lately_is_asked_second(pair: Pair) -> None:
    pair.first.mood = Mood.DOWN
    pair.voice.send(PAGE)
    pair.first.requests.clear()

    pair.voice.send(replace(PAGE, key="other"))

    assert pair.first.requests == []


@pytest.mark.parametrize("mood", [Mood.LOSES, Mood.SLOW, Mood.CRASHES, Mood.MUMBLES])
def test_a_call_whose_answer_was_lost_is_found_and_rings_once(pair: Pair, mood: Mood) -> None:
    pair.first.mood, pair.first.slow_s = mood, 1.0

    outcome = pair.voice.send(PAGE)

    assert pair.rang == 1
    assert outcome.sent is Sent.TAKEN
    assert outcome.provider_id == pair.first.calls()[0].sid


def test_what_another_message_is_known_to_have_made_is_not_taken_for_it(pair: Pair) -> None:
    taken = pair.voice.send(PAGE)
    pair.known.owned[taken.provider_id] = PAGE.key
    pair.first.mood = Mood.FORGETS

    outcome = pair.voice.send(replace(PAGE, key="INC-102/2/person:1/voice:7/page"))

    assert outcome.provider == pair.voice.providers[1].name
    assert pair.rang == 2


def test_a_caller_whom_the_hotline_connects_is_not_taken_for_a_page(pair: Pair) -> None:
    """It rings the same telephone in the same minute, and says nothing of the page."""
    pair.first.take("call", {"To": ANA}).direction = "outbound-dial"

    outcome = pair.voice.send(replace(PAGE, tried_for=timedelta(seconds=30)))

    assert outcome.provider_id == pair.first.calls()[1].sid


def test_a_try_whose_worker_was_killed_rings_no_second_time(pair: Pair) -> None:
    first = pair.voice.send(PAGE)

    again = pair.voice.send(replace(PAGE, tried_for=timedelta(seconds=40)))

    assert pair.rang == 1
    assert again.provider_id == first.provider_id


def test_a_try_whose_worker_was_killed_before_it_left_rings_now(pair: Pair) -> None:
    again = pair.sms.send(replace(PAGE, tried_for=timedelta(seconds=40)))

    assert again.sent is Sent.TAKEN
    assert len(pair.first.texts()) == 1


def test_an_sms_is_known_by_its_words(pair: Pair) -> None:
    pair.sms.send(PAGE)

    other = replace(PAGE, key="other", short="INC-102: Payments", tried_for=timedelta(seconds=40))
    pair.sms.send(other)
    pair.sms.send(replace(PAGE, tried_for=timedelta(seconds=40)))

    assert len(pair.first.texts()) == 2


def test_if_nobody_can_say_a_second_ring_is_better_than_none(pair: Pair) -> None:
    pair.first.mood = Mood.DOWN
    pair.second.mood = Mood.DOWN

    outcome = pair.voice.send(replace(PAGE, tried_for=timedelta(seconds=40)))
    pair.second.mood = Mood.WELL
    later = pair.voice.send(replace(PAGE, tried_for=timedelta(seconds=40)))

    assert outcome.sent is Sent.TRY_AGAIN
    assert "503" in outcome.detail
    assert later.sent is Sent.TAKEN


@pytest.mark.parametrize("code", [21211, 21214, 21217])
def test_a_number_that_is_none_is_refused_for_good(pair: Pair, code: int) -> None:
    pair.first.dead[ANA] = code

    outcome = pair.voice.send(PAGE)

    assert outcome.sent is Sent.REFUSED
    assert str(code) in outcome.detail
    assert pair.rang == 0


def test_a_country_that_is_not_switched_on_is_no_fault_of_the_number(pair: Pair) -> None:
    pair.first.dead[ANA] = 21215

    assert pair.voice.send(PAGE).sent is Sent.TAKEN
    pair.second.dead[ANA] = 21215
    assert pair.voice.send(replace(PAGE, key="other")).sent is Sent.TRY_AGAIN
    assert pair.known.unwell == {}


def test_what_is_no_number_is_never_sent(pair: Pair) -> None:
    assert pair.voice.send(replace(PAGE, to="ana@desk.example")).sent is Sent.REFUSED
    assert pair.first.requests == []


def test_a_redirect_is_not_followed_with_our_password(pair: Pair) -> None:
    elsewhere = Exchange(public="", deliver=nobody)
    with serving(elsewhere) as door:
        for each in (pair.first, pair.second):
            each.moved_to = f"http://127.0.0.1:{door.port}/2010-04-01/Accounts/x/Calls.json"

        outcome = pair.voice.send(PAGE)

    assert outcome.sent is Sent.TRY_AGAIN
    assert elsewhere.requests == []


def test_nothing_crosses_the_network_in_the_clear_unless_it_was_allowed(pair: Pair) -> None:
    line = replace(pair.voice, wire=Wire(allowed=Allowed()))

    outcome = line.send(PAGE)

    assert outcome.sent is Sent.TRY_AGAIN
    assert "REDPHONE_WEBHOOK_ALLOW" in outcome.detail
    assert pair.first.requests == []


def test_a_ringing_call_is_ended_and_what_is_over_counts_as_ended(pair: Pair) -> None:
    taken = pair.voice.send(PAGE)
    (call,) = pair.first.calls()

    assert pair.voice.hang_up(provider=taken.provider, provider_id=call.sid)
    assert call.status == "canceled"
    assert pair.voice.hang_up(provider=taken.provider, provider_id=call.sid)
    assert pair.voice.hang_up(provider=taken.provider, provider_id="CA" + "1" * 32)
    assert pair.voice.hang_up(provider="gone.example", provider_id=call.sid)


def test_a_call_whose_provider_does_not_answer_is_to_be_ended_later(pair: Pair) -> None:
    gone = provider.read("http://AC1:t@127.0.0.1:9/?from=+15005550006")

    assert not replace(pair.voice, providers=[gone]).hang_up(provider=gone.name, provider_id="CA1")


def test_a_canary_goes_by_the_provider_that_it_names(pair: Pair) -> None:
    second = pair.voice.providers[1].name

    outcome = pair.sms.send(replace(PAGE, via=second))

    assert outcome.provider == second
    assert pair.first.requests == []
