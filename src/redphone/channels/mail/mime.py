"""A mail's parts, taken apart within bounds.

The standard library's parser goes as deep as a sender likes and keeps all it meets; this one
stops, and says so. It reads bytes, for a part's charset is known only once its header is read.
"""

from __future__ import annotations

import quopri
import re
from binascii import Error as Base64Error
from binascii import a2b_base64, a2b_uu
from collections.abc import Iterator
from dataclasses import dataclass, field

from redphone.channels.mail.charset import decode
from redphone.channels.mail.headers import (
    Headers,
    base64_bytes,
    one_line,
    parameters,
    read_headers,
)

DEEPEST = 12
MOST_PARTS = 500
LARGEST_MAIL = 60_000_000
"""Bytes of a raw mail that are looked at. The doors refuse larger ones long before."""

LARGEST_HEADER = 1_000_000
LARGEST_DECODED = 50_000_000
"""Bytes of all parts together that are decoded; files past it are named and left out."""

LONGEST_TEXT = 500_000
"""Characters of text or HTML that are read: no person writes more."""

_BARE_TYPES = {"text": "text/plain", "html": "text/html", "plain": "text/plain"}
_UU = re.compile(rb"^begin [0-7]{3,4} ([^\n]{1,200})\n((?:[^\n]{0,90}\n)*?)`?\n?end[ \t]*$", re.M)


@dataclass(slots=True)
class Part:
    """One part. `raw` is as it was sent, with line feeds only. `level` counts attached mails."""

    headers: Headers
    raw: bytes
    content_type: str
    parameters: dict[str, str]
    disposition: str
    name: str
    level: int = 0
    parts: list[Part] = field(default_factory=list)

    def walk(self) -> Iterator[Part]:
        """This part and all within it, in the order of the mail."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.parts))

    @property
    def is_multipart(self) -> bool:
        """Whether other parts are all that it holds."""
        return self.content_type.startswith("multipart/") and bool(self.parts)

    def content(self) -> bytes:
        """Its bytes, decoded as far as its encoding can be."""
        encoding = (
            self.headers.get("content-transfer-encoding").lower().split(";")[0].strip(" '\"")
        )
        if encoding == "base64":
            return _base64(self.raw)
        if encoding in ("quoted-printable", "quoted-printeable", "quoted"):
            return quopri.decodestring(self.raw)
        if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
            files = uuencoded(self.raw)
            return files[0][1] if files else self.raw
        return self.raw

    def text(self) -> tuple[str, bool]:
        """Its text, and whether its charset fitted."""
        content = self.content()[: LONGEST_TEXT * 4]
        text, fits = decode(content, self.parameters.get("charset", ""))
        return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", ""), fits


@dataclass(slots=True)
class Budget:
    """What is left to spend on one mail, and what had to be cut."""

    parts: int = MOST_PARTS
    cuts: list[str] = field(default_factory=list)

    def cut(self, why: str) -> None:
        """Note that something was left unread. Each reason once."""
        if why not in self.cuts:
            self.cuts.append(why)


def read_mime(raw: bytes) -> tuple[Part, list[str]]:
    """The mail as a tree of parts, and what was cut from it, in words."""
    budget = Budget()
    if len(raw) > LARGEST_MAIL:
        budget.cut(f"it is larger than {LARGEST_MAIL // 1_000_000} MB")
        raw = raw[:LARGEST_MAIL]
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    raw = raw.lstrip(b"\n") if raw[:1] == b"\n" else raw
    if raw.startswith((b"From ", b">From ")):
        # A mailbox's separator line is no field.
        raw = raw.partition(b"\n")[2]
    return _read(raw, budget, depth=0, level=0, default="text/plain"), budget.cuts


def uuencoded(raw: bytes) -> list[tuple[str, bytes]]:
    """The files that are written into a text by uuencode, as name and bytes."""
    found = []
    for match in list(_UU.finditer(raw))[:50] if b"\nend" in raw else []:
        lines = match[2].split(b"\n")
        found.append((match[1].decode("utf-8", "replace"), b"".join(map(_uu_line, lines))))
    return found


def _read(raw: bytes, budget: Budget, *, depth: int, level: int, default: str) -> Part:
    budget.parts -= 1
    headers, body = _headers_and_body(raw, budget)
    part = _described(headers, body, default, level)
    if depth >= DEEPEST:
        if part.content_type.startswith(("multipart/", "message/rfc822")):
            budget.cut(f"its parts lie more than {DEEPEST} deep in one another")
        return part
    if part.content_type.startswith("multipart/"):
        child = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
        for piece in _pieces(body, part.parameters.get("boundary", ""), budget):
            part.parts.append(_read(piece, budget, depth=depth + 1, level=level, default=child))
        if not part.parts:
            part.content_type = "text/plain"
    elif part.content_type in ("message/rfc822", "message/global") and budget.parts > 0:
        inner = part.content().lstrip(b"\n")
        part.parts.append(
            _read(inner, budget, depth=depth + 1, level=level + 1, default="text/plain")
        )
    return part


def _headers_and_body(raw: bytes, budget: Budget) -> tuple[Headers, bytes]:
    if raw.startswith(b"\n"):
        return Headers(), raw[1:]
    end = re.search(rb"\n[ \t]*\n", raw[:LARGEST_HEADER])
    if end:
        block, body = raw[: end.start()], raw[end.end() :]
    elif len(raw) > LARGEST_HEADER:
        budget.cut("its header has no end")
        block, body = raw[:LARGEST_HEADER], raw[LARGEST_HEADER:]
    else:
        block, body = raw, b""
    headers = read_headers(block)
    if not headers.fields and not body:
        return headers, raw
    if not headers.fields:
        # No header at all: then all of it is what was said.
        return headers, raw
    if headers.is_cut:
        budget.cut("its header is longer than any that a mail program writes")
    return headers, body


def _described(headers: Headers, body: bytes, default: str, level: int) -> Part:
    kind, named = parameters(headers.get("content-type"))
    kind = re.sub(r"\s+", "", kind)
    kind = _BARE_TYPES.get(kind, kind)
    if not re.fullmatch(r"[\w!#$&^.+-]{1,60}/[\w!#$&^.+*-]{1,80}", kind):
        kind = default
    disposition, more = parameters(headers.get("content-disposition"))
    name = more.get("filename") or named.get("name") or ""
    return Part(
        headers=headers,
        raw=body,
        content_type=kind,
        parameters=named,
        disposition=disposition,
        name=one_line(name),
        level=level,
    )


def _pieces(body: bytes, boundary: str, budget: Budget) -> Iterator[bytes]:
    """The bodies between the boundary lines. A missing last one ends with the mail."""
    marks = _marks(body, boundary)
    for index, (_, start, is_last) in enumerate(marks):
        if is_last:
            return
        if budget.parts <= 0:
            budget.cut(f"it has more than {MOST_PARTS} parts")
            return
        end = marks[index + 1][0] if index + 1 < len(marks) else len(body)
        yield body[start : max(start, end)]


def _marks(body: bytes, boundary: str) -> list[tuple[int, int, bool]]:
    """Where boundary lines begin and end, and which of them is the last."""
    wanted = boundary.encode("utf-8", "replace").rstrip()[:250]
    if wanted:
        line = rb"(?:^|\n)--" + re.escape(wanted) + rb"(--)?[ \t]*(?=\n|$)\n?"
    else:
        # The boundary is missing or was lost: take the first line that looks like one.
        guess = re.search(rb"(?:^|\n)--([!-~]{6,70})\n(?=[Cc]ontent-)", body)
        if not guess:
            return []
        line = rb"(?:^|\n)--" + re.escape(guess[1]) + rb"(--)?[ \t]*(?=\n|$)\n?"
    found = []
    for match in re.finditer(line, body):
        found.append((match.start(), match.end(), match[1] is not None))
        if match[1] is not None or len(found) > MOST_PARTS + 1:
            break
    return found


def _base64(raw: bytes) -> bytes:
    try:
        return a2b_base64(raw) if raw.count(b"=") < 3 else base64_bytes(raw)
    except Base64Error:
        return base64_bytes(raw)


def _uu_line(line: bytes) -> bytes:
    try:
        return a2b_uu(line)
    except Base64Error:
        return b""
