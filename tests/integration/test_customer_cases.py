"""What customers see of their cases, tried from the wrong side first."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from redphone.actions import cases, deliveries, duty, incidents, updates
from redphone.channels.mail.send import SmtpMail
from redphone.clock import now
from redphone.core.review import SECTIONS
from redphone.core.updates import Stage
from redphone.records.models import CaseRow, Person
from redphone.records.models import Report as ReportRow
from redphone.records.models.person import Role
from redphone.records.queries import customer
from redphone.records.queries.asker import ANYONE, Asker, NotYours
from redphone.web.customer import links

if TYPE_CHECKING:
    from tests.conftest import Cast
    from tests.integration.conftest import MailRoom

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)
GUARDED = "data-security-incident"


def asker(person: Person) -> Asker:
    return Asker(person_id=person.pk, role=person.role, customer_id=person.customer_id)


def colleague(cast: Cast) -> Person:
    return Person.objects.create_user(
        "ole@nordwind.example", name="Ole", role=Role.CUSTOMER, customer=cast.mira.customer
    )


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_another_organisations_case_is_not_there(cast: Cast, client: Client) -> None:
    """POL-8: not even that it exists."""
    ref = cast.report(cast.mira, at=now()).case
    client.force_login(cast.jon)

    answers = [
        client.get(f"/my/cases/{ref}/"),
        client.get("/my/cases/RP-999999/"),
        client.post(f"/my/cases/{ref}/add/", {"words": "Let me in."}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert str(ref) not in page(client, "/my/cases/")
    assert answers[0].content.decode().count("Nothing") == 0


def test_without_signing_in_a_case_leads_to_the_door(cast: Cast, client: Client) -> None:
    ref = cast.report(cast.mira, at=now()).case

    for path in ("/my/cases/", f"/my/cases/{ref}/"):
        assert client.get(path).headers["Location"].startswith("/accounts/login/")
    with pytest.raises(NotYours):
        customer.own_case(ANYONE, str(ref))


def test_a_colleague_sees_the_organisations_case(cast: Cast, client: Client) -> None:
    ref = cast.report(cast.mira, at=now()).case
    client.force_login(colleague(cast))

    assert "A person answers you" in page(client, f"/my/cases/{ref}/")
    assert str(ref) in page(client, "/my/cases/")


def test_a_breach_is_for_its_reporter_and_the_security_contacts_only(cast: Cast) -> None:
    """EMG-2: who shares the organisation doesn't hear of it, nor sees it listed."""
    ole = colleague(cast)
    kira = Person.objects.create_user(
        "kira@nordwind.example", name="Kira", role=Role.CUSTOMER, customer=cast.mira.customer
    )
    ref = str(cast.report(ole, "Someone got into our account", closest_to=GUARDED, at=now()).case)

    assert customer.own_case(asker(ole), ref).ref == ref
    assert customer.own_case(asker(cast.mira), ref).ref == ref, "Mira is the security contact"
    with pytest.raises(NotYours):
        customer.own_case(asker(kira), ref)
    assert customer.own_cases(asker(kira)) == []
    assert not customer.may_hear_of(asker(kira), ref)


def test_the_link_of_a_breach_shows_no_updates_of_the_incident(cast: Cast) -> None:
    """EMG-2: a link can be handed on, so it tells only what passed on the case itself."""
    at = now()
    taken = cast.report(None, "Someone got into our account", closest_to=GUARDED, at=at)
    incident = str(taken.incident)
    words = "The attacker came in by a stolen key, which is revoked."
    updates.post_update(
        incident=incident,
        by=cast.ines.actor,
        words=words,
        next_at=at + 20 * MINUTE,
        stage=Stage.CAUSE_FOUND,
        at=at + MINUTE,
    )

    seen = customer.reported_case(taken.report)

    assert seen is not None
    assert words not in [said.words for said in seen.said]


def test_a_customer_sees_what_was_promised_and_said_and_nothing_else(
    cast: Cast, client: Client
) -> None:
    """POL-2, POL-4, FAQ-3: promises with clause, replies, updates; no notes, no others' names."""
    at = now() - 10 * MINUTE
    taken = cast.report(cast.mira, at=at, closest_to="system-outage")
    theirs = cast.report(cast.jon, "Petrel's secret trouble, down for everyone", at=at)
    incident, case = str(taken.incident), str(taken.case)
    cases.move(case=str(theirs.case), to=incident, by=cast.ana.actor, why="Same", at=at + MINUTE)
    incidents.note(incident=incident, by=cast.ana.actor, words="Only for us", at=at + MINUTE)
    cases.respond(case=case, by=cast.ana.actor, words="I have this, Mira.", at=at + 4 * MINUTE)
    updates.post_update(
        incident=incident,
        by=cast.ines.actor,
        words="We are moving traffic away from the gateway.",
        next_at=at + 30 * MINUTE,
        stage=Stage.CAUSE_FOUND,
        at=at + 5 * MINUTE,
    )
    client.force_login(cast.mira)

    seen = page(client, f"/my/cases/{case}/")

    assert "I have this, Mira." in seen
    assert "We are moving traffic away from the gateway." in seen
    assert "Next update" in seen
    assert "POL-4" in seen
    assert "EMG-1" in seen
    assert "first answer: after 4 min" in seen
    for private in ("Only for us", "Petrel", "RP-" + str(theirs.case).removeprefix("RP-"), "L1"):
        assert private not in seen


def test_a_pro_customer_is_shown_no_promise_of_the_other_plan(cast: Cast) -> None:
    """FAQ-7: the report after the incident is Enterprise's, though the incident is shared."""
    at = now()
    taken = cast.report(cast.mira, at=at, closest_to="system-outage")
    theirs = cast.report(cast.jon, at=at)
    incident = str(taken.incident)
    cases.move(case=str(theirs.case), to=incident, by=cast.ana.actor, why="Same", at=at)
    incidents.resolve(incident=incident, by=cast.ines.actor, words="Back up.", at=at + MINUTE)

    of_mira = customer.own_case(asker(cast.mira), str(taken.case))
    of_jon = customer.own_case(asker(cast.jon), str(theirs.case))

    assert [clock.kind.value for clock in of_mira.clocks] == ["post_incident_report"]
    assert of_jon.clocks == ()


def test_a_late_answer_is_owned_up_to(cast: Cast, client: Client) -> None:
    """FAQ-3: we say that we are late before the customer has to."""
    ref = cast.report(cast.mira, at=now() - 17 * MINUTE).case
    client.force_login(cast.mira)

    seen = page(client, f"/my/cases/{ref}/")

    assert "Our answer is" in seen
    assert "2 minutes late" in seen


def test_a_promise_that_was_missed_stays_in_sight_once_it_was_made_good(cast: Cast) -> None:
    """FAQ-3, POL-2: one line a miss, with all its clauses."""
    at = now() - 20 * MINUTE
    ref = str(cast.report(cast.mira, at=at).case)
    duty.handle_due(at=at + 16 * MINUTE)
    cases.respond(case=ref, by=cast.ana.actor, words="I have it.", at=at + 17 * MINUTE)

    case = customer.own_case(asker(cast.mira), ref)

    assert [(each.kind, set(each.clauses)) for each in case.missed] == [
        ("first_response", {"FAQ-3", "POL-2"})
    ]
    assert case.was_late_to_answer


def test_a_missed_target_is_not_told_and_a_missed_promise_is(cast: Cast, client: Client) -> None:
    """EMG-1 aims for four hours, POL-4 promises an update: clauses.md, row 3."""
    at = now() - timedelta(hours=5)
    taken = cast.report(cast.mira, at=at, closest_to="system-outage")
    cases.respond(case=str(taken.case), by=cast.ana.actor, words="I have it.", at=at + MINUTE)
    duty.handle_due(at=now())
    client.force_login(cast.mira)

    seen = page(client, f"/my/cases/{taken.case}/")
    case = customer.own_case(asker(cast.mira), str(taken.case))

    assert "Our update is" in seen
    assert [said.data["kind"] for said in case.said if said.kind == "missed"] == ["next_update"]
    assert case.missed == (), "it is still waited for, and among the clocks"
    assert "what we aim for" not in seen


def test_the_report_after_is_for_those_whose_plan_comes_with_it(cast: Cast) -> None:
    """FAQ-7, POL-5."""
    at = now()
    taken = cast.report(cast.mira, at=at, closest_to="system-outage")
    theirs = cast.report(cast.jon, at=at)
    incident, by = str(taken.incident), cast.ines.actor
    cases.move(case=str(theirs.case), to=incident, by=cast.ana.actor, why="Same", at=at)
    incidents.resolve(incident=incident, by=by, words="Back up.", at=at + MINUTE)
    sections = dict.fromkeys(SECTIONS, "A certificate had expired.")
    incidents.publish_report(incident=incident, by=by, sections=sections, at=at + 2 * MINUTE)

    of_mira = customer.own_case(asker(cast.mira), str(taken.case))
    of_jon = customer.own_case(asker(cast.jon), str(theirs.case))

    assert of_mira.said[0].kind == "reported"
    assert "reported" not in [said.kind for said in of_jon.said]


def test_why_it_was_reopened_stays_in_the_house(cast: Cast) -> None:
    at = now()
    taken = cast.report(cast.mira, at=at, closest_to="system-outage")
    incident, by = str(taken.incident), cast.ines.actor
    incidents.resolve(incident=incident, by=by, words="Back up.", at=at + MINUTE)
    incidents.reopen(incident=incident, by=by, why="Bo was too quick", at=at + 2 * MINUTE)

    said = customer.own_case(asker(cast.mira), str(taken.case)).said

    assert [(each.kind, each.words) for each in said[:2]] == [
        ("reopened", ""),
        ("resolved", "Back up."),
    ]


def test_what_a_customer_adds_is_on_the_case_with_the_thing_it_told(
    cast: Cast, client: Client
) -> None:
    """FAQ-6: what was told is no longer asked for."""
    ref = cast.report(cast.mira, at=now()).case
    client.force_login(cast.mira)

    told = {"words": "Also in the app.", "users_affected": "all 240"}
    answer = client.post(f"/my/cases/{ref}/add/", told, follow=True)

    seen = answer.content.decode()
    assert "Also in the app." in seen
    assert "all 240" in seen
    case = customer.own_case(asker(cast.mira), str(ref))
    assert "users_affected" not in case.lacks
    assert "started_at" in case.lacks


def test_adding_nothing_is_refused_with_a_sentence(cast: Cast, client: Client) -> None:
    ref = cast.report(cast.mira, at=now()).case
    client.force_login(cast.mira)

    answer = client.post(f"/my/cases/{ref}/add/", {"words": "  "})

    assert answer.status_code == 422
    assert "Nothing was written" in answer.content.decode()


@pytest.mark.parametrize("broken", ["x", "", "cut"])
def test_a_link_that_was_not_given_opens_nothing(cast: Cast, client: Client, broken: str) -> None:
    report = cast.report(None, at=now()).report
    token = links.token(report)
    other = {"x": "x", "": str(report), "cut": token[:-2]}[broken]

    assert client.get(f"/my/report/{token}/").status_code == 200
    assert client.get(f"/my/report/{other}/").status_code == 404


def test_a_report_without_its_case_yet_says_that_it_is_safe(cast: Cast, client: Client) -> None:
    row = ReportRow.objects.create(channel="button", received_at=now(), raw=b"", description="x")

    seen = page(client, f"/my/report/{links.token(row.pk)}/")

    assert "We have your report" in seen


def test_the_same_form_sent_again_leads_to_the_same_case(cast: Cast, client: Client) -> None:
    client.force_login(cast.mira)
    form = {
        "key": "0b0e7e1c-6d7c-4f1f-9d53-1d3f3f2f7b11",
        "description": "Everything is down.",
        "contact": "+1 555",
    }

    first, second = (client.post("/report/", form) for _ in range(2))

    assert first.headers["Location"] == second.headers["Location"]
    assert CaseRow.objects.count() == 1


def test_somebody_elses_form_key_leads_nowhere_near_their_case(cast: Cast, client: Client) -> None:
    form = {
        "key": "0b0e7e1c-6d7c-4f1f-9d53-1d3f3f2f7b11",
        "description": "Everything is down.",
        "contact": "+1 555",
    }
    client.force_login(cast.mira)
    client.post("/report/", form)
    client.force_login(cast.jon)

    client.post("/report/", form)

    assert list(CaseRow.objects.order_by("number").values_list("customer__name", flat=True)) == [
        "Nordwind",
        "Petrel",
    ]


@pytest.mark.parametrize(
    "odd",
    [
        {"description": "All is down \x00 for us."},
        {"description": "log line " * 20_000},
        {"closest_to": "no-such-type"},
        {"key": "not a key"},
        {"key": ""},
    ],
    ids=["null character", "very long", "unknown type", "odd key", "no key"],
)
def test_nothing_odd_about_a_form_keeps_an_emergency_out(
    cast: Cast, client: Client, odd: dict[str, str]
) -> None:
    """FAQ-6: a description and a way to reach the person open a case."""
    form = {"description": "All is down for us.", "contact": "+1 555", **odd}

    answer = client.post("/report/", form)

    assert answer.status_code == 302
    assert CaseRow.objects.count() == 1


def test_a_form_from_elsewhere_is_shown_again_with_all_that_was_typed(cast: Cast) -> None:
    """POL-6: a lost cookie costs one more press, not the report."""
    client = Client(enforce_csrf_checks=True)

    answer = client.post("/report/", {"description": "All is down.", "contact": "+1 555"})

    assert answer.status_code == 403
    assert "Press the button once more" in answer.content.decode()
    assert "All is down." in answer.content.decode()
    assert not ReportRow.objects.exists()


def test_the_promise_on_the_form_is_the_plans(cast: Cast, client: Client) -> None:
    """FAQ-3: 15 minutes for Enterprise and for whoever we don't know; Pro has its hours."""
    unknown = page(client, "/report/")
    client.force_login(cast.mira)
    enterprise = page(client, "/report/")
    client.force_login(cast.jon)
    pro = page(client, "/report/")

    assert "<b>15 min</b>" in unknown
    assert "<b>15 min</b>" in enterprise
    assert "30 min in business hours and 2 h at other times" in pro


def test_whoever_has_no_account_gets_the_link_by_mail_too(
    cast: Cast, client: Client, mail_room: MailRoom
) -> None:
    """POL-6: the receipt to an unknown caller leads to their case, and to nobody else's."""
    form = {"description": "All is down for us.", "contact": "kim@elsewhere.example"}
    client.post("/report/", form)

    deliveries.send_waiting(channel=SmtpMail, now=now)

    letter = mail_room.to("kim@elsewhere.example")[0].get_body(("plain",))
    assert letter is not None
    text = letter.get_content()
    link = next(word for word in text.split() if "/my/report/" in word)
    assert "A person answers you" in page(client, link.removeprefix("http://localhost:8000"))
