"""A form that came in parts (RFC 7578): its fields, its files, and its skeleton.

The skeleton is the body byte for byte, but for the files' bytes: where those were, the part's
head names their SHA-256 and length. With the files it makes the body whole again, and the same
bytes are not kept twice (docs/decisions/0066).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import unquote

from redphone.core.report import Attached

CHUNK = 64 * 1024
MOST_PARTS = 500
LONGEST_HEAD = 16 * 1024
MOST_TEXT = 10 * 1024 * 1024
"""Bytes of all fields together. A description of this length is a book."""

KEPT = b"X-Redphone-Kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is kept of files: bytes of one, bytes of all, and how many. The rest is named."""

    largest: int
    together: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What came. `fields` are in their order; `files` are those that had a name or any bytes.

    `unreadable` says what was wrong with it, "" when nothing was.
    """

    fields: tuple[tuple[str, str], ...]
    files: tuple[Attached, ...]
    skeleton: bytes
    unreadable: str = ""


class Stream(Protocol):
    """Whatever bytes can be read from."""

    def read(self, size: int, /) -> bytes: ...


def read(stream: Stream, boundary: bytes, limits: Limits) -> Form:
    """Read a form of parts. Never raises for what is in it; what can't be read is left out."""
    gathered = _Gathered(limits=limits)
    source = _Source(stream, boundary)
    gathered.skeleton += b"".join(source.upto_delimiter())[2:][:LONGEST_HEAD]
    while source.found and not gathered.unreadable:
        gathered.skeleton += source.delimiter if gathered.skeleton else source.delimiter[2:]
        line = b"".join(source.upto(b"\r\n", most=LONGEST_HEAD))
        if line.startswith(b"--") or not source.found:
            gathered.skeleton += line + (b"\r\n" if source.found else b"")
            return gathered.form()
        gathered.skeleton += line + b"\r\n"
        gathered.part(source)
    gathered.unreadable = gathered.unreadable or "it ended before its end"
    return gathered.form()


class _Source:
    """The body, read up to one mark after another. `found` says whether the last one was there."""

    def __init__(self, stream: Stream, boundary: bytes) -> None:
        self._stream = stream
        # With this line break before it, the first delimiter is like all others.
        self._held = b"\r\n"
        self.delimiter = b"\r\n--" + boundary
        self.found = True

    def upto_delimiter(self) -> Iterator[bytes]:
        return self.upto(self.delimiter)

    def upto(self, mark: bytes, *, most: int | None = None) -> Iterator[bytes]:
        """What comes before the mark, piece by piece; the mark itself is passed over."""
        self.found, given = False, 0
        while True:
            place = self._held.find(mark)
            if place >= 0:
                piece, self._held = self._held[:place], self._held[place + len(mark) :]
                self.found = True
                yield piece
                return
            sure = max(0, len(self._held) - len(mark) + 1)
            piece, self._held = self._held[:sure], self._held[sure:]
            given += len(piece)
            if piece:
                yield piece
            more = self._stream.read(CHUNK) if most is None or given <= most else b""
            if not more:
                yield self._held
                self._held = b""
                return
            self._held += more


@dataclass(slots=True)
class _Gathered:
    """What was read so far."""

    limits: Limits
    fields: list[tuple[str, str]] = field(default_factory=list)
    files: list[Attached] = field(default_factory=list)
    skeleton: bytearray = field(default_factory=bytearray)
    unreadable: str = ""
    text: int = 0
    held: int = 0
    parts: int = 0

    def form(self) -> Form:
        return Form(
            fields=tuple(self.fields),
            files=tuple(self.files),
            skeleton=bytes(self.skeleton),
            unreadable=self.unreadable,
        )

    def part(self, source: _Source) -> None:
        """One part: its head, and what it holds."""
        self.parts += 1
        head = b"".join(source.upto(b"\r\n\r\n", most=LONGEST_HEAD))
        if not source.found or self.parts > MOST_PARTS:
            self.skeleton += head
            self.unreadable = "it has too many parts" if source.found else "a part has no end"
            return
        said = _said(head)
        if "filename" in said:
            self._file(head, said, source)
        else:
            self._field(head, said, source)

    def _field(self, head: bytes, said: dict[str, str], source: _Source) -> None:
        value = bytearray()
        for piece in source.upto_delimiter():
            if self.text + len(piece) <= MOST_TEXT:
                value += piece
                self.text += len(piece)
            else:
                self.unreadable = f"it has more than {MOST_TEXT // 1024**2} MB of words"
        self.skeleton += head + b"\r\n\r\n" + value
        self.fields.append((said.get("name", ""), value.decode("utf-8", "replace")))

    def _file(self, head: bytes, said: dict[str, str], source: _Source) -> None:
        content, digest, size, why = bytearray(), hashlib.sha256(), 0, ""
        for piece in source.upto_delimiter():
            digest.update(piece)
            size += len(piece)
            why = why or self._why_not(len(content) + len(piece))
            if why:
                content.clear()
            else:
                content += piece
        if not size and not said["filename"]:
            # A field for files that was left empty.
            self.skeleton += head + b"\r\n\r\n"
            return
        kept = f": sha256={digest.hexdigest()}; length={size}".encode()
        self.skeleton += head + b"\r\n" + KEPT + kept + b"\r\n\r\n"
        self.held += len(content)
        self.files.append(
            Attached(
                name=_plain(said["filename"]) or "unnamed",
                content_type=said.get("type", "application/octet-stream"),
                content=bytes(content),
                size=size,
                left_out=why,
            )
        )

    def _why_not(self, size: int) -> str:
        if len(self.files) >= self.limits.most:
            return f"It came after {self.limits.most} others."
        if size > self.limits.largest:
            return f"It is larger than {self.limits.largest // 1024**2} MB."
        if self.held + size > self.limits.together:
            return f"All together were more than {self.limits.together // 1024**2} MB."
        return ""


_DISPOSITION = re.compile(rb"^content-disposition\s*:(.*)$", re.I | re.M)
_TYPE = re.compile(rb"^content-type\s*:\s*([^\r\n;]*)", re.I | re.M)
_PARAMETER = re.compile(rb';\s*(name|filename\*?)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s;]*))', re.I)


def _said(head: bytes) -> dict[str, str]:
    """What a part's head says of it: `name`, `filename`, `type`, as far as they are there."""
    said = {}
    found = _DISPOSITION.search(head)
    for key, quoted, bare in _PARAMETER.findall(found[1] if found else b""):
        said[key.decode().lower()] = (quoted or bare).decode("utf-8", "replace")
    if "filename*" in said:
        said["filename"] = unquote(said.pop("filename*").rpartition("''")[2])
    if kind := _TYPE.search(head):
        said["type"] = kind[1].decode("latin-1").strip() or "application/octet-stream"
    return said


def _plain(name: str) -> str:
    """A file's name without the folders before it. Browsers write quotes and line ends as %22."""
    for written, meant in (("%22", '"'), ("%0D", "\r"), ("%0A", "\n")):
        name = name.replace(written, meant)
    return re.split(r"[\\/]", name)[-1].strip()
