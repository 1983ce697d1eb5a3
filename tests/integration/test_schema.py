"""Rules that data could break are the schema's: no door can write past them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from redphone.records.models import (
    Alarm,
    CaseRow,
    Contact,
    Customer,
    DeadlineRow,
    Delivery,
    IncidentRow,
    Override,
    Person,
    PolicyVersion,
    Report,
    RotaShift,
    Team,
)

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
SOON = AT + timedelta(minutes=15)


@contextmanager
def refused(by: str) -> Iterator[None]:
    """Expect that the named constraint refuses what is done inside."""
    with pytest.raises(IntegrityError, match=by), transaction.atomic():
        yield


@pytest.fixture
def nordwind() -> Customer:
    return Customer.objects.create(
        name="Nordwind", slug="nordwind", plan="enterprise", created_at=AT
    )


@pytest.fixture
def ana() -> Person:
    return Person.objects.create_user("ana@desk.example", name="Ana Reyes")


def a_policy(**columns: Any) -> PolicyVersion:
    name = columns.get("digest", "first")
    given: dict[str, Any] = {
        "digest": name,
        "name": "Policy",
        "version": "1",
        "text": "",
        "loaded_at": AT,
    }
    return PolicyVersion.objects.create(**given | columns)


def an_incident(policy: PolicyVersion, **columns: Any) -> IncidentRow:
    given = {"state": {}, "title": "Checkout is down", "types": ["system-outage"]}
    moments: dict[str, Any] = {"opened_at": AT, "changed_at": AT, "started_at": AT}
    return IncidentRow.objects.create(policy=policy, **given | moments | columns)


def a_report(**columns: Any) -> Report:
    given = {"channel": "button", "received_at": AT, "raw": b"Help \x00\xff"}
    return Report.objects.create(**given | columns)


def a_case(policy: PolicyVersion, **columns: Any) -> CaseRow:
    given = {"state": {}, "title": "Nobody can sign in", "issue_type": "account-lockout"}
    moments: dict[str, Any] = {"opened_at": AT, "changed_at": AT}
    columns = {"channel": "button", **columns}
    report = columns.pop("report", None) or a_report()
    return CaseRow.objects.create(policy=policy, report=report, **given | moments | columns)


def a_deadline(**columns: Any) -> DeadlineRow:
    given: dict[str, Any] = {
        "stream": "RP-1001",
        "key": "first_response",
        "kind": "first_response",
    }
    given |= {"strength": "promise", "started_at": AT, "due_at": SOON, "next_at": SOON}
    return DeadlineRow.objects.create(**given | columns)


def a_delivery(**columns: Any) -> Delivery:
    given: dict[str, Any] = {
        "key": "INC-101/1/person:1/mail",
        "stream": "INC-101",
        "seq": 1,
        "purpose": "page",
    }
    given |= {"address": "ana@desk.example", "next_try_at": AT, "created_at": AT}
    return Delivery.objects.create(**given | columns)


# People and customers


def test_a_person_is_found_whatever_capitals_are_typed(ana: Person) -> None:
    found = Person.objects.get_by_natural_key(" Ana@Desk.EXAMPLE")

    assert (found, found.actor) == (ana, f"person:{ana.pk}")


def test_two_people_cannot_share_an_address_by_capitals(ana: Person) -> None:
    with refused("person_email"):
        Person.objects.create_user("ANA@desk.example", name="Another Ana")

    with refused("person_email_is_lower_case"):
        Person.objects.filter(pk=ana.pk).update(email="Ana@desk.example")


def test_nobody_signs_in_without_an_address() -> None:
    with pytest.raises(ValueError, match="Give one"):
        Person.objects.create_user("", name="Nobody")


def test_a_customers_person_belongs_to_a_customer_and_nobody_else_does(
    nordwind: Customer,
) -> None:
    mira = Person.objects.create_user(
        "mira@nordwind.example", name="Mira Kovač", role="customer", customer=nordwind
    )

    assert list(nordwind.people.all()) == [mira]
    with refused("person_customer_role_iff_customer"):
        Person.objects.create_user("noone@nordwind.example", name="Noone", role="customer")
    with refused("person_customer_role_iff_customer"):
        Person.objects.create_user("bo@desk.example", name="Bo", customer=nordwind)
    with refused("person_role_known"):
        Person.objects.create_user("who@desk.example", name="Who", role="owner")


def test_a_contact_can_be_written_to_or_called_and_is_listed_once(nordwind: Customer) -> None:
    Contact.objects.create(customer=nordwind, name="Mira", email="mira@nordwind.example")

    with refused("contact_has_email_or_phone"):
        Contact.objects.create(customer=nordwind, name="Nobody")
    with refused("contact_email_once_per_customer"):
        Contact.objects.create(customer=nordwind, name="Mira", email="MIRA@nordwind.example")


def test_a_customer_has_a_plan_that_the_policy_knows() -> None:
    with refused("customer_plan_known"):
        Customer.objects.create(name="Free", slug="free", plan="free", created_at=AT)


# Policies and streams


def test_one_policy_is_current() -> None:
    a_policy(digest="first", is_current=True)
    a_policy(digest="second")

    with refused("policy_version_one_current"):
        a_policy(digest="third", is_current=True)
    with refused("policy_version_digest_unique"):
        a_policy(digest="second")


def test_a_stream_is_named_after_its_number() -> None:
    policy = a_policy()

    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('case_number_seq')")
        (number,) = cursor.fetchone()
    known = a_case(policy, number=number)
    numbered = a_case(policy)
    incident = an_incident(policy)

    assert (known.ref, numbered.ref) == (f"RP-{number}", f"RP-{number + 1}")
    assert number >= 1001
    assert incident.ref == f"INC-{incident.number}"
    assert incident.number >= 101


def test_many_cases_are_written_at_once_and_give_their_names_back() -> None:
    policy = a_policy()
    reports = [a_report() for _ in range(3)]
    given = {"state": {}, "title": "Down", "issue_type": "system-outage", "channel": "button"}

    cases = CaseRow.objects.bulk_create(
        CaseRow(policy=policy, report=report, opened_at=AT, changed_at=AT, **given)
        for report in reports
    )

    assert [case.ref for case in cases] == [f"RP-{case.number}" for case in cases]


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"status": "paused"}, "status_known"),
        ({"status": "resolved"}, "resolved_has_moment"),
        ({"status": "closed", "closed_at": SOON}, "resolved_has_moment"),
        ({"status": "closed", "resolved_at": SOON}, "closed_has_moment"),
        ({"status": "declined"}, "declined_has_moment"),
        ({"status": "open", "resolved_at": SOON}, "open_has_no_end"),
    ],
)
def test_what_has_ended_says_when(columns: dict[str, Any], constraint: str) -> None:
    policy = a_policy()

    with refused(f"case_{constraint}"):
        a_case(policy, **columns)
    with refused(f"incident_{constraint}"):
        an_incident(policy, **columns)


def test_a_report_is_kept_byte_for_byte_and_opens_one_case() -> None:
    policy, report = a_policy(), a_report()
    a_case(policy, report=report)

    report.refresh_from_db()

    assert report.raw == b"Help \x00\xff"
    with refused("case_report_id"):
        a_case(policy, report=report)


def test_a_repeated_request_is_known_by_its_own_callers_key() -> None:
    a_report(idempotency_scope="api:7", idempotency_key="42")
    a_report(idempotency_scope="api:8", idempotency_key="42")
    a_report(idempotency_scope="api:7")
    a_report(idempotency_scope="api:7")

    with refused("report_idempotency_key_once"):
        a_report(idempotency_scope="api:7", idempotency_key="42")


def test_a_report_with_a_case_says_which_and_when() -> None:
    with refused("report_opened_iff_case"):
        a_report(opened_at=AT)
    with refused("report_opened_iff_case"):
        a_report(case_ref="RP-1001")


def test_two_storms_with_one_key_cannot_open_two_incidents() -> None:
    policy = a_policy()
    first = an_incident(policy, join_key="checkout")
    an_incident(policy)
    an_incident(policy)

    with refused("incident_join_key_once_open"):
        an_incident(policy, join_key="checkout")
    IncidentRow.objects.filter(pk=first.pk).update(status="resolved", resolved_at=SOON)

    assert an_incident(policy, join_key="checkout").is_open


# Clocks, deliveries, on-call, alarms


def test_a_clock_is_one_row_and_runs_until_it_ends() -> None:
    a_deadline()

    with refused("deadline_stream_key_unique"):
        a_deadline()
    with refused("deadline_running_has_no_end"):
        a_deadline(key="engaged", ended_at=AT)
    with refused("deadline_outcome_known"):
        a_deadline(key="engaged", outcome="forgotten")
    with refused("deadline_strength_known"):
        a_deadline(key="engaged", strength="hope")


def test_a_delivery_is_one_row_a_key_with_bounded_tries() -> None:
    a_delivery()

    with refused("delivery_key_unique"):
        a_delivery()
    with refused("delivery_tries_are_bounded"):
        a_delivery(key="other", tries=6, most_tries=5)
    with refused("delivery_state_known"):
        a_delivery(key="other", state="lost")
    with refused("delivery_sending_has_moment"):
        a_delivery(key="other", state="sending")
    with refused("delivery_sent_has_moment"):
        a_delivery(key="other", state="delivered")


def test_a_shift_is_on_a_day_of_the_week_and_an_override_ends_after_it_starts(
    ana: Person,
) -> None:
    team = Team.objects.create(name="L1 Support", slug="l1-support")
    evening, morning = time(18), time(6)
    RotaShift.objects.create(team=team, person=ana, weekday=6, starts=evening, ends=morning)

    with refused("rota_shift_weekday_from_0_to_6"):
        RotaShift.objects.create(team=team, person=ana, weekday=7, starts=evening, ends=morning)
    with refused("rota_shift_once"):
        RotaShift.objects.create(team=team, person=ana, weekday=6, starts=evening, ends=evening)
    with refused("override_ends_after_start"):
        Override.objects.create(
            team=team, person=ana, starts_at=AT, ends_at=AT, made_by=ana.actor, made_at=AT
        )


def test_an_alarm_is_open_once_and_can_come_back() -> None:
    alarm = Alarm.objects.create(key="clock", raised_at=AT, message="The clock loop is late.")

    with refused("alarm_open_once"):
        Alarm.objects.create(key="clock", raised_at=SOON, message="It is still late.")
    Alarm.objects.filter(pk=alarm.pk).update(cleared_at=SOON)

    assert Alarm.objects.create(key="clock", raised_at=SOON, message="It is late again.").pk


# Locks


@pytest.mark.django_db(transaction=True)
def test_a_case_that_joins_holds_its_incident_open_from_its_insert_on() -> None:
    policy = a_policy()
    incident = an_incident(policy)
    who_ends = psycopg.connect(**connection.get_connection_params())
    look = "SELECT FROM incident WHERE number = %s FOR {} NOWAIT"

    with who_ends, transaction.atomic():
        a_case(policy, incident=incident)
        who_ends.execute(look.format("NO KEY UPDATE"), [incident.number])
        with pytest.raises(psycopg.errors.LockNotAvailable):
            who_ends.execute(look.format("UPDATE"), [incident.number])
        who_ends.rollback()
