"""Signing in as people do it: a password, an app's code, a passkey; under a strict policy."""

from __future__ import annotations

import hashlib
import hmac
import re
import struct
from base64 import b32decode
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from playwright.sync_api import Page, expect

from redphone.clock import now
from redphone.records.models import Person

if TYPE_CHECKING:
    from tests.browser.conftest import Open, Window
    from tests.conftest import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "correct horse battery"


@pytest.fixture
def ana(cast: Cast) -> Person:
    """Ana, with a password that the server's own hasher knows."""
    cast.ana.password = make_password(PASSWORD, hasher=Argon2PasswordHasher())
    cast.ana.save(update_fields=["password"])
    return cast.ana


def sign_in(page: Page, email: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def confirm_with_password(page: Page) -> None:
    """Changing how one signs in asks for the password once more, when that was a while ago."""
    if "/reauthenticate/" in page.url:
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Confirm").click()


def code_now(secret: str) -> str:
    """The six digits that an authenticator app shows (RFC 6238)."""
    key = b32decode(secret + "=" * (-len(secret) % 8))
    step = struct.pack(">Q", int(now().timestamp()) // 30)
    digest = hmac.new(key, step, hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def authenticator(window: Window) -> None:
    """Give the browser a security chip of its own, as a laptop has one."""
    chip = window.context.new_cdp_session(window.page)
    chip.send("WebAuthn.enable")
    chip.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def test_a_password_lets_in_with_scripts_off(ana: Person, window: Open) -> None:
    door = window(scripts=False)
    page = door.open("/accounts/login/")

    sign_in(page, "Ana@Redphone.example")

    assert not door.path().startswith("/accounts/login")
    page.goto(door.site + "/me/")
    expect(page.get_by_role("heading", name="Ana Reyes")).to_be_visible()


def test_a_wrong_password_says_so_and_keeps_the_address(ana: Person, window: Open) -> None:
    page = window().open("/accounts/login/")
    page.get_by_label("Email").fill(ana.email)
    page.get_by_label("Password").fill("not this one at all")

    page.get_by_role("button", name="Sign in", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text("not correct")
    expect(page.get_by_label("Email")).to_have_value(ana.email)


def test_a_passkey_is_added_and_lets_in_without_a_password(
    ana: Person, window: Open, axe: Callable[[Page], list[str]]
) -> None:
    """The security policy lets allauth's own scripts run, and nothing inline."""
    mine = window()
    authenticator(mine)
    page = mine.open("/accounts/login/")
    sign_in(page, ana.email)
    page.goto(mine.site + "/accounts/2fa/webauthn/add/")
    confirm_with_password(page)
    faults = axe(page)
    page.get_by_label("Name").fill("Laptop")
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    page.wait_for_url(re.compile("/accounts/2fa/(?!webauthn/add)"))
    faults += axe(page)
    page.goto(mine.site + "/accounts/2fa/webauthn/")
    faults += axe(page)
    page.goto(mine.site + "/me/")
    expect(page.get_by_text("1 passkey")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()

    page.goto(mine.site + "/accounts/login/?next=/me/")
    page.get_by_role("button", name="Sign in with a passkey").click()

    expect(page.get_by_role("heading", name="Ana Reyes")).to_be_visible()
    assert faults == []


def test_a_code_is_asked_for_once_an_app_is_set_up(
    ana: Person, window: Open, axe: Callable[[Page], list[str]]
) -> None:
    mine = window()
    page = mine.open("/accounts/login/")
    sign_in(page, ana.email)
    page.goto(mine.site + "/accounts/2fa/totp/activate/")
    confirm_with_password(page)
    expect(page.get_by_role("img")).to_be_visible()
    faults = axe(page)
    secret = page.locator("#authenticator_secret").input_value()
    page.get_by_label("Authenticator code").fill(code_now(secret))
    page.get_by_role("button", name="Activate").click()
    page.goto(mine.site + "/me/")
    expect(page.get_by_text("on: a code is asked for")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()

    page.goto(mine.site + "/accounts/login/")
    sign_in(page, ana.email)

    expect(page.get_by_text("authenticator code")).to_be_visible()
    assert faults + axe(page) == []
