"""Which message began a thread: later ones to the same address answer it, for mail programs."""

from __future__ import annotations

from collections.abc import Sequence

from redphone.records.models import Delivery

Thread = tuple[str, str]
"""A stream, and an address that is told of it."""


def first_keys(deliveries: Sequence[Delivery]) -> dict[Thread, str]:
    """The key of the first message of the thread of each of these, asked for all at once."""
    found = Delivery.objects.filter(
        stream__in={each.stream for each in deliveries},
        address__in={each.address for each in deliveries},
    )
    firsts = found.order_by("stream", "address", "seq", "id").distinct("stream", "address")
    return {
        (stream, address): key
        for stream, address, key in firsts.values_list("stream", "address", "key")
    }


def first_of_thread(delivery: Delivery, known: dict[Thread, str]) -> str:
    """The key of the first message of this stream to this address; "" for that one itself."""
    thread = (delivery.stream, delivery.address)
    first = (known if thread in known else first_keys([delivery])).get(thread)
    return "" if first in {None, delivery.key} else str(first)
