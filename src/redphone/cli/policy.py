"""`redphone policy`: look the policy over, write it as a page, tell editors its shape.

None of these needs Django or a database. FILE may always be left out: it is then the policy in
force (REDPHONE_POLICY, or the one that comes with Redphone).
"""

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from redphone.config import environ
from redphone.core.hours import HoursError
from redphone.core.policy import Policy
from redphone.core.policy.check import check_policy
from redphone.core.policy.file import PolicyUnreadable, load_policy
from redphone.core.policy.finding import Finding, Severity
from redphone.core.policy.page import html_page, markdown
from redphone.core.policy.schema import policy_schema
from redphone.records import calendars

_FILE = click.argument(
    "file", type=click.Path(path_type=Path, dir_okay=False), required=False, default=None
)


@click.group()
def policy() -> None:
    """Check the policy, or write it as a page."""


@policy.command()
@_FILE
@click.option("--strict", is_flag=True, help="Fail when there is any finding.")
def check(file: Path | None, *, strict: bool) -> None:
    """Look the policy over for contradictions, gaps and vague words.

    Fails (1) when the file can't be read. Findings are listed and don't fail, unless --strict.
    """
    path = file or environ.policy_file()
    read = _read(path)
    findings = check_policy(read)
    for finding in findings:
        _show(finding)
    click.echo(f"{_shown(path)}: version {read.version}, {_counted(findings)}.")
    if strict and findings:
        sys.exit(1)


@policy.command()
@_FILE
@click.option("--html", "as_html", is_flag=True, help="A whole HTML page instead of Markdown.")
@click.option("--stylesheet", default="", metavar="URL", help="A stylesheet for the HTML page.")
def render(file: Path | None, *, as_html: bool, stylesheet: str) -> None:
    """Write the policy as customers read it, to standard output."""
    if stylesheet and not as_html:
        raise click.UsageError("--stylesheet goes with --html.")
    read = _read(file or environ.policy_file())
    page = html_page(read, stylesheet=stylesheet) if as_html else markdown(read)
    click.echo(page, nl=False)


@policy.command()
def schema() -> None:
    """Write the JSON Schema of the policy file, for editors, to standard output."""
    click.echo(json.dumps(policy_schema(), indent=2, ensure_ascii=False))


def _read(path: Path) -> Policy:
    """The policy in this file, with a calendar that can be made.

    Raises:
        ClickException: with every problem, each with its line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{_shown(path)} can't be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise click.ClickException(f"{_shown(path)} is not UTF-8 text. Save it as that.") from None
    try:
        read = load_policy(text, filename=_shown(path))
        calendars.business_hours(read.hours)
    except PolicyUnreadable as error:
        raise click.ClickException(f"{_problems(error)}\n{error}") from None
    except (calendars.CalendarUnknown, HoursError) as error:
        raise click.ClickException(f"{_shown(path)}: [business_hours]: {error}") from None
    return read


def _problems(error: PolicyUnreadable) -> str:
    number = len(error.problems)
    return "one problem" if number == 1 else f"{number} problems"


def _shown(path: Path) -> str:
    """The path as a person would type it from here."""
    shorter = os.path.relpath(path)
    return str(path) if shorter.startswith("..") else shorter


def _show(finding: Finding) -> None:
    colour = "yellow" if finding.severity is Severity.WARNING else "cyan"
    label = click.style(finding.severity.value, fg=colour)
    click.echo(f"{label} {finding.clause}: {finding.message} [{finding.rule}]")
    click.echo(f"    → {finding.suggestion}")


def _counted(findings: Iterable[Finding]) -> str:
    severities = [finding.severity for finding in findings]
    warnings, notes = (severities.count(each) for each in (Severity.WARNING, Severity.NOTE))
    return f"{warnings} warning{'s' * (warnings != 1)}, {notes} note{'s' * (notes != 1)}"
