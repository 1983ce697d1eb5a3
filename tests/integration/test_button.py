"""The button on a vendor's page: who may frame it, whom it believes, and that it takes all."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from django.conf import settings
from django.test import Client

from redphone.actions import identity_keys
from redphone.channels.button.fake import BOUNDARY, body
from redphone.channels.button.receive import Limits
from redphone.clock import now
from redphone.records.models import Attachment, CaseRow, EntryRow, IdentityKey, Report
from redphone.web.customer import links, uploads

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

SITE = "https://app.example"
TOLD = {"description": "Nobody can sign in, it is down for everyone.", "contact": "+44 20 1"}
PARTS = f"multipart/form-data; boundary={BOUNDARY.decode()}"
SHOT = ("files", "shot.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
SCRIPT = {"accept": "application/json"}


@pytest.fixture
def key(cast: Cast) -> tuple[IdentityKey, str]:
    return identity_keys.create(
        name="Dashboard", algorithm="HS256", origins=[SITE], by=cast.rosa.actor, at=now()
    )


def token(key: tuple[IdentityKey, str], **other: Any) -> str:
    at = int(now().timestamp())
    claims = {
        "aud": settings.PUBLIC_URL,
        "sub": "42",
        "iat": at,
        "exp": at + 300,
        "jti": str(uuid.uuid4()),
        "email": "mira@nordwind.example",
        "customer": "nordwind",
    }
    row, secret = key
    return jwt.encode(claims | other, secret, algorithm="HS256", headers={"kid": row.kid})


def session(client: Client, text: str, **more: str) -> Any:
    return client.post("/frame/session/", {"token": text, "purpose": "report", **more})


def sent(client: Client, path: str, fields: dict[str, str], *files: Any, **headers: str) -> Any:
    raw = body(fields.items(), files)
    return client.post(path, raw, content_type=PARTS, headers=headers)


def report() -> Report:
    return Report.objects.get()


# --- Who may frame it ---------------------------------------------------------------------------


def test_only_sites_of_keys_in_use_may_frame_the_form(
    cast: Cast, client: Client, key: tuple[IdentityKey, str]
) -> None:
    answer = client.get("/frame/report/")

    assert f"frame-ancestors {SITE}" in answer["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer
    assert answer["Referrer-Policy"] == "no-referrer"
    assert not answer.cookies

    identity_keys.revoke(kid=key[0].kid, at=now())
    closed = client.get("/frame/report/")

    assert "frame-ancestors 'none'" in closed["Content-Security-Policy"]
    assert closed["X-Frame-Options"] == "DENY"
    assert closed.status_code == 200, "it still opens in a tab"


@pytest.mark.parametrize("path", ["/report/", "/status/", "/accounts/login/", "/my/cases/"])
def test_nothing_else_may_be_framed(
    cast: Cast, client: Client, key: tuple[IdentityKey, str], path: str
) -> None:
    client.force_login(cast.mira)

    answer = client.get(path)

    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"


def test_the_script_is_small_and_does_nothing_that_a_strict_policy_forbids(
    client: Client, db: None
) -> None:
    answer = client.get("/redphone.js")

    text = answer.content.decode()
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert "public" in answer["Cache-Control"]
    assert len(answer.content) < 6 * 1024
    assert not re.search(r"\beval\b|new Function|innerHTML|document\.write|\.style\b|cookie", text)
    same = client.get("/redphone.js", headers={"if-none-match": answer["ETag"]})
    assert same.status_code == 304


# --- Whom it believes ---------------------------------------------------------------------------


def test_a_token_becomes_a_session_and_the_report_its_persons(
    cast: Cast, client: Client, key: tuple[IdentityKey, str]
) -> None:
    """FAQ-2."""
    who = session(client, token(key)).json()

    answer = client.post("/frame/report/", TOLD | {"session": who["session"]}, headers=SCRIPT)

    assert (who["name"], who["organisation"]) == (cast.mira.name, "Nordwind")
    assert answer.status_code == 201
    assert report().sender_id == cast.mira.pk
    assert CaseRow.objects.get().customer == cast.mira.customer
    assert not answer.cookies
    assert client.get(answer.json()["to"]).status_code == 200


def test_whoever_has_closed_the_page_finds_their_own_open_case_again(
    cast: Cast, client: Client, key: tuple[IdentityKey, str]
) -> None:
    """Their own of today: no colleague's, none of last week, no other customer's."""
    mine = cast.report(cast.mira, at=now())
    cast.report(cast.mira, at=now() - timedelta(days=2))
    cast.report(cast.jon, at=now())
    stranger = token(key, email="new@nordwind.example")

    before = session(client, token(key)).json()["before"]

    assert [each["case"] for each in before] == [mine.case]
    assert client.get(before[0]["to"]).status_code == 200
    assert session(client, stranger).json()["before"] == []
    assert str(mine.case) in client.post("/frame/report/", {"token": token(key)}).content.decode()


def test_a_token_opens_one_session(
    cast: Cast, client: Client, key: tuple[IdentityKey, str]
) -> None:
    text = token(key)

    first, second = session(client, text), session(client, text)

    assert first.status_code == 200
    assert second.status_code == 401
    assert second.json()["again"] is True
    assert session(client, text, purpose="admin").status_code == 400
    assert client.get("/frame/session/").status_code == 405


def test_a_session_of_another_purpose_or_a_revoked_key_is_nobodys(
    cast: Cast, client: Client, key: tuple[IdentityKey, str]
) -> None:
    chat = session(client, token(key), purpose="chat").json()["session"]
    gone = session(client, token(key)).json()["session"]
    client.post("/frame/report/", TOLD | {"session": chat})
    identity_keys.revoke(kid=key[0].kid, at=now())
    client.post("/frame/report/", TOLD | {"session": gone})

    assert [(row.sender_id, row.customer_id) for row in Report.objects.all()] == [(None, None)] * 2
    assert all("unknown" in row.notes["identity"] for row in Report.objects.all())


@pytest.mark.parametrize("bad", ["", "x.y.z", "expired", "\x00" * 10, "a" * 100_000])
def test_who_cannot_be_believed_is_taken_all_the_same(
    cast: Cast, client: Client, key: tuple[IdentityKey, str], bad: str
) -> None:
    """clauses.md row 8: unknown sender, with the note why; never refused."""
    at = int(now().timestamp())
    text = token(key, iat=at - 700, exp=at - 100) if bad == "expired" else bad

    opened = client.post("/frame/report/", {"token": text})
    answer = client.post("/frame/report/", TOLD | {"token": text})

    assert opened.status_code == 200
    assert answer.status_code == 302
    assert report().sender_id is None
    assert report().notes["identity"].startswith("unknown:")
    assert CaseRow.objects.get().plan is None


def test_the_wrong_plan_is_taken_and_marked(
    cast: Cast, client: Client, key: tuple[IdentityKey, str]
) -> None:
    """clauses.md row 8: Petrel is Pro, whose channel is the chat; the books hold."""
    text = token(key, customer="petrel", email="jon@petrel.example", plan="enterprise")

    client.post("/frame/report/", TOLD | {"token": text})

    case = CaseRow.objects.get()
    assert case.plan == "pro"
    assert case.off_channel
    assert "our books pro" in report().notes["plan"]
    client.force_login(cast.ana)
    assert "our books pro" in client.get(f"/cases/{case.ref}/").content.decode()


def test_a_frame_looks_at_no_cookie(cast: Cast, client: Client) -> None:
    """Whoever is signed in here is not who presses a button on another site."""
    nobodys = client.get("/frame/report/")
    client.force_login(cast.mira)

    page = client.get("/frame/report/")
    client.post("/frame/report/", TOLD)

    assert report().sender_id is None
    assert "Cookie" not in page.get("Vary", "")
    one, other = (
        re.sub(r"[0-9a-f-]{36}|datetime=.*?<|title=.*?>", "", each.content.decode())
        for each in (nobodys, page)
    )
    assert one == other


def test_a_form_in_a_frame_needs_no_mark_against_forgery_and_the_portals_does(cast: Cast) -> None:
    strict = Client(enforce_csrf_checks=True)

    framed = sent(strict, "/frame/report/", TOLD, SHOT)
    portal = sent(strict, "/report/", TOLD, SHOT)

    assert framed.status_code == 302
    assert portal.status_code == 403
    assert TOLD["description"] in portal.content.decode()
    assert "chosen once more" in portal.content.decode()
    assert Report.objects.count() == 1


def test_sending_twice_is_one_case_and_another_persons_key_is_another(
    cast: Cast, client: Client, key: tuple[IdentityKey, str]
) -> None:
    form = TOLD | {"key": str(uuid.uuid4())}
    mira = session(client, token(key)).json()["session"]
    jon = token(key, sub="43", email="jon@petrel.example", customer="petrel")

    first, second = (
        client.post("/frame/report/", form | {"session": mira}, headers=SCRIPT) for _ in range(2)
    )
    other = client.post("/frame/report/", form | {"token": jon}, headers=SCRIPT)

    # The link to it is signed with the second of its making, which may differ.
    assert first.json() | {"to": ""} == second.json() | {"to": ""}
    assert other.json()["case"] != first.json()["case"]
    assert CaseRow.objects.count() == 2


def test_a_tab_that_was_opened_with_a_token_knows_who_is_there(
    cast: Cast, client: Client, key: tuple[IdentityKey, str]
) -> None:
    page = client.post("/frame/report/", {"token": token(key)}).content.decode()

    assert cast.mira.name in page
    held = re.search(r'name="session" value="([^"]+)"', page)
    assert held
    client.post("/frame/report/", TOLD | {"session": held[1]})
    assert report().sender_id == cast.mira.pk


# --- What it brings -----------------------------------------------------------------------------


def test_files_come_along_and_are_kept_once(cast: Cast, client: Client) -> None:
    """FAQ-6: error messages or screenshots. The raw report names them by their digests."""
    answer = sent(client, "/report/", TOLD, SHOT, ("files", "", "application/octet-stream", b""))

    kept = Attachment.objects.get()
    raw = bytes(report().raw)
    assert answer.status_code == 302
    assert bytes(kept.content) == SHOT[3]
    assert report().content_type == PARTS
    assert TOLD["description"].encode() in raw
    assert kept.digest.encode() in raw
    assert SHOT[3] not in raw


def test_a_file_that_says_it_is_a_page_is_served_to_be_saved(cast: Cast, client: Client) -> None:
    page = ("files", "C:\\fakepath\\you.html", "text/html", b"<script>alert(1)</script>")
    back = sent(client, "/report/", TOLD, page).headers["Location"]

    seen = client.get(back).content.decode()
    address = re.search(r'href="([^"]+/files/[^"]+)"', seen)

    assert address
    assert "you.html" in seen
    assert "fakepath" not in seen
    answer = client.get(address[1])
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in answer["Content-Security-Policy"]


def test_what_is_over_the_limits_is_named_and_the_report_taken(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Limits(largest=300, together=600, most=3)
    monkeypatch.setattr(uploads, "LIMITS", small)
    files = [
        ("files", f"{n}.bin", "x/y", b"y" * size) for n, size in enumerate((301, 300, 300, 9))
    ]

    answer = sent(client, "/report/", TOLD, *files)

    assert answer.status_code == 302
    kept = {row.name: (len(row.content), row.left_out) for row in Attachment.objects.all()}
    assert kept["1.bin"] == (300, "")
    assert kept["2.bin"] == (300, "")
    assert "larger" in kept["0.bin"][1]
    assert "others" in kept["3.bin"][1]


def test_an_absurd_size_is_turned_away_before_it_is_read(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "ABSURD", 1000)

    answer = sent(client, "/frame/report/", TOLD, ("files", "big", "x/y", b"y" * 2000))

    assert answer.status_code == 413
    assert not Report.objects.exists()


def test_a_form_that_was_cut_off_is_a_case_that_says_so(cast: Cast, client: Client) -> None:
    raw = body(TOLD.items(), [SHOT])[:-80]

    answer = client.post("/report/", raw, content_type=PARTS)

    assert answer.status_code == 302
    assert "ended before" in report().notes["unreadable"]
    assert CaseRow.objects.exists()


@pytest.mark.parametrize(
    "kind",
    ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=ä\r"],
)
def test_a_body_without_a_boundary_breaks_nothing(cast: Cast, client: Client, kind: str) -> None:
    for path in ("/report/", "/frame/report/"):
        answer = client.post(path, b"--x\r\nnothing", content_type=kind)

        assert answer.status_code in {200, 400, 422}


def test_a_script_is_told_what_is_wrong_beside_each_field(cast: Cast, client: Client) -> None:
    for path in ("/report/", "/frame/report/"):
        answer = client.post(path, {"description": " "}, headers=SCRIPT)

        assert answer.status_code == 422
        assert set(answer.json()["problems"]) == {"description", "contact"}


# --- While the page is out ----------------------------------------------------------------------


def asked(page: str) -> str:
    found = re.search(r'id="asking".*?<(?:input type="text"|textarea) name="(\w+)"', page, re.S)
    if found:
        return found[1]
    found = re.search(r'id="asking".*?name="(?!csrf|skip)(\w+)"', page, re.S)
    return found[1] if found else ""


def test_one_missing_thing_is_asked_at_a_time_in_the_policys_order(
    cast: Cast, client: Client
) -> None:
    """FAQ-6, clauses.md row 26."""
    client.force_login(cast.mira)
    ref = cast.report(cast.mira, at=now(), fields={"started_at": "At nine"}).case
    here = f"/my/cases/{ref}/"

    first = client.get(here).content.decode()
    told = {"error_messages": "HTTP 502", "skip": ""}
    second = client.post(f"{here}add/", told, follow=True).content.decode()
    third = client.get(f"{here}?skip=steps_to_reproduce").content.decode()
    told = {"business_impact": "No sales", "skip": "steps_to_reproduce"}
    fourth = client.post(f"{here}add/", told, follow=True).content.decode()

    names = ["error_messages", "steps_to_reproduce", "business_impact", "users_affected"]
    assert [asked(page) for page in (first, second, third, fourth)] == names
    assert "People are being called." in first


def test_it_is_said_who_has_taken_it_and_how_soon(cast: Cast, client: Client) -> None:
    from redphone.actions import incidents

    at = now() - timedelta(minutes=5)
    taken = cast.report(cast.mira, at=at)
    incidents.acknowledge(
        incident=str(taken.incident), by=cast.ana.actor, at=at + timedelta(minutes=2)
    )
    client.force_login(cast.mira)

    seen = client.get(f"/my/cases/{taken.case}/").content.decode()

    assert "<b>Ana Reyes</b> has taken it, 2 min after you reported." in seen
    assert "People are being called." not in seen


def test_files_are_added_later_by_account_link_and_frame(cast: Cast, client: Client) -> None:
    taken = cast.report(None, at=now())
    link = links.token(taken.report)

    answers = [
        sent(client, f"/my/report/{link}/add/", {"words": ""}, SHOT),
        sent(client, f"/frame/reported/{link}/add/", {"words": "one more"}, SHOT),
    ]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Attachment.objects.filter(stream=taken.case).count() == 2
    seen = client.get(f"/frame/reported/{link}/").content.decode()
    assert seen.count("shot.png") == 2


def test_what_is_added_twice_is_added_once(cast: Cast, client: Client) -> None:
    taken = cast.report(None, at=now())
    path = f"/my/report/{links.token(taken.report)}/add/"
    page = client.get(path.removesuffix("add/")).content.decode()
    found = re.search(r'name="key" value="([0-9a-f-]{36})"', page)
    assert found

    for _ in range(2):
        assert sent(client, path, {"words": "once", "key": found[1]}, SHOT).status_code == 302
    for _ in range(2):
        sent(client, path, {"words": "twice", "key": "no key"})

    added = EntryRow.objects.filter(stream=taken.case, kind="added")
    assert sorted(entry.words.text for entry in added if entry.words) == ["once", "twice", "twice"]
    assert Attachment.objects.count() == 1


def test_files_are_nobody_elses(cast: Cast, client: Client) -> None:
    taken, other = cast.report(cast.mira, at=now()), cast.report(None, at=now())
    client.force_login(cast.mira)
    sent(client, f"/my/cases/{taken.case}/add/", {"words": ""}, SHOT)
    number = Attachment.objects.get().pk
    own = client.get(f"/my/cases/{taken.case}/files/{number}/")
    client.force_login(cast.jon)

    refused = [
        client.get(f"/my/cases/{taken.case}/files/{number}/"),
        client.get(f"/my/report/{links.token(other.report)}/files/{number}/"),
        client.get(f"/my/report/x/files/{number}/"),
        sent(client, f"/my/cases/{taken.case}/add/", {"words": ""}, SHOT),
        client.get("/frame/reported/x/"),
        sent(client, "/frame/reported/x/add/", {"words": "in"}),
    ]

    assert own.content == SHOT[3]
    assert [answer.status_code for answer in refused] == [404] * 6
    assert Attachment.objects.count() == 1


def test_a_report_whose_case_is_not_open_yet_says_so_in_the_frame(
    cast: Cast, client: Client, key: tuple[IdentityKey, str]
) -> None:
    row = Report.objects.create(channel="button", received_at=now(), raw=b"", description="x")

    answer = client.get(f"/frame/reported/{links.token(row.pk)}/")

    assert "We have your report" in answer.content.decode()
    assert f"frame-ancestors {SITE}" in answer["Content-Security-Policy"]


# --- The keys' page -----------------------------------------------------------------------------


def test_admins_make_change_and_revoke_keys_and_see_a_secret_once(
    cast: Cast, client: Client
) -> None:
    client.force_login(cast.rosa)
    form = {"name": "Dashboard", "algorithm": "HS256", "origins": SITE}

    made = client.post("/identity/create/", form).content.decode()
    key = IdentityKey.objects.get()
    again = client.get("/identity/").content.decode()
    client.post(
        f"/identity/{key.kid}/sites/", {"origins": "https://two.example\nhttps://b.example"}
    )
    key.refresh_from_db()

    assert re.search(r"rpk_[\w-]{40,}", made)
    assert "rpk_" not in again
    assert key.origins == ["https://two.example", "https://b.example"]
    client.post(f"/identity/{key.kid}/revoke/")
    assert "vouches for nobody" in client.get("/identity/").content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"origins": "https://a.example; script-src *"},
        {"algorithm": "none"},
        {"algorithm": "EdDSA", "public_key": "-----BEGIN PRIVATE KEY-----"},
        {"name": " "},
    ],
)
def test_a_key_that_makes_no_sense_is_refused_with_what_was_typed(
    cast: Cast, client: Client, wrong: dict[str, str]
) -> None:
    client.force_login(cast.rosa)
    form = {"name": "Dashboard", "algorithm": "HS256", "origins": SITE, **wrong}

    answer = client.post("/identity/create/", form)

    assert answer.status_code == 422
    assert not IdentityKey.objects.exists()


def test_keys_are_for_admins(cast: Cast, client: Client, key: tuple[IdentityKey, str]) -> None:
    for person, code in ((cast.mira, 404), (cast.ana, 403), (cast.maya, 403)):
        client.force_login(person)
        form = {"name": "Mine", "algorithm": "HS256"}

        assert client.get("/identity/").status_code == code
        assert client.post("/identity/create/", form).status_code == code
        assert client.post(f"/identity/{key[0].kid}/sites/").status_code == code
        assert client.post(f"/identity/{key[0].kid}/revoke/").status_code == code
    assert IdentityKey.objects.get().revoked_at is None
