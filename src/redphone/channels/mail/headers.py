"""A mail's header: its fields, their encoded words, their parameters and addresses.

All of it is bounded, for a header may be as long as a sender likes, and none of it raises.
"""

from __future__ import annotations

import binascii
import quopri
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from redphone.channels.mail.charset import decode

MOST_FIELDS = 1_000
LONGEST_FIELD = 64_000
LONGEST_VALUE = 2_000
"""As many characters of an unstructured field or of a name are kept."""

LONGEST_LIST = 30_000
MOST_ADDRESSES = 500
MOST_PARAMETERS = 200

_FIELD = re.compile(rb"([!-9;-~]{1,100})[ \t]*:(.*)", re.DOTALL)
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_PARAMETER = re.compile(r';\s*([^\s=;"]{1,60})\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))', re.DOTALL)
_NOT_BASE64 = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
)
_ID = re.compile(r"<([^<>\s]{1,250})>")
_ADDRESS = re.compile(
    r"(?<![^\s<>()\[\],;:\"@])[^\s<>()\[\],;:\"@]{1,150}@(?:[^\s<>()\[\],;:\"@]{1,255}|\[[0-9A-Fa-f:.]{3,60}\])"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\s]+")


@dataclass(slots=True)
class Headers:
    """The fields of one header, in order; a name is looked up in any case."""

    fields: list[tuple[str, bytes]] = field(default_factory=list)
    is_cut: bool = False

    def all(self, name: str) -> list[str]:
        """The values of all fields of this name, unfolded, encoded words left as they are."""
        return [_unfolded(value) for key, value in self.fields if key == name]

    def get(self, name: str) -> str:
        """The value of the first field of this name that has one, "" if there is none."""
        return next((value for value in self.all(name) if value), "")

    def text(self, name: str) -> str:
        """The same with encoded words decoded: one line, no control characters."""
        return one_line(decoded(self.get(name)))

    def has(self, name: str) -> bool:
        """Whether there is such a field at all, be it empty."""
        return any(key == name for key, _ in self.fields)


def read_headers(block: bytes) -> Headers:
    """The fields of a header block whose lines end in a line feed.

    A line that is no field belongs to the one before it, as some programs fold without blanks.
    """
    headers = Headers()
    lines = block.split(b"\n", MOST_FIELDS * 20)
    headers.is_cut = len(lines) > MOST_FIELDS * 20
    for line in lines[: MOST_FIELDS * 20]:
        found = None if line[:1] in (b" ", b"\t") else _FIELD.match(line[:LONGEST_FIELD])
        if found:
            if len(headers.fields) >= MOST_FIELDS:
                headers.is_cut = True
                break
            headers.fields.append((found[1].decode("ascii").lower(), found[2]))
        elif headers.fields:
            name, value = headers.fields[-1]
            if len(value) + len(line) <= LONGEST_FIELD:
                headers.fields[-1] = (name, value + b"\n" + line)
            else:
                headers.is_cut = True
    return headers


def decoded(value: str) -> str:
    """A value with its encoded words (RFC 2047) decoded, also where they split a character."""
    if "=?" not in value:
        return value
    value = re.sub(r"(\?=)\s+(?==\?)", r"\1", value[:LONGEST_FIELD])
    text, at, held, charset = [], 0, b"", ""
    for word in _WORD.finditer(value):
        if held and (word.start() > at or word[1].lower() != charset):
            text.append(decode(held, charset)[0])
            held = b""
        text.append(value[at : word.start()])
        charset, held, at = word[1].lower(), held + _bytes_of(word[2], word[3]), word.end()
    if held:
        text.append(decode(held, charset.partition("*")[0])[0])
    return "".join(text) + value[at:]


def one_line(text: str) -> str:
    """Text with no line breaks, control characters or marks that turn its direction."""
    return _CONTROL.sub(" ", text[: LONGEST_VALUE * 2]).strip()[:LONGEST_VALUE]


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """A structured value as its main word, in lower case, and its parameters (RFC 2231)."""
    value = value[:LONGEST_FIELD]
    main = value.partition(";")[0].strip().lower()
    found: dict[str, str] = {}
    for count, match in enumerate(_PARAMETER.finditer(value)):
        if count >= MOST_PARAMETERS:
            break
        quoted = match[2]
        said = match[3].strip() if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        found.setdefault(match[1].lower(), said)
    return main, _joined(found)


def addresses(values: list[str]) -> list[tuple[str, str]]:
    """The (name, address) pairs in these values. An address is what has an @ between words."""
    found: list[tuple[str, str]] = []
    for value in values:
        for part in _split(value[:LONGEST_LIST]):
            pair = _pair(part)
            if pair[1]:
                found.append(pair)
            if len(found) >= MOST_ADDRESSES:
                return found
    return found


def message_ids(value: str) -> tuple[str, ...]:
    """The message ids in a value, each with its angle brackets, in order, each once."""
    found = [f"<{match}>" for match in _ID.findall(value[:LONGEST_FIELD])]
    if not found and re.fullmatch(r"[^\s<>@]{1,120}@[^\s<>@]{1,120}", value.strip()):
        found = [f"<{value.strip()}>"]
    return tuple(dict.fromkeys(found))


def moment(value: str) -> datetime | None:
    """The moment that a Date field names, in UTC; None if it names none."""
    try:
        at = parsedate_to_datetime(value[:200])
        # A zone of -0000 says nothing about where; the time is still UTC.
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None


def _unfolded(value: bytes) -> str:
    joined = re.sub(rb"\n[ \t]*", b" ", value).strip()
    if joined.isascii():
        return joined.decode("ascii")
    return decode(joined, "")[0]


def _bytes_of(how: str, word: str) -> bytes:
    raw = word.encode("utf-8", "replace")
    if how in "qQ":
        return quopri.decodestring(raw.replace(b"_", b" "), header=False)
    return base64_bytes(raw)


def base64_bytes(raw: bytes) -> bytes:
    """What base64 holds, as far as it can be read: stray characters and missing ends allowed."""
    kept = raw.translate(None, delete=_NOT_BASE64)
    kept += b"=" * (-len(kept) % 4)
    try:
        return binascii.a2b_base64(kept)
    except binascii.Error:
        return binascii.a2b_base64(kept[: len(kept) // 4 * 4 - 4])


def _joined(found: dict[str, str]) -> dict[str, str]:
    """Parameters whose pieces (name*0, name*1*) are put together and decoded."""
    whole: dict[str, str] = {}
    for name in dict.fromkeys(key.partition("*")[0] for key in found):
        pieces = _pieces(name, found)
        if not pieces:
            whole[name] = decoded(found[name])
            continue
        charset, raw = "", b""
        for index, (text, is_encoded) in enumerate(pieces):
            if is_encoded and index == 0 and text.count("'") >= 2:
                charset, _, text = text.split("'", 2)
            raw += unquote_to_bytes(text) if is_encoded else text.encode("utf-8", "replace")
        whole[name] = decoded(decode(raw, charset)[0])
    return whole


def _pieces(name: str, found: dict[str, str]) -> list[tuple[str, bool]]:
    if f"{name}*" in found:
        return [(found[f"{name}*"], True)]
    pieces: list[tuple[str, bool]] = []
    while len(pieces) < MOST_PARAMETERS:
        key = f"{name}*{len(pieces)}"
        if f"{key}*" in found:
            pieces.append((found[f"{key}*"], True))
        elif key in found:
            pieces.append((found[key], False))
        else:
            break
    return pieces


def _split(value: str) -> list[str]:
    """The parts of an address list: commas and semicolons count outside quotes and brackets."""
    parts, start, quoted, depth, angle = [], 0, False, 0, False
    skip = False
    for at, letter in enumerate(value):
        if skip:
            skip = False
        elif letter == "\\":
            skip = True
        elif letter == '"' and not depth:
            quoted = not quoted
        elif quoted:
            continue
        elif letter == "(":
            depth += 1
        elif letter == ")" and depth:
            depth -= 1
        elif depth:
            continue
        elif letter in "<>":
            angle = letter == "<"
        elif letter in ",;" and not angle:
            parts.append(value[start:at])
            start = at + 1
    parts.append(value[start:])
    return parts[:MOST_ADDRESSES]


def _pair(part: str) -> tuple[str, str]:
    """The name and the address of one part: the address is in the last angle brackets."""
    before, opened, rest = part.rpartition("<")
    if opened:
        found = _ADDRESS.findall(rest.partition(">")[0])
        name = before
    else:
        comment = re.search(r"\(([^()]{0,500})\)", part)
        bare = re.sub(r"\([^()]{0,500}\)", " ", part)
        found = _ADDRESS.findall(bare)
        name = comment[1] if comment else ""
        if not name and found:
            name = bare.partition(found[-1])[0].rpartition(":")[2]
    if not found:
        return one_line(_name(part)), ""
    return one_line(_name(name)), one_line(found[-1].strip("'."))[:320]


def _name(text: str) -> str:
    text = text.rpartition(":")[2] if re.match(r"\s*[^\"@<]*:", text) else text
    text = re.sub(r"\\(.)", r"\1", text.strip().strip('"'))
    return decoded(text.strip())
