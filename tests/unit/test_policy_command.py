"""`redphone policy`: check, render, schema. Source: all clauses."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from redphone.cli.policy import policy
from redphone.core.policy.file import load_policy
from redphone.core.policy.page import html_page, markdown
from redphone.core.policy.schema import policy_schema

FILE = Path(__file__).parents[2] / "policies" / "urgent-support.toml"
TEXT = FILE.read_text(encoding="utf-8")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(policy, list(arguments))


def test_check_lists_findings_with_clause_and_suggestion_and_does_not_fail() -> None:
    result = run("check", str(FILE))

    assert result.exit_code == 0
    assert "warning RUN-2: No issue type begins with the runbook" in result.output
    assert "    → Add an issue type for it to the table" in result.output
    assert result.output.rstrip().endswith("version 2026-11-23, 21 warnings, 10 notes.")


def test_check_fails_on_findings_only_when_it_is_strict() -> None:
    assert run("check", "--strict", str(FILE)).exit_code == 1


def test_the_policy_in_force_is_checked_when_none_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "other.toml"
    other.write_text(TEXT.replace('version = "2026-11-23"', 'version = "the other"'))

    without = run("check")
    monkeypatch.setenv("REDPHONE_POLICY", str(other))
    with_other = run("check")

    assert "version 2026-11-23" in without.output
    assert "version the other" in with_other.output


def test_a_file_that_cannot_be_read_fails_with_every_line(tmp_path: Path) -> None:
    file = tmp_path / "desk.toml"
    file.write_text(
        TEXT.replace("rounds = 3", "rounds = 0").replace('"24 h"', '"soon"'), encoding="utf-8"
    )

    result = run("check", str(file))

    assert result.exit_code == 1
    assert "2 problems" in result.output
    assert result.output.count("desk.toml:") == 2
    assert "Traceback" not in result.output


def test_unknown_holidays_are_a_problem_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "desk.toml"
    file.write_text(TEXT.replace('holidays = "US"', 'holidays = "XX"'), encoding="utf-8")

    result = run("check", str(file))

    assert result.exit_code == 1
    assert 'No public holidays are known for "XX"' in result.output


@pytest.mark.parametrize(
    ("content", "says"), [(None, "can't be read"), (b"\xff\xfe", "is not UTF-8 text")]
)
def test_what_is_no_text_is_refused_in_a_sentence(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    file = tmp_path / "desk.toml"
    if content is not None:
        file.write_bytes(content)

    result = run("render", str(file))

    assert result.exit_code == 1
    assert says in result.output


def test_render_writes_the_page_and_nothing_else() -> None:
    ours = load_policy(TEXT)

    assert run("render", str(FILE)).output == markdown(ours)
    assert run("render", "--html", str(FILE)).output == html_page(ours)
    styled = run("render", "--html", "--stylesheet", "/desk.css", str(FILE))
    assert styled.output == html_page(ours, stylesheet="/desk.css")


def test_a_stylesheet_without_html_is_refused() -> None:
    assert run("render", "--stylesheet", "/desk.css", str(FILE)).exit_code == 2


def test_schema_writes_the_schema_that_is_committed() -> None:
    result = run("schema")

    assert json.loads(result.output) == policy_schema()
    committed = FILE.parent / "schema.json"
    assert result.output == committed.read_text(encoding="utf-8")
