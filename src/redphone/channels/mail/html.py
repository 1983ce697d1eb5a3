"""The HTML of a mail: made harmless, and made words."""

from __future__ import annotations

import re
from html import unescape

import nh3
from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from lxml.etree import LxmlError

LONGEST = 256 * 1024
"""Characters of HTML that are read; what comes after them is quoted history or worse."""

DEEPEST = 400
"""Elements inside elements: a browser stops there too."""

TAGS = {
    *("a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("hr", "i", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table", "tbody"),
    *("td", "tfoot", "th", "thead", "tr", "u", "ul"),
}
_WORDS = ParserConfig(css=CSS_PROFILES["strict"])
_QUOTE_CLASSES = (
    "gmail_quote",
    "gmail_extra",
    "moz-cite-prefix",
    "yahoo_quoted",
    "protonmail_quote",
    "zmail_extra",
    "OutlookMessageHeader",
    "WordSection1_quoted",
)
_QUOTE_IDS = ("divRplyFwdMsg", "appendonsend", "mail-editor-reference-message-container")
_BEGINS_QUOTE = re.compile(
    r"<(?:div|blockquote|hr|span)\b[^>]*(?:"
    rf"class\s*=\s*[\"']?[^\"'>]*\b(?:{'|'.join(_QUOTE_CLASSES)})\b"
    rf"|id\s*=\s*[\"']?[^\"'>]*(?:{'|'.join(_QUOTE_IDS)})"
    r"|style\s*=\s*[\"'][^\"'>]*border-top:\s*(?:solid\s+#(?:E1E1E1|B5C4DF)|1px solid #(?:ccc|"
    r"e1e1e1)))",
    re.IGNORECASE,
)


def clean(html: str) -> str:
    """The HTML with nothing in it that runs, loads, sends or hides: for a closed frame at most.

    Of what no browser would show either, nothing is left.
    """
    if _is_tangled(html):
        return ""
    return nh3.clean(
        html[:LONGEST],
        tags=TAGS,
        attributes={"a": {"href", "title"}, "td": {"colspan", "rowspan"}},
        url_schemes={"http", "https", "mailto", "tel"},
        strip_comments=True,
        link_rel="noopener noreferrer nofollow",
    )


def words(html: str) -> str:
    """The words of HTML, laid out as a browser would. Quotes begin with ">" as in plain mails."""
    html = html[:LONGEST]
    if _is_tangled(html):
        return _bare(html)
    safe = clean(_marked(html))
    try:
        text = get_text(safe, _WORDS)
    except (LxmlError, ValueError, RecursionError, AssertionError, TypeError):
        return _bare(safe)
    lines = [line.rstrip() for line in text.replace("\xa0", " ").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


_OPENED = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_NEVER_CLOSED = frozenset({"br", "hr", "img", "input", "link", "meta", "col", "area", "p", "li"})


def _is_tangled(html: str) -> bool:
    """Whether elements stand in each other deeper than any mail program writes them."""
    still_open: list[str] = []
    for found in _OPENED.finditer(html[:LONGEST]):
        name = found[2].lower()
        if name in _NEVER_CLOSED:
            continue
        if not found[1]:
            still_open.append(name)
        elif still_open and still_open[-1] == name:
            # What closes something else closes nothing: browsers have to keep it open, too.
            still_open.pop()
        if len(still_open) > DEEPEST:
            return True
    return False


QUOTE_MARK = "\u241e quoted below \u241e"
"""Stands in the text where the HTML says that the history begins."""


def _marked(html: str) -> str:
    """The HTML with a mark before the first element that mail programs put round history."""
    found = _BEGINS_QUOTE.search(html)
    if found is None:
        return html
    return f"{html[: found.start()]}<p>{QUOTE_MARK}</p>{html[found.start() :]}"


def _bare(html: str) -> str:
    """The words alone, without a look at what stands in what."""
    text = re.sub(r"(?i)<(?:br|/p|/div|/tr|/li)\b[^<>]{0,200}>", "\n", html)
    text = unescape(re.sub(r"<[^<>]{0,2000}>", " ", text))
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
