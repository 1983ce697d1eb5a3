"""Can somebody in trouble report it from within a vendor's page, on another site?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import FrameLocator, Page, Route, expect
from tests.browser.vendor import Vendor, serving

from redphone.actions import identity_keys
from redphone.clock import now
from redphone.records.models import Attachment, CaseRow, EntryRow, Report

if TYPE_CHECKING:
    from tests.browser.conftest import Open
    from tests.conftest import Cast

    Dashboard = Callable[..., AbstractContextManager[Vendor]]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORDS = "Nobody in our company can sign in since the SSO change this morning."
MIRA = {"sub": "42", "email": "mira@nordwind.example", "name": "M.", "customer": "nordwind"}
PASTE = """async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 30 });
    const picture = await new Promise((done) => canvas.toBlob(done));
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([picture], "image.png", { type: "image/png" }));
    document.dispatchEvent(new ClipboardEvent("paste", { clipboardData, cancelable: true }));
}"""
IS_OPEN = "document.querySelector('redphone-desk').shadowRoot.querySelector('dialog').open"
SHOT = {"name": "shot.png", "mimeType": "image/png", "buffer": b"\x89PNG" + bytes(300)}


@pytest.fixture
def dashboard(cast: Cast, site: str) -> Dashboard:
    """A vendor's page with a key of this desk: `with dashboard(claims=MIRA) as vendor:`."""

    @contextmanager
    def serve(*, listed: bool = True, **settings: Any) -> Iterator[Vendor]:
        with serving(Vendor(desk=site, **settings)) as vendor:
            key, vendor.secret = identity_keys.create(
                name="Dashboard",
                algorithm="HS256",
                origins=[vendor.origin] if listed else ["https://elsewhere.example"],
                by=cast.rosa.actor,
                at=now(),
            )
            vendor.kid = key.kid
            yield vendor

    return serve


def press(page: Page, vendor: Vendor) -> FrameLocator:
    page.goto(vendor.origin)
    page.locator("button.redphone-button").click()
    return page.frame_locator("iframe")


def test_an_emergency_is_reported_from_within_a_dashboard(
    cast: Cast, window: Open, dashboard: Dashboard
) -> None:
    """FAQ-2, FAQ-6: click, write, paste, send; and answer what is missing meanwhile."""
    page = window().page
    with dashboard(claims=MIRA) as vendor:
        frame = press(page, vendor)

        expect(frame.locator("#who")).to_contain_text(f"{cast.mira.name}, Nordwind")
        expect(frame.get_by_label("Best way to reach you now")).to_have_value(cast.mira.email)
        frame.get_by_label("What is wrong?").fill(WORDS)
        page.frames[1].evaluate(PASTE)
        expect(frame.locator("ul.chosen img")).to_have_count(1)
        frame.get_by_role("button", name="Report critical issue").click()
        expect(frame.locator("#next")).to_contain_text("A person answers you in 1")
        frame.get_by_label("When did it start?").fill("At nine")
        frame.get_by_role("button", name="Add it").click()
        expect(frame.get_by_label("Error messages")).to_be_focused()
        # The dashboard is loaded anew: the case is one click away.
        frame = press(page, vendor)
        frame.locator("#before a").click()
        expect(frame.locator("#said")).to_contain_text("At nine")

    report, case = Report.objects.get(), CaseRow.objects.get()
    assert (report.sender, report.customer) == (cast.mira, cast.mira.customer)
    assert case.customer == cast.mira.customer
    assert Attachment.objects.get().name == "screenshot-1.png"
    added = EntryRow.objects.get(stream=case.ref, kind="added")
    assert added.data["fields"] == ["started_at"]


def test_the_frame_is_closed_by_escape_and_opened_as_it_was(
    cast: Cast, window: Open, dashboard: Dashboard
) -> None:
    page = window(narrow=True).page
    with dashboard(claims=MIRA) as vendor:
        frame = press(page, vendor)
        expect(frame.locator("#who")).to_contain_text("Nordwind")
        frame.get_by_label("What is wrong?").fill(WORDS)

        page.evaluate("postMessage({ redphone: 'close' }, '*')")
        page.wait_for_timeout(100)
        assert page.evaluate(IS_OPEN), "only the desk's own frame may close it"
        frame.get_by_label("What is wrong?").press("Escape")
        page.wait_for_function(f"!{IS_OPEN}")
        expect(page.locator("button.redphone-button")).to_be_focused()
        page.keyboard.press("Enter")

        expect(frame.get_by_label("What is wrong?")).to_have_value(WORDS)


def test_somebody_else_in_the_same_dashboard_sees_nothing_of_it(
    cast: Cast, window: Open, dashboard: Dashboard
) -> None:
    """One browser, two people: a draft is its writer's."""
    page = window().page
    with dashboard(claims=MIRA) as vendor:
        frame = press(page, vendor)
        expect(frame.locator("#who")).to_contain_text("Nordwind")
        frame.get_by_label("What is wrong?").fill(WORDS)
        page.frames[1].evaluate(PASTE)
        page.wait_for_timeout(400)
        vendor.claims = {"sub": "7", "email": "jon@petrel.example", "customer": "petrel"}

        page.evaluate("Redphone.open('report')")

        expect(frame.locator("#who")).to_contain_text("Petrel")
        expect(frame.get_by_label("What is wrong?")).to_have_value("")
        expect(frame.get_by_label("Best way to reach you now")).to_have_value("jon@petrel.example")
        expect(frame.locator("ul.chosen li")).to_have_count(0)
        expect(frame.locator("#promise")).to_contain_text("30 min in business hours")
        page.reload()
        page.locator("button.redphone-button").click()
        expect(page.frame_locator("iframe").locator("#who")).to_contain_text("Petrel")
        expect(page.frame_locator("iframe").get_by_label("What is wrong?")).to_have_value("")


def test_a_draft_survives_a_reload_of_the_dashboard(
    cast: Cast, window: Open, dashboard: Dashboard
) -> None:
    """This browser gives frames no storage: the page around keeps it, and can't read it."""
    page = window().page
    with dashboard(claims=MIRA) as vendor:
        frame = press(page, vendor)
        expect(frame.locator("#who")).to_contain_text("Nordwind")
        frame.get_by_label("What is wrong?").fill(WORDS)
        frame.get_by_label("We are locked out").check()
        page.wait_for_timeout(600)
        assert "Nobody" not in page.evaluate("JSON.stringify(sessionStorage)")

        frame = press(page, vendor)

        expect(frame.get_by_label("What is wrong?")).to_have_value(WORDS)
        expect(frame.get_by_label("We are locked out")).to_be_checked()
        expect(frame.locator("#restored")).to_contain_text("What you wrote is still here")
        vendor.claims = {"sub": "7", "email": "jon@petrel.example", "customer": "petrel"}
        frame = press(page, vendor)
        expect(frame.locator("#who")).to_contain_text("Petrel")
        expect(frame.get_by_label("What is wrong?")).to_have_value("")


@pytest.mark.parametrize("claims", [None, MIRA | {"aud": "https://another.example"}])
def test_without_a_good_token_the_form_takes_the_report_all_the_same(
    cast: Cast, window: Open, dashboard: Dashboard, claims: dict[str, str] | None
) -> None:
    """clauses.md row 8."""
    page = window().page
    with dashboard(claims=claims) as vendor:
        if claims:
            vendor.secret = "a secret that is not ours, and long enough"
        frame = press(page, vendor)

        expect(frame.locator("#who")).to_contain_text("could not tell who you are")
        frame.get_by_label("What is wrong?").fill(WORDS)
        frame.get_by_label("Best way to reach you now").fill("+44 20 7946 0321")
        frame.get_by_role("button", name="Report critical issue").click()
        expect(frame.locator("#next")).to_contain_text("A person answers you")

    report = Report.objects.get()
    assert report.sender is None
    assert "unknown" in report.notes["identity"]


def test_an_expired_token_is_asked_for_anew_once(
    cast: Cast, window: Open, dashboard: Dashboard
) -> None:
    page = window().page
    with dashboard(claims=MIRA, lasts=-100) as vendor:
        frame = press(page, vendor)

        expect(frame.locator("#who")).to_contain_text("could not tell")

        assert vendor.asked == 2


def test_a_site_that_is_on_no_list_gets_no_frame_and_a_way_on(
    cast: Cast, window: Open, dashboard: Dashboard
) -> None:
    """The form in a tab: the token goes along in the body, and is in no address."""
    opened = window()
    page = opened.page
    with dashboard(claims=MIRA, listed=False) as vendor:
        press(page, vendor)
        expect(page.get_by_role("alert")).to_contain_text("Open it in a tab", timeout=9000)
        with page.expect_popup() as popup:
            page.get_by_role("link", name="Open in a tab").click()
        tab = popup.value

        expect(tab.locator("#who")).to_contain_text("Nordwind")
        assert tab.url == f"{vendor.desk}/frame/report/"
        tab.get_by_label("What is wrong?").fill(WORDS)
        tab.get_by_role("button", name="Report critical issue").click()
        expect(tab.locator("#next")).to_contain_text("A person answers you")

    assert Report.objects.get().sender == cast.mira
    assert any("frame-ancestors" in each for each in opened.complaints)
    opened.complaints.clear()


def test_a_policy_without_frames_is_noticed_at_once(
    cast: Cast, window: Open, dashboard: Dashboard
) -> None:
    opened = window()
    with dashboard(claims=MIRA, frames=False) as vendor:
        press(opened.page, vendor)

        expect(opened.page.get_by_role("alert")).to_be_visible(timeout=3000)
    opened.complaints.clear()


def test_a_tab_is_opened_where_the_tag_says_so(
    cast: Cast, window: Open, dashboard: Dashboard
) -> None:
    page = window().page
    with dashboard(claims=MIRA, more='data-mode="tab"') as vendor:
        page.goto(vendor.origin)
        with page.expect_popup() as popup:
            page.locator("button.redphone-button").click()

        expect(popup.value.locator("#who")).to_contain_text("Nordwind")


def test_with_scripts_off_the_plain_link_leads_to_the_form(
    cast: Cast, window: Open, dashboard: Dashboard
) -> None:
    page = window(scripts=False).page
    with dashboard(claims=MIRA) as vendor:
        page.goto(vendor.origin)
        page.get_by_role("link", name="Report Critical Issue").click()
        page.get_by_label("What is wrong?").fill(WORDS)
        page.get_by_label("Best way to reach you now").fill("+44 20 7946 0321")
        page.get_by_label("Screenshots or files").set_input_files(SHOT)  # type: ignore[arg-type]
        page.get_by_role("button", name="Report critical issue").click()

        expect(page.locator("#files")).to_contain_text("shot.png")
        page.get_by_role("link", name="I don’t know").click()
        expect(page.get_by_label("Error messages")).to_be_visible()
        page.get_by_label("Error messages").fill("HTTP 502")
        page.get_by_role("button", name="Add it").click()
        expect(page.locator("#said")).to_contain_text("HTTP 502")
        expect(page.get_by_label("Steps to reproduce")).to_be_visible()


# --- The form of the portal, which is the same --------------------------------------------------


def test_a_draft_is_kept_for_its_person_and_forgotten_when_sent(cast: Cast, window: Open) -> None:
    page = window(cast.mira).open("/report/")
    page.get_by_label("What is wrong?").fill(WORDS)
    page.wait_for_timeout(400)

    page.reload()
    expect(page.get_by_label("What is wrong?")).to_have_value(WORDS)
    page.get_by_role("button", name="Report critical issue").click()
    expect(page).to_have_url(re.compile("/my/cases/RP-"))
    page.goto(page.url.partition("/my/")[0] + "/report/")

    expect(page.get_by_label("What is wrong?")).to_have_value("")
    assert page.evaluate("localStorage.length") == 0


def test_a_draft_of_nobody_stays_in_its_tab_and_an_old_one_is_gone(
    cast: Cast, window: Open
) -> None:
    opened = window()
    page = opened.open("/report/")
    page.get_by_label("What is wrong?").fill(WORDS)
    page.wait_for_timeout(400)
    page.reload()

    expect(page.get_by_label("What is wrong?")).to_have_value(WORDS)
    assert page.evaluate("localStorage.length") == 0
    other = opened.context.new_page()
    other.goto(page.url)
    expect(other.get_by_label("What is wrong?")).to_have_value("")
    page.evaluate(
        """() => {
            const draft = JSON.parse(sessionStorage["redphone.draft:"]);
            draft.at -= 25 * 3600 * 1000;
            dispatchEvent(new Event("pagehide"));
            sessionStorage["redphone.draft:"] = JSON.stringify(draft);
            addEventListener("pagehide", () => {
                sessionStorage["redphone.draft:"] = JSON.stringify(draft);
            });
        }"""
    )
    page.reload()
    expect(page.get_by_label("What is wrong?")).to_have_value("")


@pytest.mark.parametrize("how", ["the database is away", "no line"])
def test_a_send_that_fails_keeps_everything_and_goes_again(
    cast: Cast, window: Open, how: str
) -> None:
    """Nothing typed or attached is lost, and in the end it is one case."""
    opened = window(cast.mira)
    page = opened.open("/report/")

    def fail(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
        elif how == "no line":
            route.fetch()  # The desk has it, and its answer is lost on the way.
            route.abort()
        else:
            route.fulfill(status=500, body="<h1>Something broke</h1>")

    page.route("**/report/", fail)
    page.get_by_label("What is wrong?").fill(WORDS)
    page.evaluate(PASTE)
    page.get_by_role("button", name="Report critical issue").click()

    expect(page.locator("#unsent")).to_contain_text("Nothing is lost")
    expect(page.locator("#unsent")).to_contain_text("1-800-555-9999")
    expect(page.get_by_label("What is wrong?")).to_have_value(WORDS)
    expect(page.locator("ul.chosen li")).to_have_count(1)
    page.unroute("**/report/")
    page.get_by_role("button", name="Try again").click()
    expect(page).to_have_url(re.compile("/my/cases/RP-"))
    assert CaseRow.objects.count() == 1
    assert Attachment.objects.count() == 1
    opened.complaints.clear()


def test_it_goes_by_itself_when_the_line_is_back(cast: Cast, window: Open) -> None:
    opened = window(cast.mira)
    page = opened.open("/report/")
    page.get_by_label("What is wrong?").fill(WORDS)
    opened.context.set_offline(True)
    page.get_by_role("button", name="Report critical issue").click()
    expect(page.locator("#unsent")).to_contain_text("you are offline")

    opened.context.set_offline(False)

    expect(page).to_have_url(re.compile("/my/cases/RP-"))
    opened.complaints.clear()


def test_too_many_files_are_refused_with_a_sentence_and_can_be_removed(
    cast: Cast, window: Open
) -> None:
    page = window(cast.mira).open("/report/")
    many = [SHOT | {"name": f"{n}.png"} for n in range(11)]

    page.get_by_label("Screenshots or files").set_input_files(many)  # type: ignore[arg-type]

    expect(page.locator(".files .errors")).to_contain_text("10.png: 10 files are the most")
    page.get_by_role("button", name="Remove 3.png").click()
    expect(page.locator("ul.chosen li")).to_have_count(9)
    assert page.evaluate("document.querySelector('input[type=file]').files.length") == 9


def test_adding_keeps_the_page_and_what_is_typed_elsewhere(cast: Cast, window: Open) -> None:
    ref = cast.report(cast.mira, at=now()).case
    page = window(cast.mira).open(f"/my/cases/{ref}/")
    page.get_by_label("Add to your report").fill("half a sentence")
    page.evaluate("window.same = true")

    page.get_by_label("When did it start?").fill("At nine")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Error messages")).to_be_focused()
    page.get_by_role("link", name="I don’t know").click()
    expect(page.get_by_label("Steps to reproduce")).to_be_focused()
    page.evaluate(PASTE)
    page.get_by_role("button", name="Add details").click()

    expect(page.locator("#files")).to_contain_text("screenshot-1.png")
    expect(page.locator("#said")).to_contain_text("half a sentence")
    expect(page.get_by_label("Add to your report")).to_have_value("")
    expect(page.locator("ul.chosen li")).to_have_count(0)
    expect(page.get_by_label("Steps to reproduce")).to_be_visible()
    page.get_by_label("Add to your report").fill("and one more thing")
    page.get_by_role("button", name="Add details").click()
    expect(page.locator("#said")).to_contain_text("and one more thing")
    assert page.evaluate("window.same")


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
def test_axe_finds_nothing_serious_in_the_frame_and_on_the_keys_page(
    cast: Cast, window: Open, dashboard: Dashboard, axe: Callable[[Page], list[str]], narrow: bool
) -> None:
    found = {}
    opened = window(narrow=narrow, dark=narrow)
    page = opened.open("/frame/report/")
    page.get_by_label("What is wrong?").fill(WORDS)
    page.get_by_label("Best way to reach you now").fill("+44 20 7946 0321")
    page.evaluate(PASTE)
    found["form"] = axe(page)
    page.get_by_role("button", name="Report critical issue").click()
    expect(page.locator("#asking")).to_be_visible()
    found["case"] = axe(page)
    with dashboard(claims=MIRA) as vendor:
        expect(press(page, vendor).locator("#who")).to_contain_text("Nordwind")
        found["dashboard"] = axe(page)
        found["keys"] = axe(window(cast.rosa, narrow=narrow, dark=narrow).open("/identity/"))

    assert {name: faults for name, faults in found.items() if faults} == {}
