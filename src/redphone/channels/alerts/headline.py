"""What to call an alert whose form is not known: its first line, and what else it says.

Values that are only a state ("down") or a code ("uptime.down") are taken where there is nothing
better. A bare name says too little by itself, and gets what is said of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from redphone.channels.alerts.names import NAMES, SAYS, TITLES
from redphone.channels.alerts.nearby import Nearby
from redphone.channels.alerts.states import is_only_state
from redphone.channels.alerts.values import line, text

SHORT = 12
"""A title of fewer characters says too little by itself."""

CODE, STATE, NOTHING = 20, 40, 100
"""How far away a text counts that is a code, a state and nothing more, or not there."""

LIKE_A_TITLE = ("title", "message", "reason", "description", "cause", "name", "text")
"""How other names end that may stand for a title, when no known one does."""

NOT_A_TITLE = ("username", "hostname", "filename", "nickname", "fullname", "teamname", "orgname")


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """`title` is "" where nothing says what is wrong. `stem` is what stays of it while the trouble
    lasts, as far as can be told; `says` are the sender's texts."""

    title: str
    stem: str = ""
    says: tuple[str, ...] = ()


def headline(near: Nearby, component: str) -> Headline:
    """The nearest title, name or text, the most telling first."""
    says = tuple(told for _, _, value in near.all(SAYS) if len(told := text(value, 4000)) > 2)[:4]
    titled, named, said = (_best(near, names) for names in (TITLES, NAMES, SAYS))
    rank, head = min(titled, named, said, key=lambda each: each[0])
    if not head:
        other = _other(near)
        return Headline(title=_with(component, other) if other else "", stem=other, says=says)
    if (rank, head) == titled:
        detail = said[1] if len(head) < SHORT and said[0] < CODE else ""
        return Headline(title=_with(head, detail), stem=head, says=says)
    if (rank, head) == named:
        return Headline(title=_with(head, said[1]), stem=head, says=says)
    return Headline(title=_with(component, head), stem=head, says=says)


def _best(near: Nearby, names: tuple[str, ...]) -> tuple[int, str]:
    """The text under one of these names that tells most, with its rank: the smaller the better."""
    told = ((depth, line(value)) for depth, _, value in near.all(names) if isinstance(value, str))
    ranked = [(depth + _weakness(each, names), each) for depth, each in told if each]
    return min(ranked, key=lambda each: each[0], default=(NOTHING, ""))


def _weakness(told: str, names: tuple[str, ...]) -> int:
    """How much further away a text is put that tells little."""
    if is_only_state(told):
        return STATE
    return CODE if names is SAYS and " " not in told else 0


def _other(near: Nearby) -> str:
    """A text under a name that ends as those of titles do."""
    for end in LIKE_A_TITLE:
        for depth, name, value in near.ending(end):
            if depth > 2 or not isinstance(value, str) or name.endswith(NOT_A_TITLE):
                continue
            if (told := line(value)) and not is_only_state(told):
                return told
    return ""


def _with(name: str, says: str) -> str:
    """A name before what is said of it, unless either has the other in it."""
    if not name or not says or name.lower() in says.lower():
        return says or name
    if says.lower() in name.lower():
        return name
    return line(f"{name}: {says}")
