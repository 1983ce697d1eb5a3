"""Push to browsers, from the button on one's own page to "Take it" on a locked screen."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from redphone import clock
from redphone.actions import browsers, deliveries, device_messages, incidents, links, push_keys
from redphone.actions.browsers import NoSubscription, Standing
from redphone.channels.push.fake import FakeBrowser, FakePushServer
from redphone.channels.switchboard import Switchboard
from redphone.jobs import lines
from redphone.records.models import Delivery, Device, EntryRow, Person, PushKeyRow, RuleStep
from redphone.records.models.delivery import DeliveryState
from redphone.records.models.device import DeviceKind, Urgency
from redphone.records.sealed import SealBroken

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

START = clock.now() - timedelta(seconds=5)
"""Views and signatures read the clock themselves: all of this is of the present."""

JSON = "application/json"


@pytest.fixture
def service(settings: Settings) -> Iterator[FakePushServer]:
    settings.WEBHOOK_ALLOW = ["127.0.0.1"]
    with FakePushServer() as service:
        yield service


def a_browser(service: FakePushServer) -> FakeBrowser:
    return FakeBrowser(service, push_keys.ours(at=START).public)


def text(browser: FakeBrowser) -> bytes:
    return browser.subscription.as_text().encode()


def window(person: Person) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    return client


def push_line() -> Switchboard:
    """Only pushes leave: mails of the same story have nowhere to go."""
    return Switchboard({"push": lines.lines()["push"]})


def send_codes() -> None:
    device_messages.send_waiting(channel=push_line, now=clock.now)


def send_pages() -> None:
    deliveries.send_waiting(channel=push_line, now=clock.now)


def confirm(client: Client, push: dict[str, Any]) -> int:
    """What the service worker does with a code."""
    named = dict(part.split("=") for part in push["link"].split("?")[1].split("#")[0].split("&"))
    told = {"device": int(named["device"]), "code": named["code"]}
    return client.post("/me/push/confirm/", json.dumps(told), content_type=JSON).status_code


def a_working(person: Person, service: FakePushServer) -> tuple[FakeBrowser, Device]:
    browser = a_browser(service)
    known = browsers.subscribe(
        person=person.pk, subscription=text(browser), name="Firefox on Linux", at=START
    )
    send_codes()
    assert confirm(window(person), browser.pushes.pop().told) == 200
    return browser, Device.objects.get(pk=known.device)


def a_page(cast: Cast, service: FakePushServer) -> tuple[str, FakeBrowser, dict[str, Any]]:
    """A page that has come to Ana's browser: its incident, and what the push says."""
    browser, _ = a_working(cast.ana, service)
    ref = str(cast.report(cast.mira, at=START).incident)
    send_pages()
    pushed = next(each for each in browser.pushes if each.told["kind"] == "page")
    return ref, browser, pushed.told


def path(push: dict[str, Any], verb: str) -> str:
    return str(push["callback"]).removeprefix("http://localhost:8000") + verb


def acknowledged(ref: str) -> list[str]:
    rows = EntryRow.objects.filter(stream=ref, kind="acknowledged")
    return list(rows.values_list("actor", flat=True))


# Asking for it


def test_a_browser_works_once_its_service_worker_has_brought_the_code_back(
    cast: Cast, service: FakePushServer
) -> None:
    browser = a_browser(service)

    asked = browsers.subscribe(
        person=cast.ana.pk, subscription=text(browser), name="Chrome on Android", at=START
    )
    send_codes()
    code = browser.pushes[0].told
    before = browsers.find(cast.ana.pk, text(browser)).standing
    confirmed = confirm(window(cast.ana), code)

    assert asked.standing is before is Standing.WAITS
    assert code["kind"] == "code"
    assert confirmed == 200
    assert browsers.find(cast.ana.pk, text(browser)).standing is Standing.WORKS
    row = Device.objects.get(pk=asked.device)
    assert (row.kind, row.name) == ("push", "Chrome on Android")
    assert browser.name not in row.address + row.sealed


def test_the_button_of_the_page_asks_and_knows_the_browser_again(
    cast: Cast, service: FakePushServer
) -> None:
    browser, client = a_browser(service), Client()
    client.force_login(cast.ana)
    told = {"subscription": json.loads(text(browser)), "name": "Chrome on Android"}

    key = client.get("/me/push/key/").json()["key"]
    first = client.post("/me/push/subscribe/", json.dumps(told), content_type=JSON).json()
    again = client.post("/me/push/subscribe/", json.dumps(told), content_type=JSON).json()
    known = client.post("/me/push/known/", json.dumps(told), content_type=JSON).json()

    assert key == browser.knows
    assert first == again == known
    assert first["standing"] == "waits"
    assert Device.objects.filter(person=cast.ana, kind="push").count() == 1


def test_a_dead_browser_comes_back_in_its_old_place_in_the_rule(
    cast: Cast, service: FakePushServer
) -> None:
    browser, row = a_working(cast.ana, service)
    RuleStep.objects.create(person=cast.ana, urgency=Urgency.URGENT, position=1, device=row)
    Device.objects.filter(pk=row.pk).update(off_at=START, off_why="gone")
    fresh = a_browser(service)

    known = browsers.subscribe(
        person=cast.ana.pk, subscription=text(fresh), name="Firefox on Linux", at=START
    )
    send_codes()
    confirm(window(cast.ana), fresh.pushes[0].told)

    assert known.device == row.pk
    assert browsers.find(cast.ana.pk, text(browser)).standing is Standing.UNKNOWN
    assert Device.objects.get(pk=row.pk).is_working


def test_a_browser_that_moves_is_followed_and_tried(cast: Cast, service: FakePushServer) -> None:
    old, row = a_working(cast.ana, service)
    new = a_browser(service)
    told = {"old": json.loads(text(old)), "new": json.loads(text(new))}

    answer = window(cast.ana).post("/me/push/move/", json.dumps(told), content_type=JSON)
    send_codes()

    assert answer.json() == {"device": row.pk, "standing": "works"}
    assert [pushed.told["kind"] for pushed in new.pushes] == ["note"]


def test_nobody_moves_a_browser_without_its_secrets(cast: Cast, service: FakePushServer) -> None:
    old, row = a_working(cast.ana, service)
    guessed = json.loads(text(old))
    guessed["keys"]["auth"] = "A" * 22
    told = {"old": guessed, "new": json.loads(text(a_browser(service)))}
    before = Device.objects.get(pk=row.pk).address

    answer = window(cast.ana).post("/me/push/move/", json.dumps(told), content_type=JSON)

    assert answer.json()["standing"] == "unknown"
    assert Device.objects.get(pk=row.pk).address == before


# The wrong side of the doors


def test_a_customer_and_a_stranger_find_no_push_of_the_desk(cast: Cast) -> None:
    mira = Client()
    mira.force_login(cast.mira)

    for client, refusal in ((Client(), {302, 404}), (mira, {404})):
        codes = {
            client.post(f"/me/push/{verb}/", "{}", content_type=JSON).status_code
            for verb in ("subscribe", "known", "confirm", "move")
        }
        assert codes <= refusal
        assert client.get("/me/push/key/").status_code in refusal


def test_the_code_of_somebody_else_confirms_nothing(cast: Cast, service: FakePushServer) -> None:
    browser = a_browser(service)
    browsers.subscribe(person=cast.ana.pk, subscription=text(browser), name="", at=START)
    send_codes()

    assert confirm(window(cast.bo), browser.pushes[0].told) == 404
    assert browsers.find(cast.ana.pk, text(browser)).standing is Standing.WAITS


def test_a_form_of_another_site_confirms_nothing(cast: Cast, service: FakePushServer) -> None:
    browser = a_browser(service)
    known = browsers.subscribe(person=cast.ana.pk, subscription=text(browser), name="", at=START)
    told = {"device": known.device, "code": "123456"}

    as_form = window(cast.ana).post("/me/push/confirm/", told)
    as_text = window(cast.ana).post(
        "/me/push/confirm/", json.dumps(told), content_type="text/plain"
    )

    assert {as_form.status_code, as_text.status_code} == {404}


def test_what_no_service_worker_sends_is_refused_and_breaks_nothing(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.ana)
    bodies = [b"", b"null", b"[" * 9000, b'{"device": "x", "code": 5}', b'{"old": 3}', b"\xff\x00"]

    codes = {
        client.post(f"/me/push/{verb}/", body, content_type=JSON).status_code
        for verb in ("subscribe", "known", "confirm", "move")
        for body in [*bodies, b'{"subscription": "' + b"x" * 40_000 + b'"}']
    }

    assert codes <= {404, 409}


def test_a_subscription_that_leads_to_no_address_is_refused(cast: Cast) -> None:
    wrong = (
        b'{"endpoint": "https://user:word@push.example/", "keys": {"p256dh": "A", "auth": "A"}}'
    )

    with pytest.raises(NoSubscription):
        browsers.subscribe(person=cast.ana.pk, subscription=wrong, name="", at=START)


# Pages


def test_a_page_comes_to_the_browser_and_says_that_it_has(
    cast: Cast, service: FakePushServer
) -> None:
    ref, _, push = a_page(cast, service)
    row = Delivery.objects.get(stream=ref, channel="push", purpose="page")
    sent, due = row.state, row.receipt_due_at

    answer = Client(enforce_csrf_checks=True).post(path(push, "/arrived"))

    row.refresh_from_db()
    assert (sent, row.state) == (DeliveryState.SENT, DeliveryState.DELIVERED)
    assert due is not None
    assert answer.status_code == 204
    assert row.device is not None
    assert row.device.heard_at is not None


def test_take_it_needs_no_sign_in_and_says_who_else_was_let_go(
    cast: Cast, service: FakePushServer
) -> None:
    ref, _, push = a_page(cast, service)

    answer = Client(enforce_csrf_checks=True).post(path(push, "/take"))

    assert answer.json()["is_taken"] is True
    assert answer.json()["title"] == f"{ref} is yours"
    assert answer.json()["body"]
    assert acknowledged(ref) == [cast.ana.actor]


def test_take_it_twice_is_one_answer(cast: Cast, service: FakePushServer) -> None:
    ref, _, push = a_page(cast, service)
    Client().post(path(push, "/take"))

    again = Client().post(path(push, "/take"))

    assert (again.status_code, again.json()["title"]) == (200, f"{ref} is yours already")
    assert acknowledged(ref) == [cast.ana.actor]


def test_who_presses_second_reads_who_has_it(cast: Cast, service: FakePushServer) -> None:
    ref, _, push = a_page(cast, service)
    incidents.acknowledge(incident=ref, by=cast.bo.actor, at=clock.now())

    answer = Client().post(path(push, "/take"))

    assert answer.status_code == 409
    assert answer.json()["title"] == f"{cast.bo.name} has {ref}"
    assert acknowledged(ref) == [cast.bo.actor]


def test_one_push_for_several_pages_takes_the_first_or_all(
    cast: Cast, service: FakePushServer
) -> None:
    ref, _, push = a_page(cast, service)
    other = str(cast.report(cast.jon, "Payments fail for all our customers.", at=START).incident)
    carrier = Delivery.objects.get(stream=ref, channel="push", purpose="page")
    carried = Delivery.objects.get(stream=other, channel="push", purpose="page")
    carrier.payload["says"] = [carrier.pk, carried.pk]
    carrier.save()

    answer = Client().post(path(push, "/take?all=1"))

    assert answer.json()["title"] == "2 incidents are yours"
    assert acknowledged(ref) == acknowledged(other) == [cast.ana.actor]


def test_a_data_security_incident_shows_no_words_of_its_report(
    cast: Cast, service: FakePushServer
) -> None:
    browser, _ = a_working(cast.maya, service)
    words = "Zanzibar was stolen: our customer data leaked, a hacker has our database."
    cast.report(cast.mira, words, at=START, closest_to="data-security-incident")
    send_pages()

    told = [pushed.told for pushed in browser.pushes]
    assert "page" in {each["kind"] for each in told}
    assert "Data Security" not in json.dumps(told)
    assert "Zanzibar" not in json.dumps(told)


def test_a_forged_token_opens_nothing(cast: Cast) -> None:
    for token in ("x", "W10", "WzEsIDFd.forged", "a" * 3000):
        for verb in ("arrived", "take"):
            assert Client().post(f"/phone/{token}/{verb}").status_code == 404


def test_the_token_of_a_mail_answers_no_push(cast: Cast) -> None:
    ref = str(cast.report(cast.mira, at=START).incident)
    mail = Delivery.objects.get(stream=ref, purpose="page", channel="mail")
    token = links.callback(mail.pk, cast.ana.pk).rpartition("/")[2]

    assert Client().post(f"/phone/{token}/take").status_code == 404
    assert Client().post(f"/phone/{token}/arrived").status_code == 404
    assert acknowledged(ref) == []


def test_opening_the_address_of_a_button_takes_nothing(
    cast: Cast, service: FakePushServer
) -> None:
    ref, _, push = a_page(cast, service)

    assert Client().get(path(push, "/take")).status_code == 405
    assert acknowledged(ref) == []


# The key, and what makes an app of a browser


def test_machines_that_ask_first_at_once_end_with_one_key(cast: Cast) -> None:
    found: list[str] = []

    def ask() -> None:
        try:
            found.append(push_keys.ours(at=START).public)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 4
    assert len(set(found)) == 1
    assert "PRIVATE" not in PushKeyRow.objects.get().sealed


def test_a_lost_secret_key_is_said_and_a_new_key_can_be_made(
    cast: Cast, settings: Settings
) -> None:
    before = push_keys.ours(at=START).public
    settings.SECRET_KEY = "another one"

    with pytest.raises(SealBroken):
        push_keys.ours(at=START)
    push_keys.renew(at=START)

    assert push_keys.ours(at=START).public != before


def test_a_telephone_finds_what_it_needs_for_its_home_screen(cast: Cast, client: Client) -> None:
    told = client.get("/manifest.webmanifest")
    worker = client.get("/service-worker.js")

    assert told["Content-Type"] == "application/manifest+json"
    assert {each["sizes"] for each in told.json()["icons"]} == {"192x192", "512x512"}
    assert worker["Content-Type"].startswith("text/javascript")
    assert worker["Cache-Control"] == "no-cache"
    assert "default-src 'none'" in worker["Content-Security-Policy"]


def test_the_kind_of_a_browser_is_one_that_the_desk_reaches() -> None:
    assert {DeviceKind.PUSH.value, DeviceKind.APP.value} <= set(lines.lines())
