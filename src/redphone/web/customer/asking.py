"""Asking for one missing thing at a time, while the page is already out.

Source: FAQ-6, clauses.md row 26.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django import forms

from redphone.web.customer.forms import AddForm, new_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The next thing to ask for: its field; `skipped` are those that somebody could not answer,
    `if_skipped` the same with this one; `left` counts what comes after it. `key` makes the same
    answer one, however often it is sent."""

    field: forms.BoundField
    skipped: str
    if_skipped: str
    left: int
    key: str


def asking(form: AddForm, skipped: Iterable[str]) -> Asking | None:
    """What to ask for next, in the policy's order; None when all is told or skipped."""
    passed = [name for name in skipped if name in form.lacking]
    waiting = [name for name in form.lacking if name not in passed]
    if not waiting:
        return None
    return Asking(
        field=form[waiting[0]],
        skipped=",".join(passed),
        if_skipped=",".join([*passed, waiting[0]]),
        left=len(waiting) - 1,
        key=new_key(),
    )
