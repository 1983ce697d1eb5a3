"""A process that dies by SIGKILL before its n-th write."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable
from typing import Any

from django.db import connection

WRITES = ("insert", "update", "delete", "with")


class Dead:
    """Dies before its n-th write; whatever else counts as one calls `step`."""

    def __init__(self, at_write: int) -> None:
        self.left = at_write

    def __call__(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        # The queue's own statements come composed, and each writes a job.
        if not isinstance(sql, str) or sql.lstrip().lower().startswith(WRITES):
            self.step()
        return execute(sql, params, many, context)

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def is_killed(write: int, way: Callable[[Dead], None]) -> bool:
    """Whether a process that goes the way dies before this write; not when it has fewer."""
    connection.close()
    child = os.fork()
    if child == 0:
        dead = Dead(write)
        try:
            with connection.execute_wrapper(dead):
                way(dead)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)
