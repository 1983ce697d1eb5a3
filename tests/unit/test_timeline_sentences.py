"""Every kind of entry is said in words on the responders' timelines."""

from __future__ import annotations

import ast
from pathlib import Path

from redphone.core import case, targets
from redphone.core.updates import Purpose, Stage
from redphone.web.responder import naming
from redphone.web.responder.timeline import SENTENCES

CORE = Path(case.__file__).parent


def kinds_of_the_core() -> set[str]:
    """Every kind that some function of the core gives an entry."""
    found: set[object] = set()
    for path in CORE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Entry":
                kind = next(word.value for word in node.keywords if word.arg == "kind")
                # `_mark` is given its kind: "missed" or "warned".
                found |= {kind.value} if isinstance(kind, ast.Constant) else {"missed", "warned"}
    return {str(kind) for kind in found}


def test_each_kind_of_entry_has_its_sentence() -> None:
    kinds = kinds_of_the_core()

    assert len(kinds) > 25
    assert kinds <= SENTENCES.keys()


def test_no_sentence_is_left_over() -> None:
    assert SENTENCES.keys() - kinds_of_the_core() == set()


def test_each_clock_stage_and_message_has_a_name() -> None:
    assert {kind.value for kind in targets.ClockKind} == naming.CLOCKS.keys()
    assert {stage.value for stage in Stage} == naming.STAGES.keys()
    assert {purpose.value for purpose in Purpose} <= naming.PURPOSES.keys()
