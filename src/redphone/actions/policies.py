"""Publishing a policy: from then on new cases and incidents are opened under it."""

from __future__ import annotations

from datetime import datetime

from redphone.records import policies


def publish(*, text: str, filename: str, at: datetime) -> str:
    """Publish a policy and give back its version's name.

    Raises:
        PolicyUnreadable: the file has mistakes; the message lists them with their lines.
    """
    return policies.publish(text, filename=filename, at=at).policy.version
