"""Signing in: by address and password, slowed down for guessers, closed to strangers."""

import pytest
from django.core.cache import cache
from django.test import Client

from redphone.records.models import Person

pytestmark = pytest.mark.django_db

PASSWORD = "seven small boats"


@pytest.fixture(autouse=True)
def _no_earlier_attempts() -> None:
    cache.clear()


@pytest.fixture
def ana() -> Person:
    return Person.objects.create_user("ana@redphone.example", PASSWORD, name="Ana Reyes")


def sign_in(client: Client, email: str, password: str) -> bool:
    client.post("/accounts/login/", {"login": email, "password": password})
    return "_auth_user_id" in client.session


def test_ana_signs_in_with_her_address_however_it_is_typed(client: Client, ana: Person) -> None:
    assert sign_in(client, "Ana@Redphone.example", PASSWORD)


def test_a_wrong_password_does_not_open(client: Client, ana: Person) -> None:
    assert not sign_in(client, ana.email, "eight small boats")


def test_someone_who_has_left_does_not_get_in(client: Client, ana: Person) -> None:
    ana.is_active = False
    ana.save()

    assert not sign_in(client, ana.email, PASSWORD)


def test_guessing_is_slowed_down_even_for_the_right_password(client: Client, ana: Person) -> None:
    for number in range(10):
        assert not sign_in(client, ana.email, f"guess number {number}")

    assert not sign_in(client, ana.email, PASSWORD)


@pytest.mark.parametrize("path", ["/accounts/signup/", "/accounts/email/"])
def test_nobody_signs_up_or_takes_another_address(client: Client, ana: Person, path: str) -> None:
    client.force_login(ana)

    assert client.get(path).status_code == 404
    assert client.post(path, {"email": "mira@customer.example"}).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/accounts/login/", "/accounts/password/reset/", "/accounts/2fa/", "/accounts/logout/"],
)
def test_every_account_page_opens_under_the_strict_policy(
    client: Client, ana: Person, path: str
) -> None:
    if "login" not in path and "reset" not in path:
        client.force_login(ana)

    page = client.get(path)

    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "geolocation=()" in page.headers["Permissions-Policy"]


def test_a_request_for_another_host_is_refused(client: Client) -> None:
    assert client.get("/accounts/login/", headers={"host": "evil.example"}).status_code == 400


def test_passwords_are_kept_as_argon2() -> None:
    from redphone.config import settings as ours

    assert ours.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")
