"""What the composer says of an update while it is written: the core's own refusals, as hints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from redphone.core import updates
from redphone.core.command import WordsMissing
from redphone.core.stream import DeskError
from redphone.core.updates import SameWords, SaysTooLittle, Stage
from redphone.records import ledger, policies, states
from redphone.records.queries import incidents
from redphone.records.queries.asker import Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """`says_what` is whether it says what changed; `why` what is wrong with it otherwise."""

    is_begun: bool
    says_what: bool
    why: str = ""


def look(asker: Asker, ref: str, *, words: str, at: datetime) -> Draft:
    """Whether these words would satisfy the clock. Source: POL-4; clauses.md, row 27."""
    row = incidents.find(asker, ref)
    state = states.load_incident(row.state)
    policy = policies.pinned(row.policy_id).policy
    if not words.strip():
        return Draft(is_begun=False, says_what=False)
    try:
        updates.post_update(
            state,
            policy,
            by=asker.actor,
            words=words,
            previous=ledger.words_of(ref, state.last_update_entry),
            next_at=updates.latest_next(state, policy, at),
            stage=Stage.INVESTIGATING,
            at=at,
        )
    except (SaysTooLittle, SameWords, WordsMissing) as error:
        return Draft(is_begun=True, says_what=False, why=str(error))
    except DeskError as error:
        return Draft(is_begun=True, says_what=True, why=str(error))
    return Draft(is_begun=True, says_what=True)
