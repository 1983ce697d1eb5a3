"""Are the words of the glossary the words of the code?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = re.findall(r"^\| \*\*(.+?)\*\* \|", (ROOT / "docs" / "glossary.md").read_text(), re.M)
WORDS = sorted({word.strip() for row in ROWS for word in row.split(",")})
SOURCE = "\n".join(
    file.read_text().lower()
    for kind in ("*.py", "*.html", "*.toml")
    for folder in ("src", "policies")
    for file in (ROOT / folder).rglob(kind)
)
LEFT_TO_PEOPLE = {"SLA", "SLO", "impact", "on-call schedule", "rotation", "escalation policy"}
"""Words of the field that readers meet, and that the code has no use for yet."""


@pytest.mark.parametrize("word", [word for word in WORDS if word not in LEFT_TO_PEOPLE])
def test_the_code_uses_the_word(word: str) -> None:
    spellings = {word.lower(), word.lower().replace(" ", "_"), word.lower().replace("-", "_")}

    assert any(spelling in SOURCE for spelling in spellings)


def test_every_word_has_one_row() -> None:
    assert len(WORDS) == sum(len(row.split(",")) for row in ROWS)
