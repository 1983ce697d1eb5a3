"""The policy as customers read it. Source: all clauses."""

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

import pytest
from markdown_it import MarkdownIt

from redphone.core.policy import Policy
from redphone.core.policy.file import load_policy
from redphone.core.policy.page import html_body, html_page, markdown

FILE = Path(__file__).parents[2] / "policies" / "urgent-support.toml"
OURS = load_policy(FILE.read_text(encoding="utf-8"))
CLAUSES = [
    *(f"POL-{n}" for n in range(1, 11)),
    *(f"EMG-{n}" for n in range(1, 6)),
    *(f"RUN-{n}" for n in range(1, 8)),
    *(f"FAQ-{n}" for n in range(1, 9)),
]
VOID = {"meta", "link"}


class Page(HTMLParser):
    """What is on a page: tags with their attributes, in order; refuses bad nesting."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def attributes(self, name: str) -> list[str]:
        return [attrs[name] or "" for _, attrs in self.tags if name in attrs]


def rendered(policy: Policy) -> Page:
    """The Markdown as a strict reader of Markdown shows it, with tables and bare links on."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return Page(reader.render(markdown(policy)).replace("<hr />", "<hr></hr>"))


@pytest.mark.parametrize("page", [Page(html_body(OURS)), rendered(OURS)], ids=["html", "markdown"])
def test_every_clause_of_the_source_has_one_anchor_and_every_link_leads_to_one(page: Page) -> None:
    ids = page.attributes("id")

    assert len(ids) == len(set(ids))
    assert [clause for clause in CLAUSES if clause not in ids] == []
    inner = [href[1:] for href in page.attributes("href") if href.startswith("#")]
    assert [href for href in inner if href not in ids] == []


@pytest.mark.parametrize("page", [Page(html_body(OURS)), rendered(OURS)], ids=["html", "markdown"])
def test_promises_are_said_with_number_strength_and_clause(page: Page) -> None:
    """Source: FAQ-3, POL-2, EMG-1, EMG-4, FAQ-7, FAQ-8."""
    for says in (
        "within 15 min (promised) FAQ-3; within 15 min (our aim) POL-2",
        "within 30 min in business hours; outside them within 2 h, or 30 min after the next "
        "opening if that is sooner (promised) FAQ-3",
        "Status page: every 30 min (promised) EMG-1",
        "Status page: every hour (promised) EMG-4",
        "Resolved: within 4 h (our aim) EMG-1",
        "Contained: within 2 h (our aim) EMG-2",
        "Resolved: within 2 h (our aim) EMG-5, for Enterprise customers",
        "within 5 business days (promised) FAQ-7",
        "within 1 business hour (promised) FAQ-8",
        "Security Team → CISO and Legal → CEO",
    ):
        assert says in page.text


def test_a_private_type_is_not_said_to_be_on_the_status_page() -> None:
    """Source: EMG-2."""
    text = Page(html_body(OURS)).text
    security = text[
        text.index("Data Security Incident Pot") : text.index("Payment Processing Fai")
    ]

    assert "Status page: not used, unless we decide so" in security


def test_the_html_page_needs_no_script_and_no_style_of_its_own() -> None:
    page = Page(html_page(OURS, stylesheet='/static/a".css'))

    tags = [tag for tag, _ in page.tags]
    assert not {"script", "style", "iframe", "object"} & set(tags)
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert page.attributes("style") == []
    assert ("link", {"rel": "stylesheet", "href": '/static/a".css'}) in page.tags
    assert "link" not in [tag for tag, _ in Page(html_page(OURS)).tags]


def test_the_html_page_can_be_read_without_seeing_it() -> None:
    page = Page(html_page(OURS))

    tags = [tag for tag, _ in page.tags]
    assert dict(page.tags)["html"] == {"lang": "en"}
    assert (tags.count("h1"), tags.count("main"), tags.count("nav")) == (1, 1, 1)
    assert dict(page.tags)["nav"]["aria-label"]
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h\d", tag)]
    assert all(two - one <= 1 for one, two in pairwise(levels))
    assert tags.count("table") == tags.count("caption") == 2
    assert set(page.attributes("scope")) == {"row", "col"}


NASTY = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "[click](javascript:alert(1))",
    "![](http://evil.example/x.png)",
    "<http://evil.example>",
    "a | b | c",
    "`code` **bold** _soft_ ~~gone~~",
    "# heading",
    "1. item",
    "- item",
    "+ item",
    "> quote",
    "===",
    "line\n\n# new block\n- x",
    "&lt;b&gt; &amp;",
    "\\",
    "[ref]: http://evil.example",
    "<!-- comment",
    "    indented",
    "***",
    "``` fence",
)


def nasty(words: str) -> Policy:
    """Our policy with these words wherever the file may have words."""
    types = {
        slug: replace(
            each,
            name=words,
            definition=words,
            beside=(words,),
            updates=tuple(replace(update, to=words) for update in each.updates),
        )
        for slug, each in OURS.issue_types.items()
    }
    plans = {
        slug: replace(each, name=words, channels=("email", words))
        for slug, each in OURS.plans.items()
    }
    books = {
        slug: replace(each, name=words, steps=(words,)) for slug, each in OURS.runbooks.items()
    }
    return replace(
        OURS,
        name=words,
        version=words,
        company=words,
        hotline=words,
        email=words,
        escalations=words,
        handled_by=words,
        plain_statements=(("POL-1", words),),
        hours=replace(OURS.hours, time_zone=words, holidays=words, name=words),
        triage=replace(OURS.triage, not_emergencies=(words,), ask_for=("description", words)),
        report=replace(OURS.report, sections=(words,)),
        issue_types=MappingProxyType(types),
        plans=MappingProxyType(plans),
        runbooks=MappingProxyType(books),
    )


ALLOWED = {"h1", "h2", "h3", "p", "ul", "ol", "li", "a", "strong", "table", "caption", "thead"}
ALLOWED |= {"tbody", "tr", "th", "td"}


FORMS: tuple[Callable[[Policy], Page], ...] = (rendered, lambda policy: Page(html_body(policy)))


@pytest.mark.parametrize("words", NASTY)
@pytest.mark.parametrize("form", FORMS)
def test_words_of_the_policy_stay_words(form: Callable[[Policy], Page], words: str) -> None:
    """Nothing that stands in the file becomes a tag, a link or a block of its own."""
    plain, page = form(nasty("plain words")), form(nasty(words))

    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]
    assert {tag for tag, _ in page.tags} <= ALLOWED
    assert page.text.count(" ".join(words.split())) >= 20
    hrefs = page.attributes("href")
    assert all(href.startswith(("#", "mailto:", "tel:")) for href in hrefs), hrefs
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    names = {name for _, attrs in page.tags for name in attrs}
    assert names <= {"id", "href", "class", "scope"}


def test_a_clause_that_is_no_clause_cannot_break_out_of_its_anchor() -> None:
    policy = replace(OURS, handled_by_clause='X"><script>alert(1)</script>')

    for page in (Page(html_body(policy)), rendered(policy)):
        assert "script" not in [tag for tag, _ in page.tags]


def test_the_page_says_that_urgent_handling_costs_nothing() -> None:
    """POL-9."""
    page = rendered(OURS)

    assert "does not incur additional costs" in page.text
