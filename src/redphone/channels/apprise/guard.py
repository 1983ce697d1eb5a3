"""What a process that speaks for Apprise may not do, whatever its plugins try.

A plugin connects wherever an address leads, by names that may lead elsewhere by then. So the very
address of each connection is looked at just before it is made, by a hook of the interpreter that
nothing can take away again. Only for a process of its own.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from collections.abc import Iterable
from typing import Any

from redphone.channels.webhook.address import Allowed, NotFound, is_public, look_up

CONNECTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"})
STARTS = frozenset(
    {
        *("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn"),
        *("os.fork", "os.forkpty", "pty.spawn", "os.startfile"),
    }
)
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Forbidden(PermissionError):
    """A plugin has tried what it may not."""


class Guard:
    """Lets connections out into the world only. `refused` is what was tried last, "" if nothing.

    A host that an operator allows by its name is looked up when the guard begins.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.near = Allowed.read(words)
        self.refused = ""
        self._places = {place for host in self.near.hosts for place in _places(host)}

    def begin(self) -> None:
        """Look at everything from here on, for as long as this process lives."""
        sys.addaudithook(self._look)

    def _look(self, event: str, args: tuple[Any, ...]) -> None:
        if event in CONNECTS:
            self._look_at_connection(args[0], args[-1])
        elif event in STARTS:
            self._refuse("It tried to start a program.")
        elif event == "open" and isinstance(args[2], int) and args[2] & WRITES:
            self._refuse("It tried to write a file.")

    def _look_at_connection(self, line: Any, to: Any) -> None:
        if line.family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(to, tuple):
            return self._refuse("It tried to reach something on this machine.")
        try:
            place = ipaddress.ip_address(str(to[0]).partition("%")[0])
        except ValueError:
            return self._refuse("It tried to connect without looking at the address.")
        if str(place) in self._places or self.near.has("", place) or is_public(place):
            return None
        return self._refuse(f"It leads to {place}, which is not in the public internet.")

    def _refuse(self, why: str) -> None:
        self.refused = why
        raise Forbidden(why)


def _places(host: str) -> list[str]:
    try:
        return look_up(host, 443)
    except NotFound:
        return []
