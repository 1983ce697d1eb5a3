"""Two things are fetched from Amazon: a certificate that signs, and the confirmation of a topic.

Whether an address is Amazon's is decided before by `redphone.channels.alerts.sns`; here it is
asked again, so that no caller can forget to.
"""

from __future__ import annotations

import urllib3

from redphone.channels.alerts import sns

WITHIN = urllib3.Timeout(connect=3, read=5)
LARGEST = 64 * 1024
"""Bytes of an answer: a certificate has two thousand."""


class NotFetched(Exception):
    """Amazon did not answer as it should."""


class NotTheirs(Exception):
    """That address is not Amazon's, and is left alone."""


def certificate(url: str) -> bytes:
    """The certificate at an address of Amazon's, as PEM.

    Raises:
        NotTheirs, NotFetched: see each.
    """
    if not sns.certificate_url_is_trusted(url):
        raise NotTheirs
    return _get(url)


def confirm(url: str) -> None:
    """Confirm a subscription.

    Raises:
        NotTheirs, NotFetched: see each.
    """
    if not sns.confirmation_url_is_trusted(url):
        raise NotTheirs
    _get(url)


def _get(url: str) -> bytes:
    """What is there. A redirection is not followed: it could lead anywhere."""
    try:
        with urllib3.PoolManager(num_pools=1) as pool:
            answer = pool.request(
                "GET", url, timeout=WITHIN, redirect=False, retries=False, preload_content=False
            )
            body = answer.read(LARGEST + 1)
            status = answer.status
            answer.release_conn()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise NotFetched(str(error)) from error
    if status != 200 or len(body) > LARGEST:
        raise NotFetched(f"status {status}, {len(body)} bytes")
    return body
