"""Handing messages to chat and push apps by Apprise, in a process that can be ended.

A plugin may wait for longer than it says, and a thread can't be ended: a process can. It is
started for the first message and kept for those that follow.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from redphone.channels.apprise import words
from redphone.core.message import Message, Outcome, Sent

WITHIN = 15.0
"""Seconds for one message, the start of the process included."""

DEAD = frozenset({401, 403, 404, 410})
"""Answers that say that this address takes nothing any more: it was taken back, or never was."""

KEPT = ("PATH", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
"""All that the process gets of our surroundings: no secrets."""

OURS = str(Path(__file__).parents[3])

NO_HOME = "/nonexistent"
"""There a program would look for passwords of its user."""

COMMAND = (sys.executable, "-B", "-W", "ignore", "-m", "redphone.channels.apprise.child")


class Apps:
    """Chat and push apps. `allow` is what an operator lets them reach beside the internet."""

    def __init__(self, allow: Iterable[str] = (), *, within: float = WITHIN) -> None:
        self._allow = list(allow)
        self._within = within
        self._child: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def send(self, message: Message) -> Outcome:
        """Hand one message over. See `redphone.channels.Channel.send`."""
        if not words.address(message):
            return Outcome(sent=Sent.REFUSED, detail="the address of this app was not kept")
        asked = words.posted(message)
        said = self._ask(
            {
                "url": asked.url,
                "title": asked.title,
                "body": asked.body,
                "type": "failure" if asked.is_urgent else "info",
            }
        )
        return outcome(said)

    def _ask(self, question: dict[str, str]) -> dict[str, Any]:
        """What the process says; what its end means when it says nothing."""
        is_late = threading.Event()
        child = self._started()
        timer = threading.Timer(self._within, _cut, (child, is_late))
        timer.start()
        line = ""
        try:
            assert child.stdin is not None
            assert child.stdout is not None
            with suppress(BrokenPipeError):
                child.stdin.write(json.dumps(question) + "\n")
                child.stdin.flush()
                line = child.stdout.readline()
        finally:
            timer.cancel()
        if line and not is_late.is_set():
            found: dict[str, Any] = json.loads(line)
            return found
        self._end()
        late = f"it took longer than {self._within:g} seconds"
        return {"is_taken": False, "said": late if is_late.is_set() else "its process has ended"}

    def _started(self) -> subprocess.Popen[str]:
        if self._child is None or self._child.poll() is not None:
            self._end()
            self._child = _start(self._allow)
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        with suppress(BrokenPipeError):
            child.__exit__(None, None, None)


def _start(allow: list[str]) -> subprocess.Popen[str]:
    around = {name: os.environ[name] for name in KEPT if name in os.environ}
    child = subprocess.Popen(
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # The same Redphone as ours, wherever it was started from.
        env={**around, "PYTHONPATH": OURS, "PYTHONIOENCODING": "utf-8", "HOME": NO_HOME},
        cwd="/",
        encoding="utf-8",
    )
    assert child.stdin is not None
    with suppress(BrokenPipeError):
        child.stdin.write(json.dumps(allow) + "\n")
        child.stdin.flush()
    return child


def _cut(child: subprocess.Popen[str], is_late: threading.Event) -> None:
    is_late.set()
    child.kill()


def outcome(said: dict[str, Any]) -> Outcome:
    """What came of it. Only a service that knows the address no more refuses for good."""
    status, detail = said.get("status"), str(said.get("said") or "")
    if said["is_taken"]:
        return Outcome(sent=Sent.TAKEN)
    if said.get("is_refused") or status in DEAD:
        return Outcome(sent=Sent.REFUSED, detail=detail or f"the service answered {status}")
    wait = said.get("retry_after")
    return Outcome(
        sent=Sent.TRY_AGAIN,
        detail=detail or f"the service answered {status}",
        retry_after=timedelta(seconds=wait) if wait else None,
    )
