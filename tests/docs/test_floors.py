"""Rules of the house that no ready-made lint knows; the floors themselves are import-linter's."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

Node = TypeVar("Node", bound=ast.AST)

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "src" / "redphone"
MODULES = sorted(
    path for path in HOUSE.rglob("*.py") if "migrations" not in path.relative_to(HOUSE).parts
)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def nodes(kind: type[Node], *, under: str = "") -> Iterator[tuple[Path, Node]]:
    """Every node of a kind in the house, or on one floor."""
    for path in MODULES:
        if path.is_relative_to(HOUSE / under):
            for node in ast.walk(tree(path)):
                if isinstance(node, kind):
                    yield path, node


def test_every_module_says_what_it_is_for() -> None:
    silent = [place(path, tree(path)) for path in MODULES if not ast.get_docstring(tree(path))]

    assert silent == []


def test_values_of_the_core_are_frozen() -> None:
    # These gather what one function finds, and are gone when it is done.
    gatherers = {"Call", "Ended", "Notes", "Problems", "Reckoning", "Talk"}
    loose = []
    for path, node in nodes(ast.ClassDef, under="core"):
        for decorator in node.decorator_list:
            if ast.unparse(decorator).startswith("dataclass"):
                keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
                said = {word.arg for word in keywords if ast.unparse(word.value) == "True"}
                wanted = {"slots"} if node.name in gatherers else {"slots", "frozen"}
                if not wanted <= said:
                    loose.append(place(path, node))

    assert loose == [], "\n".join(loose)


def test_nothing_is_saved_outside_records_and_actions() -> None:
    """Rows of streams are written by the ledger; the rest by verbs, never by a page or a job."""
    outside = [
        place(path, node)
        for floor in ("web", "api", "jobs", "channels", "forecast", "core")
        for path, node in nodes(ast.Call, under=floor)
        if isinstance(node.func, ast.Attribute)
        and node.func.attr in ("save", "bulk_create", "bulk_update", "get_or_create")
    ]

    assert outside == []


def test_there_are_no_signals() -> None:
    found = [
        place(path, node)
        for path, node in nodes(ast.ImportFrom)
        if node.module and "signals" in node.module and "django" in node.module
    ]

    assert found == []


def test_names_say_what_a_thing_is() -> None:
    vague = re.compile(r"(Manager|Helper|Service|Utils|Util)$")
    # Django's own door for making users has to be called so; an incident has a manager, and a
    # customer an account manager.
    rightly = {"AccountManager", "NotTheManager", "PersonManager"}
    found = [
        place(path, node)
        for path, node in nodes(ast.ClassDef)
        if vague.search(node.name) and node.name not in rightly
    ]
    found += [str(path) for path in MODULES if re.search(r"utils?|helpers?|services?", path.stem)]

    assert found == []


def test_the_scripts_and_styles_of_pages_are_in_files_of_their_own() -> None:
    inline = re.compile(
        r"<style|\sstyle=\"|<script(?![^>]*\bsrc=)(?![^>]*application/json)|\son[a-z]+=\""
    )
    found = [
        f"{path.relative_to(ROOT)}: {match[0].strip()}"
        for path in HOUSE.rglob("*.html")
        # Mail programs take no style sheets from elsewhere.
        if "mail" not in path.parts and "letters" not in path.parts
        for match in inline.finditer(path.read_text("utf-8"))
    ]

    assert found == []


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("This is no git repository: there is no list of what belongs to it.")
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def test_no_file_names_a_place_that_only_one_machine_has() -> None:
    # In pieces, so that this file passes.
    places = re.compile("/wor" + "k/|/ro" + "ot/|pypi\\." + "org|pythonho" + "sted")
    found = []
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in places.finditer(text)]

    assert found == []
