"""Is every clause kept somewhere, tried somewhere, and on the page that says where?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COUNTS = {"POL": 10, "EMG": 5, "RUN": 7, "FAQ": 8}
CLAUSES = [f"{chapter}-{n}" for chapter, count in COUNTS.items() for n in range(1, count + 1)]
PAGE = ROOT / "docs" / "clauses.md"


def cited(folder: Path) -> set[str]:
    """The clauses that a folder's Python files cite, ranges such as "EMG-1 to EMG-5" included."""
    found: set[str] = set()
    for file in folder.rglob("*.py"):
        if file.name == Path(__file__).name:
            continue
        text = file.read_text()
        found |= set(re.findall(r"\b(?:POL|EMG|RUN|FAQ)-\d+\b", text))
        for chapter, first, last in re.findall(
            r"\b(POL|EMG|RUN|FAQ)-(\d+) to (?:POL|EMG|RUN|FAQ)-(\d+)", text
        ):
            found |= {f"{chapter}-{n}" for n in range(int(first), int(last) + 1)}
    return found


def test_every_clause_is_cited_by_the_code_that_keeps_it() -> None:
    missing = set(CLAUSES) - cited(ROOT / "src")

    assert not missing


def test_every_clause_is_cited_by_a_test() -> None:
    missing = set(CLAUSES) - cited(ROOT / "tests")

    assert not missing


@pytest.mark.parametrize("clause", CLAUSES)
def test_the_page_of_clauses_says_where_each_is_kept(clause: str) -> None:
    rows = [line for line in PAGE.read_text().splitlines() if f"| {clause} |" in line]
    assert len(rows) == 1, f"{clause} needs one row, and has {len(rows)}"

    (row,) = rows
    paths = re.findall(r"`([\w/.-]+\.(?:py|toml))`", row)

    assert len(paths) >= 2, f"{clause} needs a row with the code that keeps it and a test"
    assert not [path for path in paths if not (ROOT / path).exists()]
    assert any(path.startswith("tests/") for path in paths)
