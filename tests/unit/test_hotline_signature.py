"""Signatures of a voice provider, right and wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.http import QueryDict

from redphone.channels.hotline.signature import is_genuine, sign

TOKEN = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
"""The worked example of the provider's documentation."""


def genuine(
    url: str = URL,
    form: dict[str, str] | QueryDict | None = None,
    signature: str = SIGNATURE,
    tokens: tuple[str, ...] = (TOKEN,),
    settings: str = "",
) -> bool:
    fields: Any = FORM if form is None else form
    return is_genuine(tokens, url, fields, signature, settings=settings)


def test_the_documented_example_is_genuine_and_what_we_would_sign() -> None:
    assert genuine()
    assert sign(TOKEN, URL, FORM) == SIGNATURE


@pytest.mark.parametrize(
    ("number", "signature"),
    [
        ("+12349013030", "0/KCTR6DLpKmkAf8muzZqo1nDgQ="),
        ("+14158675310", "GvWf1cFY/Q7PnoempGyD5oXAezc="),
    ],
)
def test_its_earlier_versions_are_genuine_too(number: str, signature: str) -> None:
    assert genuine(form=FORM | {"Caller": number, "From": number}, signature=signature)


def test_two_tokens_hold_while_one_is_replaced() -> None:
    assert genuine(tokens=("another", TOKEN))


def test_the_address_holds_with_and_without_its_port() -> None:
    assert genuine("https://mycompany.com:443/myapp.php?foo=1&bar=2")
    with_port = sign(TOKEN, "https://mycompany.com:443/myapp.php?foo=1&bar=2", FORM)
    assert genuine(signature=with_port)


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://mycompany.com/myapp.php?foo=1&bar=2"},
        {"url": "https://mycompany.com/myapp.php?foo=1&bar=3"},
        {"url": "https://mycompany.com/myapp.php?bar=2&foo=1"},
        {"form": FORM | {"Digits": "1235"}},
        {"form": FORM | {"More": "1"}},
        {"form": {}},
        {"signature": ""},
        {"signature": SIGNATURE.lower()},
        {"signature": SIGNATURE[:-1]},
        {"signature": "ä" * 28},
        {"tokens": ()},
        {"tokens": ("",)},
        {"settings": "key=k,algorithm=HMAC_SHA256"},
        {"settings": "key=k,algorithm=none"},
    ],
)
def test_anything_else_is_not(wrong: dict[str, Any]) -> None:
    assert not genuine(**wrong)


def test_fields_that_come_twice_are_signed_each_once_and_sorted() -> None:
    form = QueryDict("a=2&a=1&a=2&b=%C3%A4&c=")
    # As the provider puts it together: names and values in order, each value once.
    signature = sign(TOKEN, "https://desk.example/x", {"a": "1a2", "b": "ä", "c": ""})

    assert genuine("https://desk.example/x", form, signature)


def vectors() -> list[dict[str, Any]]:
    for folder in Path(__file__).parents:
        path = folder / "shared" / "real" / "telephony" / "signature-vectors.json"
        if path.exists():
            found = json.loads(path.read_text())
            every = found if isinstance(found, list) else list(found.values())
            return [each for each in every if isinstance(each, dict)]
    return []


def test_vectors_from_elsewhere_are_genuine() -> None:
    tried = 0
    for each in vectors():
        named = {name.lower().replace("_", ""): value for name, value in each.items()}
        token = named.get("token") or named.get("authtoken")
        url, signature = named.get("url") or named.get("uri"), named.get("signature")
        params = named.get("params") or named.get("form") or {}
        if token and url and signature and isinstance(params, dict):
            if "bodySHA256" in url:
                # A JSON body is signed by its digest; voice callbacks are forms.
                continue
            is_good = named.get("valid", named.get("expected", True)) is not False
            form = QueryDict(mutable=True)
            for name, value in params.items():
                form.setlist(name, value if isinstance(value, list) else [str(value)])
            named_algorithm = named.get("algorithm")
            settings = f"algorithm={named_algorithm}" if named_algorithm else ""
            assert genuine(url, form, signature, (token,), settings) is is_good, each
            tried += 1
    if not tried:
        pytest.skip(
            "No signature-vectors.json that we can read: only the documented ones are tried."
        )
