"""Where a webhook may go, and where it must not."""

from __future__ import annotations

import pytest

from redphone.channels.webhook.address import (
    AddressRefused,
    Allowed,
    LookUp,
    NotFound,
    look_up,
    target,
)

NOTHING = Allowed()


def at(*addresses: str) -> LookUp:
    return lambda host, port: list(addresses)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "64:ff9b:1:a00:0:100:808:808",
        "fec0::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)
def test_what_is_not_in_the_public_internet_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused, match="public internet"):
        target("https://hooks.example/", NOTHING, at(address))


def test_one_private_address_of_several_refuses_the_name() -> None:
    with pytest.raises(AddressRefused):
        target("https://hooks.example/", NOTHING, at("8.8.8.8", "10.0.0.1"))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://localhost:5432/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
    ],
)
def test_other_spellings_of_this_machine_are_refused(url: str) -> None:
    with pytest.raises((AddressRefused, NotFound)):
        target(url, NOTHING, look_up)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example",
        "ftp://hooks.example/",
        "file:///etc/passwd",
        "https://user:secret@hooks.example/",
        "https://hooks.example:99999/",
        "https://hooks.example/a b",
        "https://hooks.example/\r\nX-Evil: 1",
        "https://",
        "https://hööks.example/",
        "https://[::1/",
    ],
)
def test_what_is_no_address_is_refused_in_words(url: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        target(url, NOTHING, at("8.8.8.8"))

    assert str(refused.value)


def test_in_the_clear_only_goes_what_was_allowed() -> None:
    allowed = Allowed.read(["10.0.0.0/8", "hooks.internal"])

    with pytest.raises(AddressRefused, match="in the clear"):
        target("http://hooks.example/", allowed, at("8.8.8.8"))
    inside = target("http://hooks.internal:9000/a?b=c", allowed, at("192.168.1.9"))
    by_network = target("https://other.internal/", allowed, at("10.9.9.9"))

    assert (inside.host_header, inside.path, inside.address) == (
        "hooks.internal:9000",
        "/a?b=c",
        "192.168.1.9",
    )
    assert by_network.host_header == "other.internal"
