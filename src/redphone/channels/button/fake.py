"""The other end: a browser that sends a form in parts."""

from __future__ import annotations

from collections.abc import Iterable

BOUNDARY = b"----WebKitFormBoundaryRedphoneFake00"


def body(
    fields: Iterable[tuple[str, str]], files: Iterable[tuple[str, str, str, bytes]] = ()
) -> bytes:
    """The body as browsers write it. Files are (field, name, type, bytes)."""
    made = bytearray()
    for name, value in fields:
        made += _head(f'form-data; name="{_quoted(name)}"')
        made += value.encode("utf-8", "surrogatepass") + b"\r\n"
    for field, name, kind, content in files:
        where = f'form-data; name="{_quoted(field)}"; filename="{_quoted(name)}"'
        made += _head(where, kind) + content + b"\r\n"
    return bytes(made) + b"--" + BOUNDARY + b"--\r\n"


def _head(disposition: str, kind: str = "") -> bytes:
    type_line = f"Content-Type: {kind}\r\n" if kind else ""
    head = f"Content-Disposition: {disposition}\r\n{type_line}\r\n"
    return b"--" + BOUNDARY + b"\r\n" + head.encode("utf-8", "surrogatepass")


def _quoted(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
