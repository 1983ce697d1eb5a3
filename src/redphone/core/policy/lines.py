"""The line of the policy file on which each key stands.

`tomllib` reads a file and forgets where; a person who has to mend one wants the line. This scanner
walks a text that `tomllib` has already accepted, so it need not judge it, only keep count.

Source: FAQ-1 to FAQ-8 and every other clause, since all are kept in that file.
"""

from __future__ import annotations

import re

Path = tuple[str | int, ...]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]+")
_ESCAPES = re.compile(r'\\(["\\])')


def key_lines(text: str) -> dict[Path, int]:
    """The first line (from 1) of every key, table and array item, by its path from the root.

    An item of an array is named by its index: `("plans", "pro", "updates", 0, "every")`.
    """
    return _Scanner(text).lines()


def line_of(lines: dict[Path, int], path: Path) -> int:
    """The line of this path, or of the nearest thing around it that is in the file; at least 1."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _Scanner:
    """One walk through one text. `_at` is the offset of the next character to read."""

    def __init__(self, text: str) -> None:
        # TOML allows both line ends; the count is the same once they are one character.
        self._text = text.replace("\r\n", "\n")
        self._at = 0
        self._found: dict[Path, int] = {(): 1}
        self._tables: dict[Path, int] = {}

    def lines(self) -> dict[Path, int]:
        table: Path = ()
        self._skip()
        while self._at < len(self._text):
            if self._peek() == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip()
        return self._found

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _note(self, path: Path) -> None:
        line = self._text.count("\n", 0, self._at) + 1
        for depth in range(1, len(path) + 1):
            self._found.setdefault(path[:depth], line)

    def _skip(self) -> None:
        """Go past blanks, line ends, commas and comments."""
        while (char := self._peek()) and char in " \t\n,#":
            if char == "#":
                end = self._text.find("\n", self._at)
                self._at = len(self._text) if end < 0 else end
            else:
                self._at += 1

    def _blanks(self) -> None:
        while self._peek() in (" ", "\t"):
            self._at += 1

    def _header(self) -> Path:
        """Read `[a.b]` or `[[a.b]]` and give the path of the table it opens."""
        many = self._text.startswith("[[", self._at)
        start = self._at
        self._at += 2 if many else 1
        path = self._resolved(self._keys())
        if many:
            count = self._tables.get(path, 0)
            self._tables[path] = count + 1
            path = (*path, count)
        end, self._at = self._at, start
        self._note(path)
        self._at = end + (2 if many else 1)
        return path

    def _resolved(self, keys: tuple[str, ...]) -> Path:
        """The path a header means: a name of an array of tables stands for its last item."""
        path: Path = ()
        for position, key in enumerate(keys):
            path = (*path, key)
            if position < len(keys) - 1 and path in self._tables:
                path = (*path, self._tables[path] - 1)
        return path

    def _pair(self, table: Path) -> None:
        """Read `a.b = value` inside a table and note the line of the key."""
        start = self._at
        path = (*table, *self._keys())
        end, self._at = self._at, start
        self._note(path)
        self._at = end + 1  # past the "="
        self._blanks()
        self._value(path)

    def _keys(self) -> tuple[str, ...]:
        """Read a dotted key, bare or quoted parts, up to the "=" or "]" after it."""
        keys = []
        while True:
            self._blanks()
            keys.append(self._key())
            self._blanks()
            if self._peek() != ".":
                return tuple(keys)
            self._at += 1

    def _key(self) -> str:
        if self._peek() in ('"', "'"):
            return self._string()
        bare = _BARE_KEY.match(self._text, self._at)
        if bare is None:  # only for a text that tomllib would have refused
            raise ValueError(f"no key at offset {self._at}")
        self._at = bare.end()
        return bare.group()

    def _value(self, path: Path) -> None:
        match self._peek():
            case "[":
                self._array(path)
            case "{":
                self._inline_table(path)
            case '"' | "'":
                self._string()
            case _:
                scalar = _SCALAR.match(self._text, self._at)
                self._at = scalar.end() if scalar else self._at + 1

    def _array(self, path: Path) -> None:
        self._at += 1
        self._skip()
        index = 0
        while self._peek() not in ("]", ""):
            self._note((*path, index))
            self._value((*path, index))
            index += 1
            self._skip()
        self._at += 1

    def _inline_table(self, path: Path) -> None:
        self._at += 1
        self._skip()
        while self._peek() not in ("}", ""):
            self._pair(path)
            self._skip()
        self._at += 1

    def _string(self) -> str:
        """Go past a string of any of the four kinds and give its text, for quoted keys."""
        quote = self._peek()
        fence = quote * 3 if self._text.startswith(quote * 3, self._at) else quote
        begin = self._at + len(fence)
        end = begin
        while not self._text.startswith(fence, end):
            end += 2 if quote == '"' and self._text[end] == "\\" else 1
        # A long string may end with one or two quotes of its own before the fence.
        while len(fence) == 3 and self._text.startswith(quote, end + 3):
            end += 1
        self._at = end + len(fence)
        inner = self._text[begin:end]
        return _ESCAPES.sub(r"\1", inner) if quote == '"' else inner
