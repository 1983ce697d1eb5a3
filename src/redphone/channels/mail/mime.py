"""A mail taken apart: headers, texts, files. Bounded in work, whatever the mail is made of."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import Message

from redphone.channels.mail import charset
from redphone.core.report import Attached

MOST_CONTAINERS = 60
"""Parts of parts in one mail. No person's mail has more; a bomb has thousands."""

MOST_BOUNDARIES = 2000
MOST_PARTS = 200
MOST_HEADERS = 1000
HEAD = 256 * 1024
"""Bytes in which the headers have to end."""

LONGEST_TEXT = 1024 * 1024
"""Bytes of one text that are read; the raw mail is kept whole."""

_BOUNDARY = re.compile(
    r"(?m)boundary=\"?([^\s\";]{4,70})|^--([^\s-]\S{3,68})[ \t]*$|^--(-{2,}\S{4,66})$"
)
_OF_A_MAIL = ("from", "to", "subject", "date", "received", "message-id", "content-type")
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")

TOO_TANGLED = "It has more parts inside parts than can be taken apart. The raw mail is kept."


@dataclass(slots=True)
class Taken:
    """A mail in its parts. `headers` are (name in small letters, value as it came), in order.

    `reports` are the machine-readable parts of a delivery report, `originals` what came back of
    the mail that it is about. `is_report` says that the mail itself is one.
    """

    headers: list[tuple[str, str]] = field(default_factory=list)
    content_type: str = "text/plain"
    report_type: str = ""
    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    files: list[Attached] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    feedback: list[str] = field(default_factory=list)
    originals: list[str] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)

    def all(self, name: str) -> list[str]:
        """The values of a header, in words."""
        return [charset.header(value) for key, value in self.headers if key == name]

    def first(self, name: str) -> str:
        """The first value of a header; "" when it has none."""
        raw = next((value for key, value in self.headers if key == name), "")
        return charset.header(raw)

    def has(self, name: str) -> bool:
        return any(key == name for key, _ in self.headers)


def take_apart(raw: bytes) -> Taken:
    """The parts of a mail. What can't be taken apart is read as one text."""
    raw = _with_line_ends(raw)
    if _is_bomb(raw):
        return _as_one_text(raw, TOO_TANGLED)
    try:
        taken = _parts(message_from_bytes(raw, policy=policy.compat32))
        has_words = any(text.strip() for text in (*taken.plain, *taken.html))
        if not has_words and not any(taken.has(name) for name in _OF_A_MAIL):
            # It has no headers that a mail has: all of it is somebody's words.
            taken.plain = [charset.words(raw[:LONGEST_TEXT], None)]
        return taken
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        return _as_one_text(
            raw, f"It is no mail that can be taken apart ({type(error).__name__})."
        )


def _with_line_ends(raw: bytes) -> bytes:
    """The mail without the line of a mailbox file before it, its lines ended as anywhere."""
    if b"\r" in raw and b"\n" not in raw[:HEAD]:
        raw = raw.replace(b"\r", b"\n")
    raw = raw.lstrip(b"\r\n")
    if raw.startswith((b"From ", b">From ")):
        raw = raw.partition(b"\n")[2]
    return raw


def _is_bomb(raw: bytes) -> bool:
    # Each open container is compared with every line, so that depth times length is the cost.
    if raw.count(b"\n--") > MOST_BOUNDARIES and re.search(rb"(?i)multipart/", raw[:HEAD]):
        return True
    if len(re.findall(rb"(?i)multipart/|message/rfc822", raw)) > MOST_CONTAINERS:
        return True
    head = re.split(rb"\r?\n\r?\n", raw[:HEAD], maxsplit=1)[0]
    return head.count(b"\n") > MOST_HEADERS * 4


def _as_one_text(raw: bytes, why: str) -> Taken:
    head, _, body = raw[: HEAD + LONGEST_TEXT].replace(b"\r\n", b"\n").partition(b"\n\n")
    lines = head[:HEAD].split(b"\n")[:MOST_HEADERS]
    found = message_from_bytes(b"\n".join(lines) + b"\n\n", policy=policy.compat32)
    taken = Taken(headers=_headers(found), defects=[why])
    taken.plain.append(charset.words(body[:LONGEST_TEXT], None))
    return taken


def _headers(message: Message) -> list[tuple[str, str]]:
    found = list(message.raw_items())[:MOST_HEADERS]
    return [(str(name).lower(), str(value)) for name, value in found]


def _parts(message: Message) -> Taken:
    taken = Taken(headers=_headers(message), content_type=_type(message))
    taken.report_type = str(_parameter(message, "report-type") or "").lower()
    for number, (part, depth) in enumerate(_leaves(message, 0)):
        if number >= MOST_PARTS:
            taken.defects.append(TOO_TANGLED)
            break
        _take(part, depth, number, taken)
    taken.defects += sorted({type(defect).__name__ for defect in message.defects})
    return taken


def _leaves(message: Message, depth: int) -> Iterator[tuple[Message, int]]:
    """What is no container, in order. A mail inside the mail is one part of it."""
    inner = message.get_payload()
    if message.get_content_maintype() == "multipart" and isinstance(inner, list):
        for part in inner:
            if isinstance(part, Message):
                yield from _leaves(part, depth + 1)
    elif message.get_content_maintype() == "multipart" and isinstance(inner, str):
        yield from _recovered(message, inner, depth)
    else:
        yield message, depth


def _recovered(message: Message, inner: str, depth: int) -> Iterator[tuple[Message, int]]:
    """The parts of a container whose boundary is named wrongly, by one that stands in its text."""
    found = _BOUNDARY.search(inner[:LONGEST_TEXT])
    boundary = next((each for each in found.groups() if each), "") if found else ""
    if depth < 3 and boundary and f"--{boundary}" in inner:
        head = f'Content-Type: multipart/mixed; boundary="{boundary}"\n\n'
        again = message_from_bytes(
            (head + inner).encode("utf-8", "surrogateescape"), policy=policy.compat32
        )
        if isinstance(again.get_payload(), list):
            yield from _leaves(again, depth + 1)
            return
    del message["content-type"]
    yield message, depth


def _take(part: Message, depth: int, number: int, taken: Taken) -> None:
    kind = _type(part)
    if kind in ("message/delivery-status", "message/global-delivery-status"):
        taken.reports.append(_inner(part))
    elif kind == "message/feedback-report":
        taken.feedback.append(_inner(part))
    elif kind in ("message/rfc822", "text/rfc822-headers", "message/global", "message/partial"):
        taken.originals.append(_inner(part))
        taken.files.append(_file(part, number, kind, _inner(part).encode("utf-8", "replace")))
    elif kind in ("text/plain", "text/html") and not _is_attached(part):
        raw = _content(part)[:LONGEST_TEXT]
        text = charset.words(raw, _charset(part))
        if str(_parameter(part, "format") or "").lower() == "flowed":
            text = _unflowed(text)
        (taken.html if kind == "text/html" else taken.plain).append(text)
    else:
        taken.files.append(_file(part, number, kind, _content(part)))


def _type(part: Message) -> str:
    try:
        found = _TYPE.match(part.get_content_type())
    except (ValueError, TypeError, AttributeError):
        found = None
    return found[0] if found else "text/plain"


def _parameter(part: Message, name: str) -> object:
    try:
        return part.get_param(name)
    except (ValueError, TypeError, LookupError, AttributeError):
        return None


def _charset(part: Message) -> str | None:
    try:
        return part.get_content_charset()
    except (ValueError, TypeError, LookupError, UnicodeError, AttributeError):
        return None


def _is_attached(part: Message) -> bool:
    try:
        said = part.get_content_disposition()
    except (ValueError, TypeError, AttributeError):
        said = None
    return said == "attachment" or (bool(_name(part)) and said != "inline")


def _content(part: Message) -> bytes:
    """The bytes of a part, its transfer encoding undone as far as it holds."""
    try:
        found = part.get_payload(decode=True)
    except (ValueError, TypeError, LookupError, AssertionError):
        found = None
    if isinstance(found, bytes):
        return found
    inner = part.get_payload()
    return inner.encode("utf-8", "surrogateescape") if isinstance(inner, str) else b""


def _inner(part: Message) -> str:
    """The text of a part that is a message: of a report, its groups of fields."""
    inner = part.get_payload()
    if not isinstance(inner, list):
        return charset.words(_content(part), _charset(part))
    texts = []
    for each in inner:
        if not isinstance(each, Message):
            continue
        head = "\n".join(f"{name}: {charset.header(value)}" for name, value in _headers(each))
        body = each.get_payload()
        texts.append(head + ("\n\n" + body if isinstance(body, str) else ""))
    return "\n\n".join(texts)


def _name(part: Message) -> str:
    try:
        found = part.get_filename() or ""
    except (ValueError, TypeError, LookupError, UnicodeError, AttributeError):
        found = ""
    name = charset.header(str(found)).replace("\\", "/").rpartition("/")[2]
    return re.sub(r"[\u202a-\u202e\u2066-\u2069\u200e\u200f]", "", name).strip(". ")[:150]


def _file(part: Message, number: int, kind: str, content: bytes) -> Attached:
    ending = mimetypes.guess_extension(kind) or (".eml" if kind.startswith("message/") else ".bin")
    return Attached(
        name=_name(part) or f"part-{number + 1}{ending}", content_type=kind, content=content
    )


def _unflowed(text: str) -> str:
    """Lines that were broken for the way (RFC 3676) as the one that was written."""
    whole: list[str] = []
    is_open = False
    for line in text.split("\n"):
        if is_open and not line.startswith((">", " ")) and line.strip():
            whole[-1] += line
        else:
            whole.append(line)
        is_open = line.endswith(" ") and line != "-- " and not line.startswith(">")
    return "\n".join(whole)
