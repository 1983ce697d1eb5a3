"""Calls and SMS handed to a provider, or to the second one within the same try.

Whom a request has not reached is passed over at once. Of one that may have been reached and did
not answer it is asked first what it has; only if it has nothing, or cannot say, does the second
one ring: twice is better than never.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Self

from redphone.channels.telephone import adopt, answers, twiml, words
from redphone.channels.telephone.answers import Verdict
from redphone.channels.telephone.health import Known
from redphone.channels.telephone.provider import ACCOUNT, NUMBER, Provider
from redphone.channels.telephone.wire import NoAnswer, NotReached, Wire
from redphone.core.message import TAKE, Message, Outcome, Sent

RINGS_FOR = 25
"""Seconds that a telephone rings: short of most voicemail boxes."""

RINGS_WITHIN = timedelta(seconds=30)
ARRIVES_WITHIN = timedelta(seconds=45)
"""How long a confirmation may take: that it rings, and that an SMS has arrived."""

LATEST_START = 15.0
"""Seconds after which no second provider is begun with: a try must end within its lease of 30."""

ASKS = {
    TAKE: "Reply 1 to take it.",
    "Accept": "Reply 1 to accept.",
    "Yes, still on it": "Reply 1 for yes.",
}
ASK_ALL = "Reply 1 to take the first, ALL for all."

NO_CALL_ANY_MORE = 21220
_SID = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass
class Telephone:
    """The line "voice", or with `is_text` the line "sms". See `redphone.channels.Rings`."""

    providers: Sequence[Provider]
    known: Known
    wire: Wire = field(default_factory=Wire)
    is_text: bool = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def send(self, message: Message) -> Outcome:
        """Hand one call or SMS over. See `redphone.channels.Channel.send`."""
        if not NUMBER.fullmatch(message.to):
            return Outcome(sent=Sent.REFUSED, detail="this is no telephone number")
        began = time.monotonic()
        providers = list(self._in_order(message.via))
        if had := self._had(message, providers):
            return had
        said: list[str] = []
        for provider in providers:
            if said and time.monotonic() - began > LATEST_START:
                said.append("no time was left for the next one")
                break
            if outcome := self._try(provider, message, said):
                return outcome
        return Outcome(sent=Sent.TRY_AGAIN, detail="; ".join(said) or "no provider")

    def _try(self, provider: Provider, message: Message, said: list[str]) -> Outcome | None:
        """Hand it to one provider; None when the next one is to be asked."""
        began = time.monotonic()
        try:
            reply = self.wire.post(provider, self._resource, self._form(provider, message))
        except NotReached as error:
            self._is_unwell(provider, str(error), said)
            return None
        except NoAnswer as error:
            self._is_unwell(provider, f"no answer: {error}", said)
            return self._found(provider, message, began)
        match answers.verdict(reply):
            case Verdict.TAKEN:
                self.known.worked(provider.name)
                return self._taken(provider, answers.named(reply))
            case Verdict.DEAD:
                self.known.worked(provider.name)
                return Outcome(sent=Sent.REFUSED, detail=str(reply), provider=provider.name)
        if answers.is_unwell(reply):
            self._is_unwell(provider, str(reply), said, reply.retry_after)
        else:
            said.append(f"{provider.name}: {reply}")
        return self._found(provider, message, began) if answers.may_have_it(reply) else None

    def _found(self, provider: Provider, message: Message, began: float) -> Outcome | None:
        """What a provider has that gave no answer, or one that says nothing of it."""
        age = timedelta(seconds=time.monotonic() - began)
        sid = self._has(provider, message, age)
        return self._taken(provider, sid, "it gave no answer, and has it") if sid else None

    def hang_up(self, *, provider: str, provider_id: str) -> bool:
        """End a call. True also when it is over, or its provider is none of ours any more."""
        found = next((each for each in self.providers if each.name == provider), None)
        if self.is_text or found is None or not _SID.fullmatch(provider_id):
            return True
        try:
            reply = self.wire.post(found, f"Calls/{provider_id}", [("Status", "completed")])
        except (NotReached, NoAnswer):
            return False
        is_over = reply.status == 404 or reply.code == NO_CALL_ANY_MORE
        return reply.is_fine or is_over

    def _in_order(self, via: str) -> Iterator[Provider]:
        by_name = {each.name: each for each in self.providers if not via or _is(each, via)}
        yield from (by_name[name] for name in self.known.order(list(by_name)))

    @property
    def _resource(self) -> str:
        return "Messages" if self.is_text else "Calls"

    def _form(self, provider: Provider, message: Message) -> list[tuple[str, str]]:
        return text_form(provider, message) if self.is_text else call_form(provider, message)

    def _is_unwell(
        self, provider: Provider, why: str, said: list[str], retry_after: int | None = None
    ) -> None:
        """Remember it for all workers, and for whoever reads why."""
        self.known.failed(provider.name, said=why, retry_after=retry_after)
        said.append(f"{provider.name}: {why}")

    def _had(self, message: Message, providers: Sequence[Provider]) -> Outcome | None:
        """What an earlier try has left with a provider, whose worker did not live to hear it."""
        if message.tried_for is None:
            return None
        for provider in providers:
            if sid := self._has(provider, message, message.tried_for):
                return self._taken(provider, sid, "an earlier try had left")
        return None

    def _has(self, provider: Provider, message: Message, age: timedelta) -> str | None:
        try:
            return adopt.find(
                self.wire.to_ask,
                provider,
                to=message.to,
                body=sms(message) if self.is_text else None,
                age=age,
                is_anothers=lambda sid: self.known.is_anothers(sid, key=message.key),
            )
        except adopt.CannotSay:
            return None

    def _taken(self, provider: Provider, sid: str, detail: str = "") -> Outcome:
        return Outcome(
            sent=Sent.TAKEN,
            provider=provider.name,
            provider_id=sid,
            detail=detail,
            receipt_within=ARRIVES_WITHIN if self.is_text else RINGS_WITHIN,
        )


def _is(provider: Provider, via: str) -> bool:
    """Whether a name in a setting means this one: its whole name, or a part, as "twilio"."""
    return via in provider.name


def call_form(provider: Provider, message: Message) -> list[tuple[str, str]]:
    """A call: what is said is asked of us once somebody answers, so that it is true by then."""
    form = [("To", message.to), ("From", provider.caller), ("Timeout", str(RINGS_FOR))]
    if not message.callback:
        return [*form, ("Twiml", twiml.tell(message.spoken or (message.short,)))]
    return [
        *form,
        ("Url", f"{message.callback}/voice"),
        ("Method", "POST"),
        ("StatusCallback", f"{message.callback}/status"),
        ("StatusCallbackMethod", "POST"),
        *(("StatusCallbackEvent", each) for each in ("initiated", "ringing", "answered")),
        ("StatusCallbackEvent", "completed"),
    ]


def text_form(provider: Provider, message: Message) -> list[tuple[str, str]]:
    """An SMS."""
    is_service = provider.texter.startswith("MG") and ACCOUNT.fullmatch(provider.texter)
    sender = "MessagingServiceSid" if is_service and len(provider.texter) == 34 else "From"
    form = [("To", message.to), (sender, provider.texter), ("Body", sms(message))]
    if message.callback:
        form.append(("StatusCallback", f"{message.callback}/status"))
    return form


def sms(message: Message) -> str:
    """The words of an SMS. The link makes each page's its own, by which it is known again."""
    short = message.short or message.subject
    ask = ASK_ALL if message.act and message.count > 1 else ASKS.get(message.act, "")
    return words.body(short, ask=ask, link=message.link[1] if message.link else "")
