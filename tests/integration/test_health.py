"""Whether the desk notices what it owes and has not done: auditor, `/health`, `/metrics`."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import Settings

from redphone.actions import alarms, claims, deliveries, duty
from redphone.channels.mail.fake import FakeMail
from redphone.clock import now
from redphone.jobs import heartbeats
from redphone.jobs.auditor import Auditor
from redphone.records.models import Alarm, DeadlineRow, Delivery, Heartbeat, Report

if TYPE_CHECKING:
    from tests.conftest import Cast
    from tests.integration.conftest import MailRoom

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def all_live(at: datetime = NOON) -> None:
    for kind in ("clock", "worker"):
        heartbeats.beat(kind, at=at)
    # The auditor has just looked at the ladders, and all were in time.
    Heartbeat.objects.update_or_create(name="ladders", defaults={"kind": "ladders", "at": at})


def keys(at: datetime, *, is_thorough: bool = False) -> list[str]:
    return [trouble.key for trouble in alarms.troubles(at=at, is_thorough=is_thorough)]


def test_a_desk_that_keeps_up_is_well(cast: Cast) -> None:
    cast.report(cast.mira)
    deliveries.send_waiting(channel=FakeMail, now=lambda: NOON)
    all_live(NOON + 20 * SECOND)

    assert keys(NOON + 29 * SECOND, is_thorough=True) == []


def test_a_clock_that_nobody_looked_at_is_found(cast: Cast) -> None:
    cast.report(cast.mira)
    deliveries.send_waiting(channel=FakeMail, now=lambda: NOON)
    all_live(NOON + 6 * MINUTE)

    found = {trouble.key: trouble for trouble in alarms.troubles(at=NOON + 6 * MINUTE)}

    assert set(found) == {"deadlines"}
    assert (
        found["deadlines"].says == f"{found['deadlines'].count} clocks were due and nobody looked"
    )
    assert found["deadlines"].since == DeadlineRow.objects.earliest("next_at").next_at


def test_a_ladder_is_worked_out_anew_without_its_deadline_row(cast: Cast) -> None:
    """A mistake that loses the row would silence the loop; the auditor doesn't ask the row."""
    cast.report(cast.mira)
    deliveries.send_waiting(channel=FakeMail, now=lambda: NOON)
    DeadlineRow.objects.all().delete()
    all_live(NOON + 6 * MINUTE)

    assert keys(NOON + 6 * MINUTE) == []
    assert keys(NOON + 6 * MINUTE, is_thorough=True) == ["ladders"]


def test_pages_and_mail_that_wait_too_long_are_found(cast: Cast) -> None:
    cast.report(cast.mira)
    all_live(NOON + 31 * SECOND)

    soon = keys(NOON + 31 * SECOND)
    duty.handle_due(at=NOON + 6 * MINUTE)
    all_live(NOON + 6 * MINUTE)

    assert soon == ["pages"]
    assert keys(NOON + 6 * MINUTE) == ["pages", "mail"]


def test_a_message_begun_and_never_finished_is_found(cast: Cast) -> None:
    cast.report(cast.mira)
    claims.claim(at=NOON, limit=10)
    all_live(NOON + 91 * SECOND)

    assert "sending" in keys(NOON + 91 * SECOND)


def test_a_mail_server_that_fails_again_and_again_is_found(cast: Cast) -> None:
    mail = FakeMail(is_down=True)
    cast.report(cast.mira)
    for second in range(0, 20, 2):
        at = NOON + second * SECOND
        deliveries.send_waiting(channel=lambda: mail, now=lambda at=at: at)  # type: ignore[misc]
    all_live(NOON + 20 * SECOND)

    assert keys(NOON + 20 * SECOND) == ["failing"]


def test_a_report_without_a_case_is_found(cast: Cast) -> None:
    waiting_report(NOON)
    all_live(NOON + 31 * SECOND)

    assert keys(NOON + 31 * SECOND) == ["reports"]


def waiting_report(at: datetime) -> Report:
    return Report.objects.create(
        channel="button",
        received_at=at,
        raw=b"down",
        content_type="text/plain",
        description="The dashboard is down.",
        contact="",
    )


def test_processes_that_show_no_life_are_found(cast: Cast) -> None:
    never = keys(NOON)
    all_live(NOON)

    assert never == ["no-clock", "no-worker"]
    assert keys(NOON + 19 * SECOND) == []
    assert keys(NOON + 21 * SECOND) == ["no-clock"]
    assert keys(NOON + 61 * SECOND) == ["no-clock", "no-worker"]


def test_an_alarm_is_raised_once_told_hourly_and_cleared(cast: Cast) -> None:
    told = [alarms.audit(at=NOON + minute * MINUTE) for minute in (0, 1, 59, 61)]
    all_live(NOON + 62 * MINUTE)
    told.append(alarms.audit(at=NOON + 62 * MINUTE))

    assert [len(each) for each in told] == [2, 0, 0, 2, 0]
    assert Alarm.objects.count() == 2
    assert set(Alarm.objects.values_list("cleared_at", flat=True)) == {NOON + 62 * MINUTE}


def test_an_alarm_that_comes_and_goes_is_told_once_an_hour(cast: Cast) -> None:
    told = 0
    for minute in range(0, 50, 2):
        told += len(alarms.audit(at=NOON + minute * MINUTE))
        all_live(NOON + minute * MINUTE + MINUTE)
        told += len(alarms.audit(at=NOON + minute * MINUTE + MINUTE))
        Heartbeat.objects.all().delete()

    assert told == 2
    assert Alarm.objects.filter(key="no-clock").count() == 25


def test_auditors_side_by_side_tell_once(cast: Cast) -> None:
    told: list[Alarm] = []

    def look() -> None:
        try:
            told.extend(alarms.audit(at=NOON))
        finally:
            connection.close()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(alarm.key for alarm in told) == ["no-clock", "no-worker"]


def test_the_operator_is_told_past_the_deliveries(
    cast: Cast, mail_room: MailRoom, settings: Settings
) -> None:
    settings.ALARM_MAIL = "nights@operator.example"

    Auditor().look(at=NOON)

    (mail,) = mail_room.to("nights@operator.example")
    text = mail.get_body(("plain",))
    assert text is not None
    assert "- no clock shows signs of life: start 'redphone clock'" in text.get_content()
    assert "http://localhost:8000/health" in text.get_content()
    assert not Delivery.objects.exists()


def test_admins_are_told_when_nobody_else_is_named(
    cast: Cast, mail_room: MailRoom, settings: Settings
) -> None:
    settings.ALARM_MAIL = ""

    Auditor().look(at=NOON)

    assert mail_room.addressed == [cast.rosa.email]


def test_a_database_that_is_away_is_told_at_the_second_look(
    cast: Cast, mail_room: MailRoom, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ALARM_MAIL = "nights@operator.example"
    watcher = Auditor()

    def away(*, at: datetime) -> list[Alarm]:
        raise OperationalError("no connection")

    monkeypatch.setattr(alarms, "audit", away)
    for look in range(4):
        watcher.look(at=NOON + look * 30 * SECOND)

    (mail,) = mail_room.mails
    assert mail["Subject"].strip() == "Redphone alarm: The database does not answer."


def test_who_could_not_be_told_is_told_at_the_next_look(
    cast: Cast, settings: Settings, mail_room: MailRoom
) -> None:
    settings.ALARM_MAIL = "nights@operator.example"
    settings.EMAIL_PORT = 1
    Auditor().look(at=NOON)
    settings.EMAIL_PORT = mail_room.port

    Auditor().look(at=NOON + 30 * SECOND)

    assert mail_room.addressed == ["nights@operator.example"]


def test_one_full_mailbox_is_no_trouble_of_the_desk(cast: Cast) -> None:
    mail = FakeMail(busy={cast.mira.email})
    cast.report(cast.mira)
    for minute in range(0, 15, 3):
        at = NOON + minute * MINUTE
        deliveries.send_waiting(channel=lambda: mail, now=lambda at=at: at)  # type: ignore[misc]
    DeadlineRow.objects.all().delete()
    all_live(NOON + 12 * MINUTE)

    assert Delivery.objects.get(purpose="receipt").tries >= 3
    assert keys(NOON + 12 * MINUTE) == []


def test_health_is_well_or_says_what_is_late(cast: Cast, client: Client) -> None:
    all_live(now())
    well = client.get("/health")
    waiting_report(now() - MINUTE)
    late = client.get("/health")

    assert (well.status_code, well.json()["status"], well.json()["late"]) == (200, "ok", [])
    assert (late.status_code, late.json()["status"]) == (503, "late")
    (trouble,) = late.json()["late"]
    assert (trouble["what"], trouble["count"]) == ("reports", 1)
    assert 55 <= trouble["seconds"] <= 65
    assert "dashboard" not in late.content.decode()


def test_health_says_when_the_database_is_away(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*, at: datetime) -> list[alarms.Trouble]:
        raise OperationalError("password=secret")

    monkeypatch.setattr(alarms, "troubles", away)

    answer = client.get("/health")

    assert (answer.status_code, answer.json()["status"]) == (503, "down")
    assert "secret" not in answer.content.decode()


def test_health_asks_little_however_much_there_is(
    cast: Cast, client: Client, django_assert_max_num_queries: object
) -> None:
    for _ in range(5):
        cast.report(cast.mira, at=now() - 10 * MINUTE)

    with django_assert_max_num_queries(13):  # type: ignore[operator]
        client.get("/health")


def test_metrics_are_in_prometheus_form(cast: Cast, client: Client) -> None:
    cast.report(cast.mira, at=now())
    all_live(now())

    answer = client.get("/metrics")

    text = answer.content.decode()
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    assert 'redphone_open_streams{kind="incident"} 1\n' in text
    assert 'redphone_deliveries{state="pending"} 2\n' in text
    names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(names) == len(set(names))


def test_metrics_are_not_for_strangers(cast: Cast, client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "only for the monitor"

    def asked(address: str = "203.0.113.9", **headers: str) -> int:
        return client.get("/metrics", headers=headers, REMOTE_ADDR=address).status_code

    assert asked() == 403
    assert asked("127.0.0.1", x_forwarded_for="203.0.113.9") == 403
    assert asked(authorization="Bearer something else") == 403
    assert asked(authorization="Bearer only for the monitor") == 200
    client.force_login(cast.mira)
    assert asked() == 403
    client.force_login(cast.ana)
    assert asked() == 200
