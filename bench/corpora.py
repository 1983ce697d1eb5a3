"""Texts by other people that triage is measured on, where they are: `shared/real` beside a parent.

None of them is copied into the project. Nothing here knows a single text; only the names of the
corpora's own labels are told apart.
"""

from __future__ import annotations

import csv
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAY_BE_URGENT = {
    # A customer may well mean an emergency by these; they are counted apart.
    "payment_issue", "registration_problems",
    "compromised_card", "lost_or_stolen_card", "lost_or_stolen_phone", "pin_blocked",
    "card_payment_not_recognised", "cash_withdrawal_not_recognised",
    "direct_debit_payment_not_recognised", "transaction_charged_twice",
}  # fmt: skip
ORDINARY = ("banking77", "bitext")
LENGTH = 700
"""How much of a post-mortem is taken: as much as a report would say."""

ENTRY = re.compile(
    r"<entry>.*?<title>(?P<title>.*?)</title>.*?<content[^>]*>(?P<body>.*?)</content>", re.S
)
TAG = re.compile(r"<[^>]+>")
STAMP = re.compile(r"^\s*\w{3}\s+\d+\s*,\s*[\d:]+\s*UTC\s*")
FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.S)


@dataclass(frozen=True, slots=True)
class Text:
    """A text and what its corpus calls it."""

    corpus: str
    label: str
    text: str


def real() -> Path | None:
    """The folder of the real inputs; None where it isn't."""
    beside = (parent / "shared" / "real" for parent in Path(__file__).resolve().parents)
    return next((folder for folder in beside if folder.is_dir()), None)


def ordinary(folder: Path) -> Iterator[Text]:
    """Ordinary support texts: every table with a text and an intent."""
    tickets = folder / "tickets"
    for file in sorted(file for name in ORDINARY for file in (tickets / name).rglob("*.csv")):
        corpus = file.relative_to(tickets).parts[0]
        with file.open(encoding="utf-8", errors="replace", newline="") as lines:
            for row in csv.DictReader(lines):
                text = row.get("text") or row.get("utterance")
                label = row.get("category") if row.get("text") else row.get("intent")
                if text and label:
                    yield Text(corpus, label, text)


def outages(folder: Path) -> Iterator[Text]:
    """Real troubles in the words of those who had them: status pages and post-mortems."""
    for file in sorted((folder / "statuspage").glob("*.atom")):
        for entry in ENTRY.finditer(file.read_text(encoding="utf-8")):
            yield Text("status pages", file.stem, _first_words(entry["title"], entry["body"]))
    for file in sorted((folder / "statuspage").glob("*incidents*.json")):
        for incident in json.loads(file.read_text(encoding="utf-8")).get("incidents", ()):
            said = incident.get("incident_updates") or [{"body": ""}]
            text = f"{incident['name']}. {said[-1]['body']}"
            yield Text("status pages", file.stem, text)
    for file in sorted((folder / "incidents").rglob("*.md")):
        if file.name != "README.md" and file.name != "SOURCES.md":
            yield Text("post-mortems", file.parent.name, _beginning(file))


def _first_words(title: str, body: str) -> str:
    """What was said first: the feed has the newest update on top."""
    said = re.split(r"</p>", html.unescape(html.unescape(body)))
    texts = [" ".join(TAG.sub(" ", each).split()) for each in said]
    first = next((text for text in reversed(texts) if text), "")
    return f"{html.unescape(title)}. {STAMP.sub('', first)}"


def _beginning(file: Path) -> str:
    return FRONT_MATTER.sub("", file.read_text(encoding="utf-8", errors="replace"))[:LENGTH]
