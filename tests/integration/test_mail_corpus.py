"""Mails that no one of this project wrote: each is kept whole, and becomes what it should. FAQ-2.

A bounce opens no case; an answering machine that belongs nowhere is parked; everything else is a
case, whatever is broken in it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.conftest import NOON, Cast

from redphone.actions import mail
from redphone.channels.mail.arrived import Arrived, Opened, read
from redphone.channels.mail.incoming import Kind
from redphone.records.models import CaseRow, Delivery, ReceivedMail
from redphone.records.models.received_mail import Became
from redphone.records.queries import mails

AT_ONCE = 32
BESIDE = {".json", ".md", ".csv"}


def corpus() -> Path:
    for parent in Path(__file__).resolve().parents:
        for home in (parent / "shared", parent.parent / "shared"):
            if (found := home / "real" / "email").is_dir():
                return found
    pytest.skip("The real mails are not here: shared/real/email beside the repository.")


def files(folder: Path) -> list[str]:
    """Everything but the notes and expectations beside them; some are words without headers."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(str(path.relative_to(folder)) for path in found if path.suffix not in BESIDE)


def batches(folder: Path, names: list[str]) -> Iterator[list[tuple[str, Opened]]]:
    for start in range(0, len(names), AT_ONCE):
        yield [
            (name, read(Arrived(raw=(folder / name).read_bytes(), door="smtp", at=at)))
            for number, name in enumerate(names[start : start + AT_ONCE], start)
            for at in [NOON + timedelta(minutes=20 * number)]
        ]


def expected_bounces(folder: Path) -> set[str]:
    """The files that are bounces by the expectations that came with them."""
    told = json.loads((folder / "sisimai-expected.json").read_text())
    found = set()
    for name, each in told.items():
        reasons = {recipient.get("reason") for recipient in each if isinstance(recipient, dict)}
        if reasons and not reasons & {"feedback", "vacation"}:
            found.add(name)
    return found


def test_every_real_mail_is_kept_whole_and_becomes_what_it_should(
    cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = corpus()
    names = files(folder)
    became: Counter[str] = Counter()
    wrong: list[str] = []

    for batch in batches(folder, names):
        for (name, opened), outcome in zip(
            batch, mail.take_mails([each for _, each in batch]), strict=True
        ):
            became[outcome.became] += 1
            kept = ReceivedMail.objects.select_related("report").get(pk=outcome.mail)
            if outcome.is_new and mails.raw(kept) != opened.arrived.raw:
                wrong.append(f"{name}: its bytes were not kept")
            if outcome.became not in allowed(opened):
                wrong.append(f"{name}: {opened.mail.kind}, and became {outcome.became}")

    with capsys.disabled():
        print(f"\n{len(names)} real mails: {dict(became)}")  # noqa: T201
    assert len(names) > 400
    assert wrong == []
    assert became.total() == len(names)
    assert not ReceivedMail.objects.filter(became=Became.WAITING).exists()
    opened_cases = ReceivedMail.objects.filter(became=Became.OPENED).count()
    assert CaseRow.objects.count() == opened_cases
    machine = ReceivedMail.objects.filter(kind=Kind.MACHINE, became=Became.OPENED)
    refs = list(machine.values_list("report__case_ref", flat=True))
    assert not Delivery.objects.filter(stream__in=refs, purpose="receipt").exists()


def allowed(opened: Opened) -> set[str]:
    match opened.mail.kind:
        case Kind.BOUNCE | Kind.FEEDBACK:
            return {Became.PARKED}
        case Kind.AUTO_REPLY:
            # An answer to another mail of the corpus is a note where that one is a case.
            return {Became.PARKED, Became.AUTO_REPLY}
    return {Became.OPENED, Became.ADDED, Became.COALESCED}


def test_a_real_bounce_opens_no_case(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    folder = corpus()
    expected = expected_bounces(folder)
    names = [name for name in files(folder) if {name, Path(name).name} & expected]
    opened = [
        name
        for batch in batches(folder, names)
        for (name, _), outcome in zip(
            batch, mail.take_mails([each for _, each in batch]), strict=True
        )
        if outcome.became not in {Became.PARKED, Became.BOUNCE}
    ]

    share = 1 - len(opened) / len(names)
    with capsys.disabled():
        print(f"\n{share:.1%} of {len(names)} real bounces open no case")  # noqa: T201
    assert share >= 0.97, opened
