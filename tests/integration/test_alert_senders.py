"""Real senders against a real desk: Debian's Alertmanager and PagerDuty's own client.

Each drives an incident through its life; nothing between them and the pages is ours to pretend.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from httpx2 import HTTPTransport
from httpx2 import Request as HttpRequest
from httpx2 import Response as HttpResponse
from pagerduty import EventsApiV2Client
from tests.crash.desk import Desk, a_desk, free_port
from tests.crash.sink import Sink, a_sink

from redphone import clock


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with a_sink() as sink:
        yield sink


@pytest.fixture(scope="module")
def desk(sink: Sink) -> Iterator[Desk]:
    with a_desk(smtp_port=sink.port) as desk:
        for name in ("web", "clock", "worker"):
            desk.add(name, name)
        desk.await_web()
        yield desk


def a_door(desk: Desk, name: str, kind: str) -> str:
    made = desk.run("door", "create", "--name", name, "--format", kind)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def became(desk: Desk, door: str) -> list[str]:
    rows = desk.sql(
        "select a.became from alert a join door d on d.id = a.door_id where d.name = %s "
        "and a.became <> 'waiting' order by a.id",
        door,
    )
    return [became for (became,) in rows]


def incidents(desk: Desk, door: str) -> list[tuple[str, str, Any]]:
    """Each incident of a door: its name, its status, when somebody took it."""
    return desk.sql(
        "select i.ref, i.status, i.engaged_at from incident i where i.number in "
        "(select a.incident_id from alert a join door d on d.id = a.door_id where d.name = %s) "
        "order by i.number",
        door,
    )


def mails(sink: Sink, ref: str) -> int:
    return sum(mail.ref == ref for mail in list(sink.mails))


class InTheClear(HTTPTransport):
    """PagerDuty's client insists on https, which a desk gets from the proxy before it."""

    def handle_request(self, request: HttpRequest) -> HttpResponse:
        request.url = request.url.copy_with(scheme="http")
        return super().handle_request(request)


def a_client(desk: Desk, token: str) -> EventsApiV2Client:
    address = desk.address.replace("http://", "https://")
    return EventsApiV2Client(token, base_url=address, transport=InTheClear())


def test_pagerdutys_client_drives_an_incident_through_its_life(desk: Desk, sink: Sink) -> None:
    client = a_client(desk, a_door(desk, "Client", "pagerduty"))

    key = client.trigger(
        "The whole site is down", "web-1", dedup_key="checkout", severity="critical"
    )
    desk.wait(lambda: became(desk, "Client") == ["opened"], "it opens an incident")
    ((ref, status, _),) = incidents(desk, "Client")
    desk.wait(lambda: mails(sink, ref) > 0, "it pages")
    rung = mails(sink, ref)

    for _ in range(5):
        client.trigger("The whole site is down", "web-1", dedup_key=key, severity="critical")
    client.acknowledge(key)
    desk.wait(lambda: "acknowledged" in became(desk, "Client"), "the acknowledgement is noted")
    assert became(desk, "Client") == ["opened", *["repeat"] * 5, "acknowledged"]
    assert incidents(desk, "Client") == [(ref, "open", None)], "a machine engages nobody"
    assert mails(sink, ref) == rung, "repeats page nobody"

    client.resolve(key)
    desk.wait(lambda: became(desk, "Client")[-1] == "resolved", "the end is noted")
    assert incidents(desk, "Client") == [(ref, "open", None)], "a person resolves it"
    client.submit("Deployed 1.2.3", "ci", timestamp=_stamp(clock.now().timestamp()))
    client.close()
    assert (key, status) == ("checkout", "open")


@contextmanager
def alertmanager(desk: Desk, folder: Path, webhook: str, pagerduty: str) -> Iterator[str]:
    """Debian's Alertmanager with both of its ways to us; its own address."""
    program = shutil.which("prometheus-alertmanager")
    if program is None:
        pytest.skip("No Alertmanager here: 'apt-get install prometheus-alertmanager' brings it.")
    config = folder / "alertmanager.yml"
    config.write_text(
        json.dumps(
            {
                "global": {"pagerduty_url": f"{desk.address}/v2/enqueue"},
                "route": {
                    "receiver": "redphone",
                    "group_by": ["alertname"],
                    "group_wait": "100ms",
                    "group_interval": "500ms",
                    "repeat_interval": "1s",
                },
                "receivers": [
                    {
                        "name": "redphone",
                        "webhook_configs": [
                            {
                                "url": f"{desk.address}/alerts/alertmanager/",
                                "send_resolved": True,
                                "http_config": {"authorization": {"credentials": webhook}},
                            }
                        ],
                        "pagerduty_configs": [{"routing_key": pagerduty, "send_resolved": True}],
                    }
                ],
            }
        )
    )
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    log = (folder / "alertmanager.log").open("wb")
    process = subprocess.Popen(
        [
            program,
            f"--config.file={config}",
            f"--storage.path={folder / 'alertmanager'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        ],
        stdout=log,
        stderr=log,
        env={**os.environ, "GOMAXPROCS": "1"},
    )
    try:
        desk.wait(lambda: _is_ready(address), "Alertmanager is ready")
        yield address
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def _is_ready(address: str) -> bool:
    try:
        with urlopen(f"{address}/-/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def tell(address: str, *names: str, ends_in: float | None = None) -> None:
    """What Prometheus says to Alertmanager: these fire, or are over."""
    ends = {} if ends_in is None else {"endsAt": _stamp(clock.now().timestamp() + ends_in)}
    body = [
        {
            "labels": {"alertname": "CheckoutErrors", "instance": name, "severity": "critical"},
            "annotations": {"summary": f"5xx on {name} above 20%"},
            "startsAt": _stamp(clock.now().timestamp() - 60),
            **ends,
        }
        for name in names
    ]
    request = Request(
        f"{address}/api/v2/alerts",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urlopen(request, timeout=5) as answer:
        assert answer.status == 200


def _stamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def test_alertmanager_drives_incidents_through_their_lives(
    desk: Desk, sink: Sink, tmp_path: Path
) -> None:
    webhook = a_door(desk, "Webhook", "alertmanager")
    pagerduty = a_door(desk, "As PagerDuty", "pagerduty")
    with alertmanager(desk, tmp_path, webhook, pagerduty) as address:
        tell(address, "web-1", "web-2")
        desk.wait(lambda: became(desk, "Webhook").count("opened") == 2, "both fire")
        desk.wait(lambda: became(desk, "As PagerDuty").count("opened") == 1, "its group fires")
        refs = [ref for ref, _, _ in incidents(desk, "Webhook")]
        desk.wait(lambda: all(mails(sink, ref) for ref in refs), "both page")
        rung = [mails(sink, ref) for ref in refs]

        desk.wait(lambda: became(desk, "Webhook").count("repeat") >= 4, "they are sent again")
        desk.wait(lambda: "repeat" in became(desk, "As PagerDuty"), "and so is the group")
        assert [mails(sink, ref) for ref in refs] == rung

        tell(address, "web-1", ends_in=-1)
        desk.wait(lambda: became(desk, "Webhook").count("resolved") == 1, "one is over")
        tell(address, "web-2", ends_in=-1)
        desk.wait(lambda: became(desk, "Webhook").count("resolved") == 2, "the other is over")
        desk.wait(lambda: "resolved" in became(desk, "As PagerDuty"), "the group is over")

    assert [status for _, status, _ in incidents(desk, "Webhook")] == ["open", "open"]
    assert len(incidents(desk, "As PagerDuty")) == 1
    verified = desk.run("verify", "--json")
    assert verified.returncode == 0, verified.stdout[:2000]


def test_tokens_stand_in_no_log_of_the_desk(desk: Desk) -> None:
    token = a_door(desk, "Logged", "pagerduty")
    for path in (f"/alerts/pagerduty/{token}/", "/v2/enqueue"):
        body = json.dumps({"routing_key": token}).encode()
        with suppress(HTTPError):
            urlopen(Request(f"{desk.address}{path}", body), timeout=5).close()

    logs = "".join(log.read_text("utf-8", "replace") for log in desk.folder.glob("*.log"))
    assert token not in logs


def answer_of(desk: Desk, token: str, key: str) -> tuple[int, str]:
    """The status of one event, and the Retry-After beside it."""
    body = {
        "routing_key": token,
        "event_action": "trigger",
        "dedup_key": key,
        "payload": {"summary": f"{key} is down", "source": "web-1", "severity": "critical"},
    }
    try:
        with urlopen(Request(f"{desk.address}/v2/enqueue", json.dumps(body).encode())) as answer:
            return answer.status, ""
    except HTTPError as error:
        with error:
            return error.code, error.headers.get("retry-after", "")


def test_a_thousand_open_connections_keep_no_alert_out(desk: Desk) -> None:
    token = a_door(desk, "Crowd", "pagerduty")
    crowd = [socket.create_connection(("127.0.0.1", desk.port)) for _ in range(1000)]
    try:
        for line in crowd[:500]:
            line.sendall(
                b"POST /v2/enqueue HTTP/1.1\r\nHost: desk\r\nContent-Length: 500\r\n\r\n{"
            )
        assert answer_of(desk, token, "crowd") == (202, "")
    finally:
        for line in crowd:
            line.close()


def test_two_processes_open_one_key_once(desk: Desk) -> None:
    token = a_door(desk, "Two", "pagerduty")
    second = free_port()
    desk.add("second", "web", "--port", str(second))
    other = Desk(desk.folder, desk.cluster, desk.environment, second)
    desk.wait(other.answers, "the second process answers")

    with ThreadPoolExecutor(8) as pool:
        sent = [
            pool.submit(answer_of, d, token, f"k{n % 4}") for n in range(40) for d in (desk, other)
        ]
        assert {each.result()[0] for each in sent} == {202}
    desk.processes.pop("second").kill(signal.SIGTERM)

    waiting = "select count(*) from alert where became = 'waiting'"
    desk.wait(lambda: desk.sql(waiting) == [(0,)], "all are settled")
    assert became(desk, "Two").count("opened") == 4
    assert len(incidents(desk, "Two")) == 4


def test_while_the_database_is_away_a_sender_is_asked_to_come_again(desk: Desk) -> None:
    token = a_door(desk, "Away", "pagerduty")
    assert answer_of(desk, token, "before") == (202, "")
    desk.cluster.stop()

    away = answer_of(desk, token, "meanwhile")
    desk.cluster.start()
    desk.await_web()

    assert away == (503, "5")
    desk.wait(lambda: answer_of(desk, token, "after")[0] == 202, "alerts are taken again")
    keys = desk.sql(
        "select distinct key from alert a join door d on d.id = door_id "
        "where d.name = 'Away' order by 1"
    )
    assert keys == [("after",), ("before",)]
