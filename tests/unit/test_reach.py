"""A rule in words, and what of it would let somebody sleep through a page."""

from __future__ import annotations

from datetime import timedelta

from redphone.core.reach import Try, in_words, masked, warnings

MINUTE = timedelta(minutes=1)
FIVE = 5 * MINUTE


def a_try(device: int, kind: str, minutes: float = 0, *, is_working: bool = True) -> Try:
    carriers = {"voice": "the telephone", "sms": "the telephone", "mail": "mail"}
    return Try(
        device=device,
        kind=kind,
        name=f"{kind} {device}",
        carrier=carriers.get(kind, kind),
        after=minutes * MINUTE,
        is_working=is_working,
    )


PUSH, SMS, CALL = a_try(1, "push"), a_try(2, "sms"), a_try(3, "voice", 1)


def test_a_rule_is_told_moment_by_moment_with_the_ladder_between() -> None:
    rule = [a_try(3, "voice", 7), SMS, PUSH, CALL, a_try(3, "voice", 3)]

    said = [str(line) for line in in_words(rule, FIVE)]

    assert said == [
        "At once: an SMS to sms 2 and a push to push 1.",
        "After 1 minute: a call to voice 3.",
        "After 3 minutes: a call to voice 3 again.",
        "After 5 minutes: the next step of the ladder is called as well, and your rule goes on.",
        "After 7 minutes: a call to voice 3 again.",
    ]


def test_the_ladder_comes_last_where_the_rule_ends_before_it() -> None:
    said = [str(line) for line in in_words([CALL, a_try(3, "voice", 5)], FIVE)]

    assert said[-1] == "After 5 minutes: the next step of the ladder is called as well."
    assert said[-2] == "After 5 minutes: a call to voice 3 again."


def test_what_does_not_work_is_left_out_and_said_so() -> None:
    off = a_try(3, "voice", 1, is_working=False)

    assert [line.when for line in in_words([PUSH, off], None)] == ["At once"]
    assert "voice 3 is passed over until it works again." in warnings(
        [PUSH, off], is_urgent=True, climbs_after=FIVE
    )
    assert in_words([off], None) == ()
    assert warnings([off], is_urgent=True, climbs_after=FIVE)[0].startswith("Nothing of this")


def test_a_good_rule_has_no_warnings() -> None:
    assert warnings([PUSH, SMS, CALL], is_urgent=True, climbs_after=FIVE) == ()


def test_a_rule_that_rings_nothing_or_too_late_is_warned_of() -> None:
    silent = warnings([PUSH, SMS], is_urgent=True, climbs_after=FIVE)
    late = warnings([PUSH, a_try(3, "voice", 5)], is_urgent=True, climbs_after=FIVE)
    in_time = warnings([PUSH, a_try(3, "voice", 4.5)], is_urgent=True, climbs_after=FIVE)

    assert silent[0].startswith("Nothing rings")
    assert late[0].startswith("The phone first rings after 5 minutes")
    assert in_time == ()


def test_one_device_or_one_provider_for_all_is_warned_of() -> None:
    alone = warnings([a_try(3, "voice")], is_urgent=True, climbs_after=FIVE)
    phone = warnings([SMS, CALL], is_urgent=True, climbs_after=FIVE)

    assert alone == ("All hangs on voice 3. Add a second device for when it is lost or empty.",)
    assert phone[0].startswith("All of it goes by the telephone")


def test_a_rule_that_begins_late_says_for_how_long_nothing_happens() -> None:
    rule = [a_try(1, "push", 1.5), a_try(3, "voice", 2)]

    assert warnings(rule, is_urgent=True, climbs_after=FIVE) == (
        "Nothing at all happens for 1 minute 30 seconds.",
    )


def test_calm_is_asked_only_whether_it_should_ring() -> None:
    assert warnings([a_try(1, "mail")], is_urgent=False, climbs_after=None) == ()
    assert "rings for what could wait" in " ".join(
        warnings([CALL], is_urgent=False, climbs_after=None)
    )


def test_as_much_of_an_address_is_shown_as_tells_two_apart() -> None:
    assert masked("voice", "+442079460321") == "…321"
    assert masked("mail", "ana@home.example") == "a…@home.example"
    assert masked("app", "Slack ·4f2a") == "Slack ·4f2a"
