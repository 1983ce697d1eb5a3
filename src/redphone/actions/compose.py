"""A delivery as a message: what it says, whose thread it belongs to, where an answer goes."""

from __future__ import annotations

from dataclasses import replace

from redphone.actions import (
    bundles,
    letters_customers,
    letters_house,
    letters_ladder,
    letters_paging,
    links,
)
from redphone.actions.letter import Letter
from redphone.actions.scene import Scene, scene
from redphone.actions.threads import first_of_thread
from redphone.core.message import Message
from redphone.core.updates import Purpose
from redphone.records.models import Delivery
from redphone.records.models.device import DeviceKind
from redphone.records.sealed import unseal


def compose(view: Scene) -> Message:
    """The message of a delivery, in words for whoever reads it.

    Source: POL-4, FAQ-3, EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    delivery, pages = view.delivery, bundles.said(view.delivery)
    said = _together(view, pages) if len(pages) > 1 else letter(view)
    return Message(
        key=delivery.key,
        to=delivery.address,
        subject=said.subject,
        lines=said.lines,
        thread=delivery.stream,
        in_reply_to=first_of_thread(delivery, view.shared.threads),
        quote=said.quote,
        facts=said.facts,
        link=said.link,
        footer=said.footer,
        is_urgent=said.is_urgent,
        reply_to=view.policy.email,
        is_automatic=said.is_automatic,
        channel=delivery.channel,
        short=said.short or said.subject,
        spoken=said.spoken or said.lines,
        callback=links.callback(delivery.pk, delivery.person_id) if delivery.person_id else "",
        secret=_secret(delivery),
        count=len(pages),
        tried_for=view.at - delivery.created_at if delivery.tries > 1 else None,
    )


def _secret(delivery: Delivery) -> str:
    """What the device's service needs beside the address."""
    sealed = delivery.device.sealed if delivery.device else ""
    return unseal(sealed, purpose="device") if sealed else ""


def _together(view: Scene, pages: list[Delivery]) -> Letter:
    """The words of several pages in one message: those of the first, and what is true of all."""
    first = view if pages[0] == view.delivery else scene(pages[0], at=view.at)
    return letters_paging.together(view, letter(first), pages)


def letter(view: Scene) -> Letter:
    """What a delivery says: the house reads a miss in other words than customers do."""
    purpose = Purpose(view.delivery.purpose)
    house = letters_house.LETTERS | letters_paging.LETTERS | letters_ladder.LETTERS
    if purpose in house and (view.is_for_the_house or purpose not in letters_customers.LETTERS):
        said = house[purpose](view)
    else:
        said = letters_customers.LETTERS[purpose](view)
    if view.delivery.channel == DeviceKind.MAIL or not view.is_guarded:
        return said
    return _discreet(said, view)


def _discreet(said: Letter, view: Scene) -> Letter:
    """What a telephone that lies about, a locked screen or an app's servers may have of a guarded
    incident: its number, and what its letter says in short. Source: EMG-2.
    """
    short = said.short or f"{view.ref}: something needs you, details on its page"
    is_page = view.delivery.purpose == Purpose.PAGE
    spoken = said.spoken if is_page else (f"{short}.",)
    return replace(
        said, subject=short, lines=(short,), short=short, spoken=spoken, quote="", facts=()
    )
