"""The chat in a vendor's own page: no cookie is looked at, and a session names one person only."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from tests.conftest import NOON
from tests.integration.test_chat import WORDS
from tests.integration.test_chat_doors import lines

from redphone import clock
from redphone.actions import frame_sessions, identity_keys
from redphone.actions.identity import Identity
from redphone.records.models import CaseRow, EntryRow, Report

if TYPE_CHECKING:
    from tests.conftest import Cast

    from redphone.records.models import IdentityKey, Person

SITE = "https://app.vendor.example"


@pytest.fixture
def key(cast: Cast) -> IdentityKey:
    made, _ = identity_keys.create(
        name="Dashboard", algorithm="HS256", origins=[SITE], by=cast.rosa.actor, at=NOON
    )
    return made


def session_of(person: Person, key: IdentityKey, *, purpose: str = "chat", hours: int = 0) -> str:
    who = Identity(
        person=person.pk,
        customer=person.customer_id,
        email=person.email,
        name=person.name,
        subject=f"their {person.pk}",
        key=key.pk,
    )
    at = clock.now() - timedelta(hours=hours)
    return frame_sessions.open_session(who, purpose=purpose, at=at)


def begin(session: str, **more: str) -> Any:
    body = {"id": str(uuid.uuid4()), "text": WORDS, "session": session, **more}
    return Client(enforce_csrf_checks=True).post("/frame/chat/", body)


def write(path: str, text: str, session: str = "") -> Any:
    body = {"id": str(uuid.uuid4()), "text": text, "session": session}
    strict = Client(enforce_csrf_checks=True)
    return strict.post(path, body, headers={"Accept": "application/json"})


def mine(session: str) -> list[str]:
    found: Any = Client(enforce_csrf_checks=True).post("/frame/chat/mine/", {"session": session})
    return [each["go"] for each in found.json()["open"]]


def test_a_session_opens_a_conversation_in_its_person_s_name(cast: Cast, key: IdentityKey) -> None:
    session = session_of(cast.jon, key)

    begun = begin(session)
    write(begun.url, "More words.", session)

    row = CaseRow.objects.get()
    assert (row.channel, row.plan, row.reporter_id) == ("chat", "pro", cast.jon.pk)
    assert lines(row.ref) == [("opened", WORDS), ("added", "More words.")]
    actors = EntryRow.objects.filter(stream=row.ref).values_list("actor", flat=True)
    assert set(actors) == {cast.jon.actor}
    assert mine(session) == [begun.url]
    news: Any = Client().get(begun.url + "new/?after=1")
    assert "More words." in news.json()["lines"]


def test_only_the_sites_of_a_key_may_hold_it_in_a_frame(cast: Cast, key: IdentityKey) -> None:
    begun = begin(session_of(cast.jon, key))

    for path in ("/frame/chat/", begun.url):
        page = Client().get(path)
        assert f"frame-ancestors {SITE}" in page.headers["Content-Security-Policy"]
        assert "X-Frame-Options" not in page.headers
        assert page.headers["Referrer-Policy"] == "no-referrer"
    own = Client().get(begun.url.replace("/frame", ""))
    assert own.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("how", ["revoked", "over", "for another purpose", "forged", "left"])
def test_a_session_that_is_no_good_names_nobody_and_finds_nothing(
    cast: Cast, key: IdentityKey, how: str
) -> None:
    """clauses.md, row 8: what is written is taken all the same, as by somebody unknown."""
    good = session_of(cast.jon, key)
    theirs = begin(good).url
    session = {
        "over": session_of(cast.jon, key, hours=13),
        "for another purpose": session_of(cast.jon, key, purpose="report"),
        "forged": good[:-3] + "abc",
    }.get(how, good)
    if how == "revoked":
        key.revoked_at = NOON
        key.save()
    if how == "left":
        cast.jon.is_active = False
        cast.jon.save()

    assert mine(session) == []
    written = write(theirs, "By the link alone.", session)
    begun = begin(session)

    assert written.status_code == 200
    old, new = CaseRow.objects.order_by("number")
    assert EntryRow.objects.filter(stream=old.ref).last().actor == "anonymous"  # type: ignore[union-attr]
    assert (new.plan, new.reporter_id) == (None, None)
    assert Report.objects.get(case_ref=new.ref).notes["identity"].startswith("unknown")
    assert begun.url.startswith("/frame/chat/with/")


def test_another_customer_s_session_is_nobody_in_this_conversation(
    cast: Cast, key: IdentityKey
) -> None:
    theirs = begin(session_of(cast.jon, key)).url

    assert mine(session_of(cast.mira, key)) == []
    write(theirs, "With the link, and another's session.", session_of(cast.mira, key))

    ref = CaseRow.objects.get().ref
    assert EntryRow.objects.filter(stream=ref).last().actor == "anonymous"  # type: ignore[union-attr]


def test_who_is_signed_in_to_the_portal_is_nobody_in_a_frame(cast: Cast, key: IdentityKey) -> None:
    """A forged request from another site, with all cookies that a browser would send."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.jon)

    client.post("/frame/chat/", {"id": str(uuid.uuid4()), "text": WORDS})

    row = CaseRow.objects.get()
    assert (row.reporter_id, row.customer_id) == (None, None)


def test_a_forged_link_opens_nothing(cast: Cast, key: IdentityKey) -> None:
    url = begin(session_of(cast.jon, key)).url

    for path in (url[:-4] + "zzz/", "/frame/chat/with/RP-1001/"):
        for what in ("", "new/"):
            assert Client().get(path + what).status_code == 404
        assert write(path, "Let me in.", session_of(cast.jon, key)).status_code == 404
