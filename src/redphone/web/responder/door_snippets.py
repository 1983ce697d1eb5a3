"""What to write in a monitor's own settings, so that its alerts find their door."""

from __future__ import annotations

from dataclasses import dataclass

from redphone.records.models import Door

PLACE = "<the token>"
"""What stands for a token that nobody can look up again."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """Some lines to be copied, and where they go."""

    where: str
    text: str


def address(door: Door, public_url: str) -> str:
    """The address of a door, without its token."""
    if door.format == "pagerduty":
        return f"{public_url}/v2/enqueue"
    return f"{public_url}/alerts/{door.format}/"


def snippets(door: Door, token: str, public_url: str) -> list[Snippet]:
    """What to copy where, the format's own way first."""
    at, key = address(door, public_url), token or PLACE
    match door.format:
        case "alertmanager":
            return [Snippet("In alertmanager.yml", _ALERTMANAGER.format(at=at, key=key))]
        case "pagerduty":
            return [
                Snippet("In alertmanager.yml", _PAGERDUTY.format(at=at, key=key)),
                Snippet("By hand", _EVENT.format(at=at, key=key)),
            ]
        case _:
            return [
                Snippet("As the address of the webhook", f"{at}{key}/"),
                Snippet("Or with a header", f"Authorization: Bearer {key}"),
                Snippet("By hand", _CURL.format(at=at, key=key)),
            ]


_ALERTMANAGER = """receivers:
  - name: redphone
    webhook_configs:
      - url: {at}
        send_resolved: true
        http_config:
          authorization:
            credentials: {key}"""

_PAGERDUTY = """receivers:
  - name: redphone
    pagerduty_configs:
      - url: {at}
        routing_key: {key}"""

_EVENT = """curl {at} -H 'Content-Type: application/json' -d '{{"routing_key": "{key}",
  "event_action": "trigger", "dedup_key": "a-first-try",
  "payload": {{"summary": "A first try", "source": "me", "severity": "info"}}}}'"""

_CURL = """curl {at} -H 'Authorization: Bearer {key}' \\
  -H 'Content-Type: application/json' -d '{{"title": "A first try", "status": "firing"}}'"""
