"""The room that speaks: one folder a kind of channel, each with a fake that keeps its contract.

A channel turns a `Message` into its own form, hands it over, and says how that ended. It knows
nothing of cases, incidents or rows, and never raises for what a receiver or a provider does.
"""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from redphone.core.message import Message, Outcome


class Channel(Protocol):
    """A way to hand over messages. As a context it keeps its connection for several of them."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def send(self, message: Message) -> Outcome:
        """Hand one message over. The same key again is the same message: receivers may drop it.

        REFUSED is an address that takes no mail; everything that may pass is TRY_AGAIN.
        """
        ...


@runtime_checkable
class Rings(Channel, Protocol):
    """A channel whose messages go on ringing until they are ended: a call."""

    def hang_up(self, *, provider: str, provider_id: str) -> bool:
        """End what rings: `provider_id` is what that provider named it when it was sent.

        True also when it is over already. False when that has to be tried again.
        """
        ...
