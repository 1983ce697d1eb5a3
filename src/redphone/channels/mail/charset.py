"""Bytes in whatever charset a mail claims, as text. There is always an answer."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
    "iso2022_jp": "iso2022_jp_ext",
}
"""Charsets by their codec, and what mails that claim them hold in truth (WHATWG's table)."""

ALIASES = {
    "unicode-1-1-utf-7": "utf-7",
    "x-unknown": "ascii",
    "unknown-8bit": "ascii",
    "ansi_x3.110-1983": "cp1252",
    "x-sjis": "cp932",
    "x-euc-jp": "euc_jp",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "iso-8859-8-e": "iso8859-8",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "windows-874": "cp874",
    "dos-874": "cp874",
    "iso-8859-11": "tis_620",
    "x-windows-949": "cp949",
}

GUESSED_FROM = 20_000
"""As many bytes are looked at when nothing says which charset it is."""


def decode(content: bytes, charset: str) -> tuple[str, bool]:
    """The text, and whether the claimed charset fitted it.

    In order: the claimed charset, UTF-8, the likeliest by the letters' frequency, and at last
    Windows-1252 with marks where a byte means nothing.
    """
    codec = _codec(charset)
    if codec in ("", "cp1252") and (text := _as_utf8(content)) is not None:
        # Hardly any Western text is UTF-8 by chance, and many programs name the wrong one.
        return text, True
    if codec:
        try:
            return content.decode(codec), True
        except (UnicodeError, ValueError):
            pass
    if (text := _as_utf8(content)) is not None:
        return text, False
    if codec and codec != "utf-8":
        text = content.decode(codec, errors="replace")
        if text.count("\ufffd") * 50 <= len(text):
            return text, False
    return _guessed(content), False


def _as_utf8(content: bytes) -> str | None:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _codec(charset: str) -> str:
    """The codec for a charset's name, "" where there is none."""
    name = re.sub(r"[^a-z0-9._-]", "", charset.lower()[:60])
    name = re.sub(r"^cs(?=iso|shift|euc|gb|big5)", "", name)
    if not name or name in ("default", "unknown", "none", "us-ascii", "ascii"):
        # What claims to be ASCII and is not, is decided by its bytes.
        return ""
    try:
        found = codecs.lookup(ALIASES.get(name, name))
    except (LookupError, ValueError):
        return ""
    if not getattr(found, "_is_text_encoding", True):
        return ""
    return SUPERSETS.get(found.name, found.name)


def _guessed(content: bytes) -> str:
    best = from_bytes(content[:GUESSED_FROM]).best() if content else None
    if best is not None:
        return content.decode(best.encoding, errors="replace")
    return content.decode("cp1252", errors="replace")
