"""The provider of a desk that is only tried out, as a process: see `fake_room`."""

from __future__ import annotations

import logging
import signal
import threading
from urllib.parse import urlsplit

from django.conf import settings

from redphone.channels.telephone import fake_room
from redphone.channels.telephone.fake_server import serving

log = logging.getLogger(__name__)


def run(*, reached: str) -> None:
    """Serve on this machine only, until SIGTERM or SIGINT. `reached` is where the desk is here."""
    port = urlsplit(settings.PHONES_URL).port or 0
    exchange = fake_room.exchange(
        public=settings.PUBLIC_URL,
        reached=reached,
        token=settings.PHONE_PROVIDERS[0].token,
    )
    ended = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: ended.set())
    with serving(exchange, port=port) as door:
        log.info("the telephones are on port %d", door.port)
        ended.wait()
