"""What a format's requests prove beside the door's token."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from redphone.actions.doors import Known
from redphone.channels import alerts as formats
from redphone.channels.alerts import Proof

UNSIGNED = "The signature is missing, wrong, or too old. Check the secret on the page of doors."


async def fault(
    kind: str, door: Known, body: bytes, headers: Mapping[str, str], at: datetime
) -> str:
    """Why a request is not proven to come from its sender; "" when it is, or need not be.

    A door without a secret takes what its token opens: some senders can't sign.
    """
    format = formats.FORMATS.get(kind)
    if format is None or format.proves is Proof.TOKEN:
        return ""
    if format.proves is Proof.SECRET and door.secret:
        secrets = door.secret.split()
        genuine = formats.is_genuine(kind, body, headers, secrets=secrets, at=at)
        return "" if genuine else UNSIGNED
    return ""
