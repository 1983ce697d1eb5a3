"""Child processes that do not outlive their parent."""

import ctypes
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

_PR_SET_PDEATHSIG = 1


def dies_with_parent(signum: int) -> Callable[[], None] | None:
    """What a child runs before its program: ask Linux for this signal when the parent is gone.

    Elsewhere there is no such thing, and a killed parent leaves its children behind.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signum, 0, 0, 0)

    return ask


def spawn(
    command: list[str], *, at_parents_end: int = signal.SIGTERM, **options: Any
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C reaches only the parent.

    Call it from the main thread: Linux sends the signal when the thread that asked is gone.
    """
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=dies_with_parent(at_parents_end),
        **options,
    )
