"""What the environment says: one small function a variable, usable without Django.

Every variable starts with `REDPHONE_` and is listed in docs/operate/settings.md.
"""

import os
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit


class BadSetting(Exception):
    """A variable's value makes no sense; the message names it and says what to write."""


def text(name: str, default: str = "") -> str:
    """The variable's value without blanks around it; an empty one counts as not set."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool = False) -> bool:
    """The variable as yes or no.

    Raises:
        BadSetting: it is neither.
    """
    value = text(name).lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    if value:
        raise BadSetting(f"{name} is {value!r}. Write 1 for yes or 0 for no.")
    return default


def number(name: str, default: int, *, least: int = 0) -> int:
    """The variable as a whole number, `least` or more.

    Raises:
        BadSetting: it is no number, or too small.
    """
    value = text(name, str(default))
    if not value.isascii() or not value.isdigit() or int(value) < least:
        raise BadSetting(f"{name} is {value!r}. Write a whole number, {least} or more.")
    return int(value)


CHANNELS = ("mail", "sms", "voice", "app")
"""Those by which a message can come back to the desk: a push ends in somebody's browser."""


def sinks(name: str) -> tuple[tuple[str, str, str], ...]:
    """Addresses by channel and provider, with blanks between: "mail=a@b.example sms:twilio=+44…".

    Raises:
        BadSetting: a part names no channel of ours, or no address.
    """
    return tuple(_sink(name, part) for part in text(name).split())


def _sink(name: str, part: str) -> tuple[str, str, str]:
    where, _, address = part.partition("=")
    channel, _, provider = where.partition(":")
    if channel not in CHANNELS or not address:
        raise BadSetting(
            f"{name} has {part!r}: write channel=address, with one of {', '.join(CHANNELS)}."
        )
    return channel, provider, address


def data_dir() -> Path:
    """Where everything lives that this machine keeps: database, secret key, mailbox."""
    if chosen := text("REDPHONE_DATA"):
        return Path(chosen).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/redphone")
    base = text("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser().absolute() / "redphone"


def port() -> int:
    """The port of the web server."""
    return number("REDPHONE_PORT", 8000, least=1)


def host() -> str:
    """The address that the web server listens on: this machine only, unless said otherwise."""
    return text("REDPHONE_HOST", "127.0.0.1")


def public_url() -> str:
    """The address that people use, without a slash at the end; links in mail start with it."""
    chosen = text("REDPHONE_PUBLIC_URL").rstrip("/")
    if chosen and urlsplit(chosen).scheme not in ("http", "https"):
        raise BadSetting(
            f"REDPHONE_PUBLIC_URL is {chosen!r}. Write the whole address, as https://desk.example."
        )
    return chosen or f"http://127.0.0.1:{port()}"


def database_url() -> str:
    """The PostgreSQL elsewhere, as postgresql://…, or nothing for the embedded one."""
    return text("REDPHONE_DATABASE_URL")


def policy_file() -> Path:
    """The policy: REDPHONE_POLICY, or the one that comes with the program."""
    if chosen := text("REDPHONE_POLICY"):
        return Path(chosen).expanduser().absolute()
    package = Path(__file__).resolve().parents[1]
    for home in (package, package.parents[1]):
        if (found := home / "policies" / "urgent-support.toml").exists():
            return found
    raise BadSetting("There is no policy file. Set REDPHONE_POLICY to one.")


def address(name: str, value: str, schemes: tuple[str, ...]) -> tuple[SplitResult, dict[str, str]]:
    """The parts of an address and its query, for a variable that holds one.

    Raises:
        BadSetting: it starts with none of the schemes, or its port is no number.
    """
    parts = urlsplit(value)
    try:
        _ = parts.port
    except ValueError:
        raise BadSetting(f"{name} has a port that is no number. Write host:port.") from None
    if parts.scheme not in schemes:
        wanted = " or ".join(f"{scheme}://" for scheme in schemes)
        raise BadSetting(f"{name} must start with {wanted}")
    return parts, dict(parse_qsl(parts.query))


def unquoted(value: str | None) -> str:
    """A user name or password out of an address, as it was before it was written into one."""
    return unquote(value or "")
