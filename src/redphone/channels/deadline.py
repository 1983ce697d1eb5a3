"""A time for a whole request: what a service sends byte by byte ends too."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection


@contextmanager
def no_longer_than(seconds: float, connection: HTTPConnection) -> Iterator[threading.Event]:
    """Cut the line when the time is up: a timeout of the socket begins anew with every byte."""
    is_cut = threading.Event()

    def cut() -> None:
        is_cut.set()
        line = connection.sock
        if line is not None:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield is_cut
    finally:
        timer.cancel()
