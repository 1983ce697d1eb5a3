"""Apprise itself: loaded when it is first asked for, since it takes a while, and kept quiet."""

from __future__ import annotations

import logging
import warnings
from functools import cache
from typing import Any, Protocol, cast

WITHIN = 8.0
"""Seconds that a service may take to take a line, and then to answer."""


class Plugin(Protocol):
    """What we use of Apprise's own class for one address."""

    service_name: str

    def url(self, privacy: bool = False) -> str: ...

    def notify(self, **words: Any) -> bool: ...


@cache
def _apprise() -> tuple[Any, Any]:
    """Apprise's class, and how it is set up: no redirects, files, storage or pictures."""
    with warnings.catch_warnings():
        # Some of its plugins try modules that Python has given up.
        warnings.simplefilter("ignore")
        from apprise import Apprise, AppriseAsset, PersistentStoreMode
        from apprise.manager_plugins import NotificationManager

        NotificationManager().load_modules()  # type: ignore[no-untyped-call]
    # It would write addresses, and with them their secrets, into the log.
    quiet = logging.getLogger("apprise")
    quiet.propagate = False
    quiet.addHandler(logging.NullHandler())
    asset = AppriseAsset(
        storage_mode=PersistentStoreMode.MEMORY, service_timeout=WITHIN, allow_templates=False
    )
    asset.app_id = asset.app_desc = "Redphone"
    asset.app_url = ""
    asset.http_redirects = asset.async_mode = asset.pgp_autogen = asset.pem_autogen = False
    asset.image_url_mask = asset.image_url_logo = ""
    return Apprise, asset


def service(url: str) -> Plugin | None:
    """The service of an address; None when there is none, or something is missing in it."""
    apprise, asset = _apprise()
    found = apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    return cast("Plugin | None", found)


def schemes() -> frozenset[str]:
    """The first parts of all addresses that this Apprise knows."""
    _apprise()
    from apprise.manager_plugins import NotificationManager

    return frozenset(NotificationManager().schemas())  # type: ignore[no-untyped-call]
