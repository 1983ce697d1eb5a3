"""From bytes to values: unpacked, decoded, parsed, with a bound on all of it.

What is well-formed goes by msgspec, which is fast and strict. What is not quite JSON (odd
charsets, NaN, line breaks inside of strings, halves of characters) is tried a second time with
patience: an alert with a flaw is still an alert.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from redphone.channels.alerts.alert import NotReadable

LARGEST = 2 * 1024 * 1024
"""Bytes of a body, also after it was unpacked. The largest known sender stays under 512 KB."""

MOST_PAIRS = 1000
"""Fields of a form."""

NO_JSON = "The body is no JSON. Send one JSON object in UTF-8."

_decode = msgspec.json.Decoder().decode


def read_json(body: bytes, headers: Mapping[str, str]) -> Any:
    """The JSON value of a body.

    Raises:
        NotReadable: it is too large, can't be unpacked, or is no JSON.
    """
    plain = unpacked(body, headers)
    try:
        return _decode(plain)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _patiently(plain, headers)
    except RecursionError:
        raise NotReadable("The body is nested too deeply. Send a flatter one.") from None


def read_any(body: bytes, headers: Mapping[str, str]) -> Any:
    """The value of a body that is JSON, a form, or words: an object, a list, or a text.

    Raises:
        NotReadable: it is too large, can't be unpacked, or says to be JSON and is none.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    plain = unpacked(body, headers)
    if kind == "application/x-www-form-urlencoded" and not _looks_like_json(plain):
        return _form(decoded(plain, headers))
    if _looks_like_json(plain) or kind.endswith("json"):
        return read_json(plain, _without_packing(headers))
    return decoded(plain, headers)


def unpacked(body: bytes, headers: Mapping[str, str]) -> bytes:
    """The body without its Content-Encoding, never larger than `LARGEST`.

    Raises:
        NotReadable: it is too large, or packed in a way that can't be undone.
    """
    packing = headers.get("content-encoding", "").strip().lower()
    if len(body) > LARGEST:
        raise _too_large()
    if packing in ("", "identity"):
        return body
    if packing not in ("gzip", "x-gzip", "deflate"):
        message = "The body is packed in a way that is not known here. Send it plain or by gzip."
        raise NotReadable(message, status=415)
    return _inflated(body)


def _too_large() -> NotReadable:
    return NotReadable(f"The body is larger than {LARGEST} bytes. Send less.", status=413)


def _inflated(body: bytes) -> bytes:
    """Unpack no more than is allowed: a small body can hold a very large one."""
    raw_deflate = body[:2] != b"\x1f\x8b" and body[:1] != b"\x78"
    stream = zlib.decompressobj(wbits=-15 if raw_deflate else 47)
    try:
        plain = stream.decompress(body, LARGEST + 1)
    except zlib.error:
        raise NotReadable("The packed body can't be unpacked. Send it again.") from None
    if len(plain) > LARGEST:
        raise _too_large()
    if not stream.eof:
        raise NotReadable("The packed body ends too early. Send it again.")
    return plain


def decoded(body: bytes, headers: Mapping[str, str]) -> str:
    """The text of a body: by its byte order mark, its charset, UTF-8, or byte by byte."""
    for charset in (_marked(body), _charset(headers), "utf-8", "cp1252"):
        if charset:
            try:
                return body.decode(charset).removeprefix("\ufeff")
            except (UnicodeDecodeError, LookupError, ValueError):
                continue
    return body.decode("latin-1")


def _marked(body: bytes) -> str:
    try:
        guess = json.detect_encoding(body[:4])
    except IndexError:  # A single byte is too little to tell.
        return ""
    return "" if guess == "utf-8" else guess


def _charset(headers: Mapping[str, str]) -> str:
    content_type = headers.get("content-type", "")
    if "charset" not in content_type.lower():
        return ""
    parsed = Message()
    parsed["content-type"] = re.sub(r"[^\x20-\x7e]", "", content_type)
    named = parsed.get_content_charset("")
    # Python has codecs that are no charsets, such as "hex" and "zip", which unpack.
    return named if re.fullmatch(r"[a-z0-9_.:-]{2,30}", named) else ""


def _patiently(body: bytes, headers: Mapping[str, str]) -> Any:
    """The second try. Python's parser takes NaN, line breaks in strings, halves of characters."""
    try:
        return json.loads(decoded(body, headers).strip().strip("\x00"), strict=False)
    except RecursionError:
        raise NotReadable("The body is nested too deeply. Send a flatter one.") from None
    except ValueError as error:
        errors = [f"JSON parse error: {error}"[:200]]
        raise NotReadable(NO_JSON, errors=errors) from None


def _looks_like_json(body: bytes) -> bool:
    start = body[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1]
    return start in (b"{", b"[")


def _form(text: str) -> Any:
    """A form's fields. A single field "payload" that holds JSON is what Slack's senders do."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_PAIRS)
    except ValueError:
        message = f"The form has more than {MOST_PAIRS} fields. Send fewer."
        raise NotReadable(message, status=413) from None
    fields = dict(reversed(pairs))
    payload = fields.get("payload", "")
    if payload.lstrip()[:1] == "{":
        return read_json(payload.encode("utf-8", "surrogatepass"), {})
    return fields


def _without_packing(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value for name, value in headers.items() if name != "content-encoding"}
