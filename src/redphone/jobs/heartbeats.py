"""Signs of life of the desk's processes, as rows that the auditor and `/health` read."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta

from redphone.actions import ladder_audit
from redphone.records.models import Heartbeat

FORGOTTEN_AFTER = timedelta(hours=1)
"""A process that was silent for so long is not coming back."""


def beat(kind: str, *, at: datetime, **detail: object) -> None:
    """Say that this process lives."""
    Heartbeat.objects.update_or_create(
        name=f"{kind}@{socket.gethostname()}:{os.getpid()}",
        defaults={"kind": kind, "at": at, "detail": detail},
    )


def end(kind: str) -> None:
    """This process ends in order: its silence is no trouble."""
    Heartbeat.objects.filter(name=f"{kind}@{socket.gethostname()}:{os.getpid()}").delete()


def forget_old(*, at: datetime) -> None:
    """Remove the signs of processes long gone."""
    processes = Heartbeat.objects.exclude(name=ladder_audit.NAME)
    processes.filter(at__lt=at - FORGOTTEN_AFTER).delete()
