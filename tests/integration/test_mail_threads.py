"""What becomes of a mail: the case that it opens, joins or leaves alone. POL-6, FAQ-2, FAQ-8."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import Settings
from tests.conftest import NOON, Cast
from tests.integration.mails import WORDS, Post, bounce, letter

from redphone.actions.mail import Outcome
from redphone.channels.mail.fake import SENDER
from redphone.records.models import (
    Attachment,
    CaseRow,
    Contact,
    Delivery,
    EntryRow,
    IncidentRow,
    ReceivedMail,
    Report,
)
from redphone.records.models.received_mail import Became

MINUTE = timedelta(minutes=1)


@pytest.fixture
def post(cast: Cast, settings: Settings) -> Post:
    settings.DEFAULT_FROM_EMAIL = SENDER
    return Post(NOON)


def entries(ref: str) -> list[str]:
    return list(EntryRow.objects.filter(stream=ref).order_by("seq").values_list("kind", flat=True))


def row(of: Outcome) -> ReceivedMail:
    return ReceivedMail.objects.get(pk=of.mail)


def test_a_mail_of_a_customer_opens_their_case(cast: Cast, post: Post) -> None:
    taken = post.bring(letter(cast.mira.email, at=NOON))

    case = CaseRow.objects.get(ref=taken.stream)
    assert taken.became == Became.OPENED
    assert (case.channel, case.reporter, case.customer) == ("email", cast.mira, cast.mira.customer)
    assert case.title == "The dashboard is down"
    assert case.report.description == f"The dashboard is down\n\n{WORDS}"
    assert bytes(row(taken).raw) == b""
    assert b"error 502" in bytes(case.report.raw)


def test_a_strangers_mail_is_a_case_all_the_same(cast: Cast, post: Post) -> None:
    taken = post.bring(letter("someone@elsewhere.example"))

    case = CaseRow.objects.get(ref=taken.stream)
    assert case.customer is None
    assert case.report.contact == "someone@elsewhere.example"


def test_the_same_mail_again_is_the_same_case(cast: Cast, post: Post) -> None:
    made = letter(cast.mira.email, at=NOON)
    first = post.bring(made)
    again = post.bring(b"Received: from relay.example\r\n" + made.as_bytes(), door="imap")

    assert not again.is_new
    assert (again.mail, again.stream) == (first.mail, first.stream)
    assert CaseRow.objects.count() == 1


def test_another_mail_under_a_known_message_id_is_not_swallowed(cast: Cast, post: Post) -> None:
    made = letter(cast.mira.email, at=NOON)
    post.bring(letter("forger@elsewhere.example", message_id=made["Message-ID"]))

    taken = post.bring(made)

    assert taken.is_new
    assert CaseRow.objects.get(ref=taken.stream).reporter == cast.mira


def test_the_same_words_of_a_device_an_hour_later_are_a_new_case(cast: Cast, post: Post) -> None:
    raw = b"From: ups@plant.example\r\nSubject: On battery\r\n\r\nOn battery.\r\n"
    first = post.bring(raw)
    same = post.bring(raw, after=timedelta(seconds=10))
    later = post.bring(raw, after=timedelta(hours=1))

    assert same.stream == first.stream
    assert later.stream != first.stream


def test_a_reply_to_our_receipt_is_added_with_its_new_words_and_files(
    cast: Cast, post: Post
) -> None:
    case = post.bring(letter(cast.mira.email)).stream
    post.send()
    (receipt,) = post.ids(cast.mira.email, "receipt")
    made = letter(cast.mira.email, f"Re: {case}", "Now the API is gone too.", answers=receipt)
    made.add_attachment(b"log", maintype="text", subtype="x-log", filename="server.log")

    taken = post.bring(made)

    assert (taken.became, taken.stream) == (Became.ADDED, case)
    added = EntryRow.objects.select_related("words").get(stream=case, kind="added")
    assert added.words is not None
    assert added.words.text == "Now the API is gone too."
    assert added.data["through"] == "email"
    assert Attachment.objects.get(stream=case).name == "server.log"
    assert b"server.log" in bytes(row(taken).raw)


def test_a_case_number_in_the_subject_is_enough_for_the_reporter(cast: Cast, post: Post) -> None:
    case = post.bring(letter(cast.mira.email)).stream

    taken = post.bring(letter(cast.mira.email, f"about {case}"), after=MINUTE)

    assert (taken.became, taken.stream) == (Became.ADDED, case)


def test_a_case_number_in_the_words_of_a_new_emergency_keeps_it_from_nothing(
    cast: Cast, post: Post
) -> None:
    case = post.bring(letter(cast.mira.email)).stream

    taken = post.bring(letter(cast.mira.email, "Now payments fail", f"Unlike {case}, all fail."))

    assert taken.stream != case
    assert Report.objects.get(case_ref=taken.stream).notes["twin"] == case


def test_a_reply_to_ones_own_first_mail_finds_its_case(cast: Cast, post: Post) -> None:
    first = letter("someone@elsewhere.example")
    case = post.bring(first).stream

    taken = post.bring(letter("someone@elsewhere.example", answers=first["Message-ID"]))

    assert (taken.became, taken.stream) == (Became.ADDED, case)


def test_a_strangers_reply_gets_a_case_of_its_own_that_says_so(cast: Cast, post: Post) -> None:
    case = post.bring(letter(cast.mira.email)).stream
    post.send()
    (receipt,) = post.ids(cast.mira.email, "receipt")

    taken = post.bring(letter("spy@elsewhere.example", f"Re: {case}", answers=receipt))

    assert taken.became == Became.OPENED
    assert taken.stream != case
    assert "added" not in entries(case)
    notes = Report.objects.get(case_ref=taken.stream).notes
    assert notes["twin"] == case
    assert "an address that we don't know there" in notes["placed"]


def test_another_customers_person_is_a_stranger_there(cast: Cast, post: Post) -> None:
    case = post.bring(letter(cast.mira.email)).stream

    taken = post.bring(letter(cast.jon.email, f"Re: {case}"))

    assert taken.stream != case
    assert CaseRow.objects.get(ref=taken.stream).customer == cast.jon.customer


def test_a_verified_contact_of_the_customer_is_at_home_and_an_unverified_one_not(
    cast: Cast, post: Post
) -> None:
    case = post.bring(letter(cast.mira.email)).stream
    assert cast.mira.customer is not None
    for name, verified in (("vera", NOON), ("nils", None)):
        Contact.objects.create(
            customer=cast.mira.customer,
            name=name,
            email=f"{name}@nordwind.example",
            verified_at=verified,
        )

    vera = post.bring(letter("vera@nordwind.example", f"Re: {case}"))
    nils = post.bring(letter("nils@nordwind.example", f"Re: {case}"))

    assert (vera.became, vera.stream) == (Became.ADDED, case)
    assert nils.stream != case


def test_who_fails_dmarc_opens_a_case_but_is_nobody_known(cast: Cast, post: Post) -> None:
    case = post.bring(letter(cast.mira.email)).stream

    taken = post.bring(letter(cast.mira.email, f"Re: {case}"), dmarc="fail", spf="pass")

    opened = CaseRow.objects.select_related("report").get(ref=taken.stream)
    assert opened.ref != case
    assert (opened.customer, opened.reporter) == (None, None)
    assert opened.report.notes["dmarc"] == "fail"
    assert "only a claim" in opened.report.notes["sender"]


def test_proof_can_be_demanded(cast: Cast, post: Post, settings: Settings) -> None:
    settings.MAIL_NEEDS_PROOF = True

    bare = post.bring(letter(cast.mira.email))
    proven = post.bring(letter(cast.mira.email), dmarc="pass")

    assert CaseRow.objects.get(ref=bare.stream).reporter is None
    assert CaseRow.objects.get(ref=proven.stream).reporter == cast.mira


def test_machine_mail_opens_a_case_and_gets_no_receipt(cast: Cast, post: Post) -> None:
    made = letter("monitor@nordwind.example", auto_submitted="auto-generated")

    taken = post.bring(made)

    assert taken.became == Became.OPENED
    assert not Delivery.objects.filter(stream=taken.stream).exists()
    assert "monitor at nordwind.example" in Report.objects.get(case_ref=taken.stream).contact


def test_a_reply_to_a_case_that_is_over_is_a_new_case(cast: Cast, post: Post) -> None:
    from redphone.actions import incidents

    case = post.bring(letter(cast.mira.email)).stream
    incident = CaseRow.objects.get(ref=case).incident
    assert incident is not None
    incidents.resolve(
        incident=incident.ref, by=cast.ana.actor, words="All is well again.", at=NOON + MINUTE
    )

    taken = post.bring(letter(cast.mira.email, f"Re: {case}", "It is back!"), after=2 * MINUTE)

    assert taken.stream != case
    assert Report.objects.get(case_ref=taken.stream).notes["twin"] == case


# ── Bounces ─────────────────────────────────────────────────────────────────────────────────────


def test_a_bounced_page_fails_and_moves_its_ladder(cast: Cast, post: Post) -> None:
    case = CaseRow.objects.get(ref=post.bring(letter(cast.mira.email)).stream)
    assert case.incident is not None
    incident = case.incident.ref
    post.send()
    page = Delivery.objects.exclude(message_id="").filter(purpose="page").earliest("pk")
    before = entries(incident).count("asked")

    taken = post.bring(bounce(page.message_id, page.address), after=MINUTE)

    page.refresh_from_db()
    assert (taken.became, taken.stream) == (Became.BOUNCE, incident)
    assert page.state == "failed"
    assert "userunknown" in page.error
    assert entries(incident).count("asked") > before
    assert CaseRow.objects.count() == 1


def test_a_bounced_contact_is_unreachable_and_a_second_bounce_changes_nothing(
    cast: Cast, post: Post
) -> None:
    contact, update = contact_that_was_told(cast, post)

    post.bring(bounce(update.message_id, contact.email))
    post.bring(bounce(update.message_id, contact.email), after=MINUTE)

    contact.refresh_from_db()
    assert contact.unreachable_at == post.at - MINUTE
    assert "came back" in contact.unreachable_why
    assert entries(update.stream).count("delivery_failed") == 1


def contact_that_was_told(cast: Cast, post: Post) -> tuple[Contact, Delivery]:
    from redphone.actions import updates
    from redphone.core.updates import Stage

    assert cast.mira.customer is not None
    contact, _ = Contact.objects.get_or_create(
        customer=cast.mira.customer,
        email="vera@nordwind.example",
        defaults={"name": "Vera", "verified_at": NOON},
    )
    case = CaseRow.objects.get(ref=post.bring(letter(cast.mira.email)).stream)
    assert case.incident is not None
    updates.post_update(
        incident=case.incident.ref,
        by=cast.ines.actor,
        words="We have found the cause and are rolling it back.",
        next_at=NOON + 20 * MINUTE,
        stage=Stage.CAUSE_FOUND,
        at=NOON,
    )
    post.send()
    return contact, Delivery.objects.get(contact=contact, purpose="update")


def test_a_soft_bounce_only_notes(cast: Cast, post: Post) -> None:
    contact, update = contact_that_was_told(cast, post)

    post.bring(bounce(update.message_id, contact.email, status="4.2.2", action="delayed"))

    contact.refresh_from_db()
    update.refresh_from_db()
    assert contact.unreachable_at is None
    assert update.state == "sent"
    assert "came back" in update.error


def test_a_forged_bounce_silences_nobody(cast: Cast, post: Post) -> None:
    contact, update = contact_that_was_told(cast, post)

    other = post.bring(bounce("<made-up@redphone.example>", contact.email))
    elsewhere = post.bring(bounce(update.message_id, "somebody.else@nordwind.example"))

    contact.refresh_from_db()
    assert {other.became, elsewhere.became} == {Became.PARKED}
    assert contact.unreachable_at is None
    assert CaseRow.objects.count() == 1


def test_a_bounce_that_overtakes_its_own_mail_waits_for_it(cast: Cast, post: Post) -> None:
    from redphone.actions import mail

    contact, update = contact_that_was_told(cast, post)
    Delivery.objects.filter(pk=update.pk).update(message_id="")

    taken = post.bring(bounce(update.message_id, contact.email))
    Delivery.objects.filter(pk=update.pk).update(message_id=update.message_id)
    settled = mail.work_waiting(at=post.at + MINUTE)

    contact.refresh_from_db()
    assert (taken.became, settled) == (Became.WAITING, 1)
    assert contact.unreachable_at is not None


# ── Machines, loops, our own ────────────────────────────────────────────────────────────────────


def test_an_answering_machine_is_noted_and_is_no_contact(cast: Cast, post: Post) -> None:
    case = post.bring(letter(cast.mira.email)).stream
    post.send()
    (receipt,) = post.ids(cast.mira.email, "receipt")
    away = letter(
        cast.mira.email, "Away", "I am away.", answers=receipt, auto_submitted="auto-replied"
    )

    taken = post.bring(away)

    assert (taken.became, taken.stream) == (Became.AUTO_REPLY, case)
    assert CaseRow.objects.get(ref=case).first_response_at is None
    assert entries(case) == ["opened", "added"]
    assert EntryRow.objects.get(stream=case, kind="added").data["marked"] == "auto_reply"


def test_an_answering_machine_that_belongs_nowhere_is_parked(cast: Cast, post: Post) -> None:
    taken = post.bring(letter("x@elsewhere.example", auto_submitted="auto-replied"))

    assert taken.became == Became.PARKED
    assert bytes(row(taken).raw)
    assert not CaseRow.objects.exists()


def test_our_own_mail_that_comes_back_is_cut(cast: Cast, post: Post) -> None:
    post.bring(letter(cast.mira.email))
    post.send()

    back = [post.bring(mail.as_bytes()) for mail in post.room.mails]

    assert {taken.became for taken in back} == {Became.OURS}
    assert CaseRow.objects.count() == 1


def test_a_loop_is_kept_and_coalesced_and_nothing_is_refused(cast: Cast, post: Post) -> None:
    from redphone.actions.mail_decisions import MOST_AN_HOUR

    case = post.bring(letter(cast.mira.email)).stream

    became = [
        post.bring(letter(cast.mira.email, f"Re: {case}", f"Mail {n}")).became
        for n in range(MOST_AN_HOUR + 5)
    ]

    assert became.count(Became.COALESCED) == 5
    assert ReceivedMail.objects.filter(stream=case).count() == MOST_AN_HOUR + 5


def test_many_cases_of_one_sender_join_one_incident_without_receipts(
    cast: Cast, post: Post
) -> None:
    from redphone.actions.mail_decisions import MOST_CASES_AN_HOUR

    taken = [
        post.bring(letter(cast.mira.email, f"Trouble {n}")) for n in range(MOST_CASES_AN_HOUR + 4)
    ]

    assert {each.became for each in taken} == {Became.OPENED}
    assert Delivery.objects.filter(purpose="receipt").count() == MOST_CASES_AN_HOUR
    assert IncidentRow.objects.count() == MOST_CASES_AN_HOUR + 1


# ── The desk's own people ───────────────────────────────────────────────────────────────────────


def paged(post: Post, cast: Cast) -> tuple[str, Delivery]:
    case = CaseRow.objects.get(ref=post.bring(letter(cast.mira.email)).stream)
    assert case.incident is not None
    post.send()
    page = Delivery.objects.exclude(message_id="").filter(purpose="page").earliest("pk")
    return case.incident.ref, page


def test_a_responders_reply_to_a_page_acknowledges_it(cast: Cast, post: Post) -> None:
    incident, page = paged(post, cast)

    taken = post.bring(letter(page.address, "Re: page", "On it.", answers=page.message_id))

    page.refresh_from_db()
    assert (taken.became, taken.stream) == (Became.ACKNOWLEDGED, incident)
    assert page.answered_at == post.at
    assert {"acknowledged", "noted"} <= set(entries(incident))
    noted = EntryRow.objects.select_related("words").get(stream=incident, kind="noted")
    assert noted.words is not None
    assert noted.words.text == "On it."


def test_a_reply_from_another_address_acknowledges_nothing(cast: Cast, post: Post) -> None:
    incident, page = paged(post, cast)

    forged = post.bring(letter(page.address, answers=page.message_id), dmarc="fail")
    other = next(p for p in (cast.tom, cast.rosa, cast.ines) if p.email != page.address)
    colleague = post.bring(letter(other.email, answers=page.message_id))
    stranger = post.bring(letter("spy@elsewhere.example", answers=page.message_id))

    assert forged.became == stranger.became == Became.OPENED
    assert colleague.became == Became.NOTED
    assert "acknowledged" not in entries(incident)


def test_an_answering_machine_acknowledges_no_page(cast: Cast, post: Post) -> None:
    incident, page = paged(post, cast)

    away = letter(
        page.address, "Away", answers=page.message_id, auto_submitted="auto-replied (vacation)"
    )
    taken = post.bring(away)

    assert (taken.became, taken.stream) == (Became.AUTO_REPLY, incident)
    assert "acknowledged" not in entries(incident)


def test_a_late_reply_to_a_page_is_a_note_that_says_why(cast: Cast, post: Post) -> None:
    incident, page = paged(post, cast)
    post.bring(letter(page.address, answers=page.message_id))

    again = post.bring(letter(page.address, words="Still on it.", answers=page.message_id))

    assert again.became == Became.NOTED
    assert "It answered no page" in row(again).why
    assert entries(incident).count("acknowledged") == 1


def test_a_managers_reply_approves_nothing_and_reaches_no_customer(cast: Cast, post: Post) -> None:
    incident, _ = paged(post, cast)
    case = CaseRow.objects.get(incident__ref=incident).ref
    before = set(Delivery.objects.values_list("pk", flat=True))

    taken = post.bring(letter(cast.maya.email, f"Re: {case}", "Approved, send the update."))

    assert (taken.became, taken.stream) == (Became.NOTED, incident)
    assert "responded" not in entries(case)
    assert not {"update_posted", "acknowledged"} & set(entries(incident))
    assert set(Delivery.objects.values_list("pk", flat=True)) == before


# ── Escalations ─────────────────────────────────────────────────────────────────────────────────


def test_an_escalation_with_a_case_number_is_marked_there(cast: Cast, post: Post) -> None:
    case = post.bring(letter(cast.mira.email)).stream

    taken = post.bring(
        letter(cast.mira.email, f"{case} takes too long", to="escalations@ourcompany.com")
    )

    assert (taken.became, taken.stream) == (Became.ADDED, case)
    assert EntryRow.objects.get(stream=case, kind="added").data["marked"] == "escalation"


def test_an_escalation_may_name_its_case_anywhere(cast: Cast, post: Post) -> None:
    case = post.bring(letter(cast.mira.email)).stream
    post.bring(letter(cast.mira.email, "Another trouble"))

    taken = post.bring(
        letter(cast.mira.email, "Too slow", f"See {case}.", to="escalations@ourcompany.com")
    )

    assert (taken.became, taken.stream) == (Became.ADDED, case)


def test_an_escalation_without_a_number_is_found_by_its_sender(cast: Cast, post: Post) -> None:
    case = post.bring(letter(cast.mira.email)).stream

    taken = post.bring(letter(cast.mira.email, "Too slow", to="escalations@ourcompany.com"))

    assert (taken.became, taken.stream) == (Became.ADDED, case)


def test_an_escalation_of_an_unknown_case_is_a_case_that_says_so(cast: Cast, post: Post) -> None:
    taken = post.bring(letter(cast.mira.email, "RP-99999", to="escalations@ourcompany.com"))

    notes = Report.objects.get(case_ref=taken.stream).notes
    assert taken.became == Became.OPENED
    assert notes["escalation"] == "yes"
    assert "RP-99999" in notes["placed"]


# ── What can't be read ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("raw", [b"", b"\x00\xff\xfe", b"\r\n\r\n", b"From: \r\n\r\n", b"=?=?=?="])
def test_what_cannot_be_read_is_still_a_case(cast: Cast, post: Post, raw: bytes) -> None:
    taken = post.bring(raw)

    report = Report.objects.get(case_ref=taken.stream)
    assert taken.became == Became.OPENED
    assert bytes(report.raw) == raw


def test_no_header_gets_into_a_subject_or_a_contact(cast: Cast, post: Post) -> None:
    raw = (
        b"From: =?utf-8?q?a=0D=0ABcc:_x@y.example?= <a@b.example>\r\n"
        b"Subject: =?utf-8?q?hi=0D=0ABcc:_victim@elsewhere.example=0D=0A?=\r\n\r\nhelp\r\n"
    )

    taken = post.bring(raw)
    post.send()

    assert "\n" not in CaseRow.objects.get(ref=taken.stream).title
    assert all(mail["Bcc"] is None for mail in post.room.mails)


def test_mails_that_come_together_are_taken_together(cast: Cast) -> None:
    from redphone.actions import mail
    from redphone.channels.mail.arrived import Arrived, read

    first = letter(cast.mira.email)
    mails = [first, letter(cast.jon.email), letter(cast.mira.email, answers=first["Message-ID"])]

    taken = mail.take_mails(
        [read(Arrived(raw=each.as_bytes(), door="smtp", at=NOON)) for each in mails]
    )

    assert [each.became for each in taken] == [Became.OPENED, Became.OPENED, Became.ADDED]
    assert taken[2].stream == taken[0].stream


def test_absurd_names_in_a_mail_keep_nobody_from_being_heard(cast: Cast, post: Post) -> None:
    long = "x" * 20_000
    for raw in (
        f"Message-ID: <{long}@x>\r\nFrom: a@b.example\r\n\r\nhelp",
        f"From: {long}@b.example\r\n\r\nhelp",
        "From: a\x00b@c.example\r\nMessage-ID: <a\x00b@c>\r\nReferences: <\x00>\r\n\r\nhelp",
        "References: " + " ".join(f"<{n}@x>" for n in range(5000)) + "\r\n\r\nhelp",
        f"Subject: {long} {'RP-1 ' * 3000}\r\n\r\n{'INC-1 ' * 3000}",
    ):
        assert post.bring(raw.encode()).became == Became.OPENED


def test_a_contacts_reply_to_an_update_reaches_their_customers_case(
    cast: Cast, post: Post
) -> None:
    contact, update = contact_that_was_told(cast, post)
    case = CaseRow.objects.get().ref

    taken = post.bring(letter(contact.email, "Re: update", "Thanks.", answers=update.message_id))

    assert (taken.became, taken.stream) == (Became.ADDED, case)
    entry = EntryRow.objects.get(stream=case, kind="added")
    assert entry.actor == f"contact:{contact.pk}"


def test_all_that_mails_do_replays(cast: Cast, post: Post) -> None:
    from redphone.actions import verify

    incident, page = paged(post, cast)
    contact, update = contact_that_was_told(cast, post)
    post.bring(letter(page.address, answers=page.message_id))
    post.bring(bounce(update.message_id, contact.email))
    post.bring(letter(cast.mira.email, "escalate", to="escalations@ourcompany.com"))

    found: list[object] = []
    verdict = verify.verify(at=post.at, found=found.append)

    assert entries(incident)
    assert found == []
    assert verdict.findings == 0
