"""The HTML of a mail: cleaned until it can do nothing, and as plain text.

What is left loads nothing from anywhere: no images, no styles, no forms. Links stay, for people
paste the page that fails; they open without telling where from.
"""

from __future__ import annotations

import re
from collections import Counter
from html import unescape

import nh3
from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from lxml import html as lxml_html
from lxml.etree import LxmlError

from redphone.channels.mail.mime import LONGEST_TEXT

DEEPEST = 200
"""Elements within one another. Cleaning takes the square of it, and no mail has as many."""

MOST_TAGS = 5_000
"""Tags with which a page is laid out; the words of a longer one are only picked out."""

LONGEST_TAG = 10_000

TAGS = frozenset(
    (
        "a abbr b blockquote br caption center code col colgroup dd del div dl dt em h1 h2 h3 h4"
        + " h5 h6 hr i ins kbd li ol p pre q s samp small span strong sub sup table tbody td tfoot"
        + " th thead tr tt u ul var"
    ).split()
)
_GONE = {"script", "style", "head", "title", "template", "noscript", "iframe", "object", "svg"}
_ATTRIBUTES = {"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
_SCHEMES = {"http", "https", "mailto", "tel"}

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]{0,30})")
_HIDING = re.compile(r"(</?(?:script|style|head|title)\b[^<>]{0,500}>)", re.I)
_CLOSED_BY_OTHERS = frozenset(
    (
        "p li td th tr dd dt option br hr img input meta link col area base wbr" + " param source"
    ).split()
)
_DATA = re.compile(r"""(src|href|background)\s*=\s*(["'])\s*data:[^"'>]*\2""", re.I)
_LAYOUT = ParserConfig(css=CSS_PROFILES["strict"], display_links=False, display_images=False)

_QUOTES = (
    "//blockquote[@type='cite' or @cite or contains(@class,'gmail_quote') or"
    " contains(@class,'protonmail_quote') or contains(@class,'tutanota_quote')"
    " or contains(@style,'border-left')]",
    "//*[contains(concat(' ',@class,' '),' gmail_quote ') or contains(@class,'gmail_attr')"
    " or contains(@class,'gmail_extra') or contains(@class,'moz-cite-prefix')"
    " or contains(@class,'yahoo_quoted') or contains(@class,'yahoo-quoted')"
    " or contains(@class,'protonmail_quote') or contains(@class,'OutlookMessageHeader')"
    " or contains(@class,'zmail_extra') or contains(@class,'WordSection1Quote')"
    " or contains(@class,'moz-signature') or contains(@class,'gmail_signature')]",
)
_LAST = (
    "//*[@id='divRplyFwdMsg' or @id='appendonsend' "
    " or @id='mail-editor-reference-message-container'"
    " or @id='OLK_SRC_BODY_SECTION' or @id='x_divRplyFwdMsg' or @id='reply-intro'"
    " or contains(translate(@style,' ',''),'border:none;border-top:solid#E1E1E1')"
    " or contains(translate(@style,' ',''),'border:none;border-top:solid#B5C4DF')]"
)


def clean(html: str) -> str:
    """The HTML with nothing in it that acts or loads; "" if it is built to harm the cleaner."""
    html = _DATA.sub("", html[:LONGEST_TEXT])
    if is_wild(html):
        return ""
    return nh3.clean(
        html,
        tags=set(TAGS),
        clean_content_tags=_GONE,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    ).strip()


def text_of(html: str) -> str:
    """The words of an HTML mail, laid out in lines and columns as a browser would."""
    cleaned = clean(html)
    if not cleaned or cleaned.count("<") > MOST_TAGS:
        return _stripped(html)
    try:
        text = get_text(f"<div>{cleaned}</div>", _LAYOUT)
    except (LxmlError, ValueError, RecursionError, IndexError):
        return _stripped(html)
    lines = [line.rstrip() for line in text.replace("\xa0", " ").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def without_quotes(html: str) -> str:
    """The HTML without the history that mail programs mark as such.

    The whole of it where nothing is marked, or nothing would be left.
    """
    html = _DATA.sub("", html[:LONGEST_TEXT])
    if is_wild(html) or not re.search(
        r"quote|cite|Rply|append|reference|border|OLK_|intro|sign", html
    ):
        return html
    try:
        tree = lxml_html.fromstring(html)
    except (LxmlError, ValueError, RecursionError):
        return html
    for mark in tree.xpath(_LAST)[:1]:
        _drop_rest(mark)
    for path in _QUOTES:
        for node in tree.xpath(path):
            if node.getparent() is not None and not _is_followed(node):
                node.drop_tree()
    left = lxml_html.tostring(tree, encoding="unicode")
    return left if _stripped(left).strip() else html


def is_wild(html: str) -> bool:
    """Whether HTML is nested or tagged as no mail program does it."""
    open_tags: Counter[str] = Counter()
    depth = 0
    for match in _TAG.finditer(html):
        name = match[2].lower()
        if name in _CLOSED_BY_OTHERS:
            continue
        if not match[1]:
            open_tags[name] += 1
            depth += 1
        elif open_tags[name]:
            open_tags[name] -= 1
            depth -= 1
        if depth > DEEPEST:
            return True
    return re.search(rf"<[^<>]{{{LONGEST_TAG}}}", html) is not None


def _stripped(html: str) -> str:
    """The words between the tags, when nothing better can be had."""
    shown, is_hidden = [], False
    for at, piece in enumerate(_HIDING.split(html)):
        if at % 2:
            is_hidden = not piece.startswith("</")
        elif not is_hidden:
            shown.append(piece)
    html = re.sub(
        r"<(?:br|/p|/div|/tr|/li|/h\d)\b[^<>]{0,200}>", "\n", " ".join(shown), flags=re.I
    )
    return unescape(re.sub(r"<[^<>]{0,2000}>", " ", html)).strip()


def _drop_rest(mark: lxml_html.HtmlElement) -> None:
    """Take out an element and all that comes after it in the document."""
    node = mark
    while node is not None and node.getparent() is not None:
        parent = node.getparent()
        for later in list(node.itersiblings()):
            parent.remove(later)
        if node is not mark:
            node.tail = None
        node = parent
    if mark.getparent() is not None:
        mark.tail = None
        mark.getparent().remove(mark)


def _is_followed(node: lxml_html.HtmlElement) -> bool:
    """Whether the person wrote on below a quote: an answer between the lines."""
    if "gmail_signature" in (node.get("class") or "") or node.tag != "blockquote":
        return False
    return bool((node.tail or "").strip()) or any(
        sibling.tag not in ("blockquote", "br")
        and "signature" not in (sibling.get("class") or "")
        and (sibling.text_content() or "").strip()
        for sibling in node.itersiblings()
        if isinstance(sibling.tag, str)
    )
