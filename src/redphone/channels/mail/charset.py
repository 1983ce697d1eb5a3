"""Bytes to words, when the charset that a mail names is wrong, odd or missing."""

from __future__ import annotations

import codecs
import re
from email.header import decode_header

from charset_normalizer import from_bytes

ALIASES = {
    "unicode-1-1-utf-7": "utf-7",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-roman": "mac_roman",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-9": "cp1254",
    "tis-620": "cp874",
    "uft-8": "utf-8",
    "utf8mb4": "utf-8",
    "cp-850": "cp850",
}
"""What mail programs write, and what Python calls the charset that they mean by it."""

GUESS_FROM = 16 * 1024
"""So many bytes are enough to guess a charset from."""

LONGEST_HEADER = 10_000
"""Characters of one header's value; nobody writes a longer subject, and decoding costs time."""

_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BETWEEN_WORDS = re.compile(r"\?=\s+=\?")


def words(raw: bytes, charset: str | None) -> str:
    """The text in some bytes: by the charset that is named, or else by what they look like."""
    named = _codec(charset)
    text = None
    if named is not None and named not in {"ascii", "cp1252"}:
        text = _decoded(raw, named)
    if text is None:
        text = _decoded(raw, "utf-8")
    if text is None and named == "cp1252":
        text = _decoded(raw, named)
    if text is None:
        text = _guessed(raw)
    return _NOT_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _codec(charset: str | None) -> str | None:
    if not charset:
        return None
    name = re.sub(r"[^a-z0-9_.-]", "", charset.strip("\"' ").lower().replace("charset=", ""))
    name = ALIASES.get(name, name)
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError, UnicodeError):
        return None
    # Some of Python's codecs turn bytes into bytes (base64, zip): they are no charsets.
    return found.name if found._is_text_encoding else None


def _decoded(raw: bytes, codec: str) -> str | None:
    if codec == "utf-8" and b"\x1b$" in raw[:GUESS_FROM]:
        return None
    try:
        return raw.decode(codec)
    except (UnicodeError, ValueError):
        return None


def _guessed(raw: bytes) -> str:
    if b"\x1b$" in raw:
        return raw.decode("iso2022_jp_ext", "replace")
    best = from_bytes(raw[:GUESS_FROM]).best()
    codec = best.encoding if best is not None else "cp1252"
    return raw.decode(codec, "replace")


def header(value: str) -> str:
    """A header's value in words, on one line: encoded words decoded, raw bytes guessed."""
    value = value[:LONGEST_HEADER]
    plain = _plain(value)
    if "=?" in plain:
        plain = _encoded_words(plain)
    return " ".join(_NOT_TEXT.sub("", plain).split())


def _plain(value: str) -> str:
    """The value with the bytes in it, which Python keeps as surrogates, made letters."""
    if value.isascii():
        return value
    raw = value.encode("utf-8", "surrogateescape")
    return words(raw, None)


def _encoded_words(value: str) -> str:
    joined = _BETWEEN_WORDS.sub("?==?", value)
    try:
        parts = decode_header(joined)
    except (ValueError, LookupError, UnicodeError, TypeError):
        return value
    return "".join(
        words(part, charset) if isinstance(part, bytes) else part for part, charset in parts
    )
