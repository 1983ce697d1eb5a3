"""A small page of headings, lists and tables, and how it is written as Markdown and as HTML.

Text goes in as it is and comes out escaped, in both. The HTML has no script and no inline style,
so that it passes the strictest content security policy; it reads well without any style at all.

Source: FAQ-1 to FAQ-8, whose answers are what such a page holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Words that lead somewhere; `href` is made by code, never taken from a file."""

    text: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Strong:
    """Words that carry the sentence."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """The mark of a clause. The first one of a page is its anchor, later ones lead to it."""

    id: str


Piece = str | Link | Strong | Clause
Line = tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading; `level` 1 is the page's own."""

    level: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph of one line of pieces."""

    line: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A list, numbered when `ordered`."""

    lines: tuple[Line, ...]
    ordered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; the first cell of each row heads it."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]


Block = Heading | Paragraph | Items | Table


# ── Markdown ────────────────────────────────────────────────────────────────────────────────────

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~!&$^]|:(?=//))")
_LINE_MARK = re.compile(r"^(\s*)(?:([-+=])|(\d{1,9})([.)]))")
_WWW = re.compile(r"\bwww\.", re.IGNORECASE)


def as_markdown(blocks: Iterable[Block]) -> str:
    """The blocks as CommonMark with tables; ends with a line end."""
    seen: set[str] = set()
    parts: list[str] = []
    for block in blocks:
        match block:
            case Heading(level=level, text=text):
                parts.append(f"{'#' * level} {_plain(text)}")
            case Paragraph(line=line):
                parts.append(_markdown_line(line, seen))
            case Items(lines=lines, ordered=ordered):
                marks = (f"{n}." if ordered else "-" for n in range(1, len(lines) + 1))
                parts.append(
                    "\n".join(
                        f"{mark} {_markdown_line(line, seen)}"
                        for mark, line in zip(marks, lines, strict=True)
                    )
                )
            case Table():
                parts.append(_markdown_table(block, seen))
    return "\n\n".join(part for part in parts if part) + "\n"


def _markdown_table(table: Table, seen: set[str]) -> str:
    head = "| " + " | ".join(_plain(cell) for cell in table.head) + " |"
    rule = "|" + " --- |" * len(table.head)
    rows = (
        "| " + " | ".join(_markdown_line(cell, seen) for cell in row) + " |" for row in table.rows
    )
    return "\n".join((head, rule, *rows))


def _markdown_line(line: Line, seen: set[str]) -> str:
    return _unmarked("".join(_markdown_piece(piece, seen) for piece in line).strip())


def _markdown_piece(piece: Piece, seen: set[str]) -> str:
    match piece:
        case Link(text=text, href=href):
            return f"[{_plain(text)}](<{_href(href)}>)"
        case Strong(text=text):
            return f"**{_plain(text).strip()}**"
        case Clause(id=clause):
            anchor = "" if clause in seen else f'<a id="{escape(_slug(clause))}"></a>'
            seen.add(clause)
            return f"{anchor}[{_plain(clause)}](#{_slug(clause)})"
        case _:
            return _plain(piece)


def _plain(text: str) -> str:
    """Text that Markdown takes as nothing but text, on one line."""
    one_line = re.sub(r"\s", " ", text)
    escaped = _MARKS.sub(r"\\\1", one_line)
    # Addresses without a scheme become links by themselves in some dialects.
    return _WWW.sub(lambda match: match.group()[:-1] + r"\.", escaped)


def _unmarked(line: str) -> str:
    """A line that doesn't begin like a list, a rule or an underline."""
    return _LINE_MARK.sub(lambda m: m[1] + (f"\\{m[2]}" if m[2] else f"{m[3]}\\{m[4]}"), line)


# ── HTML ────────────────────────────────────────────────────────────────────────────────────────


def as_html(blocks: Iterable[Block]) -> str:
    """The blocks as HTML elements, one after the other, without anything around them."""
    seen: set[str] = set()
    parts: list[str] = []
    for block, anchor in _anchored(blocks):
        match block:
            case Heading(level=level, text=text):
                parts.append(f'<h{level} id="{anchor}">{escape(text)}</h{level}>')
            case Paragraph(line=line):
                parts.append(f"<p>{_html_line(line, seen)}</p>")
            case Items(lines=lines, ordered=ordered) if lines:
                tag = "ol" if ordered else "ul"
                items = "\n".join(f"  <li>{_html_line(line, seen)}</li>" for line in lines)
                parts.append(f"<{tag}>\n{items}\n</{tag}>")
            case Table():
                parts.append(_html_table(block, seen))
    return "\n".join(parts) + "\n"


def as_html_page(blocks: tuple[Block, ...], *, title: str, stylesheet: str = "") -> str:
    """A whole page: language, title, a table of contents, and the blocks."""
    link = f'\n  <link rel="stylesheet" href="{escape(stylesheet)}">' if stylesheet else ""
    contents = "\n".join(
        f'      <li><a href="#{anchor}">{escape(block.text)}</a></li>'
        for block, anchor in _anchored(blocks)
        if isinstance(block, Heading) and block.level == 2
    )
    return f"""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>{escape(title)}</title>{link}
</head>
<body>
  <nav aria-label="On this page">
    <ul>
{contents}
    </ul>
  </nav>
  <main>
{as_html(blocks)}  </main>
</body>
</html>
"""


def _html_table(table: Table, seen: set[str]) -> str:
    head = "".join(
        f'<th scope="col">{escape(cell)}</th>' if cell else "<td></td>" for cell in table.head
    )
    rows = "\n".join(
        f'    <tr><th scope="row">{_html_line(row[0], seen)}</th>'
        + "".join(f"<td>{_html_line(cell, seen)}</td>" for cell in row[1:])
        + "</tr>"
        for row in table.rows
    )
    return (
        f"<table>\n  <caption>{escape(table.caption)}</caption>\n"
        f"  <thead><tr>{head}</tr></thead>\n  <tbody>\n{rows}\n  </tbody>\n</table>"
    )


def _html_line(line: Line, seen: set[str]) -> str:
    return "".join(_html_piece(piece, seen) for piece in line).strip()


def _html_piece(piece: Piece, seen: set[str]) -> str:
    match piece:
        case Link(text=text, href=href):
            return f'<a href="{escape(_href(href))}">{escape(text)}</a>'
        case Strong(text=text):
            return f"<strong>{escape(text)}</strong>"
        case Clause(id=clause):
            anchor = "" if clause in seen else f' id="{escape(_slug(clause))}"'
            seen.add(clause)
            return (
                f'<a class="clause"{anchor} href="#{escape(_slug(clause))}">{escape(clause)}</a>'
            )
        case _:
            return escape(piece)


def _href(href: str) -> str:
    """A link only where links of this page may lead: mail and telephone."""
    return href if href.startswith(("mailto:", "tel:")) else "#"


def _slug(clause: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]", "-", clause)


def _anchored(blocks: Iterable[Block]) -> Iterator[tuple[Block, str]]:
    """Each block with the id of its heading: no two alike, and none that a clause can have."""
    used: dict[str, int] = {}
    for block in blocks:
        if not isinstance(block, Heading):
            yield block, ""
            continue
        # Clauses are in capitals, so small letters keep the two apart.
        name = "on-" + re.sub(r"[^a-z0-9]+", "-", block.text.lower()).strip("-")
        used[name] = used.get(name, 0) + 1
        yield block, name if used[name] == 1 else f"{name}.{used[name]}"
