"""A real server and a real browser, on the session's throw-away PostgreSQL.

Every page that a test opens is watched: an error in its scripts, or anything that the content
security policy had to refuse, fails the test.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from redphone.config.embedded import Cluster

if TYPE_CHECKING:
    from redphone.records.models import Person

SERVER_STARTS_WITHIN = 30.0
WIDE, NARROW = {"width": 1360, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def site(cluster: Cluster, django_db_setup: None) -> Iterator[str]:
    """The address of a `redphone web` of its own, on the same database as the test."""
    port = free_port()
    server = serve(port)
    try:
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(timeout=10)


def serve(port: int) -> subprocess.Popen[bytes]:
    """Start a `redphone web` on the session's database, in a group of its own, and wait for it."""
    entry = settings.DATABASES["default"]
    where = f"postgresql://{entry['USER']}@/{entry['NAME']}?host={entry['HOST']}"
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "redphone.config.settings",
        "REDPHONE_DATABASE_URL": where,
        "REDPHONE_SECRET_KEY": settings.SECRET_KEY,
        "REDPHONE_PUBLIC_URL": f"http://localhost:{port}",
        "REDPHONE_DATABASE_POOL": "1",
    }
    command = [sys.executable, "-m", "redphone.cli", "web", "--port", str(port)]
    server = subprocess.Popen(command, env=env, start_new_session=True)
    _wait_for(f"http://127.0.0.1:{port}/accounts/login/", server)
    return server


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + SERVER_STARTS_WITHIN
    while time.monotonic() < ends:
        assert server.poll() is None, "the server ended by itself"
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"nothing answers at {address}")


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    # The browser's own loop runs in this thread; what Django's ORM does here is not async.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        # A sandbox can't be set up by root, and a container's /dev/shm is small.
        safe = ["--no-sandbox", "--disable-dev-shm-usage"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium, args=safe)
        yield browser
        browser.close()


@dataclass(kw_only=True)
class Window:
    """A browser window on the site, signed in as somebody or not."""

    site: str
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.site + path)
        return self.page

    def path(self) -> str:
        return self.page.url.removeprefix(self.site)


Open = Callable[..., Window]


@pytest.fixture
def window(browser: Browser, site: str) -> Iterator[Open]:
    """Open windows: `window(person, narrow=True, dark=True, scripts=False)`."""
    opened: list[Window] = []

    def open_window(
        person: Person | None = None,
        *,
        narrow: bool = False,
        dark: bool = False,
        scripts: bool = True,
        at: str = site,
    ) -> Window:
        context = browser.new_context(
            viewport=NARROW if narrow else WIDE,  # type: ignore[arg-type]
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        context.set_default_timeout(10_000)
        if person is not None:
            name, value = settings.SESSION_COOKIE_NAME, _session_of(person)
            context.add_cookies([{"name": name, "value": value, "url": at}])
        made = Window(site=at, context=context, page=context.new_page())
        made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
        made.page.on("console", lambda message: _watch(made, message))
        opened.append(made)
        return made

    yield open_window
    for each in opened:
        each.context.close()
    assert [complaint for each in opened for complaint in each.complaints] == []


def _watch(window: Window, message: Any) -> None:
    # A page that is not there is a test's own doing, and so is leaving one while it looks again;
    # other errors are faults of the page.
    harmless = ("status of 4", "AbortError: signal is aborted")
    if message.type == "error" and not any(words in message.text for words in harmless):
        window.complaints.append(f"{window.page.url}: {message.text}")


def _session_of(person: Person) -> str:
    client = Client()
    client.force_login(person)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def faults(page: Page) -> list[str]:
    """What axe-core finds on a page that is serious or worse, and whether it scrolls sideways."""
    found = Axe().run(page).response["violations"]
    serious = [
        f"{each['id']}: {node['html'][:160]}"
        for each in found
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]
    if page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    ):
        serious.append("the page scrolls sideways")
    return serious


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    return faults
