"""What a mail says: its text, its HTML and its files, gathered from its parts."""

from __future__ import annotations

from dataclasses import dataclass, field

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
    return body


def _read(part: Part, body: Body) -> list[Piece]:
    if part.content_type.startswith("message/") and part.parts:
        _attach(part, body)
        return []
    if part.content_type == "multipart/encrypted" or "pkcs7-mime" in part.content_type:
        body.is_encrypted = "signed" not in part.parameters.get("smime-type", "")
    if part.is_multipart:
        found = [piece for child in part.parts for piece in _read(child, body)]
        return _one_of(found) if part.content_type == "multipart/alternative" else found
    if _is_body(part):
        return _text(part, body)
    _attach(part, body)
    return []


def _one_of(found: list[Piece]) -> list[Piece]:
    """The same thing said several times, as one piece: the first text, the last HTML."""
    plain = next((piece.plain for piece in found if piece.plain.strip()), "")
    html = next((piece.html for piece in reversed(found) if piece.html.strip()), "")
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
    lines: list[str] = []
    is_open = False
    for line in text.split("\n"):
        line = line[1:] if line.startswith(" ") else line
        if is_open and not line.startswith(">") and line != "-- ":
            lines[-1] += line
        else:
            lines.append(line)
        is_open = line.endswith(" ") and line != "-- " and not line.startswith(">")
        if is_open and is_deleting:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)
