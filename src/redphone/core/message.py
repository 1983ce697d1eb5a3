"""A message before it has a channel: what it says, to whom, and what it asks for.

A channel turns it into its own form: a mail with plain text and HTML, a call, a push.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

TAKE = "Take it"

ACTS = {
    "page": TAKE,
    "exhausted": TAKE,
    "wanted": TAKE,
    "offer": "Accept",
    "still_on_it": "Yes, still on it",
}
"""What a message asks for, by what it is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one address.

    `key` is the delivery's own (entry, person, channel) and never changes over its tries: a
    channel hands it on as the idempotency key. `thread` names the stream that replies belong to,
    `in_reply_to` the key of the thread's first message. `lines` are paragraphs of plain text;
    `quote` are a person's own words, set apart; `facts` are (name, value); `link` is one
    (label, address) to act on. `reply_to` is where an answer goes, "" when to the sender;
    `is_automatic` says that no person wrote it, so that no answering machine answers.

    `channel` is what carries it. `short` says it in one line, for an SMS or a push, and `spoken`
    in sentences, for a call. `callback` is an address of ours, closed by a signed token, below
    which a provider asks what to say and tells what came of it; "" when nobody is to answer.
    `secret` is what the receiver's service needs beside `to`. `count` is how many pages the
    message speaks for: of several, whoever answers chooses the first or all.
    `via` is the one provider that is to carry it, "" for whichever does. `tried_for` is how long
    ago an earlier try of it may have left; None at the first one.
    """

    key: str
    to: str
    subject: str
    lines: tuple[str, ...]
    thread: str
    in_reply_to: str = ""
    quote: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    link: tuple[str, str] | None = None
    footer: str = ""
    is_urgent: bool = False
    reply_to: str = ""
    is_automatic: bool = False
    channel: str = "mail"
    short: str = ""
    spoken: tuple[str, ...] = ()
    callback: str = ""
    secret: str = ""
    count: int = 1
    via: str = ""
    tried_for: timedelta | None = None

    @property
    def act(self) -> str:
        """What one touch answers, in words for a button; "" when it asks for no answer.

        A key ends with what its message is for.
        """
        return ACTS.get(self.key.rpartition("/")[2], "")


class Sent(StrEnum):
    """How a try ended: taken by the provider, to be tried again, or refused for good.

    NO_LINE: this desk has nothing that carries it. Nothing is wrong with the address, and to try
    again is of no use.
    """

    TAKEN = "taken"
    TRY_AGAIN = "try_again"
    REFUSED = "refused"
    NO_LINE = "no_line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a channel says of one try. `detail` is the provider's own words, kept for people.

    `provider` names who took it, where there are several. `receipt_within` is how long a
    confirmation that it arrived may take; None when this channel confirms nothing.
    `retry_after` is how long the provider asks to be left alone before the next try.
    """

    sent: Sent
    detail: str = ""
    provider_id: str = ""
    provider: str = ""
    receipt_within: timedelta | None = None
    retry_after: timedelta | None = None
