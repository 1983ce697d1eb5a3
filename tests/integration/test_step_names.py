"""People whom a step names by their address are shown by their name, wherever a ladder is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from tests.conftest import POLICY_FILE

from redphone.actions import compose, duty, policies
from redphone.actions.scene import scene
from redphone.clock import now
from redphone.core.policy import Callee, Named
from redphone.forecast import desk
from redphone.records.models import Delivery

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ref(cast: Cast) -> str:
    """An outage whose first step is Bo by his address, and whose second one is Ana."""
    text = POLICY_FILE.read_text()
    old = 'escalation = ["L1 Support", '
    assert old in text
    people = f'{{ people = ["{cast.bo.email}"] }}, {{ people = ["{cast.ana.email}"] }}, '
    text = text.replace(old, f"escalation = [{people}")
    policies.publish(text=text, filename="ours.toml", at=now() - timedelta(hours=1))
    at = now() - timedelta(minutes=1)
    return str(cast.report(cast.mira, at=at, closest_to="system-outage").incident)


def test_the_room_and_the_board_show_names_and_no_address(cast: Cast, ref: str) -> None:
    client = Client()
    client.force_login(cast.maya)

    room = client.get(f"/incidents/{ref}/").content.decode()
    board = client.get("/now/").content.decode()

    assert f"<b>{cast.bo.name}</b>" in room
    assert f"<b>{cast.ana.name}</b>" in room
    assert f"ringing {cast.bo.name}" in board
    for page in (room, board):
        assert cast.bo.email not in page


def test_the_page_to_the_next_step_says_who_did_not_answer(cast: Cast, ref: str) -> None:
    duty.handle_due(at=now() + timedelta(minutes=5))
    page = Delivery.objects.get(stream=ref, purpose="page", person=cast.ana, channel="mail")

    said = " ".join(compose.compose(scene(page, at=now())).lines)

    assert f"{cast.bo.name} did not answer" in said
    assert "@" not in said


def test_the_desk_in_memory_finds_them_too() -> None:
    found = desk.by_name(Callee(kind=Named.PERSON, name="bo@ours.example"), "INC-1")

    assert found == ("person:bo@ours.example",)
    assert desk.by_name(Callee(kind=Named.ROLE, name="executive"), "INC-1") == (
        "person:executive",
    )
    assert desk.by_name(Callee(kind=Named.SENIOR, name=""), "INC-1") == ()
