"""What a mail says: its text, its HTML and its files, gathered from its parts."""

from __future__ import annotations

from dataclasses import dataclass, field

from redphone.channels.mail.charset import decode
from redphone.channels.mail.files import MOST_FILES, file_of, files_in_text
from redphone.channels.mail.html import clean, text_of, without_quotes
from redphone.channels.mail.mime import LONGEST_TEXT, Part
from redphone.core.report import Attached

READ_AS_TEXT = frozenset(
    {"text/plain", "text/enriched", "text/markdown", "text/x-amp-html", "text"}
)


@dataclass(slots=True)
class Piece:
    """A stretch of a mail's body: as plain text, as HTML, or as both."""

    plain: str = ""
    html: str = ""


@dataclass(slots=True)
class Body:
    """The pieces in order, the files, and what was odd about them."""

    pieces: list[Piece] = field(default_factory=list)
    files: list[Attached] = field(default_factory=list)
    misread: list[str] = field(default_factory=list)
    is_encrypted: bool = False
    is_broken: bool = False

    def text(self) -> str:
        """All of the text, history included."""
        parts = [
            piece.plain or (text_of(piece.html) if piece.html else "") for piece in self.pieces
        ]
        return "\n\n".join(part.strip("\n") for part in parts if part.strip())[:LONGEST_TEXT]

    def unquoted(self) -> str:
        """The same without what the HTML of an HTML-only mail marks as history."""
        if not any(piece.html and not piece.plain for piece in self.pieces):
            return self.text()
        parts = [piece.plain or text_of(without_quotes(piece.html)) for piece in self.pieces]
        joined = "\n\n".join(part.strip("\n") for part in parts if part.strip())[:LONGEST_TEXT]
        return joined if joined.strip() else self.text()

    def html(self) -> str:
        """The HTML, cleaned; "" if the mail has none."""
        return "\n".join(filter(None, (clean(piece.html) for piece in self.pieces if piece.html)))


def read_body(root: Part) -> Body:
    """Gather what a mail says. A mail within the mail is a file of it."""
    body = Body()
    body.pieces = _read(root, body)
    if not body.pieces and not body.files and root.raw.strip() and not body.is_encrypted:
        # Its parts are broken so that none holds anything: then all of it is shown as it came.
        text, _ = decode(root.raw[:LONGEST_TEXT], "")
        body.is_broken = True
        body.pieces = [Piece(plain=text.replace("\x00", ""))]
    return body


def _read(part: Part, body: Body) -> list[Piece]:
    if part.content_type.startswith("message/") and part.parts:
        _attach(part, body)
        return []
    if part.content_type == "multipart/encrypted" or "pkcs7-mime" in part.content_type:
        body.is_encrypted = "signed" not in part.parameters.get("smime-type", "")
    if part.is_multipart:
        found = [_read(child, body) for child in part.parts]
        if part.content_type == "multipart/alternative":
            return _one_of(found)
        return [piece for pieces in found for piece in pieces]
    if _is_body(part):
        return _text(part, body)
    _attach(part, body)
    return []


def _one_of(ways: list[list[Piece]]) -> list[Piece]:
    """The same thing said in several ways, as one piece: the first text, the last HTML."""
    texts = ("\n\n".join(piece.plain for piece in way if piece.plain.strip()) for way in ways)
    htmls = ("\n".join(piece.html for piece in way if piece.html.strip()) for way in ways[::-1])
    plain, html = next(filter(None, texts), ""), next(filter(None, htmls), "")
    return [Piece(plain=plain, html=html)] if plain or html else []


def _is_body(part: Part) -> bool:
    if part.disposition == "attachment":
        return False
    if part.content_type in READ_AS_TEXT or part.content_type == "text/html":
        return not part.name or (part.disposition == "inline" and not _has_file_name(part))
    return False


def _has_file_name(part: Part) -> bool:
    return "." in part.name


def _text(part: Part, body: Body) -> list[Piece]:
    text, fits = part.text()
    if not fits:
        body.misread.append(part.parameters.get("charset", "")[:40])
    if part.content_type == "text/html":
        return [Piece(html=text)] if text.strip() else []
    body.files.extend(files_in_text(part, _spent(body)))
    if part.parameters.get("format", "").lower() == "flowed":
        text = _unflowed(text, is_deleting=part.parameters.get("delsp", "").lower() == "yes")
    return [Piece(plain=text)] if text.strip() else []


def _attach(part: Part, body: Body) -> None:
    if len(body.files) < MOST_FILES and (part.raw.strip() or part.name):
        body.files.append(file_of(part, len(body.files) + 1, _spent(body)))


def _spent(body: Body) -> int:
    return sum(len(file.content) for file in body.files)


def _unflowed(text: str, *, is_deleting: bool) -> str:
    """Paragraphs whose lines were broken for the way (RFC 3676), joined again."""
    paragraphs: list[list[str]] = []
    is_open = False
    for line in text.split("\n"):
        line = line[1:] if line.startswith(" ") else line
        is_last = is_open and not line.startswith(">") and line != "-- "
        is_open = line.endswith(" ") and line != "-- " and not line.startswith(">")
        kept = line[:-1] if is_open and is_deleting else line
        if is_last:
            paragraphs[-1].append(kept)
        else:
            paragraphs.append([kept])
    return "\n".join("".join(lines) for lines in paragraphs)
