"""The line of each key in a file that people write. Source: FAQ-1 to FAQ-8."""

import tomllib
from typing import Any

import pytest

from redphone.core.policy.lines import Path, key_lines, line_of

TEXT = '''\
# A comment with a [table] and a key = "value" in it.
name = "one"   # and another
quoted."two words"."with.dot" = 1

[plain]
list = [
  "first",     # ] not the end
  { every = "30 min", by = "email" },

  [1, 2,
   3],
]
long = """
[not.a.table]
key = "no"
"""
literal = \'\'\'
a = \'1\'\'\'\'
after = true
text = "a \\" quote ] } , and # no comment"

[plain.deep]
date = 2026-11-23T10:00:00Z
number = 1_000.5

[[many]]
a = 1
[many.inner]
b = 2

[[many]]
a = 3
[[many.more]]
c = 4
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("name",), 2),
        (("quoted",), 3),
        (("quoted", "two words", "with.dot"), 3),
        (("plain",), 5),
        (("plain", "list"), 6),
        (("plain", "list", 0), 7),
        (("plain", "list", 1), 8),
        (("plain", "list", 1, "by"), 8),
        (("plain", "list", 2), 10),
        (("plain", "list", 2, 2), 11),
        (("plain", "long"), 13),
        (("plain", "literal"), 17),
        (("plain", "after"), 19),
        (("plain", "text"), 20),
        (("plain", "deep"), 22),
        (("plain", "deep", "number"), 24),
        (("many", 0), 26),
        (("many", 0, "inner", "b"), 29),
        (("many", 1), 31),
        (("many", 1, "more", 0, "c"), 34),
    ],
)
def test_each_key_is_found_on_its_line(path: Path, line: int) -> None:
    assert key_lines(TEXT)[path] == line


def test_every_key_that_tomllib_reads_has_a_line() -> None:
    lines = key_lines(TEXT)

    assert set(_paths(tomllib.loads(TEXT), ())) <= set(lines)


def test_windows_line_ends_count_as_one_line() -> None:
    assert key_lines(TEXT.replace("\n", "\r\n")) == key_lines(TEXT)


def test_what_is_not_in_the_file_is_placed_by_what_is_around_it() -> None:
    lines = key_lines(TEXT)

    assert line_of(lines, ("plain", "deep", "missing")) == 22
    assert line_of(lines, ("nowhere", "at", "all")) == 1


def _paths(value: Any, path: Path) -> list[Path]:
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [path, *(deep for key, each in inner for deep in _paths(each, (*path, key)))]
