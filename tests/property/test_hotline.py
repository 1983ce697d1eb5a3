"""Laws of a call: whatever the order and however often, what was told adds up to the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from redphone.channels.hotline import receive
from redphone.core.hotline import Callback, Step, replay

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)

callbacks = st.builds(
    Callback,
    step=st.sampled_from(Step),
    call=st.just("CA1"),
    at=st.integers(0, 600).map(lambda seconds: AT + timedelta(seconds=seconds)),
    caller=st.sampled_from(["", "+442079460321"]),
    status=st.sampled_from(["", "ringing", "in-progress", "completed", "canceled"]),
    leg=st.integers(0, 3),
    person=st.integers(0, 3),
    turn=st.integers(1, 4),
    digits=st.sampled_from(["", "1", "2", "9", "hangup"]),
    speech=st.sampled_from(["", "It is down", "Help"]),
    dial_status=st.sampled_from(["", "busy", "no-answer", "completed"]),
    bridged=st.sampled_from([None, True, False]),
    recording=st.sampled_from(["", "RE1", "RE2"]),
    recording_url=st.sampled_from(["", "https://api.twilio.com/RE1"]),
    seconds=st.sampled_from([None, 3, 12]),
    transcript=st.sampled_from(["", "Call me back"]),
    customer=st.sampled_from([None, 0, 5]),
)


@given(st.lists(callbacks, max_size=12), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(told: list[Callback], chance: object) -> None:
    """Any order and any repetition of a call's callbacks is the same call."""
    shuffled = told + told[: len(told) // 2]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert replay("CA1", shuffled) == replay("CA1", told)


@given(st.lists(callbacks, min_size=1, max_size=8))
def test_only_the_moments_depend_on_when_it_was_told(told: list[Callback]) -> None:
    """The same callbacks that came at another time say the same, but for when."""
    late = [replace(each, at=AT + timedelta(hours=1)) for each in told if each.step != Step.LOST]
    early = [replace(each, at=AT) for each in late]

    one, other = replay("CA1", early), replay("CA1", late)

    assert (one.end, one.chosen, one.words, one.customer, one.recordings, one.pins) == (
        other.end, other.chosen, other.words, other.customer, other.recordings, other.pins,
    )  # fmt: skip
    assert [(leg.person, leg.status, leg.bridged) for leg in one.legs] == [
        (leg.person, leg.status, leg.bridged) for leg in other.legs
    ]


@given(st.lists(callbacks, max_size=12))
def test_each_call_that_is_over_was_answered_or_is_to_be_called_back(
    told: list[Callback],
) -> None:
    """No call falls between the two."""
    call = replay("CA1", told)

    if call.ended_at is not None:
        assert call.was_answered != call.needs_call_back
        assert (call.end == "answered") == call.was_answered


text = st.text(max_size=40)


@given(
    st.sampled_from(Step),
    st.dictionaries(st.sampled_from(["call", "leg", "person", "turn", "rehearsal"]), text),
    st.dictionaries(
        st.sampled_from(
            ["CallSid", "ParentCallSid", "From", "To", "Digits", "CallStatus", "RecordingDuration"]
        ),
        text,
    ),
)
def test_reading_a_callback_never_raises(
    step: Step, query: dict[str, str], form: dict[str, str]
) -> None:
    """Whatever a provider posts is read, or is of no call."""
    found = receive.callback(step, query, form, at=AT)

    assert found is None or found.call
