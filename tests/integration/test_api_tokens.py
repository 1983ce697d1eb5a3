"""Tokens: made once, kept as a digest, and whom they let in."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from django.test import Client
from django.urls import reverse

from redphone import clock
from redphone.actions import tokens
from redphone.records.models import ApiToken

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)


def ask(text: str | None) -> int:
    headers = {"authorization": f"Bearer {text}"} if text is not None else {}
    return Client().get("/api/v1/me", headers=headers).status_code


def test_a_token_acts_as_its_person_and_remembers_its_use(cast: Cast) -> None:
    at = clock.now()
    token, text = tokens.create(person="ANA@redphone.example ", name="Chat", at=at)

    answer = Client().get("/api/v1/me", headers={"authorization": f"Bearer {text}"})

    assert answer.json()["email"] == cast.ana.email
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert text not in (token.digest, token.prefix)
    assert text.startswith(token.prefix)


def test_a_wrong_revoked_or_expired_token_opens_nothing(cast: Cast) -> None:
    at = clock.now()
    revoked, gone = tokens.create(person=cast.ana.email, name="Old", at=at)
    tokens.revoke(prefix=revoked.prefix, at=at)
    _, over = tokens.create(person=cast.bo.email, name="Over", at=at - DAY, expires_at=at - DAY)
    _, good = tokens.create(person=cast.bo.email, name="Good", at=at, expires_at=at + DAY)

    answers = [ask(text) for text in (gone, over, good + "x", "", "\udcff", None, good)]

    assert answers == [401, 401, 401, 401, 401, 401, 200]


def test_a_token_of_somebody_who_has_left_opens_nothing(cast: Cast) -> None:
    _, text = tokens.create(person=cast.ana.email, name="Chat", at=clock.now())
    cast.ana.is_active = False
    cast.ana.save()

    assert ask(text) == 401


def test_the_answer_without_a_token_says_how_to_get_one(cast: Cast) -> None:
    answer = Client().get("/api/v1/cases")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="redphone"'
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "redphone token create" in answer.json()["detail"]


def test_a_session_alone_does_not_open_the_api(cast: Cast) -> None:
    browser = Client()
    browser.force_login(cast.rosa)

    assert browser.get("/api/v1/cases").status_code == 401


def test_a_token_is_for_somebody_and_has_a_name(cast: Cast) -> None:
    with pytest.raises(tokens.NobodyThere):
        tokens.create(person="nobody@redphone.example", name="Chat", at=clock.now())
    with pytest.raises(tokens.NameMissing):
        tokens.create(person=cast.ana.email, name=" ", at=clock.now())
    with pytest.raises(tokens.NoSuchToken):
        tokens.revoke(prefix="", at=clock.now())


def test_the_command_makes_lists_and_takes_back_tokens(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contextlib import nullcontext

    from redphone.cli import token

    monkeypatch.setattr(token, "database", nullcontext)
    run = CliRunner().invoke

    made = run(token.token, ["create", "--person", cast.ana.email, "--name", "Chat"])
    text = made.stdout.strip()
    worked = ask(text)
    listed = run(token.token, ["list"])
    revoked = run(token.token, ["revoke", text[:10]])
    again = run(token.token, ["revoke", text[:10]])

    assert worked == 200
    assert "ana@redphone.example" in listed.output
    assert text not in listed.output
    assert revoked.exit_code == 0
    assert again.exit_code == 1
    assert ask(text) == 401
    assert ApiToken.objects.get().revoked_at is not None


def test_an_admin_makes_and_takes_back_tokens_on_a_page(cast: Cast) -> None:
    admin = Client()
    admin.force_login(cast.rosa)
    form = {"name": "Chat", "person": cast.ana.email, "days": "30"}

    made = admin.post("/tokens/create/", form)
    text = re.findall(r"<code>(rp_[\w-]+)</code>", made.content.decode())[0]
    worked = ask(text)
    later = admin.get("/tokens/").content.decode()
    admin.post("/tokens/revoke/", {"prefix": text[:10]})

    assert (made.status_code, worked, ask(text)) == (200, 200, 401)
    assert "no-store" in made.headers["Cache-Control"]
    assert text not in later
    assert text[:10] in later
    assert 'href="/tokens/"' in admin.get(reverse("responder:connections")).content.decode()


def test_a_token_for_nobody_is_an_error_of_the_form(cast: Cast) -> None:
    admin = Client()
    admin.force_login(cast.rosa)

    answer = admin.post("/tokens/create/", {"name": "Chat", "person": "nobody@x.example"})

    assert answer.status_code == 422
    assert "Nobody who may sign in" in answer.content.decode()


def test_tokens_are_for_admins_only(cast: Cast) -> None:
    """Whoever could make one could act as anybody."""
    form = {"name": "Chat", "person": cast.rosa.email}
    seen = []
    for who in (cast.mira, cast.ana, cast.maya, cast.tom):
        browser = Client()
        browser.force_login(who)
        pages = browser.get("/tokens/"), browser.post("/tokens/create/", form)
        seen.append(tuple(page.status_code for page in pages))

    assert seen == [(404, 404), (403, 403), (403, 403), (403, 403)]
    assert not ApiToken.objects.exists()
