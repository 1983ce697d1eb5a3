"""Do the snippets that vendors copy make tokens that the desk believes?"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings

from redphone.actions import identity_keys
from redphone.actions.identity import identify
from redphone.clock import now

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

HOWTO = (Path(__file__).parents[2] / "docs" / "howto" / "button.md").read_text("utf-8")
USER = {
    "id": 42,
    "email": "mira@nordwind.example",
    "name": "Mira Kovač",
    "customer": "nordwind",
}

CALLS = {
    "js": ("node", "-e", "console.log(redphoneToken(...JSON.parse({told})))"),
    "php": ("php", "-r", "echo redphone_token(...json_decode({told}, true));"),
    "ruby": ("ruby", "-e", "puts redphone_token(*JSON.parse({told}, symbolize_names: true))"),
}


def snippet(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", HOWTO, re.S)
    assert found, language
    return found[1]


def made_by(language: str, told: list[Any]) -> str:
    program, flag, call = CALLS[language]
    if shutil.which(program) is None:
        pytest.skip(f"There is no {program} here to run the snippet with.")
    code = f"{snippet(language)}\n{call.format(told=repr(json.dumps(told)))}"
    done = subprocess.run([program, flag, code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("language", ["python", *CALLS])
def test_a_snippet_makes_a_token_that_is_believed(cast: Cast, language: str) -> None:
    key, secret = identity_keys.create(
        name="Dashboard", algorithm="HS256", origins=[], by=cast.rosa.actor, at=now()
    )
    told = [USER, secret, key.kid, settings.PUBLIC_URL]

    if language == "python":
        names: dict[str, Any] = {}
        exec(snippet("python"), names)
        text = names["redphone_token"](*told)
    else:
        text = made_by(language, told)

    assert identify(text, now(), once=True).person == cast.mira.pk
    assert "jti" in HOWTO
