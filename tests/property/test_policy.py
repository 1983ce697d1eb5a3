"""Laws of the policy file, for any text that people may put into it. Source: all clauses."""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from redphone.core.policy.check import check_policy
from redphone.core.policy.file import PolicyUnreadable, load_policy
from redphone.core.policy.lines import Path as KeyPath
from redphone.core.policy.lines import key_lines
from redphone.core.policy.page import html_body, markdown
from redphone.core.spans import Span, SpanUnit, SpanUnreadable, parse_span

FILE = Path(__file__).parents[2] / "policies" / "urgent-support.toml"
TEXT = FILE.read_text(encoding="utf-8")
LINES = TEXT.splitlines()


@st.composite
def spans(draw: st.DrawFn) -> Span:
    unit = draw(st.sampled_from(SpanUnit))
    if unit is SpanUnit.BUSINESS_DAYS:
        return Span(unit=unit, length=timedelta(days=draw(st.integers(1, 3660))))
    return Span(unit=unit, length=timedelta(seconds=draw(st.integers(1, 3660 * 86_400))))


@given(spans())
def test_a_span_that_is_written_is_read_back(span: Span) -> None:
    """Law: parse_span(str(span)) is the span."""
    assert parse_span(str(span)) == span


@given(st.text() | st.text("0123456789 .-hminsday business", max_size=24))
def test_any_text_is_a_span_or_refused_with_advice(text: str) -> None:
    """Law: a span is longer than nothing, and what is none says how to write one."""
    try:
        span = parse_span(text)
    except SpanUnreadable as refusal:
        advice = str(refusal)
    else:
        advice = "Write nothing else."
        assert span.length > timedelta(0)
        assert parse_span(str(span)) == span

    assert "Write" in advice


@settings(max_examples=60)
@given(st.integers(0, len(LINES) - 1), st.text(max_size=40) | st.sampled_from(LINES))
def test_a_policy_with_any_line_changed_is_read_or_refused_by_line(at: int, line: str) -> None:
    """Law: no text makes the reader, the rules or the page fail in another way."""
    text = "\n".join([*LINES[:at], line, *LINES[at + 1 :]]) + "\n"

    try:
        policy = load_policy(text, filename="desk.toml")
    except PolicyUnreadable as refusal:
        problems, message = refusal.problems, str(refusal)
    else:
        check_policy(policy)
        assert markdown(policy)
        assert html_body(policy)
        return

    assert len(message.split("\ndesk.toml:")) == len(problems) >= 1
    assert all(1 <= each.line <= text.count("\n") + 1 for each in problems)


_BARE = st.text("abcdefgh-_0123", min_size=1, max_size=6)
_QUOTED = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\\"), max_size=6
)
_VALUES = st.recursive(
    st.integers(-9, 9) | st.booleans() | _QUOTED,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(_BARE | _QUOTED, inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=60)
@given(st.dictionaries(_BARE | _QUOTED, _VALUES, max_size=4), st.data())
def test_every_key_of_any_toml_stands_on_the_line_that_is_told(
    tree: dict[str, Any], data: st.DataObject
) -> None:
    """Law: the lines are those on which a writer who counts has put each key."""
    lines: list[str] = []
    put: dict[KeyPath, int] = {}
    for key, value in tree.items():
        lines += ["# a comment with [brackets] = 1"] * data.draw(st.integers(0, 2))
        _write(f"{_quoted(key)} = ", value, (key,), lines, put)
    text = "\n".join(lines)

    assert tomllib.loads(text) == tree
    assert {path: line for path, line in key_lines(text).items() if path} == put


def _write(
    lead: str, value: Any, path: KeyPath, lines: list[str], put: dict[KeyPath, int]
) -> None:
    """Write one value on as many lines as it takes: arrays an item a line, tables on one."""
    put[path] = len(lines) + 1
    if isinstance(value, list):
        lines.append(lead + "[ # [ not an array")
        for index, item in enumerate(value):
            _write("  ", item, (*path, index), lines, put)
            lines[-1] += ", # , another"
        lines.append("]")
    else:
        lines.append(lead + _inline(value, path, len(lines) + 1, put))


def _inline(value: Any, path: KeyPath, line: int, put: dict[KeyPath, int]) -> str:
    put[path] = line
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case str():
            return _quoted(value)
        case list():
            items = (_inline(item, (*path, n), line, put) for n, item in enumerate(value))
            return f"[{', '.join(items)}]"
        case _:
            pairs = (
                f"{_quoted(k)} = {_inline(v, (*path, k), line, put)}" for k, v in value.items()
            )
            return f"{{ {', '.join(pairs)} }}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'
