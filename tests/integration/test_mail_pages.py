"""The responders' pages of mail that came in: parked mail, a mail's own page, its bytes."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings
from tests.conftest import NOON, Cast
from tests.integration.mails import Post, letter

from redphone.channels.mail.fake import SENDER
from redphone.records.models import CaseRow, EntryRow, Person, ReceivedMail
from redphone.records.models.received_mail import Became

HTML = """\
<p>It is <b>down</b>.</p><script>alert(1)</script><img src="https://tracker.example/x.png">
<form action="https://evil.example"><input name="p"></form>"""


@pytest.fixture
def post(cast: Cast, settings: Settings) -> Post:
    settings.DEFAULT_FROM_EMAIL = SENDER
    return Post(NOON)


def client(person: Person | None) -> Client:
    found = Client()
    if person is not None:
        found.force_login(person)
    return found


def away(post: Post) -> ReceivedMail:
    made = letter("x@elsewhere.example", "Away until Monday", auto_submitted="auto-replied")
    return ReceivedMail.objects.get(pk=post.bring(made).mail)


def test_parked_mail_is_listed_and_counted(cast: Cast, post: Post) -> None:
    mail = away(post)

    page = client(cast.ana).get("/mail/").content.decode()

    assert mail.subject in page
    assert f"/mail/{mail.pk}/" in page


def test_every_mail_has_a_page_whatever_it_is(cast: Cast, post: Post) -> None:
    made = letter(cast.mira.email).as_bytes()
    for raw in (made, made + b"x", b"", b"\xff\xfe\x00"):
        post.bring(raw)
    away(post)

    for mail in ReceivedMail.objects.all():
        assert client(cast.ana).get(f"/mail/{mail.pk}/").status_code == 200
    for shown in ("parked", "back", "beside", "all", "nonsense"):
        assert client(cast.ana).get(f"/mail/?show={shown}&page=0").status_code == 200


def test_the_bytes_are_saved_as_text_and_never_opened(cast: Cast, post: Post) -> None:
    made = letter(cast.mira.email, words="<script>alert(1)</script>")
    taken = post.bring(made)

    answer = client(cast.ana).get(f"/mail/{taken.mail}/raw/")

    assert answer.content == made.as_bytes()
    assert answer["Content-Type"].startswith("text/plain")
    assert answer["Content-Disposition"].startswith("attachment; ")
    assert ".txt" in answer["Content-Disposition"]
    assert "sandbox" in answer["Content-Security-Policy"]


def test_html_is_cleaned_and_framed_and_nothing_is_loaded(cast: Cast, post: Post) -> None:
    made = letter(cast.mira.email)
    made.add_alternative(HTML, subtype="html")
    taken = post.bring(made)
    found = client(cast.ana)

    page = found.get(f"/mail/{taken.mail}/").content.decode()
    frame = found.get(f"/mail/{taken.mail}/html/")

    assert "<script>alert" not in page
    assert "sandbox" in page
    assert b"<script" not in frame.content
    assert b"<form" not in frame.content
    assert frame["Content-Security-Policy"].startswith("default-src 'none'; img-src data:;")


def test_a_case_shows_its_mails_how_they_came_and_its_twin(cast: Cast, post: Post) -> None:
    case = post.bring(letter(cast.mira.email), dmarc="pass").stream
    post.bring(letter(cast.mira.email, f"Re: {case}", "More of it."))
    other = post.bring(letter("spy@elsewhere.example", f"Re: {case}")).stream
    found = client(cast.ana)

    page = found.get(f"/cases/{case}/").content.decode()
    twin = found.get(f"/cases/{other}/").content.decode()

    assert "2 mails" in page
    assert "<dt>DMARC</dt><dd>pass</dd>" in page
    assert "added to the report by mail" in page
    assert "Perhaps the same as" in twin
    assert f"/cases/{case}/" in twin


def test_a_parked_mail_is_put_to_a_case_by_hand_once(cast: Cast, post: Post) -> None:
    case = post.bring(letter(cast.mira.email)).stream
    mail = away(post)
    found = client(cast.ana)

    wrong = found.post(f"/mail/{mail.pk}/attach/", {"case": "RP-9"})
    done = found.post(f"/mail/{mail.pk}/attach/", {"case": case.removeprefix("RP-")})
    again = found.post(f"/mail/{mail.pk}/open/", follow=True)

    mail.refresh_from_db()
    assert (wrong.status_code, done.status_code) == (409, 302)
    assert b"no such case" in wrong.content
    assert (mail.became, mail.stream, mail.settled_by) == ("added", case, cast.ana.actor)
    assert b"put somewhere already" in again.content
    assert EntryRow.objects.filter(stream=case, kind="added").count() == 1


def test_a_case_is_opened_from_a_parked_mail(cast: Cast, post: Post) -> None:
    mail = away(post)

    client(cast.ana).post(f"/mail/{mail.pk}/open/")

    mail.refresh_from_db()
    case = CaseRow.objects.select_related("report").get()
    assert mail.became == Became.OPENED
    assert mail.report == case.report
    assert (bytes(mail.raw), case.opened_at) == (b"", mail.received_at)


def test_a_parked_mail_is_set_aside_and_kept(cast: Cast, post: Post) -> None:
    mail = away(post)

    client(cast.ana).post(f"/mail/{mail.pk}/aside/")

    mail.refresh_from_db()
    assert mail.became == Became.SET_ASIDE
    assert bytes(mail.raw)


def test_nobody_else_reads_or_settles_mail(cast: Cast, post: Post) -> None:
    mail = away(post)
    paths = ("/mail/", f"/mail/{mail.pk}/", f"/mail/{mail.pk}/raw/", f"/mail/{mail.pk}/html/")

    assert [client(cast.mira).get(path).status_code for path in paths] == [404] * 4
    assert [client(None).get(path).status_code for path in paths] == [302] * 4
    assert client(cast.mira).post(f"/mail/{mail.pk}/aside/").status_code == 404
    assert client(None).post(f"/mail/{mail.pk}/aside/").status_code == 302
    mail.refresh_from_db()
    assert mail.became == Became.PARKED


def test_a_bounces_words_stand_on_the_customers_page(cast: Cast, post: Post) -> None:
    from tests.integration.mails import bounce
    from tests.integration.test_mail_threads import contact_that_was_told

    contact, update = contact_that_was_told(cast, post)
    post.bring(bounce(update.message_id, contact.email))

    page = client(cast.ana).get(f"/customers/{contact.customer.slug}/").content.decode()

    assert "came back" in page
    assert "User unknown" in page
