"""`redphone verify`: what it says, and how it ends."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from tests.integration.test_verify import hash_anew, tamper

from redphone import clock
from redphone.actions import duty
from redphone.cli import main

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def desk(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> str:
    """One report a minute ago, on the tests' own database."""
    monkeypatch.setenv("REDPHONE_DATABASE_URL", "postgresql://tests/have-their-own")
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(minutes=1))
    return str(cast.report(cast.mira).incident)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["verify", *arguments])


def test_an_honest_ledger_ends_well() -> None:
    result = run()

    assert (result.exit_code, result.output) == (
        0,
        "All is as its entries say (3 entries checked).\n",
    )


def test_a_finding_says_where_what_and_what_to_do(desk: str) -> None:
    tamper("UPDATE entry SET actor = 'somebody' WHERE stream = %s AND seq = 2", desk)

    result = run(desk)

    assert result.exit_code == 1
    first, advice, last = result.output.splitlines()
    assert first.startswith(f"{desk}/2 ")
    assert "→" in advice
    assert last == "1 finding in 2 entries."


def test_findings_are_also_written_for_programs(desk: str) -> None:
    tamper("UPDATE entry SET actor = 'somebody' WHERE stream = %s AND seq = 2", desk)

    result = run("--json")

    findings = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(f["rule"], f["stream"], f["seq"]) for f in findings] == [("chain-broken", desk, 2)]


def test_a_name_of_nothing_is_refused_with_a_sentence() -> None:
    result = run("INC-999999")

    assert result.exit_code == 1
    assert "Check its number" in result.output


def test_a_checkpoint_from_a_file_shows_a_rewritten_history(
    desk: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "checkpoint.json"
    at = NOON + timedelta(minutes=6)
    monkeypatch.setattr(clock, "now", lambda: at)
    duty.handle_due(at=at)
    file.write_text(run("--checkpoint").stdout)
    assert json.loads(file.read_text())["entries"] == 3

    tamper("UPDATE entry SET actor = 'somebody' WHERE stream = %s AND seq = 1", desk)
    hash_anew(desk)
    tamper("DELETE FROM checkpoint")
    result = run("--against", str(file))

    assert result.exit_code == 1
    assert "history-rewritten" in result.output
