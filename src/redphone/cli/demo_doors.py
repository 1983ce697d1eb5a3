"""The desk's real doors, as the demo knocks on them: the API, and the pages with their forms."""

from __future__ import annotations

import json
import re
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from redphone.cli.demo_cast import Player

PATIENCE = 30.0
"""Seconds to wait for an answer."""


class Refused(Exception):
    """The desk did not do it, and said why."""


class Desk:
    """A running desk at an address."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")

    def post(self, who: Player, path: str, body: dict[str, Any] | None = None) -> Any:
        """Do something by the API, as somebody.

        Raises:
            Refused: the desk refused, or does not answer.
        """
        return self._api("POST", who, path, json.dumps(body or {}).encode())

    def get(self, who: Player, path: str) -> Any:
        """Read something by the API, as somebody."""
        return self._api("GET", who, path, None)

    def _api(self, method: str, who: Player, path: str, body: bytes | None) -> Any:
        headers = {"Authorization": f"Bearer {who.token}", "Content-Type": "application/json"}
        request = Request(
            f"{self.address}/api/v1{path}", data=body, headers=headers, method=method
        )
        return json.loads(_answer(build_opener(), request)[0])

    def report_by_button(self, who: Player, password: str, description: str) -> str:
        """Sign in, fill in *Report a critical issue*, press the button. The case that it became.

        Raises:
            Refused: the desk refused, or does not answer.
        """
        browser = build_opener(HTTPCookieProcessor(CookieJar()))
        login = "/accounts/login/"
        if login in self._send(browser, login, {"login": who.email, "password": password}):
            raise Refused(f"{who.email} could not sign in.")
        address = self._send(
            browser,
            "/report/",
            {"description": description, "contact": who.email, "users_affected": "everyone"},
        )
        found = re.search(r"\bRP-\d+\b", address)
        if found is None:
            raise Refused(f"The form was sent and led to {address}, which names no case.")
        return found.group()

    def _send(self, browser: Any, path: str, fields: dict[str, str]) -> str:
        """Open a page, fill in its form, send it; the address of the page that follows."""
        form, _ = _answer(browser, Request(self.address + path))
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
        body = urlencode(hidden | fields).encode()
        headers = {"Referer": self.address + path, "Origin": self.address}
        return _answer(browser, Request(self.address + path, data=body, headers=headers))[1]


def _answer(opener: Any, request: Request) -> tuple[str, str]:
    """What is answered, and the address that it came from in the end."""
    where = f"{request.get_method()} {request.selector}"
    try:
        with opener.open(request, timeout=PATIENCE) as response:
            return response.read().decode(), response.url
    except HTTPError as error:
        with error:
            raise Refused(f"{where}: {_why(error)}") from None
    except (URLError, OSError) as error:
        raise Refused(
            f"{where}: the desk does not answer at {request.host} ({error}). Is it up? "
            "--url says where it is."
        ) from None


def _why(error: HTTPError) -> str:
    try:
        told = json.loads(error.read())
        return f"{told['detail']} {told.get('errors', '')}".strip()
    except (ValueError, KeyError, TypeError):
        return f"{error.code} {error.reason}"
