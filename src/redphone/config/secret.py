"""The secret key: kept beside the data, readable by its owner only, made at the first start."""

import os
import secrets
from pathlib import Path

from redphone.config import environ


def path() -> Path:
    """Where the key is kept when the environment does not give one."""
    return environ.data_dir() / "secret-key"


def find() -> str | None:
    """The key, from the environment or the file; None if there is none yet."""
    if given := environ.text("REDPHONE_SECRET_KEY"):
        return given
    try:
        return path().read_text("ascii").strip() or None
    except FileNotFoundError:
        return None


def ensure() -> str:
    """The key, made and kept if there was none. Two first starts at once end with one key."""
    if found := find():
        return found
    target = path()
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link fails where a rename would replace the key that another start has just made.
        os.link(draft, target)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return target.read_text("ascii").strip()
