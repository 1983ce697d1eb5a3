"""The one application behind the one port: live streams, doors for alerts, and Django."""

from importlib import import_module
from typing import Any

from redphone.config import environ
from redphone.config.bridge import Bridge, Receive, Scope, Send
from redphone.config.rooms import is_there
from redphone.config.wsgi import application as django

_LIVE = "redphone.web.live"
_ALERTS = "redphone.api.alert_doors"

# As many as the pool of database connections, so that no request waits for one.
_bridge = Bridge(django, threads=environ.number("REDPHONE_WEB_THREADS", 32, least=1))
_live: Any = import_module(_LIVE).application if is_there(_LIVE) else None
_alerts: Any = import_module(_ALERTS) if is_there(_ALERTS) else None


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Send each request to the application that answers its path."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif _live and scope["type"] == "http" and scope["path"].startswith("/live/"):
        await _live(scope, receive, send)
    elif _alerts and scope["type"] == "http" and scope["path"].startswith(_alerts.PATHS):
        await _alerts.application(scope, receive, send)
    elif scope["type"] == "http":
        await _bridge(scope, receive, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    """Nothing to do at the start or the end but to say so."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
