"""What operators read says what is there: settings, commands, dependencies."""

import re
import tomllib
from pathlib import Path

import pytest

from redphone.cli import COMMANDS

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements"


def named(text: str) -> set[str]:
    """The settings that a text names."""
    return set(re.findall(r"\bREDPHONE_[A-Z_]+[A-Z]\b", text))


def test_every_setting_is_documented_and_every_documented_one_is_read() -> None:
    sources = (ROOT / "src").rglob("*.py")
    read = named("\n".join(path.read_text("utf-8") for path in sources))
    documented = named((ROOT / "docs" / "operate" / "settings.md").read_text("utf-8"))

    assert read == documented


def test_every_command_is_documented_and_every_documented_one_is_there() -> None:
    page = (ROOT / "docs" / "operate" / "commands.md").read_text("utf-8")
    documented = re.findall(r"^\| `redphone ([a-z-]+)` \|", page, re.MULTILINE)

    assert documented == list(COMMANDS)


def test_every_runtime_dependency_has_a_reason_beside_it_and_is_locked() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    wanted = set(tomllib.loads(text)["project"]["dependencies"])
    lines = (REQUIREMENTS / "run.in").read_text("utf-8").splitlines()
    build = {"editables", "hatchling"}
    locked = {line for line in lines if line and not line.startswith("#")} - build

    assert wanted == locked
    for dependency in wanted:
        assert re.search(rf'"{re.escape(dependency)}", +# \w+', text), dependency


@pytest.mark.parametrize("name", ["run.txt", "dev.txt"])
def test_what_is_installed_is_pinned_by_hash_and_comes_from_no_named_place(name: str) -> None:
    text = (REQUIREMENTS / name).read_text("utf-8")
    entries = re.split(r"\n(?=[a-z])", text.strip())

    assert len(entries) > 20
    for entry in entries:
        assert re.match(r"[a-z0-9.-]+(\[[a-z,-]+\])?==\S+", entry), entry
        assert "--hash=sha256:" in entry
    assert "://" not in text
    assert not re.search(r"^--", text, re.M), "options such as an address belong to the machine"
