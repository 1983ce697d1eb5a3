"""Test messages to ourselves: does what a provider takes come out at the other end?

A provider that says yes and does nothing is found here before the night in which it matters. Each
canary carries a word that nobody can guess, and is known by it when it comes back: through the
mail door, as an SMS to our own number, or at `/canary/`. A call carries no word: it is known by
the two numbers that are both our own.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from redphone.channels import Channel
from redphone.core.message import Message, Outcome, Sent
from redphone.records.models import Canary
from redphone.records.models.device import DeviceKind

log = logging.getLogger(__name__)

COMES_BACK_WITHIN = timedelta(minutes=5)
KEPT_FOR = timedelta(days=30)

RINGS_WITHIN = timedelta(minutes=10)
"""How long a call of ours to ourselves is known as one: all that is told of it comes by then."""

GRACE = timedelta(minutes=2)

TOKEN = re.compile(r"canary-[0-9a-f]{32}")
ONE_AT_A_TIME = 0x0DE5_CA4A
"""The advisory lock of the canaries: any number of workers try, one sends."""


@dataclass(frozen=True, slots=True)
class Sink:
    """Where one canary goes: an address of ours. `provider` is "" for whoever carries pages."""

    channel: str
    provider: str
    address: str

    @property
    def name(self) -> str:
        return f"{self.channel}:{self.provider}" if self.provider else self.channel


@dataclass(frozen=True, slots=True)
class Standing:
    """How one canary stands: `since` is when the one that is overdue should have come back.

    `was_back`: the latest one, or the one before it while that is on its way, has come back.
    """

    sink: Sink
    since: datetime | None
    was_back: bool
    error: str = ""

    @property
    def word(self) -> str:
        if self.since is not None:
            return "overdue"
        return "well" if self.was_back else "not back yet"


def sinks() -> list[Sink]:
    """The canaries that are set up, in the order of the setting."""
    return [Sink(*each) for each in settings.CANARIES]


def send_due(*, channel: Callable[[], Channel], now: Callable[[], datetime]) -> int:
    """Send each canary whose turn it is; how many. Whatever is wrong is written in its row."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        if not cursor.fetchone()[0]:
            return 0
        due = [(sink, _new(sink, now())) for sink in sinks() if _is_due(sink, now())]
        Canary.objects.filter(sent_at__lt=now() - KEPT_FOR).delete()
    for sink, canary in due:
        _send(sink, canary, channel, now())
    return len(due)


def _is_due(sink: Sink, at: datetime) -> bool:
    last = _latest(sink)
    return last is None or at - last.sent_at >= timedelta(minutes=settings.CANARY_EVERY)


def _latest(sink: Sink) -> Canary | None:
    sent = Canary.objects.filter(channel=sink.channel, provider=sink.provider)
    return sent.order_by("-sent_at").first()


def _new(sink: Sink, at: datetime) -> Canary:
    return Canary.objects.create(
        channel=sink.channel,
        provider=sink.provider,
        token=f"canary-{secrets.token_hex(16)}",
        sent_at=at,
        due_at=at + COMES_BACK_WITHIN,
    )


def _send(sink: Sink, canary: Canary, channel: Callable[[], Channel], at: datetime) -> None:
    try:
        with channel() as line:
            outcome = line.send(_message(sink, canary))
    except Exception as error:  # One dead channel must not keep the others from being tried.
        log.exception("the canary by %s could not be sent", sink.name)
        outcome = Outcome(sent=Sent.TRY_AGAIN, detail=repr(error))
    if outcome.sent is Sent.TAKEN:
        return
    log.error("the canary by %s was not taken: %s", sink.name, outcome.detail)
    # What was not even taken need not be waited for.
    Canary.objects.filter(pk=canary.pk, arrived_at=None).update(
        error=outcome.detail[:500], due_at=at
    )


def _message(sink: Sink, canary: Canary) -> Message:
    says = f"Redphone test, nothing to do: {canary.token}"
    return Message(
        key=canary.token,
        to=sink.address,
        subject=says,
        lines=(says,),
        thread="canary",
        is_automatic=True,
        channel=sink.channel,
        short=says,
        spoken=("This is a test of the desk by itself.",),
        via=sink.provider,
    )


def arrived(text: str, *, at: datetime) -> bool:
    """Whether this text is one of our canaries; then it has come back."""
    found = TOKEN.search(text)
    if found is None:
        return False
    canary = Canary.objects.filter(token=found[0])
    canary.filter(arrived_at=None).update(arrived_at=at)
    return canary.exists()


def rang(*, caller: str, called: str, at: datetime) -> bool:
    """Whether a call that comes in is our own test: from the number that a provider of ours calls
    with, to the number that was called for the test, while one is out.

    A caller's number can be forged. So it is believed only then, and of a number of ours, from
    which no customer calls; at any other time it is a call as any other.
    """
    names = [each.name for each in settings.PHONE_PROVIDERS if each.caller == caller]
    if not names or called not in {s.address for s in sinks() if s.channel == DeviceKind.VOICE}:
        return False
    out = Canary.objects.filter(channel=DeviceKind.VOICE, sent_at__gt=at - RINGS_WITHIN)
    mine = [each for each in out.order_by("sent_at") if any(each.provider in n for n in names)]
    for each in mine:
        if Canary.objects.filter(pk=each.pk, arrived_at=None).update(arrived_at=at):
            break
    return bool(mine)


def standings(*, at: datetime) -> Iterator[Standing]:
    """How each canary that is set up stands now."""
    for sink in sinks():
        sent = Canary.objects.filter(channel=sink.channel, provider=sink.provider)
        last, before, *_ = [*sent.order_by("-sent_at")[:2], None, None]
        yield Standing(
            sink=sink,
            since=_overdue(last, before, at) if last else None,
            was_back=any(each.arrived_at for each in (last, before) if each),
            error=last.error if last else "",
        )


def _overdue(last: Canary, before: Canary | None, at: datetime) -> datetime | None:
    """Since when the latest one, or the one before it, should have come back."""
    if last.arrived_at is None and last.due_at <= at:
        return last.due_at
    if last.arrived_at is None and before and before.arrived_at is None:
        # While this one is on its way, the last word is that of the one before it.
        return before.due_at
    next_due = last.sent_at + timedelta(minutes=settings.CANARY_EVERY) + GRACE
    return next_due if next_due <= at else None
