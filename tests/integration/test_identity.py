"""Who a token says is there: believed with the right key, for us, now, of that customer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.conf import settings
from tests.conftest import NOON

from redphone.actions import frame_sessions, identity, identity_keys
from redphone.actions.identity import Identity, TokenRefused, identify
from redphone.records.models import IdentityKey, UsedToken

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)
ISSUED = int(NOON.timestamp())
PRIVATE = Ed25519PrivateKey.from_private_bytes(b"7" * 32)
PUBLIC = PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def shared() -> tuple[IdentityKey, str]:
    return identity_keys.create(
        name="Dashboard", algorithm="HS256", origins=[], by="person:1", at=NOON
    )


def public() -> IdentityKey:
    key, secret = identity_keys.create(
        name="Dashboard",
        algorithm="EdDSA",
        origins=[],
        by="person:1",
        at=NOON,
        public_key=PUBLIC.decode(),
    )
    assert secret == ""
    return key


def claims(**other: Any) -> dict[str, Any]:
    mira = {"sub": "42", "email": "Mira@Nordwind.example", "name": "Mira", "customer": "nordwind"}
    times = {"aud": settings.PUBLIC_URL, "iat": ISSUED, "exp": ISSUED + 300}
    made = mira | times | other
    return {name: value for name, value in made.items() if value is not None}


def sign(kid: str | None, secret: Any, algorithm: str = "HS256", **other: Any) -> str:
    headers = {"kid": kid} if kid is not None else {}
    return jwt.encode(claims(**other), secret, algorithm=algorithm, headers=headers)


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("algorithm", ["HS256", "EdDSA"])
def test_a_good_token_says_which_person_of_which_customer(cast: Cast, algorithm: str) -> None:
    key, secret = shared() if algorithm == "HS256" else (public(), "")

    found = identify(sign(key.kid, secret or PRIVATE, algorithm), NOON + MINUTE)

    assert (found.person, found.customer) == (cast.mira.pk, cast.mira.customer_id)
    assert found.subject == "42"
    assert found.key == key.pk
    assert list(found.notes) == ["identity"]
    key.refresh_from_db()
    assert key.last_used_at == NOON + MINUTE


def no_algorithm(key: IdentityKey, secret: str) -> str:
    return f"{part({'alg': 'none', 'typ': 'JWT', 'kid': key.kid})}.{part(claims())}."


def another_secret(key: IdentityKey, secret: str) -> str:
    return sign(key.kid, secret + "x")


def another_algorithm(key: IdentityKey, secret: str) -> str:
    body = f"{part({'alg': 'HS512', 'typ': 'JWT', 'kid': key.kid})}.{part(claims())}"
    signed = hmac.new(secret.encode(), body.encode(), hashlib.sha512).digest()
    return f"{body}.{base64.urlsafe_b64encode(signed).rstrip(b'=').decode()}"


def changed_claims(key: IdentityKey, secret: str) -> str:
    head, _, signature = sign(key.kid, secret).split(".")
    return f"{head}.{part(claims(customer='petrel'))}.{signature}"


def no_kid(key: IdentityKey, secret: str) -> str:
    return sign(None, secret)


def unknown_kid(key: IdentityKey, secret: str) -> str:
    return sign("rp-nobody\x00", secret)


def critical_header(key: IdentityKey, secret: str) -> str:
    headers = {"kid": key.kid, "crit": ["b64"], "b64": True}
    return jwt.encode(claims(), secret, algorithm="HS256", headers=headers)


def another_kind(key: IdentityKey, secret: str) -> str:
    headers = {"kid": key.kid, "typ": "secevent+jwt"}
    return jwt.encode(claims(), secret, algorithm="HS256", headers=headers)


def deep(key: IdentityKey, secret: str) -> str:
    head = base64.urlsafe_b64encode(b'{"a":' + b"[" * 4000).rstrip(b"=").decode()
    return f"{head}.{head}.{head}"


@pytest.mark.parametrize(
    "forge",
    [
        no_algorithm,
        another_secret,
        another_algorithm,
        changed_claims,
        no_kid,
        unknown_kid,
        critical_header,
        another_kind,
        deep,
        lambda key, secret: "",
        lambda key, secret: "x.y.z",
        lambda key, secret: "\udcff",
        lambda key, secret: sign(key.kid, secret, name="x" * 9000),
    ],
)
def test_a_forged_token_says_nothing(cast: Cast, forge: Callable[[IdentityKey, str], str]) -> None:
    key, secret = shared()

    with pytest.raises(TokenRefused):
        identify(forge(key, secret), NOON)


def test_the_public_key_is_no_shared_secret(cast: Cast) -> None:
    """The classic: HS256 with the text of the public key, which everybody may know."""
    key = public()
    body = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': key.kid})}.{part(claims())}"
    forged = hmac.new(key.public_key.encode(), body.encode(), hashlib.sha256).digest()

    with pytest.raises(identity.WrongSignature):
        identify(f"{body}.{base64.urlsafe_b64encode(forged).rstrip(b'=').decode()}", NOON)


@pytest.mark.parametrize(
    ("other", "refusal"),
    [
        ({"aud": "https://another-desk.example"}, identity.NotForUs),
        ({"aud": None}, identity.NotForUs),
        ({"exp": None}, identity.ClaimMissing),
        ({"iat": None}, identity.ClaimMissing),
        ({"sub": None}, identity.ClaimMissing),
        ({"sub": " "}, identity.ClaimMissing),
        ({"sub": 42}, identity.ClaimMissing),
        ({"email": ["mira@nordwind.example"]}, identity.ClaimMissing),
        ({"jti": 7}, identity.ClaimMissing),
        ({"exp": "tomorrow"}, identity.ClaimMissing),
        ({"exp": True}, identity.ClaimMissing),
        ({"exp": 10**400}, identity.ClaimMissing),
        ({"exp": float("inf")}, identity.ClaimMissing),
        ({"iat": ISSUED - 700, "exp": ISSUED - 100}, identity.TokenExpired),
        ({"iat": ISSUED + 100}, identity.TokenExpired),
        ({"nbf": ISSUED + 100}, identity.TokenExpired),
        ({"exp": ISSUED + 601}, identity.LivesTooLong),
        ({"exp": ISSUED + 10**8}, identity.LivesTooLong),
        ({"iat": -(10**9), "exp": ISSUED + 300}, identity.LivesTooLong),
    ],
)
def test_what_a_token_must_claim(
    cast: Cast, other: dict[str, Any], refusal: type[TokenRefused]
) -> None:
    key, secret = shared()

    with pytest.raises(refusal):
        identify(sign(key.kid, secret, **other), NOON)


def test_clocks_may_differ_a_little(cast: Cast) -> None:
    key, secret = shared()

    assert identify(sign(key.kid, secret, iat=ISSUED + 20), NOON)
    assert identify(sign(key.kid, secret, iat=ISSUED - 310, exp=ISSUED - 10), NOON)


def test_a_revoked_key_vouches_for_nobody_and_its_sessions_are_over(cast: Cast) -> None:
    key, secret = shared()
    who = identify(sign(key.kid, secret), NOON)
    session = frame_sessions.open_session(who, purpose="report", at=NOON)

    identity_keys.revoke(kid=key.kid, at=NOON + MINUTE)

    with pytest.raises(identity.UnknownKey):
        identify(sign(key.kid, secret), NOON + MINUTE)
    with pytest.raises(frame_sessions.SessionOver):
        frame_sessions.read_session(session, purpose="report", at=NOON + MINUTE)
    with pytest.raises(identity_keys.NoSuchKey):
        identity_keys.revoke(kid=key.kid, at=NOON + MINUTE)


@pytest.mark.parametrize(
    ("other", "person", "customer", "noted"),
    [
        ({"email": "jon@petrel.example"}, None, "nordwind", "sender"),
        ({"email": "ana@redphone.example"}, None, "nordwind", "sender"),
        ({"customer": "no-such"}, None, None, "customer"),
        ({"customer": None}, None, None, "customer"),
        ({"plan": "pro"}, "mira", "nordwind", "plan"),
    ],
)
def test_a_token_gives_nobody_more_than_we_know_of_them(
    cast: Cast, other: dict[str, Any], person: str | None, customer: str | None, noted: str
) -> None:
    """FAQ-2, clauses.md row 8: another's person, our own staff, an unknown customer, a plan."""
    key, secret = shared()

    found = identify(sign(key.kid, secret, **other), NOON)

    assert found.person == (cast.mira.pk if person else None)
    assert found.customer == (cast.mira.customer_id if customer else None)
    assert noted in found.notes


def test_whoever_has_left_is_nobody_any_more(cast: Cast) -> None:
    key, secret = shared()
    who = identify(sign(key.kid, secret), NOON)
    session = frame_sessions.open_session(who, purpose="report", at=NOON)
    cast.mira.is_active = False
    cast.mira.save()

    assert identify(sign(key.kid, secret), NOON).person is None
    with pytest.raises(frame_sessions.SessionOver):
        frame_sessions.read_session(session, purpose="report", at=NOON)


def test_a_token_with_a_number_opens_one_thing_once(cast: Cast) -> None:
    key, secret = shared()
    first, second = (sign(key.kid, secret, jti=f"a{'x' * 4000}{number}") for number in "12")

    identify(first, NOON, once=True)
    identify(second, NOON, once=True)
    identify(first, NOON)

    with pytest.raises(identity.UsedAlready):
        identify(first, NOON, once=True)
    identify(sign(key.kid, secret), NOON, once=True)
    identify(sign(key.kid, secret), NOON, once=True)
    assert UsedToken.objects.count() == 2


def test_used_tokens_are_forgotten_when_they_have_expired(cast: Cast) -> None:
    key, secret = shared()
    identify(sign(key.kid, secret, jti="1"), NOON, once=True)

    later = ISSUED + 3600
    token = sign(key.kid, secret, jti="2", iat=later, exp=later + 60)
    identify(token, NOON + 60 * MINUTE, once=True)

    assert UsedToken.objects.count() == 1


def test_a_session_is_good_for_one_purpose_and_half_a_day(cast: Cast) -> None:
    key, secret = shared()
    who = identify(sign(key.kid, secret, plan="pro"), NOON)

    text = frame_sessions.open_session(who, purpose="report", at=NOON)

    assert frame_sessions.read_session(text, purpose="report", at=NOON + 700 * MINUTE) == who
    for purpose, at, held in (
        ("chat", NOON, text),
        ("report", NOON + 720 * MINUTE, text),
        ("report", NOON, text[:-1]),
        ("report", NOON, ""),
    ):
        with pytest.raises(frame_sessions.SessionOver):
            frame_sessions.read_session(held, purpose=purpose, at=at)


def test_a_secret_lies_in_the_database_sealed_only(cast: Cast) -> None:
    key, secret = shared()

    assert secret.startswith("rpk_")
    assert secret not in str(IdentityKey.objects.values().get())
    settings.SECRET_KEY, kept = "another one", settings.SECRET_KEY
    try:
        with pytest.raises(identity.WrongSignature):
            identify(sign(key.kid, secret), NOON)
    finally:
        settings.SECRET_KEY = kept


def test_two_people_of_one_vendor_share_no_scope() -> None:
    def someone(subject: str, person: int | None = None) -> Identity:
        return Identity(person=person, customer=1, email="", name="", subject=subject, key=7)

    assert someone("1").scope != someone("2").scope
    assert someone("1", 5).scope == someone("2", 5).scope
    assert someone("1").actor == "anonymous"


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", identity_keys.NotAPublicKey),
        ("ssh-ed25519 AAAA", identity_keys.NotAPublicKey),
        ("{", identity_keys.NotAPublicKey),
        ('{"kty": "oct", "k": "c2VjcmV0"}', identity_keys.NotAPublicKey),
        ('{"kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "AA"}', identity_keys.ThisIsPrivate),
        (
            PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
            identity_keys.ThisIsPrivate,
        ),
        (
            Ed448PrivateKey.from_private_bytes(b"7" * 57)
            .public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            .decode(),
            identity_keys.NotAPublicKey,
        ),
    ],
)
def test_only_an_ed25519_public_key_is_taken(text: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        identity_keys.read_public_key(text)


def test_a_public_key_may_come_as_a_jwk() -> None:
    raw = PRIVATE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    found = identity_keys.read_public_key(json.dumps({"kty": "OKP", "crv": "Ed25519", "x": x}))

    assert found.encode() == PUBLIC


def test_origins_are_written_as_browsers_name_them() -> None:
    lines = ["https://App.Example/", "", " http://localhost:3000 ", "https://bücher.example:443"]

    assert identity_keys.read_origins([*lines, "https://app.example"]) == [
        "https://app.example",
        "http://localhost:3000",
        "https://xn--bcher-kva.example",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "app.example",
        "http://app.example",
        "https://*.example",
        "https://app.example/path",
        "https://app.example?x",
        "https://user@app.example",
        "https://app.example; script-src *",
        "https://app.example 'self'",
        "https://",
        "*",
        "javascript:alert(1)",
        "https://[::1",
        "https://app.example:99999",
    ],
)
def test_nothing_but_a_plain_site_gets_into_a_header(line: str) -> None:
    with pytest.raises(identity_keys.NotAnOrigin):
        identity_keys.read_origins([line])
