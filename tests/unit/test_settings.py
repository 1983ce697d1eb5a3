"""Settings come from the environment, and a bad one is said in a sentence."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import LazySettings

from redphone.config import checks, database, environ, secret
from redphone.config.environ import BadSetting
from redphone.config.layout import Layout


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DATABASE_URL", "DATABASE_POOL", "SECRET_KEY", "PUBLIC_URL", "PORT"):
        monkeypatch.delenv(f"REDPHONE_{name}", raising=False)
    monkeypatch.setenv("REDPHONE_DATA", str(tmp_path))


def test_an_address_of_a_database_becomes_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "REDPHONE_DATABASE_URL", "postgresql://desk:p%40ss@db.example:6432/desk?sslmode=require"
    )

    entry = database.django_database()

    assert (entry["NAME"], entry["USER"], entry["PASSWORD"]) == ("desk", "desk", "p@ss")
    assert (entry["HOST"], entry["PORT"]) == ("db.example", "6432")
    assert entry["OPTIONS"]["sslmode"] == "require"
    assert database.libpq_environment(entry)["PGSSLMODE"] == "require"


def test_a_socket_is_named_in_the_query(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDPHONE_DATABASE_URL", "postgresql://desk@/desk?host=/run/postgresql")

    entry = database.django_database()

    assert (entry["HOST"], entry["PORT"]) == ("/run/postgresql", "")
    assert "host" not in entry["OPTIONS"]


def test_without_an_address_the_database_is_the_embedded_one(tmp_path: Path) -> None:
    entry = database.django_database()

    assert entry["HOST"] == str(Layout(tmp_path).socket)
    assert "pool" not in entry["OPTIONS"]


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("REDPHONE_DATABASE_URL", "sqlite:///desk.db", "must start with postgresql://"),
        ("REDPHONE_DATABASE_URL", "postgresql://db.example", "names no database"),
        ("REDPHONE_DATABASE_URL", "postgresql://db.example:many/desk", "port that is no number"),
        ("REDPHONE_DATABASE_POOL", "perhaps", "Write 1 for yes or 0 for no"),
    ],
)
def test_a_bad_database_setting_says_what_to_write(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, advice: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(BadSetting, match=advice):
        database.django_database()


def test_a_public_address_needs_its_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDPHONE_PUBLIC_URL", "desk.example")

    with pytest.raises(BadSetting, match=r"https://desk\.example"):
        environ.public_url()


def test_a_port_must_be_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDPHONE_PORT", "http")

    with pytest.raises(BadSetting, match="REDPHONE_PORT is 'http'"):
        environ.port()


def test_the_policy_that_comes_along_is_found() -> None:
    assert environ.policy_file().name == "urgent-support.toml"
    assert environ.policy_file().exists()


def test_the_secret_key_is_made_once_and_read_by_its_owner_only(tmp_path: Path) -> None:
    assert secret.find() is None

    first = secret.ensure()

    assert secret.ensure() == first == secret.find()
    assert len(first) >= 48
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0


def test_many_first_starts_at_once_agree_on_one_key() -> None:
    together = threading.Barrier(8)

    def start() -> str:
        together.wait()
        return secret.ensure()

    with ThreadPoolExecutor(8) as starts:
        keys = {each.result() for each in [starts.submit(start) for _ in range(8)]}

    assert keys == {secret.find()}


def test_a_desk_without_a_kept_key_does_not_pass_the_checks(settings: LazySettings) -> None:
    settings.SECRET_KEY_IS_KEPT = False

    found = checks.secret_key_is_kept()

    assert [one.id for one in found] == ["redphone.E001"]
    assert "redphone up" in str(found[0].hint)


@pytest.mark.parametrize(
    ("address", "warned"),
    [
        ("http://desk.example", True),
        ("https://desk.example", False),
        ("http://localhost:8000", False),
        ("http://127.0.0.1.evil.example", True),
    ],
)
def test_an_address_in_the_clear_is_warned_of(
    settings: LazySettings, address: str, warned: bool
) -> None:
    settings.PUBLIC_URL = address
    settings.IS_HTTPS = address.startswith("https")

    found = checks.public_address_is_safe()

    assert [one.id for one in found] == (["redphone.W002"] if warned else [])


def test_mail_that_goes_nowhere_is_warned_of(settings: LazySettings) -> None:
    settings.SMTP_IS_SET = False

    assert [one.id for one in checks.mail_goes_somewhere()] == ["redphone.W003"]


def test_tls_is_asked_for_once(settings: LazySettings) -> None:
    settings.EMAIL_USE_SSL = settings.EMAIL_USE_TLS = True

    assert [one.id for one in checks.mail_has_one_kind_of_tls()] == ["redphone.E004"]


def test_a_certificate_that_cannot_be_read_is_said_at_start(settings: LazySettings) -> None:
    settings.MAIL_TLS_CERT, settings.MAIL_TLS_KEY = "/nowhere/cert.pem", ""
    assert [one.id for one in checks.mail_door_has_its_certificate()] == ["redphone.E055"]

    settings.MAIL_TLS_CERT, settings.MAIL_TLS_KEY = "", __file__
    assert [one.id for one in checks.mail_door_has_its_certificate()] == ["redphone.E055"]

    settings.MAIL_TLS_CERT = settings.MAIL_TLS_KEY = ""
    assert checks.mail_door_has_its_certificate() == []


def test_proof_that_nobody_looks_for_is_said_at_start(settings: LazySettings) -> None:
    settings.MAIL_NEEDS_PROOF = True
    assert [one.id for one in checks.mail_is_proven_by_somebody()] == ["redphone.E056"]

    settings.MAIL_CHECKS_DNS = True
    assert checks.mail_is_proven_by_somebody() == []
