"""The schema for editors: current, true of our file, and of one mind with what reads the file."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from redphone.core.policy import file
from redphone.core.policy.fields import Fields
from redphone.core.policy.schema import policy_schema

FOLDER = Path(__file__).parents[2] / "policies"
TEXT = (FOLDER / "urgent-support.toml").read_text(encoding="utf-8")
FULL = TEXT.replace("# closed_on", "closed_on").replace("# open_on", "open_on")


def mistakes(raw: dict[str, Any]) -> list[str]:
    return [error.message for error in Draft202012Validator(policy_schema()).iter_errors(raw)]


def test_the_committed_schema_is_the_current_one() -> None:
    committed = (FOLDER / "schema.json").read_text(encoding="utf-8")

    assert json.loads(committed) == policy_schema(), (
        "Write it anew: redphone policy schema > policies/schema.json"
    )


def test_the_schema_is_a_schema_and_our_file_follows_it() -> None:
    Draft202012Validator.check_schema(policy_schema())

    assert mistakes(tomllib.loads(TEXT)) == []
    assert mistakes(tomllib.loads(FULL)) == []
    assert TEXT.startswith("#:schema ./schema.json\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('reopen_within = "24 h"', "reopen_within = 24"),
        ('reopen_within = "24 h"', 'reopen_within = "soon"'),
        ('hotline_clause = "POL-6"', 'hotline_clause = "six"'),
        ("no_progress_at = 0.5", "no_progress_at = 2"),
        ('company = "Our Company"', 'compny = "Our Company"'),
        ('mon = "09:00-18:00"', 'monday = "09:00-18:00"'),
        ('strength = "target" }  # someone', 'strength = "wish" }  # someone'),
        ("[runbooks.service-outage]", "[runbooks.Service_Outage]"),
    ],
)
def test_what_an_editor_should_mark_is_marked(old: str, new: str) -> None:
    assert TEXT.count(old) == 1

    assert mistakes(tomllib.loads(TEXT.replace(old, new)))


def test_the_schema_has_the_very_keys_that_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watches the reader at work on our file; neither may know a key that the other doesn't."""
    read: dict[tuple[str | int, ...], frozenset[str]] = {}
    done = Fields.done

    def watched(fields: Fields) -> frozenset[str]:
        read[fields.path] = done(fields)
        return read[fields.path]

    monkeypatch.setattr(Fields, "done", watched)
    file.load_policy(TEXT)

    assert len(read) > 80
    for path, keys in read.items():
        assert keys == _schema_keys(path), path


def _schema_keys(path: tuple[str | int, ...]) -> set[str]:
    """The keys that the schema allows in the table at this path of the file."""
    schema = policy_schema()
    here = schema
    for part in path:
        if isinstance(part, int):
            here = here["items"]
        else:
            here = here.get("properties", {}).get(part) or here["additionalProperties"]
        here = schema["$defs"][here["$ref"].rpartition("/")[2]] if "$ref" in here else here
    return set(here["properties"])
