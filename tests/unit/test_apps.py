"""Chat and push services: what their forms make, and which addresses are no devices."""

from __future__ import annotations

import pytest

from redphone.channels.apprise.apps import SERVICES, named, refused


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "exec://rm",
        "syslog://",
        "dbus://",
        "gnome://",
        "windows://",
        "mailto://user:pass@gmail.com",
        "nonsense",
        "ntfys://",
        "",
        "json://" + "a" * 3000,
        "ntfys://ntfy.sh/topic\x00",
    ],
)
def test_what_runs_writes_or_mails_something_is_no_device(url: str) -> None:
    assert refused(url)


@pytest.mark.parametrize(
    ("slug", "given", "address", "name"),
    [
        (
            "slack",
            {
                "url": "https://hooks.slack.com/services/T0A1B2C3D/B0A1B2C3D/abcdefghijklmnopqrstuvwx"
            },
            "slack://T0A1B2C3D/B0A1B2C3D/abcdefghijklmnopqrstuvwx/",
            "Slack",
        ),
        (
            "telegram",
            {"token": "123456789:AAEcbla_abcdefghijklmnopqrstuvwxyz-123", "chat": "12345"},
            "tgram://123456789:AAEcbla_abcdefghijklmnopqrstuvwxyz-123/12345",
            "Telegram",
        ),
        ("ntfy", {"topic": "x7", "server": "", "token": ""}, "ntfys://ntfy.sh/x7", "ntfy"),
        (
            "ntfy",
            {"topic": "x7", "server": "ntfy.desk.example:8443", "token": "tk_abc"},
            "ntfys://tk_abc@ntfy.desk.example:8443/x7?auth=token",
            "ntfy",
        ),
        (
            "pushover",
            {"user": "u" * 30, "token": "a" * 30},
            f"pover://{'u' * 30}@{'a' * 30}",
            "Pushover",
        ),
        (
            "signal",
            {
                "server": "https://signal.example",
                "from": "+44 20 7946 0100",
                "to": "+442079460321",
            },
            "signals://signal.example/+442079460100/+442079460321",
            "Signal API",
        ),
    ],
)
def test_a_form_makes_an_address_that_its_service_understands(
    slug: str, given: dict[str, str], address: str, name: str
) -> None:
    made = SERVICES[slug].make(given)

    assert made.startswith(address)
    assert refused(made) == ""
    assert named(made) == name


@pytest.mark.parametrize("slug", [slug for slug in SERVICES if slug != "other"])
def test_nothing_that_is_typed_leads_to_another_host_or_adds_an_option(slug: str) -> None:
    evil = {b.name: "x@evil.example/?verify=no&config=/etc/x#" for b in SERVICES[slug].blanks}
    evil |= {"server": "https://mine.example"} if "server" in evil else {}

    made = SERVICES[slug].make(evil)

    assert "?verify" not in made or refused(made)
    assert "@evil.example" not in made or refused(made)
