"""Which addresses of chat and push apps may be a device."""

from __future__ import annotations

import pytest

from redphone.channels.apprise import library
from redphone.channels.apprise.address import KNOWN, allowed
from redphone.channels.webhook.address import Allowed

NOBODY = Allowed()


@pytest.mark.parametrize(
    "url",
    [
        "ntfys://ntfy.example/a-topic-nobody-guesses",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "tgram://123456789:abcdefg_hijklmnop/12315544/",
        "signals://signal.example/+442079460100/+442079460321",
        "ntfys://ntfy.example/topic?verify=yes",
    ],
)
def test_services_that_reach_a_person_are_let_through(url: str) -> None:
    assert allowed(url, NOBODY) is None


@pytest.mark.parametrize(
    ("url", "because"),
    [
        ("", "whole address"),
        ("ntfys://ntfy.example/to pic", "without blanks"),
        ("ntfys://ntfy.example/" + "x" * 2000, "whole address"),
        ("ntfys://[::1/topic", "no address"),
        ("syslog://", "syslog is no service"),
        ("dbus://", "dbus is no service"),
        ("mailtos://me:word@mail.example", "mailtos is no service"),
        ("mastodons://token@social.example", "mastodons is no service"),
        ("file:///etc/passwd", "file is no service"),
        ("https://nobody-knows.example/hook", "doesn't know the service"),
        ("ntfys://", "names no host"),
        ("slack://", "Something is missing"),
        ("jsons://127.0.0.1/", "not in the public internet"),
        ("jsons://localhost:8025/", "not in the public internet"),
        ("jsons://[::ffff:10.0.0.1]/", "not in the public internet"),
        ("ntfy://169.254.169.254/latest", "not in the public internet"),
        ("ntfy://ntfy.example/topic", "in the clear"),
        ("ntfys://ntfy.example/topic?verify=no", "option verify"),
        ("workflows://a.example:443/w/s?template=/etc/passwd", "option template"),
        ("jsons://a.example/?:Template=/etc/passwd", "option template"),
        # Apprise reads more for an option than the standard does.
        ("jsons://a.example/?x=1;verify=no", "option verify"),
        ("jsons://a.example/#?verify=no", "option verify"),
        ("jsons://a.example/?x=1#&verify=no", "option verify"),
        ("jsons://a.example/?verify+=no", "option verify"),
        ("jsons://a.example/?%20verify=no", "option verify"),
        ("jsons://a.example/?verify=no&x=1&verify=yes", "option verify"),
        ("workflows://a.example:443/w/s?x=1;template=/etc/passwd", "option template"),
    ],
)
def test_what_could_reach_the_desk_itself_is_refused(url: str, because: str) -> None:
    why = allowed(url, NOBODY)

    assert why is not None
    assert because in why


def test_an_operator_lets_a_host_of_theirs_through() -> None:
    assert allowed("ntfy://10.1.2.3/topic", Allowed.read(["10.1.0.0/16"])) is None
    assert allowed("signal://signal.lan/+442079460100", Allowed.read(["signal.lan"])) is None


def test_every_named_service_is_one_of_apprise() -> None:
    assert library.schemes() >= KNOWN
