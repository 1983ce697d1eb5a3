"""The chat's doors, from the right side and from the wrong one."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.conftest import NOON
from tests.integration.test_chat import WORDS, incident_of, message, writer

from redphone.actions import chat, incidents, links, reports
from redphone.actions.reports import Incoming
from redphone.records import states
from redphone.records.models import CaseRow, Contact, EntryRow, Report
from redphone.records.queries.asker import NotYours
from redphone.web import live

if TYPE_CHECKING:
    from tests.conftest import Cast

    from redphone.records.models import Person

JSON = {"Accept": "application/json"}


def signed_in(person: Person | None) -> Client:
    client = Client()
    if person:
        client.force_login(person)
    return client


def start(client: Client, text: str = WORDS, **more: str) -> Any:
    return client.post("/chat/", {"id": str(uuid.uuid4()), "text": text, **more})


@pytest.fixture
def jon(cast: Cast) -> Client:
    return signed_in(cast.jon)


@pytest.fixture
def ana(cast: Cast) -> Client:
    return signed_in(cast.ana)


@pytest.fixture
def ref(jon: Client) -> str:
    """Jon's conversation."""
    return str(start(jon).url).rstrip("/").rpartition("/")[2]


def lines(ref: str) -> list[tuple[str, str]]:
    rows = EntryRow.objects.filter(stream=ref, words__isnull=False).order_by("seq")
    return [(row.kind, row.words.text) for row in rows if row.words]


def test_both_sides_talk_by_plain_forms(jon: Client, ana: Client, ref: str) -> None:
    ana.post(f"/cases/{ref}/chat/", {"id": str(uuid.uuid4()), "text": "I look at it now."})
    jon.post(f"/chat/{ref}/", {"id": str(uuid.uuid4()), "text": "Thank you!"})

    assert lines(ref) == [
        ("opened", WORDS),
        ("responded", "I look at it now."),
        ("added", "Thank you!"),
    ]
    for client, path in ((jon, f"/chat/{ref}/"), (ana, f"/cases/{ref}/")):
        page = client.get(path).content.decode()
        assert page.index(WORDS) < page.index("I look at it now.")
        assert 'role="log"' in page


def test_a_page_asks_for_what_comes_after_what_it_has(jon: Client, ana: Client, ref: str) -> None:
    first = jon.get(f"/chat/{ref}/new/?after=0").json()
    ana.post(f"/cases/{ref}/chat/", {"id": str(uuid.uuid4()), "text": "Words of Ana."})

    then = jon.get(f"/chat/{ref}/new/?after={first['last']}").json()
    after = jon.get(f"/chat/{ref}/new/?after={then['last']}").json()

    assert WORDS in first["lines"]
    assert "Words of Ana." in then["lines"]
    assert WORDS not in then["lines"]
    assert after["lines"].strip() == ""
    assert "Ana Reyes" in then["head"]


def test_an_answer_sent_again_is_one_entry(jon: Client, ana: Client, ref: str) -> None:
    mine, hers = str(uuid.uuid4()), str(uuid.uuid4())
    for _ in range(2):
        said = jon.post(f"/chat/{ref}/", {"id": mine, "text": "One."}, headers=JSON)
        told = ana.post(f"/cases/{ref}/chat/", {"id": hers, "text": "Two."}, headers=JSON)
        assert (said.status_code, told.status_code) == (200, 200)

    assert [words for _, words in lines(ref)] == [WORDS, "One.", "Two."]
    assert f'data-ids="{mine}"' in jon.get(f"/chat/{ref}/").content.decode()


def test_opening_twice_leads_to_the_same_conversation(jon: Client) -> None:
    once = {"id": str(uuid.uuid4()), "text": WORDS}

    first: Any = jon.post("/chat/", once)
    again: Any = jon.post("/chat/", once)

    assert first.url == again.url
    assert CaseRow.objects.count() == 1


def test_who_is_not_signed_in_gets_a_link_that_nobody_can_guess(cast: Cast) -> None:
    """clauses.md, row 8: nobody is refused; an unknown caller's chat pages at once."""
    stranger = signed_in(None)

    begun = start(stranger, contact="kim@elsewhere.example")
    page: Any = stranger.get(begun.url)
    stranger.post(begun.url, {"id": str(uuid.uuid4()), "text": "More words."})

    ref = CaseRow.objects.get().ref
    assert page.status_code == 200
    assert begun.url.startswith("/chat/with/")
    assert [words for _, words in lines(ref)] == [WORDS, "More words."]
    assert Report.objects.get().contact == "kim@elsewhere.example"
    assert len(incident_of(ref).asks) == 1
    assert signed_in(None).get(f"/chat/{ref}/").status_code == 404


@pytest.mark.parametrize("who", ["mira", None])
@pytest.mark.parametrize("what", ["", "new/", "seen/"])
def test_nobody_else_reads_or_writes(cast: Cast, ref: str, who: str | None, what: str) -> None:
    other = signed_in(getattr(cast, who) if who else None)

    read = other.get(f"/chat/{ref}/{what}")
    wrote = other.post(f"/chat/{ref}/{what}", {"text": "Let me in.", "seq": "1"})

    assert read.status_code in {404, 405}
    assert wrote.status_code in {404, 405}
    assert len(lines(ref)) == 1


@pytest.mark.parametrize("what", ["", "new/", "seen/"])
def test_a_customer_finds_nothing_at_the_desk_s_doors(jon: Client, ref: str, what: str) -> None:
    for method in (jon.get, jon.post):
        assert method(f"/cases/{ref}/chat/{what}").status_code in {404, 405}
    assert jon.post(f"/cases/{ref}/pick-up/").status_code == 404


@pytest.mark.parametrize("key", ["forged", "RP-1001", ""])
def test_a_forged_or_cut_link_leads_nowhere(ref: str, key: str) -> None:
    good = links.report_token(Report.objects.get(case_ref=ref).pk)
    for token in (key, good[:-2] + "zz", good[: len(good) // 2]):
        for what in ("", "new/", "seen/"):
            found = signed_in(None).get(f"/chat/with/{token}/{what}")
            assert found.status_code in {404, 405}


def test_who_may_not_read_may_not_listen_either(cast: Cast, ref: str) -> None:
    def hears(client: Client) -> bool:
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
        try:
            return ref in live.listens_to(f"case/{ref}", cookies)
        except NotYours:
            return False

    assert hears(signed_in(cast.jon))
    assert hears(signed_in(cast.ana))
    assert not hears(signed_in(cast.mira))
    assert not hears(signed_in(None))


def test_a_guarded_chat_is_its_reporter_s_and_the_security_contacts_alone(cast: Cast) -> None:
    """EMG-2: others of the same organisation find nothing."""
    jon = signed_in(cast.jon)
    ref = str(start(jon, "We see another customer's data.").url).strip("/").rpartition("/")[2]
    colleague = type(cast.jon).objects.create_user(
        "lee@pro.example", name="Lee", role="customer", customer=cast.jon.customer
    )

    assert jon.get(f"/chat/{ref}/").status_code == 200
    assert signed_in(colleague).get(f"/chat/{ref}/").status_code == 404
    assert ref not in signed_in(colleague).get("/chat/").content.decode()

    assert cast.jon.customer
    Contact.objects.create(
        customer=cast.jon.customer, name="Lee", email="lee@pro.example", security=True,
        verified_at=NOON,
    )  # fmt: skip
    assert signed_in(colleague).get(f"/chat/{ref}/").status_code == 200


def test_a_case_number_is_offered_to_its_own_customer_alone(
    cast: Cast, jon: Client, ana: Client, ref: str
) -> None:
    theirs, own = cast.report(cast.mira).case, cast.report(cast.jon).case
    words = f"It is the same as {theirs} and {str(own).lower()} and RP-99999"
    jon.post(f"/chat/{ref}/", {"text": words})

    page, desk = (
        client.get(path).content.decode()
        for client, path in ((jon, f"/chat/{ref}/"), (ana, f"/cases/{ref}/"))
    )

    assert f"{own} is your case" in page
    assert f"/my/cases/{own}/" in page
    assert f"{theirs} is your case" not in page
    assert f"/my/cases/{theirs}/" not in page
    assert f"/cases/{theirs}/" in desk
    assert "They name" in desk


def test_a_telephone_number_is_offered_to_the_desk(jon: Client, ana: Client, ref: str) -> None:
    jon.post(f"/chat/{ref}/", {"text": "Please call +44 20 7946 0321."})

    assert 'href="tel:+442079460321"' in ana.get(f"/cases/{ref}/").content.decode()
    assert "We can call you at +44 20 7946 0321" in jon.get(f"/chat/{ref}/").content.decode()


def test_supervisor_review_stands_out(jon: Client, ana: Client, ref: str) -> None:
    """FAQ-8."""
    jon.post(f"/chat/{ref}/", {"text": "supervisor review"})

    assert "asks for escalation" in ana.get(f"/cases/{ref}/").content.decode()


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        "\u202eexe.txt\u202c and \u2067more",
        "\x00\x1b[31m\x07bell",
        "Z" + "\u0301" * 500,
        "{{ 7|add:7 }}{% now 'Y' %}",
        "=cmd|' /C calc'!A0",
        "a" * 1_000_000,
        "\ud83d lonely",
    ],
    ids=["html", "bidi", "controls", "stacked", "template", "formula", "megabyte", "surrogate"],
)
def test_hostile_words_are_taken_and_shown_as_plain_words(
    jon: Client, ana: Client, ref: str, text: str
) -> None:
    raw = text.encode("utf-8", "surrogatepass")
    body = b"text=" + b"".join(b"%%%02x" % byte for byte in raw)
    form = "application/x-www-form-urlencoded"

    sent = jon.generic("POST", f"/chat/{ref}/", body, content_type=form)

    assert sent.status_code == 302
    for client, path in ((jon, f"/chat/{ref}/"), (ana, f"/cases/{ref}/")):
        page = client.get(path).content.decode()
        # Folded words are in the page too; the megabyte itself is a file.
        assert len(page) < 80_000
        assert "<script>alert" not in page
        assert "onerror=alert(1)>" not in page
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x07\x1b]", page)
        assert "14{" not in page


def test_nothing_at_all_is_told_so_and_opens_nothing(jon: Client, ref: str) -> None:
    before = CaseRow.objects.count()

    assert jon.post(f"/chat/{ref}/", {"text": "  \n"}).status_code == 422
    assert jon.post("/chat/", {"text": ""}).status_code == 422
    assert jon.post(f"/chat/{ref}/", {}, headers=JSON).json()["why"]
    assert CaseRow.objects.count() == before


def test_an_old_page_s_form_comes_back_with_its_words(cast: Cast, ref: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.jon)

    for path in ("/chat/", f"/chat/{ref}/"):
        plain = strict.post(path, {"text": "It burns!"})
        assert plain.status_code == 403
        assert "It burns!" in plain.content.decode()
        by_script = strict.post(path, {}, headers=JSON).json()
        assert "your words are kept" in by_script["why"]
        assert by_script["again"]


def test_the_desk_sees_who_waits_and_for_how_long(cast: Cast, ana: Client, ref: str) -> None:
    board = ana.get("/now/").content.decode()
    assert "1 customer waits in chat" in board
    assert "nobody has it" in board

    ana.post(f"/cases/{ref}/pick-up/")
    page = ana.get(f"/cases/{ref}/").content.decode()
    assert "Ana Reyes has it" in ana.get("/now/").content.decode()
    assert "No answer needed" in page
    assert ">Pick up<" not in page
    assert "Pick up" in signed_in(cast.bo).get(f"/cases/{ref}/").content.decode()

    ana.post(f"/cases/{ref}/chat/", {"text": "Hello."})
    assert "waits in chat" not in ana.get("/now/").content.decode()


def test_picking_up_twice_or_settling_nothing_is_told(ana: Client, ref: str) -> None:
    ana.post(f"/cases/{ref}/chat/", {"text": "Hello."})

    assert ana.post(f"/cases/{ref}/pick-up/").status_code == 409
    assert ana.post(f"/cases/{ref}/settle/").status_code == 409


def test_what_was_seen_is_shown_to_the_other_side(jon: Client, ana: Client, ref: str) -> None:
    last = jon.get(f"/chat/{ref}/new/").json()["last"]
    assert jon.get(f"/chat/{ref}/new/").json()["seen"] == 0

    ana.post(f"/cases/{ref}/chat/seen/", {"seq": str(last)})
    ana.post(f"/cases/{ref}/chat/seen/", {"seq": "999999"})
    ana.post(f"/cases/{ref}/chat/seen/", {"seq": "nonsense"})
    ana.post(f"/cases/{ref}/chat/seen/", {"seq": "1"})

    assert jon.get(f"/chat/{ref}/new/").json()["seen"] == last
    assert ana.get(f"/cases/{ref}/chat/new/").json()["seen"] == 0


def test_after_the_end_a_plain_send_brings_it_back_and_a_remark_does_not(
    cast: Cast, jon: Client, ana: Client, ref: str
) -> None:
    ana.post(f"/cases/{ref}/chat/", {"text": "On it."})
    row = CaseRow.objects.get(ref=ref)
    words = "Service is restored and checked."
    at = row.opened_at + timedelta(minutes=1)
    incidents.resolve(incident=f"INC-{row.incident_id}", by=cast.ana.actor, words=words, at=at)

    page = jon.get(f"/chat/{ref}/").content.decode()
    assert "It is not fixed" in page
    jon.post(f"/chat/{ref}/", {"text": "Thank you.", "remark": "1"})
    assert CaseRow.objects.get(ref=ref).status == "resolved"

    again = jon.post(f"/chat/{ref}/", {"text": "It is down again."}, headers=JSON).json()
    assert (again["reopened"], again["go"]) == (True, "")
    assert CaseRow.objects.get(ref=ref).status == "open"


def test_words_on_a_declined_case_lead_to_the_new_one(jon: Client, ana: Client, ref: str) -> None:
    ana.post(f"/cases/{ref}/decline/", {"words": "It was a test."})

    sent = jon.post(f"/chat/{ref}/", {"text": "It is not!"}, headers=JSON).json()

    new = CaseRow.objects.order_by("number").last()
    assert new is not None
    assert sent["go"] == f"/chat/{new.ref}/" != f"/chat/{ref}/"


def test_an_answer_on_an_ended_case_is_refused_once_and_for_all(
    ana: Client, jon: Client, ref: str
) -> None:
    ana.post(f"/cases/{ref}/decline/", {"words": "It was a test."})

    told = ana.post(f"/cases/{ref}/chat/", {"text": "Still here?"}, headers=JSON)

    assert told.status_code == 409
    assert (told.json()["again"], "over" in told.json()["why"]) == (False, True)
    assert ana.post(f"/cases/{ref}/chat/", {"text": " "}, headers=JSON).status_code == 422


def test_the_desk_s_own_people_are_led_to_their_own_side(ana: Client, ref: str) -> None:
    led: Any = ana.get(f"/chat/{ref}/")

    assert led.url == f"/cases/{ref}/#chat"


def test_files_come_along_and_are_only_saved(jon: Client, ana: Client, ref: str) -> None:
    evil = SimpleUploadedFile("<b>shot</b>.html", b"<script>alert(1)</script>", "text/html")
    jon.post(f"/chat/{ref}/", {"text": "", "files": [evil]})

    page = ana.get(f"/cases/{ref}/").content.decode()
    found = re.search(rf'href="(/cases/{ref}/files/[^"]+)"', page)
    assert found
    saved = ana.get(found[1])
    assert saved.headers["Content-Type"] == "application/octet-stream"
    assert "attachment" in saved.headers["Content-Disposition"]
    assert "<b>shot" not in page


def test_a_chat_that_is_not_yet_a_case_says_so_and_looks_again(cast: Cast) -> None:
    raw = Incoming(
        channel="chat", received_at=NOON, raw=b"x", content_type="text/plain", description=WORDS
    )
    ((row, _),) = reports.store([raw])

    page = signed_in(None).get(f"/chat/with/{links.report_token(row.pk)}/")

    assert page.status_code == 202
    assert 'http-equiv="refresh"' in page.content.decode()


def test_one_conversation_of_the_cast_by_its_own_action(cast: Cast) -> None:
    """A page of an older case that came by another channel has a conversation too."""
    case = str(cast.report(cast.jon).case)
    chat.say(message("More words."), writer(cast.jon), case=case, at=NOON)

    row = CaseRow.objects.select_related("incident").get(ref=case)
    assert row.incident is not None
    assert states.load_incident(row.incident.state).chats[0].case == case
    assert signed_in(cast.jon).get(f"/chat/{case}/").status_code == 200
    ana = signed_in(cast.ana)
    assert "More words." in ana.get(f"/cases/{case}/").content.decode()
    ana.post(f"/cases/{case}/respond/", {"words": "By mail."})
    row.incident.refresh_from_db()
    assert states.load_incident(row.incident.state).chats[0].since is None
