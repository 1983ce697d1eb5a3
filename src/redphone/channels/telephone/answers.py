"""What a provider's answers and reports say: of the number, of our account, or of itself."""

from __future__ import annotations

from enum import StrEnum

from redphone.channels.telephone.wire import Reply

NUMBER_IS_DEAD = frozenset(
    {
        *(13223, 13224),  # The number dialled is none.
        *(21211, 21214, 21217),  # "To" is no number, cannot be reached, or seems to be none.
        *(21610, 21614, 21635),  # Its owner wants no SMS; it is no mobile; it is a landline.
        30005,  # Unknown, or out of service.
    }
)
"""Codes that speak of the number itself, and will again: nothing more is sent there.

That a country is not switched on (21215, 21408), a trial account knows the number not (21219,
21608) or a sender is not ours (21606) is our account's trouble, and no number is switched off for
it. 30003 is a telephone that is off, 30006 may be a carrier that is away: they pass.
"""


class Verdict(StrEnum):
    """TAKEN; DEAD: the number takes nothing, ever; ELSEWHERE: this provider does not do it."""

    TAKEN = "taken"
    DEAD = "dead"
    ELSEWHERE = "elsewhere"


def verdict(reply: Reply) -> Verdict:
    """What an answer to a call or an SMS means. A 200 that names nothing has taken nothing."""
    if reply.is_fine and named(reply):
        return Verdict.TAKEN
    if 400 <= reply.status < 500 and reply.code in NUMBER_IS_DEAD:
        return Verdict.DEAD
    return Verdict.ELSEWHERE


def named(reply: Reply) -> str:
    """What the provider calls the call or SMS; "" when it says nothing of one."""
    sid = reply.said.get("sid")
    return sid[:100] if isinstance(sid, str) else ""


def is_unwell(reply: Reply) -> bool:
    """Whether the provider, or our account there, as a whole does not work now."""
    return reply.status >= 500 or reply.status in (401, 402, 403, 408, 425, 429)
