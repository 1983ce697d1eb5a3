"""Laws of forms that come in parts."""

from __future__ import annotations

import hashlib
import io
import re

from hypothesis import given
from hypothesis import strategies as st

from redphone.channels.button.fake import BOUNDARY, body
from redphone.channels.button.receive import Form, Limits, read

WIDE = Limits(largest=1 << 20, together=1 << 22, most=50)

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
fields = st.lists(st.tuples(words, words), max_size=6)
names = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs"], exclude_characters='\\/"%'), min_size=1
)
files = st.lists(
    st.tuples(st.just("files"), names, st.just("image/png"), st.binary(max_size=300)), max_size=4
)


class Slow(io.BytesIO):
    """A body that comes a few bytes at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(3)


def parsed(raw: bytes, limits: Limits = WIDE) -> Form:
    return read(io.BytesIO(raw), BOUNDARY, limits)


def made_whole(form: Form) -> bytes:
    """The body again, out of the skeleton and the files."""
    by_digest = {file.digest.encode(): file.content for file in form.files}
    return re.sub(
        rb"\r\nX-Redphone-Kept: sha256=([0-9a-f]{64}); length=\d+\r\n\r\n",
        lambda found: b"\r\n\r\n" + by_digest[found[1]],
        form.skeleton,
    )


@given(fields, files)
def test_what_a_browser_sends_is_read(
    said: list[tuple[str, str]], sent: list[tuple[str, str, str, bytes]]
) -> None:
    """Fields and files come out as they went in."""
    form = parsed(body(said, sent))

    assert [value for _, value in form.fields] == [value for _, value in said]
    assert [(f.name, f.content) for f in form.files] == [(n.strip(), c) for _, n, _, c in sent]
    assert form.unreadable == ""


@given(fields, files)
def test_skeleton_and_files_make_the_body_whole_again(
    said: list[tuple[str, str]], sent: list[tuple[str, str, str, bytes]]
) -> None:
    """Nothing is lost and no file is in the skeleton."""
    raw = body(said, sent)

    assert made_whole(parsed(raw)) == raw


@given(fields, files)
def test_it_does_not_matter_how_the_bytes_arrive(
    said: list[tuple[str, str]], sent: list[tuple[str, str, str, bytes]]
) -> None:
    """A slow sender's form is the same form."""
    raw = body(said, sent)

    assert read(Slow(raw), BOUNDARY, WIDE) == parsed(raw)


@given(st.binary(max_size=400), fields, files, st.integers(0, 4000))
def test_no_bytes_are_too_odd_to_be_read(
    odd: bytes,
    said: list[tuple[str, str]],
    sent: list[tuple[str, str, str, bytes]],
    cut: int,
) -> None:
    """Cut off, spliced, or noise: never an error."""
    raw = body(said, sent)
    for each in (odd, raw[:cut], raw[:cut] + odd + raw[cut:], b"--" + BOUNDARY + odd):
        parsed(each)


@given(st.integers(0, 3000), st.integers(0, 3))
def test_limits_leave_bytes_out_and_name_the_file(size: int, others: int) -> None:
    """A file is kept whole or not at all, and its size and digest are known either way."""
    content = b"x" * size
    sent = [("files", f"{n}.png", "image/png", b"y" * 500) for n in range(others)]
    limits = Limits(largest=1000, together=1800, most=3)

    form = parsed(body([], [*sent, ("files", "last.png", "image/png", content)]), limits)

    last = form.files[-1]
    assert last.size == size
    assert last.content == (b"" if last.left_out else content)
    assert bool(last.left_out) == (size > min(1000, 1800 - 500 * others) or (others == 3))
    assert hashlib.sha256(content).hexdigest().encode() in form.skeleton
