"""`redphone up`, from the command to the address, on a new data folder and on the same again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.crash.desk import free_port

from bench.figures import Figure, below, plain

READY = "Redphone is at"


def measure() -> list[Figure]:
    """With the virtual environment in place: what `make setup` costs is the network's affair."""
    folder = Path(tempfile.mkdtemp(prefix="redphone-start-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        first, second = _up(folder), _up(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return [
        plain("start of redphone up, first", first, "s"),
        below("start of redphone up, second", second, "s", 5),
    ]


def _up(folder: Path) -> float:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("REDPHONE_", "DJANGO_"))}
    environment = clean | {
        "REDPHONE_DATA": str(folder),
        "REDPHONE_PORT": str(free_port()),
        "REDPHONE_SYSTEM_USER": "nobody",
    }
    log = folder / "up.log"
    began = time.monotonic()
    with log.open("w") as file:
        running = subprocess.Popen(
            [sys.executable, "-m", "redphone.cli", "up"], env=environment, stdout=file, stderr=file
        )
    try:
        while READY not in log.read_text():
            assert running.poll() is None, log.read_text()
            assert time.monotonic() - began < 120, log.read_text()
            time.sleep(0.02)
        return time.monotonic() - began
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(30)
