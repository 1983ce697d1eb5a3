"""Where mail comes in, as the settings write it: places to listen at, and mailboxes to read."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit


class BadDoor(ValueError):
    """An address that is no door; the message says what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where we listen: `kind` is smtp or lmtp; a host and a port, or the path of a socket."""

    kind: str
    host: str = ""
    port: int = 0
    socket: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A mailbox elsewhere, from imaps://user:password@host:port/INBOX,Urgent?done=Done.

    `done` is the folder that taken mails are moved to; "" leaves them where they are, read.
    `tls` is `tls` from the first byte, `starttls`, or `none`.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folders: tuple[str, ...]
    tls: str
    done: str

    def name(self, folder: str) -> str:
        """Under which name the position in a folder is kept."""
        return f"{self.user}@{self.host}:{self.port}/{folder}"


def place(address: str) -> Place:
    """The parts of smtp://host:port, lmtp://host:port or lmtp:///path/of/socket.

    Raises:
        BadDoor: it is none of these.
    """
    parts = urlsplit(address)
    if parts.scheme == "lmtp" and not parts.netloc and parts.path:
        return Place(kind="lmtp", socket=parts.path)
    if parts.scheme not in ("smtp", "lmtp") or not parts.hostname:
        raise BadDoor(f"{address!r} is no door. Write smtp://host:port or lmtp:///path/of/socket.")
    usual = 25 if parts.scheme == "smtp" else 24
    return Place(kind=parts.scheme, host=parts.hostname, port=_port(address, usual))


def mailbox(address: str) -> Mailbox:
    """The parts of an imaps:// or imap:// address.

    Raises:
        BadDoor: it is none, or names no user. The message does not repeat the password.
    """
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query))
    if parts.scheme not in ("imap", "imaps") or not parts.hostname or not parts.username:
        raise BadDoor("Write imaps://user:password@mail.example/INBOX.")
    is_tls = parts.scheme == "imaps"
    names = unquote(parts.path.strip("/")) or "INBOX"
    return Mailbox(
        host=parts.hostname,
        port=_port(address, 993 if is_tls else 143),
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        folders=tuple(name.strip() for name in names.split(",") if name.strip()),
        tls="tls" if is_tls else "starttls" if options.get("tls") == "starttls" else "none",
        done=options.get("done", ""),
    )


def _port(address: str, usual: int) -> int:
    try:
        found = urlsplit(address).port
    except ValueError:
        raise BadDoor("Its port is no number. Write host:port.") from None
    return usual if found is None else found
