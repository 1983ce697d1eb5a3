"""How a watcher on another machine looks at a desk, and what it remembers on its own disk."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict
from datetime import datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from redphone.core.watch import STALE_AFTER, Look, Watch

TIMEOUT = 15.0
MOST_BYTES = 1024 * 1024


def look(url: str, *, at: datetime, slow_after: float) -> Look:
    """Ask a desk whether it is well. It never raises: whatever is wrong is the trouble."""
    began = time.monotonic()
    try:
        status, body = _ask(f"{url.rstrip('/')}/health")
    except (OSError, HTTPException, ValueError) as error:
        return Look(at=at, trouble=f"It does not answer: {getattr(error, 'reason', error)}.")
    took = time.monotonic() - began
    trouble = _trouble(status, body, at)
    if not trouble and took > slow_after:
        trouble = f"It is slow: its answer took {took:.1f} s."
    return Look(at=at, trouble=trouble)


def _ask(url: str) -> tuple[int, bytes]:
    request = Request(url, headers={"User-Agent": "redphone watch", "Cache-Control": "no-cache"})
    try:
        with urlopen(request, timeout=TIMEOUT) as answer:
            return answer.status, answer.read(MOST_BYTES)
    except HTTPError as error:
        with error:
            return error.code, error.read(MOST_BYTES)


def _trouble(status: int, body: bytes, at: datetime) -> str:
    """What an answer says is wrong; "" when nothing is."""
    try:
        told: Any = json.loads(body)
        said, moment = told["status"], datetime.fromisoformat(told["at"])
        age = abs(at - moment)
    except (ValueError, KeyError, TypeError):
        return f"Its answer is none of a desk's (HTTP {status})."
    if age > STALE_AFTER:
        return f"Its answer is stale: it says that it is {moment:%Y-%m-%d %H:%M:%S} UTC."
    if said == "ok" and status == 200:
        return ""
    whys = [str(each.get("why", "?")) for each in told.get("late") or [] if isinstance(each, dict)]
    return f"It says {said}: {'; '.join(whys) or 'it does not say why'}."


def remembered(path: Path) -> Watch:
    """What the watcher knew when it was stopped; nothing when there is no such file, or a bad one.

    To have forgotten costs one message too many, never one too few.
    """
    try:
        kept = json.loads(path.read_text("utf-8"))
        return Watch(
            bad=int(kept["bad"]),
            since=_moment(kept["since"]),
            told_at=_moment(kept["told_at"]),
            trouble=str(kept["trouble"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return Watch()


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def remember(watch: Watch, path: Path) -> None:
    """Keep it, so that a power cut leaves the old file or the new one."""
    data = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(watch).items()
    }
    draft = path.with_suffix(".new")
    path.parent.mkdir(parents=True, exist_ok=True)
    with draft.open("w", encoding="utf-8") as file:
        json.dump(data, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
