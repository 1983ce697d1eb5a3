"""What is due is found by what is due: rows that have ended cost the loops nothing."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from redphone.records.models import DeadlineRow, Delivery, Person, Report

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
ENDED = 20_000
DUE = 40
FEW_PAGES = 40
"""More than an index walk over what is due takes, and far less than a table of ended rows has."""

DEADLINES = """
INSERT INTO deadline (stream, key, kind, lane, started_at, due_at, next_at, clause, strength,
    claims, explanation, outcome, ended_at)
SELECT 'RP-' || n, 'first_response', 'first_response', '', %(at)s, %(at)s, %(at)s, 'FAQ-3',
    'promise', '[]', '{}', %(outcome)s, %(ended)s
FROM generate_series(%(start)s, %(start)s + %(count)s - 1) AS n
"""

DELIVERIES = """
INSERT INTO delivery (key, stream, seq, purpose, channel, address, state, priority, tries,
    most_tries, next_try_at, sent_at, sending_since, message_id, provider_id, error, payload,
    created_at)
SELECT 'RP-' || n, 'RP-' || n, 1, 'receipt', 'mail', 'mira@nordwind.example', %(state)s, 4, 1,
    5, %(at)s, %(sent)s, %(since)s, '', '', '', '{}', %(at)s
FROM generate_series(%(start)s, %(start)s + %(count)s - 1) AS n
"""

REPORTS = """
INSERT INTO report (id, channel, received_at, raw, content_type, idempotency_scope, off_channel,
    description, contact, fields, notes, files, case_ref, opened_at,
    attempts, last_error, next_try_at)
SELECT gen_random_uuid(), 'button', %(at)s, '', 'text/plain', '', false, '', '', '{}', '{}', '[]',
    %(case)s, %(opened)s, 0, '', %(at)s
FROM generate_series(1, %(count)s)
"""


def write(sql: str, **values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"at": AT, **values})


def plan_of(rows: QuerySet[Any]) -> tuple[set[str], int]:
    """The indexes that a query went through, and how many pages it looked at."""
    (top,) = json.loads(rows.explain(format="json", analyze=True, buffers=True))
    nodes = list(_nodes(top["Plan"]))
    indexes = {node["Index Name"] for node in nodes if "Index Name" in node}
    return indexes, nodes[0]["Shared Hit Blocks"] + nodes[0]["Shared Read Blocks"]


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", []):
        yield from _nodes(below)


def test_the_clock_loop_pays_for_due_clocks_and_not_for_kept_ones() -> None:
    later = AT + timedelta(hours=1)
    write(DEADLINES, outcome="kept", ended=AT, start=1, count=ENDED)
    write(DEADLINES, outcome="running", ended=None, start=ENDED + 1, count=DUE)
    write(DEADLINES, outcome="running", ended=None, start=2 * ENDED, count=DUE, at=later)

    due = DeadlineRow.objects.filter(outcome="running", next_at__lte=AT).order_by("next_at")

    assert len(due) == DUE
    indexes, pages = plan_of(due)
    assert indexes == {"deadline_running_by_next"}
    assert pages < FEW_PAGES


def test_a_worker_pays_for_waiting_deliveries_and_not_for_sent_ones() -> None:
    write(DELIVERIES, state="sent", sent=AT, since=AT, start=1, count=ENDED)
    write(DELIVERIES, state="pending", sent=None, since=None, start=ENDED + 1, count=DUE)
    write(DELIVERIES, state="sending", sent=None, since=AT, start=2 * ENDED, count=DUE)
    first = Delivery.objects.order_by("-id").filter(state="pending")[0]
    Delivery.objects.filter(pk=first.pk).update(priority=0)

    waiting = Delivery.objects.filter(state="pending", next_try_at__lte=AT)
    in_order = waiting.order_by("priority", "next_try_at", "id")
    stuck = Delivery.objects.filter(state="sending", sending_since__lte=AT)

    assert in_order[0] == first
    assert (len(in_order), len(stuck)) == (DUE, DUE)
    indexes, pages = plan_of(in_order)
    assert indexes == {"delivery_pending_in_order"}
    assert pages < FEW_PAGES
    indexes, pages = plan_of(stuck)
    assert indexes == {"delivery_sending_by_start"}
    assert pages < FEW_PAGES


def test_an_sms_finds_its_page_by_its_person_and_not_by_reading_all_that_was_ever_sent() -> None:
    write(DELIVERIES, state="sent", sent=AT, since=AT, start=1, count=ENDED)
    ana = Person.objects.create_user("ana@redphone.example", "x", name="Ana", role="responder")
    Delivery.objects.filter(stream=f"RP-{ENDED}").update(person=ana)

    theirs = Delivery.objects.filter(person__in=[ana.pk], created_at__gt=AT - timedelta(hours=24))

    assert len(theirs) == 1
    indexes, pages = plan_of(theirs)
    assert indexes == {"delivery_by_person"}
    assert pages < FEW_PAGES


def test_the_sweep_pays_for_reports_without_a_case_and_not_for_the_others() -> None:
    write(REPORTS, case="RP-1001", opened=AT, count=ENDED)
    write(REPORTS, case=None, opened=None, count=DUE)

    left = Report.objects.filter(opened_at=None, next_try_at__lte=AT)

    assert len(left) == DUE
    indexes, pages = plan_of(left)
    assert indexes == {"report_not_yet_a_case"}
    assert pages < FEW_PAGES
