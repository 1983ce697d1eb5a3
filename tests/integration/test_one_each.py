"""A senior owner, and one emergency for each incident manager: by page, API, and table."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, connections
from django.test import Client

from redphone.actions import incidents
from redphone.clock import now
from redphone.core.command import ManagesAnother, NotSenior, SeniorAlready
from redphone.records.models import Delivery, EntryRow, IncidentRow

if TYPE_CHECKING:
    from tests.conftest import Cast
    from tests.integration.conftest import Speak

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two(cast: Cast) -> tuple[str, str]:
    """Two emergencies of two customers; Ines manages the first."""
    at = now()
    first = str(cast.report(cast.mira, at=at, closest_to="system-outage").incident)
    second = str(cast.report(cast.jon, at=at, closest_to="account-lockout").incident)
    incidents.take(incident=first, by=cast.ines.actor, at=at)
    return first, second


def test_a_second_one_is_refused_without_a_reason(cast: Cast, two: tuple[str, str]) -> None:
    """POL-3, FAQ-4: and the refusal names the first."""
    first, second = two

    with pytest.raises(ManagesAnother, match=first):
        incidents.take(incident=second, by=cast.ines.actor, at=now())

    assert IncidentRow.objects.get(ref=second).manager is None


def test_with_a_reason_it_is_taken_and_the_managers_are_told(
    cast: Cast, two: tuple[str, str]
) -> None:
    """POL-3: an entry, a message, and red on the board and on its page."""
    first, second = two

    incidents.take(incident=second, by=cast.ines.actor, at=now(), why="Nobody else is awake.")

    entry = EntryRow.objects.get(stream=second, kind="manager_accepted")
    assert entry.data["beside"] == [first]
    told = Delivery.objects.filter(stream=second, purpose="second")
    assert cast.maya.email in told.values_list("address", flat=True)
    client = Client()
    client.force_login(cast.ana)
    assert f"manages {first} too" in client.get("/now/").content.decode()
    assert f"manages {second} too" in client.get(f"/incidents/{first}/").content.decode()


def test_once_the_first_has_ended_another_is_taken_freely(
    cast: Cast, two: tuple[str, str]
) -> None:
    first, second = two
    incidents.resolve(incident=first, by=cast.ines.actor, words="Restored.", at=now())

    incidents.take(incident=second, by=cast.ines.actor, at=now())

    assert not IncidentRow.objects.get(ref=second).manages_beside


def test_whoever_was_offered_a_second_one_is_an_alarm_too(
    cast: Cast, two: tuple[str, str]
) -> None:
    _, second = two
    with pytest.raises(ManagesAnother):
        incidents.offer(incident=second, to=cast.ines.actor, by=cast.ana.actor, note=" ", at=now())

    incidents.offer(
        incident=second, to=cast.ines.actor, by=cast.ana.actor, note="I must go.", at=now()
    )

    assert Delivery.objects.filter(stream=second, purpose="second").exists()


def test_an_incident_that_comes_back_to_a_busy_manager_raises_the_alarm(
    cast: Cast, two: tuple[str, str]
) -> None:
    """EMG-1: the reopening is not refused; both are hers, and it shows."""
    first, second = two
    incidents.resolve(incident=first, by=cast.ines.actor, words="Restored.", at=now())
    incidents.take(incident=second, by=cast.ines.actor, at=now())

    incidents.reopen(incident=first, by=cast.ana.actor, why="It is back.", at=now())

    row = IncidentRow.objects.get(ref=first)
    assert (row.status, row.manages_beside) == ("open", True)
    assert Delivery.objects.filter(stream=first, purpose="second").exists()


def test_two_taken_in_the_same_moment_are_one_and_a_question(cast: Cast) -> None:
    at = now()
    refs = [
        str(cast.report(cast.mira, at=at, closest_to="system-outage").incident),
        str(cast.report(cast.jon, at=at, closest_to="account-lockout").incident),
    ]
    refused: list[Exception] = []
    line = threading.Barrier(2)

    def take(ref: str) -> None:
        try:
            line.wait()
            incidents.take(incident=ref, by=cast.ines.actor, at=at)
        except ManagesAnother as error:
            refused.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take, args=(ref,)) for ref in refs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    assert IncidentRow.objects.filter(manager=cast.ines).count() == 1


def test_the_table_holds_it_too(cast: Cast, two: tuple[str, str]) -> None:
    _, second = two

    with pytest.raises(IntegrityError, match="incident_manager_one_each"):
        IncidentRow.objects.filter(ref=second).update(manager=cast.ines)


def test_by_the_api_a_second_one_is_a_conflict_until_it_is_said_why(
    cast: Cast, speak: Speak, two: tuple[str, str]
) -> None:
    first, second = two
    ines = speak(cast.ines)

    refused = ines.post(f"/incidents/{second}/take")
    taken = ines.post(f"/incidents/{second}/take", {"why": "Nobody else is awake."})

    assert (refused.status, taken.status) == (409, 200)
    assert taken.json["manager_has_too"] == [first]


def test_on_the_page_the_reason_is_asked_for(cast: Cast, two: tuple[str, str]) -> None:
    first, second = two
    client = Client()
    client.force_login(cast.ines)

    page = client.get(f"/incidents/{second}/").content.decode()
    empty = client.post(f"/incidents/{second}/take/", {})
    taken = client.post(f"/incidents/{second}/take/", {"words": "Nobody else is awake."})

    assert f"You are the incident manager of {first}." in page
    assert (empty.status_code, taken.status_code) == (409, 302)


# ── Seniors ──────────────────────────────────────────────────────────────────────────────────────


def test_a_senior_accepts_what_l1_has_taken(cast: Cast) -> None:
    """POL-1, FAQ-4: row 15."""
    ref = str(cast.report(cast.mira, at=now(), closest_to="system-outage").incident)
    incidents.acknowledge(incident=ref, by=cast.ana.actor, at=now())
    with pytest.raises(NotSenior):
        incidents.own(incident=ref, by=cast.ana.actor, at=now())

    incidents.own(incident=ref, by=cast.bo.actor, at=now())

    with pytest.raises(SeniorAlready):
        incidents.own(incident=ref, by=cast.maya.actor, at=now())
    client = Client()
    client.force_login(cast.ana)
    page = client.get(f"/incidents/{ref}/").content.decode()
    assert "is the senior owner now" in page


def test_only_seniors_are_offered_the_button_and_only_while_it_is_free(cast: Cast) -> None:
    ref = str(cast.report(cast.mira, at=now(), closest_to="system-outage").incident)

    def sees(person: object) -> bool:
        client = Client()
        client.force_login(person)  # type: ignore[arg-type]
        return "Accept as senior owner" in client.get(f"/incidents/{ref}/").content.decode()

    before = (sees(cast.ana), sees(cast.bo))
    incidents.acknowledge(incident=ref, by=cast.bo.actor, at=now())

    assert before == (False, True)
    assert not sees(cast.maya)


def test_a_senior_owner_by_the_api(cast: Cast, speak: Speak) -> None:
    ref = str(cast.report(cast.mira, at=now(), closest_to="system-outage").incident)

    refused = speak(cast.ana).post(f"/incidents/{ref}/own")
    taken = speak(cast.bo).post(f"/incidents/{ref}/own")
    stranger = speak(cast.mira).post(f"/incidents/{ref}/own")

    assert (refused.status, taken.status) == (409, 200)
    assert taken.json["senior_owner"] == cast.bo.name
    assert stranger.status in {403, 404}


# ── Ladders, by page and API ─────────────────────────────────────────────────────────────────────


def test_a_step_is_skipped_to_by_the_form_and_by_the_api(cast: Cast, speak: Speak) -> None:
    """EMG-1: who and why are on the timeline."""
    ref = str(cast.report(cast.mira, at=now(), closest_to="system-outage").incident)
    client = Client()
    client.force_login(cast.ana)

    without = client.post(f"/incidents/{ref}/skip-to/", {"step": "system-outage 3", "words": ""})
    beyond = client.post(f"/incidents/{ref}/skip-to/", {"step": "system-outage 9", "words": "x"})
    done = client.post(
        f"/incidents/{ref}/skip-to/", {"step": "system-outage 3", "words": "It burns."}
    )
    api = speak(cast.ana).post(f"/incidents/{ref}/skip-to-step", {"step": 2, "why": "Both."})
    wrong = speak(cast.ana).post(f"/incidents/{ref}/skip-to-step", {"step": 7, "why": "Both."})
    stranger = speak(cast.jon).post(f"/incidents/{ref}/skip-to-step", {"step": 2, "why": "Me."})

    assert [r.status_code for r in (without, beyond, done)] == [409, 409, 302]
    assert (api.status, wrong.status) == (200, 409)
    assert stranger.status in {403, 404}
    skipped = EntryRow.objects.filter(stream=ref, data__reason="skipped").order_by("seq")
    assert [row.data["step"] for row in skipped] == [2, 1]
    assert "skipped to by hand" in client.get(f"/incidents/{ref}/").content.decode()


def test_the_page_says_when_they_are_asked_and_that_they_were(cast: Cast) -> None:
    from redphone.actions import duty

    at = now() - timedelta(minutes=40)
    ref = str(cast.report(cast.mira, at=at, closest_to="system-outage").incident)
    incidents.acknowledge(incident=ref, by=cast.ana.actor, at=at)
    client = Client()
    client.force_login(cast.ana)
    before = client.get(f"/incidents/{ref}/").content.decode()
    duty.handle_due(at=at + timedelta(minutes=30))

    after = client.get(f"/incidents/{ref}/").content.decode()
    answered = client.post(f"/incidents/{ref}/acknowledge/")

    assert "is asked “still on it?”" in before
    assert "Still on it?" in after
    assert answered.status_code == 302
    assert "asked Ana Reyes: still on it?" in client.get(f"/incidents/{ref}/").content.decode()


def test_the_link_in_the_question_answers_it(cast: Cast) -> None:
    """POL-1: "yes, still on it" by the same door as a page."""
    from redphone.actions import compose, duty, paging
    from redphone.actions.scene import scene

    at = now() - timedelta(minutes=31)
    ref = str(cast.report(cast.mira, at=at, closest_to="system-outage").incident)
    incidents.acknowledge(incident=ref, by=cast.ana.actor, at=at)
    duty.handle_due(at=at + timedelta(minutes=30))
    row = Delivery.objects.get(stream=ref, purpose="still_on_it")
    message = compose.compose(scene(row, at=now()))
    assert message.link is not None
    token = message.link[1].rstrip("/").rpartition("/")[2]

    paging.answer(token, at=now())

    assert EntryRow.objects.filter(stream=ref, kind="acknowledged").count() == 2


# ── The account manager ──────────────────────────────────────────────────────────────────────────


def test_the_account_manager_is_set_by_the_api_and_tried_from_the_wrong_side(
    cast: Cast, speak: Speak
) -> None:
    """EMG-5: a colleague, by whoever may change customers."""
    maya, path = speak(cast.maya), "/customers/nordwind/account-manager"

    done = maya.post(path, {"email": cast.bo.email.upper()})
    nobody = maya.post(path, {"email": None})
    customer = maya.post(path, {"email": cast.mira.email})
    missing = maya.post("/customers/no-such/account-manager", {"email": None})
    by_ana = speak(cast.ana).post(path, {"email": cast.ana.email})
    by_a_customer = [
        speak(cast.mira).get("/customers/nordwind"),
        speak(cast.jon).post(path, {"email": cast.bo.email}),
    ]

    assert done.json["account_manager"]["email"] == cast.bo.email
    assert nobody.json["account_manager"] is None
    assert (customer.status, missing.status, by_ana.status) == (422, 404, 403)
    assert {answer.status for answer in by_a_customer} <= {403, 404}
    assert speak(cast.ana).get("/customers/nordwind").json["account_manager"] is None
