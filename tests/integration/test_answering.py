"""Acknowledging from wherever one is: each says who else was asked, and that they are let go."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from redphone.actions import answering, links, tokens
from redphone.actions.answering import NobodyLikeThat, SayWho
from redphone.clock import now
from redphone.core.command import AlreadyAcknowledged
from redphone.records.ledger import NoSuchStream
from redphone.records.models import Delivery, EntryRow

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

START = now() - timedelta(seconds=5)


def ringing_for_two(cast: Cast) -> str:
    """An incident that rings for Ana and Bo."""
    from redphone.actions import oncall
    from redphone.records.models import Team

    for team in Team.objects.all():
        oncall.add_override(
            team=team.name,
            person=cast.bo.pk,
            instead_of=None,
            starts_at=START - timedelta(hours=1),
            ends_at=START + timedelta(hours=1),
            by=cast.rosa.actor,
            at=START,
        )
    return str(cast.report(cast.mira, at=START).incident)


def test_taking_by_name_says_who_was_let_go_and_through_what(cast: Cast) -> None:
    ref = ringing_for_two(cast)

    done = answering.acknowledge(incident=ref, by=cast.ana.actor, through="command", at=now())

    assert done.others == (cast.bo.name,)
    entry = EntryRow.objects.get(stream=ref, kind="acknowledged")
    assert (entry.actor, entry.data["through"]) == (cast.ana.actor, "command")


def test_the_api_says_who_was_let_go(cast: Cast) -> None:
    ref = ringing_for_two(cast)
    _, token = tokens.create(person=cast.ana.email, name="pager", at=START)

    answer = Client().post(
        f"/api/v1/incidents/{ref}/acknowledge",
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )

    assert answer.status_code == 200
    assert answer.json()["also_asked"] == [cast.bo.name]


def test_the_page_of_a_link_says_who_was_let_go(cast: Cast) -> None:
    ref = ringing_for_two(cast)
    page = Delivery.objects.filter(stream=ref, purpose="page", person=cast.ana).first()
    assert page is not None
    path = links.answer(page.pk, cast.ana.pk).removeprefix("http://localhost:8000")

    shown = Client().post(path, follow=True).content.decode()

    assert f"{cast.bo.name} was asked as well, and is let go." in shown


def test_without_a_name_it_is_whoever_it_rings_for_if_that_is_one(cast: Cast) -> None:
    ref = str(cast.report(cast.mira, at=START).incident)

    assert answering.who_is_meant(ref, "") == cast.ana


def test_when_it_rings_for_several_somebody_has_to_be_named(cast: Cast) -> None:
    ref = ringing_for_two(cast)

    with pytest.raises(SayWho, match=f"{cast.ana.name}, {cast.bo.name}"):
        answering.who_is_meant(ref, "")
    assert answering.who_is_meant(ref, cast.bo.email.upper().replace("EXAMPLE", "example"))


def test_customers_and_strangers_take_nothing(cast: Cast) -> None:
    ref = str(cast.report(cast.mira, at=START).incident)

    for email in (cast.mira.email, "nobody@redphone.example"):
        with pytest.raises(NobodyLikeThat):
            answering.who_is_meant(ref, email)
    with pytest.raises(NoSuchStream):
        answering.who_is_meant("INC-9999", "")


def test_taken_twice_is_told(cast: Cast) -> None:
    ref = str(cast.report(cast.mira, at=START).incident)
    answering.acknowledge(incident=ref, by=cast.ana.actor, through="command", at=now())

    with pytest.raises(AlreadyAcknowledged):
        answering.acknowledge(incident=ref, by=cast.bo.actor, through="command", at=now())


def test_the_command_says_what_it_takes() -> None:
    command = [sys.executable, "-m", "redphone.cli", "ack", "--help"]

    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert "--as EMAIL" in said
