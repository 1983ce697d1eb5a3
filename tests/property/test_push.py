"""Laws of pushes and apps: whatever somebody types or sends."""

from __future__ import annotations

import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from redphone.channels.apprise.address import KNOWN, allowed
from redphone.channels.apprise.child import without_secrets
from redphone.channels.push.subscription import BadSubscription, parse
from redphone.channels.push.words import LONGEST_BODY, LONGEST_TITLE, payload, topic
from redphone.channels.webhook.address import Allowed
from redphone.core.message import Message

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
PARTS = st.text(alphabet="abcXYZ0189-_", min_size=6, max_size=20)


@given(st.text(max_size=200) | st.tuples(st.sampled_from(sorted(KNOWN)), st.text(max_size=60)))
def test_any_address_gets_an_answer(given: str | tuple[str, str]) -> None:
    """An address is let through or refused in words; nothing that is typed breaks the check."""
    url = given if isinstance(given, str) else "://".join(given)

    assert allowed(url, Allowed()) is None or allowed(url, Allowed())


@given(JSON | st.builds(dict, endpoint=st.text(), keys=JSON))
def test_any_subscription_is_read_or_refused(sent: object) -> None:
    """What a browser sends is a subscription that can be encrypted for, or is told to be none."""
    with suppress(BadSubscription):
        found = parse(json.dumps(sent))
        assert parse(found.as_text()) == found


@given(PARTS, PARTS, PARTS)
def test_no_part_of_an_address_is_left_in_what_a_plugin_says(a: str, b: str, c: str) -> None:
    """A log line holds no secret of the address, wherever the plugin puts it."""
    said = without_secrets(f"it failed: {a}/{b} at {c}", f"slack://{a}/{b}/?token={c}")

    assert not any(part in said for part in (a, b, c))


@given(st.text(max_size=3000), st.text(max_size=3000), st.text(min_size=1, max_size=60))
def test_any_message_fits_in_a_push(subject: str, short: str, thread: str) -> None:
    """A payload is small enough for every push service, and its topic is a legal one."""
    subject = subject.encode("utf-8", "ignore").decode()
    short = short.encode("utf-8", "ignore").decode()
    thread = thread.encode("utf-8", "ignore").decode()
    message = Message(
        key="k/page", to="", subject=subject, lines=("x",), thread=thread, short=short
    )

    told = json.loads(payload(message))
    assert len(payload(message)) < 3900
    assert (len(told["title"]), len(told["body"])) <= (LONGEST_TITLE, LONGEST_BODY)
    assert len(topic(message)) == 32
