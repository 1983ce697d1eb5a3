"""Who is in front of a vendor's own page, by a short-lived token that the vendor's server signs.

A token says which person of which customer it is. What it says counts only so far as we know the
same: the customer by its slug, the person by their address within that customer. It changes
neither plan nor account, and a token that is no good is never a reason to refuse a report: the
caller takes it as from somebody unknown, and notes why.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from redphone.core.stream import DeskError
from redphone.records.chain import storable
from redphone.records.models import Customer, IdentityKey, Person, UsedToken
from redphone.records.models.identity_key import Algorithm
from redphone.records.models.person import Role
from redphone.records.sealed import SealBroken, unseal

LONGEST_LIFE = timedelta(minutes=10)
"""How long after its making a token may be good at most."""

LEEWAY = timedelta(seconds=30)
"""How far the vendor's clock may be from ours."""

LONGEST_TOKEN = 8192
"""Signs of a token. A signed name and address need a few hundred."""

NOTED_EVERY = timedelta(minutes=1)
SEALED_FOR = "identity-key"


class TokenRefused(DeskError):
    """The token does not say who you are. Load the page again to get a new one."""


class NotAToken(TokenRefused):
    """This is no signed token. Send a JWT with a kid in its header."""


class UnknownKey(TokenRefused):
    """The token names a key that this desk does not know, or that was revoked."""


class WrongSignature(TokenRefused):
    """The token's signature does not fit its key. Check the key and the algorithm."""


class NotForUs(TokenRefused):
    """The token is for somebody else. Its aud must be this desk's address."""


class TokenExpired(TokenRefused):
    """The token has expired, or is not good yet. Get a new one."""


class LivesTooLong(TokenRefused):
    """The token is good for too long. Let exp be at most 10 minutes after iat."""


class ClaimMissing(TokenRefused):
    """The token lacks sub, exp or iat, or one of its claims is no text."""


class UsedAlready(TokenRefused):
    """This token was used before. Get a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a token says is there. `person` and `customer` are rows of ours, None while unknown.

    `subject` is the vendor's own name for them, `key` the row of the key that vouches. `notes`
    say what in the token we could not follow, for responders' eyes.
    """

    person: int | None
    customer: int | None
    email: str
    name: str
    subject: str
    key: int
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def actor(self) -> str:
        """The name under which entries know them: an account's, or that of nobody."""
        return f"person:{self.person}" if self.person else "anonymous"

    @property
    def scope(self) -> str:
        """What tells this person's own keys (idempotency, drafts) from everybody else's."""
        return f"person:{self.person}" if self.person else f"identity:{self.key}:{self.subject}"


def identify(token: str, at: datetime, *, once: bool = False) -> Identity:
    """Who this token says is there. With `once` a token that has a `jti` is good a single time.

    Raises:
        TokenRefused: it says nothing that can be believed; the kind of error says why.

    Source: FAQ-2.
    """
    key = _key(token)
    claims = _claims(token, key, at)
    if once and "jti" in claims:
        _use(key, claims, at)
    _note_use(key, at)
    return _identity(claims, key)


def _key(token: str) -> IdentityKey:
    if len(token) > LONGEST_TOKEN:
        raise NotAToken
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise NotAToken from None
    kid, kind = header.get("kid"), header.get("typ", "JWT")
    if not isinstance(kid, str) or str(kind).upper() != "JWT" or "crit" in header:
        raise NotAToken
    key = IdentityKey.objects.filter(kid=storable(kid), revoked_at=None).first()
    if key is None:
        raise UnknownKey
    return key


def _claims(token: str, key: IdentityKey, at: datetime) -> dict[str, Any]:
    """What the token claims, once its signature, its addressee and its times hold.

    The times and the words are ours to check: the library would read the clock.
    """
    ours = ("exp", "iat", "nbf", "sub", "jti")
    options: Any = {"require": ["exp", "iat", "aud", "sub"]}
    options |= {f"verify_{name}": False for name in ours}
    try:
        # One algorithm, the key's own: a header that names another fits no key.
        claims: dict[str, Any] = jwt.decode(
            token,
            _checked_by(key),
            algorithms=[key.algorithm],
            audience=settings.PUBLIC_URL,
            options=options,
        )
    except (jwt.InvalidAudienceError, jwt.InvalidIssuerError):
        raise NotForUs from None
    except jwt.MissingRequiredClaimError as error:
        raise (NotForUs if error.claim == "aud" else ClaimMissing) from None
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError, SealBroken):
        raise WrongSignature from None
    _check_times(claims, at)
    _check_words(claims)
    return claims


def _checked_by(key: IdentityKey) -> str:
    if key.algorithm == Algorithm.EDDSA:
        return key.public_key
    return unseal(key.sealed_secret, purpose=SEALED_FOR)


def _check_times(claims: Mapping[str, Any], at: datetime) -> None:
    made_at, expires_at = _moment(claims["iat"]), _moment(claims["exp"])
    not_before = _moment(claims["nbf"]) if "nbf" in claims else made_at
    if expires_at <= at - LEEWAY or max(made_at, not_before) > at + LEEWAY:
        raise TokenExpired
    if expires_at - made_at > LONGEST_LIFE:
        raise LivesTooLong


def _moment(claim: Any) -> datetime:
    """Seconds since 1970, as JSON holds them."""
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        raise ClaimMissing
    try:
        return datetime.fromtimestamp(claim if math.isfinite(claim) else math.inf, UTC)
    except (ValueError, OverflowError, OSError):
        raise ClaimMissing from None


_WORDS = ("sub", "email", "name", "customer", "plan", "jti")


def _check_words(claims: Mapping[str, Any]) -> None:
    for name in _WORDS:
        if not isinstance(claims.get(name, ""), str):
            raise ClaimMissing
    if not claims["sub"].strip():
        raise ClaimMissing


def _use(key: IdentityKey, claims: Mapping[str, Any], at: datetime) -> None:
    """Remember the token until it is over; one that is remembered already opens nothing.

    Raises:
        UsedAlready: it opened something before.
    """
    UsedToken.objects.filter(expires_at__lte=at - LEEWAY).delete()
    # Hashed, since a sender's own text may be longer than an index holds.
    jti = hashlib.sha256(claims["jti"].encode("utf-8", "surrogatepass")).hexdigest()
    try:
        with transaction.atomic():
            UsedToken.objects.create(key=key, jti=jti, expires_at=_moment(claims["exp"]))
    except IntegrityError:
        raise UsedAlready from None


def _note_use(key: IdentityKey, at: datetime) -> None:
    if key.last_used_at is None or at - key.last_used_at >= NOTED_EVERY:
        long_ago = Q(last_used_at=None) | Q(last_used_at__lte=at - NOTED_EVERY)
        IdentityKey.objects.filter(long_ago, pk=key.pk).update(last_used_at=at)


def _identity(claims: Mapping[str, Any], key: IdentityKey) -> Identity:
    said = {name: storable(claims.get(name, "")).strip()[:254] for name in _WORDS}
    customer = Customer.objects.filter(slug=said["customer"]).first() if said["customer"] else None
    person = _person(said["email"], customer)
    named = " ".join(filter(None, (said["name"], said["email"] and f"<{said['email']}>")))
    who = f"{named or 'somebody'}, there known as {said['sub']}"
    notes = {"identity": f"{key.name} says that this is {who}"}
    notes |= _doubts(said, customer, person)
    return Identity(
        person=person.pk if person else None,
        customer=customer.pk if customer else None,
        email=said["email"],
        name=said["name"],
        subject=said["sub"],
        key=key.pk,
        notes=notes,
    )


def _person(email: str, customer: Customer | None) -> Person | None:
    """The account with this address, if it is that customer's: a token gives nobody another's."""
    if customer is None or not email:
        return None
    return Person.objects.filter(
        email=email.lower(), customer=customer, role=Role.CUSTOMER, is_active=True
    ).first()


def _doubts(
    said: Mapping[str, str], customer: Customer | None, person: Person | None
) -> dict[str, str]:
    """What the token says and we don't know, or know otherwise. Source: clauses.md, row 8."""
    if customer is None:
        claimed = said["customer"]
        why = (
            f"the token's customer {claimed!r} is none of ours" if claimed else "not in the token"
        )
        return {"customer": f"unknown: {why}"}
    found = {}
    if said["email"] and person is None:
        found["sender"] = f"{said['email']} has no account at {customer.name}"
    if said["plan"] and said["plan"].lower() != customer.plan:
        found["plan"] = f"the token says {said['plan']}, our books {customer.plan}, which holds"
    return found
