"""What a format's requests prove beside the door's token: a signature, where the sender signs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from django.db import connections

from redphone.actions import doors
from redphone.actions.alert_writer import Away
from redphone.actions.doors import Known
from redphone.channels import alerts as formats
from redphone.channels import amazon
from redphone.channels.alerts import NotReadable, Proof, sns

log = logging.getLogger(__name__)

UNSIGNED = "The signature is missing, wrong, or too old. Check the secret on the page of doors."
NOT_AMAZONS = "This message is not signed with a certificate of Amazon's."

MOST_KEPT = 64
"""Certificates that a process remembers: Amazon changes its own about once a year."""

certificates: dict[str, bytes] = {}
"""Certificates by the address from which they came."""

_threads = ThreadPoolExecutor(2, thread_name_prefix="amazon")


async def fault(
    kind: str, door: Known, body: bytes, headers: Mapping[str, str], at: datetime
) -> str:
    """Why a request is not proven to come from its sender; "" when it is, or need not be.

    A door without a secret takes what its token opens: some senders can't sign. What SNS wraps is
    always signed; a topic that delivers raw messages sends them bare, and the token is all.

    Raises:
        Away: Amazon's certificate can't be had now.
    """
    format = formats.FORMATS.get(kind)
    if format is None or format.proves is Proof.TOKEN:
        return ""
    if format.proves is Proof.CERTIFICATE:
        return await _fault_of_sns(body, headers)
    if not door.secret:
        return ""
    secrets = door.secret.split()
    genuine = formats.is_genuine(kind, body, headers, secrets=secrets, at=at)
    return "" if genuine else UNSIGNED


async def _fault_of_sns(body: bytes, headers: Mapping[str, str]) -> str:
    try:
        envelope = sns.read_envelope(body, headers)
    except NotReadable:
        # The reader says what is wrong with it, and it is kept.
        return ""
    if envelope is None:
        return ""
    if not sns.certificate_url_is_trusted(envelope.certificate_url):
        return NOT_AMAZONS
    if not sns.verify(envelope, await _certificate(envelope.certificate_url)):
        return NOT_AMAZONS
    if envelope.kind == sns.SUBSCRIPTION:
        return await _confirm(envelope.subscribe_url)
    return ""


async def _certificate(url: str) -> bytes:
    if url not in certificates:
        if len(certificates) >= MOST_KEPT:
            certificates.clear()
        loop = asyncio.get_running_loop()
        try:
            certificates[url] = await loop.run_in_executor(_threads, amazon.certificate, url)
        except amazon.NotFetched as error:
            log.warning("Amazon's certificate could not be fetched: %s", error)
            raise Away from error
    return certificates[url]


async def _confirm(url: str) -> str:
    """Have a worker confirm the subscription: an answer must not wait for another's answer."""
    if not sns.confirmation_url_is_trusted(url):
        return NOT_AMAZONS
    await asyncio.get_running_loop().run_in_executor(_threads, _later, url)
    return ""


def _later(url: str) -> None:
    try:
        doors.confirm_later(url=url)
    finally:
        connections.close_all()
