"""Doors for monitors: make one, take one back, know which one a token opens."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from procrastinate.contrib.django import app

from redphone.channels import alerts as formats
from redphone.channels.alerts import Proof
from redphone.core.stream import DeskError
from redphone.records import policies, sealed
from redphone.records.models import Alert, Component, Customer, Door
from redphone.records.models.alert import Became

START = "rpd"
"""How every token of a door begins, so that one that has leaked can be searched for. No sign
that an address would have to quote is in a token: some senders can put it nowhere else."""

_TOKEN = re.compile(rf"{START}[0-9a-f]{{29}}")

SHOWN = 8

CONFIRM = "redphone.jobs.tasks.confirm_subscription"
"""The name of the task that confirms a subscription of SNS."""

ANY = "any"
"""The format of a door that recognises what comes."""

SEALED_FOR = "door"


class DoorError(DeskError):
    """The door can't be made or changed like that."""


class NameMissing(DoorError):
    """A door needs a name that says what comes in by it."""


class NoSuchFormat(DoorError):
    """Nothing here reads that format. Choose one of those that are listed."""


class NoSuchCustomer(DoorError):
    """There is no customer of that name. Leave it empty for a monitor of your own."""


class NoSuchComponent(DoorError):
    """The status page has no such component. Leave it empty, or add it first."""


class NoSuchType(DoorError):
    """The policy has no such issue type. Leave it empty to let triage suggest one."""


class BadLimit(DoorError):
    """At least one new trouble a minute has to open an incident of its own, at most 1,000."""


class NotUnderstood(DoorError):
    """An example of this format could not be read by this door. Look at its mapping."""


class NothingSigned(DoorError):
    """Senders of this format sign nothing. Leave the secret empty: the token is the proof."""


class BadMapping(DoorError):
    """The mapping is a JSON object of texts, as {"title": "event.name", "resolved": "ok"}."""


class NoSuchDoor(DoorError):
    """No open door has a token that begins like that. List them to see which there are."""


class SeveralDoors(DoorError):
    """More than one token begins like that. Give more of its signs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the hot path knows of a door."""

    pk: int
    name: str
    format: str
    mapping: Mapping[str, str]
    secret: str
    opens_for_tests: bool

    @property
    def is_signed(self) -> bool:
        """Whether its token alone opens nothing, so that no other format is a way around."""
        format = formats.FORMATS.get(self.format)
        by_certificate = format is not None and format.proves is Proof.CERTIFICATE
        return bool(self.secret) or by_certificate


def create(
    *,
    name: str,
    format: str,
    at: datetime,
    customer: str = "",
    component: str = "",
    issue_type: str = "",
    mapping: Mapping[str, str] | None = None,
    secret: str = "",
    most_a_minute: int = 10,
    opens_for_tests: bool = False,
) -> tuple[Door, str]:
    """A new door, and the text of its token: it is never shown again.

    `customer` is a slug or a name; "" is the house itself.

    Raises:
        DoorError: what is wrong with it.
    """
    if not name.strip():
        raise NameMissing
    if format != ANY and format not in formats.FORMATS:
        raise NoSuchFormat
    if not 1 <= most_a_minute <= 1000:
        raise BadLimit
    if secret.strip() and not signs(format):
        raise NothingSigned
    if component and not Component.objects.filter(slug=component).exists():
        raise NoSuchComponent
    if issue_type and issue_type not in policies.current().policy.issue_types:
        raise NoSuchType
    # 32 signs are what PagerDuty's own keys have; some senders check that.
    text = START + secrets.token_hex(15)[:29]
    door = Door.objects.create(
        name=" ".join(name.split())[:100],
        format=format,
        digest=digest(text),
        prefix=text[:SHOWN],
        customer=_customer(customer),
        component=component,
        issue_type=issue_type,
        mapping=dict(mapping or {}),
        sealed_secret=sealed.seal(secret.strip(), purpose=SEALED_FOR) if secret.strip() else "",
        most_a_minute=most_a_minute,
        opens_for_tests=opens_for_tests,
        created_at=at,
    )
    return door, text


def signs(format: str) -> bool:
    """Whether senders of a format sign with a secret that they share with the door."""
    known = formats.FORMATS.get(format)
    return known is not None and known.proves is Proof.SECRET


def read_mapping(text: str) -> dict[str, str]:
    """A mapping as people write it, "" for none.

    Raises:
        BadMapping: it is none.
    """
    try:
        said = json.loads(text) if text.strip() else {}
    except ValueError:
        raise BadMapping from None
    if not isinstance(said, dict) or not all(isinstance(each, str) for each in said.values()):
        raise BadMapping
    return said


def _customer(said: str) -> Customer | None:
    if not said.strip():
        return None
    found = Customer.objects.filter(slug=said.strip()).first()
    found = found or Customer.objects.filter(name__iexact=said.strip()).first()
    if found is None:
        raise NoSuchCustomer
    return found


@transaction.atomic
def revoke(*, prefix: str, at: datetime) -> Door:
    """Take back the token that begins like that. Within five seconds it opens nothing anywhere.

    Raises:
        NoSuchDoor, SeveralDoors: see each.
    """
    found = list(Door.objects.filter(prefix__startswith=prefix[:SHOWN], revoked_at=None)[:2])
    if not found or not prefix.startswith(START):
        raise NoSuchDoor
    if len(found) > 1:
        raise SeveralDoors
    found[0].revoked_at = at
    found[0].save(update_fields=["revoked_at"])
    return found[0]


def close(*, door: int, at: datetime) -> Door:
    """Take back a door's token, by the door's number.

    Raises:
        NoSuchDoor: there is none, or it was taken back before.
    """
    found = Door.objects.filter(pk=door, revoked_at=None).first()
    if found is None:
        raise NoSuchDoor
    found.revoked_at = at
    found.save(update_fields=["revoked_at"])
    return found


def try_door(*, door: int, at: datetime) -> str:
    """Let an example of its format through a door's reader, and keep it as a test. Its title.

    Raises:
        NoSuchDoor, NotUnderstood: see each.
    """
    found = Door.objects.filter(pk=door, revoked_at=None).first()
    if found is None:
        raise NoSuchDoor
    kind = "generic" if found.format == ANY else found.format
    example = formats.FORMATS[kind]
    headers = {"content-type": example.content_type}
    try:
        read = formats.receive(kind, example.example, headers, mapping=found.mapping or None)
    except formats.NotReadable as error:
        raise NotUnderstood(str(error)) from None
    title = read[0].title if read else "nothing"
    Alert.objects.create(
        door=found,
        request=uuid.uuid4(),
        received_at=at,
        key=read[0].key if read else "",
        change=read[0].change.value if read else "",
        title=title,
        raw=example.example,
        content_type=example.content_type,
        became=Became.TEST,
    )
    return title


def find(token_digest: str) -> Known | None:
    """The door that a token of this digest opens; None when it is none's or was taken back.

    Raises:
        SealBroken: its secret can't be read under this secret key.
    """
    door = Door.objects.filter(digest=token_digest, revoked_at=None).first()
    if door is None:
        return None
    return Known(
        pk=door.pk,
        name=door.name,
        format=door.format,
        mapping=door.mapping,
        secret=sealed.unseal(door.sealed_secret, purpose=SEALED_FOR) if door.sealed_secret else "",
        opens_for_tests=door.opens_for_tests,
    )


def confirm_later(*, url: str) -> None:
    """Have a worker confirm a subscription at an address of Amazon's."""
    app.configure_task(CONFIRM, allow_unknown=True).defer(url=url)


def could_be(text: str) -> bool:
    """Whether a text has the form of a token: who guesses at random is not looked up."""
    return _TOKEN.fullmatch(text) is not None


def digest(text: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
