"""The files of a mail, named so that a name can do no harm."""

from __future__ import annotations

import re

from redphone.channels.mail.headers import one_line
from redphone.channels.mail.mime import LARGEST_DECODED, Part, uuencoded
from redphone.core.report import Attached

MOST_FILES = 200
LONGEST_NAME = 120
TOO_MUCH = "the files of this mail are larger together than what is kept"

_ENDINGS = {
    "text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics", "text/csv": ".csv",
    "text/x-vcard": ".vcf", "text/vcard": ".vcf", "image/jpeg": ".jpg", "image/png": ".png",
    "image/gif": ".gif", "application/pdf": ".pdf", "application/zip": ".zip",
    "message/rfc822": ".eml", "message/global": ".eml", "application/ms-tnef": ".dat",
    "application/pkcs7-signature": ".p7s", "application/pgp-signature": ".asc",
    "message/delivery-status": ".txt", "text/rfc822-headers": ".txt",
}  # fmt: skip


def file_of(part: Part, number: int, spent: int) -> Attached:
    """A part as a file. `spent` are the bytes that the files before it took."""
    name = safe_name(part.name) or _made_up(part, number)
    # Base64 is a third longer than what it holds, so that nothing is decoded in vain.
    is_coded = part.headers.get("content-transfer-encoding").lower().strip() == "base64"
    expected = len(part.raw) * 3 // 4 if is_coded else len(part.raw)
    if spent + expected > LARGEST_DECODED:
        return Attached(
            name=name,
            content_type=part.content_type,
            content=b"",
            size=expected,
            left_out=TOO_MUCH,
        )
    return Attached(name=name, content_type=part.content_type, content=part.content())


def files_in_text(part: Part, spent: int) -> list[Attached]:
    """The uuencoded files within a text."""
    if b"begin " not in part.raw or spent + len(part.raw) > LARGEST_DECODED:
        return []
    return [
        Attached(
            name=safe_name(name) or "file.bin",
            content_type="application/octet-stream",
            content=content,
        )
        for name, content in uuencoded(part.raw)
    ]


def safe_name(name: str) -> str:
    """The last part of a file's name, without what file systems and headers read as more."""
    name = one_line(name).replace("\\", "/").rpartition("/")[2]
    name = re.sub(r'[\x00-\x1f\x7f<>:"|?*]', "_", name).strip(" .")
    if len(name) <= LONGEST_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    if dot and len(ending) <= 10:
        return stem[: LONGEST_NAME - len(ending) - 1] + dot + ending
    return name[:LONGEST_NAME]


def _made_up(part: Part, number: int) -> str:
    inner = part.parts[0].headers.text("subject") if part.parts else ""
    stem = safe_name(inner.replace("/", "-"))[:60] or f"part-{number}"
    return stem + _ENDINGS.get(part.content_type, ".bin")
