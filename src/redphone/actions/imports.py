"""Taking schedules over from elsewhere: try one, look at the proof, then save it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from redphone.actions import import_rows, rota
from redphone.actions.import_consent import Consent, Unimportable, require
from redphone.actions.import_told import told
from redphone.actions.import_trial import File, Trial, attempt, is_written
from redphone.channels.schedules import FORMATS
from redphone.records.models import Person, ScheduleFile, ScheduleImport, Team
from redphone.records.queries.asker import STAFF

MOST_FILES = 20
MOST_BYTES = 32_000_000


class NoSuchFormat(Unimportable):
    """Nobody here reads schedules of that kind. Choose one from the list."""


class NothingGiven(Unimportable):
    """There is no file in it. Choose the files that the other system gave you."""


class TooMuch(Unimportable):
    """That is more than a schedule needs: at most twenty files, and 32 MB in all."""


class NoSuchImport(Unimportable):
    """There is no import of that number."""


class SavedAlready(Unimportable):
    """This import was saved before. Import the schedule again to take over what has changed."""


class WrittenOtherwise(Unimportable):
    """The plan in the database would name others than the plan that was proved. Nothing was saved.

    This is a fault of ours: please report it, with the files.
    """


class NobodyOfThatAddress(Unimportable):
    """None of the desk's own people has this address:"""


def try_out(
    *,
    team: str,
    source: str,
    files: Sequence[File],
    chosen: Mapping[str, int],
    by: str,
    at: datetime,
    keep: bool = True,
) -> ScheduleImport:
    """Read a schedule and prove it. It is kept with its files, so that it can be saved.

    Without `keep` nothing is written, and the row is only what would be kept.

    Raises:
        NoSuchFormat, NothingGiven, TooMuch: see each.
        NoSuchTeam: the policy doesn't name it.
    """
    _check(source, files)
    with transaction.atomic():
        found = rota.team_named(team)
        chosen = _remembered(found, source) | dict(chosen)
        trial = attempt(found, source, files, chosen, at)
        row = ScheduleImport(
            team=found,
            source=source,
            title=trial.found.title[:200],
            made_by=by,
            made_at=at,
            **told(found, files, trial, chosen),
        )
        if not keep:
            transaction.set_rollback(True)
            return row
        row.save()
        ScheduleFile.objects.bulk_create(
            ScheduleFile(import_of=row, name=name[:200], content=content)
            for name, content in files
        )
    return row


def look(*, number: int, chosen: Mapping[str, int], at: datetime) -> ScheduleImport:
    """Prove an import again, with what was said since of who is whom.

    Raises:
        NoSuchImport, SavedAlready: see each.
    """
    with transaction.atomic():
        row = _unsaved(number)
        files = _files(row)
        _keep(row, files, attempt(row.team, row.source, files, chosen, at), chosen)
    return row


def adopt(
    *, number: int, chosen: Mapping[str, int], consent: Consent, by: str, at: datetime
) -> ScheduleImport:
    """Make the schedule the team's plan from `at` on. The proof is made again, and kept.

    Raises:
        SourceBroken, NotSomebodyOfTheDesk, SomethingIsLost, ItDiffers, APlanStands: what somebody
            has to settle or to accept first.
        NotReachable, LeavesAHole: as for every change of a rota.
        NoSuchImport, SavedAlready, WrittenOtherwise: see each.
    """
    with transaction.atomic():
        row = _unsaved(number)
        files = _files(row)
        with rota.saving(row.team, by=by, at=at, holes_named=consent.holes):
            trial = attempt(row.team, row.source, files, chosen, at)
            require(trial, consent, standing=import_rows.standing(row.team, at))
            rota.reachable_colleagues({pk for each in trial.matched for pk in each.people})
            kept = told(row.team, files, trial, chosen)
            import_rows.replace_plan(row.team, trial, by=by, at=at)
            if not is_written(row.team, trial, at):
                raise WrittenOtherwise
        row.saved_at, row.saved_by = at, by
        _write(row, kept)
    return row


def people_by_address(given: Mapping[str, str]) -> dict[str, int]:
    """Whom somebody has named by hand: the source's key, and the address of who that is here.

    Raises:
        NobodyOfThatAddress: see there.
    """
    staff = Person.objects.filter(is_active=True, role__in=STAFF)
    numbers = {email: pk for pk, email in staff.values_list("pk", "email")}
    unknown = [email for email in given.values() if email.strip().lower() not in numbers]
    if unknown:
        raise NobodyOfThatAddress(", ".join(unknown))
    return {key: numbers[email.strip().lower()] for key, email in given.items()}


def _remembered(team: Team, source: str) -> dict[str, int]:
    """Who was whom when a schedule of this kind was last saved for the team."""
    rows = ScheduleImport.objects.filter(team=team, source=source, saved_at__isnull=False)
    last = rows.first()
    chosen: dict[str, int] = last.proof["chosen"] if last else {}
    here = Person.objects.filter(pk__in=chosen.values(), is_active=True, role__in=STAFF)
    known = set(here.values_list("pk", flat=True))
    return {key: person for key, person in chosen.items() if person in known}


def _check(source: str, files: Sequence[File]) -> None:
    if source not in FORMATS:
        raise NoSuchFormat
    if not files:
        raise NothingGiven
    if len(files) > MOST_FILES or sum(len(content) for _, content in files) > MOST_BYTES:
        raise TooMuch


def _unsaved(number: int) -> ScheduleImport:
    rows = ScheduleImport.objects.select_for_update(of=("self",)).select_related("team")
    row = rows.filter(pk=number).first()
    if row is None:
        raise NoSuchImport
    if row.saved_at is not None:
        raise SavedAlready
    return row


def _files(row: ScheduleImport) -> list[File]:
    return [(each.name, bytes(each.content)) for each in row.files.all()]


def _keep(
    row: ScheduleImport, files: Sequence[File], trial: Trial, chosen: Mapping[str, int]
) -> None:
    _write(row, told(row.team, files, trial, chosen))


def _write(row: ScheduleImport, kept: Mapping[str, object]) -> None:
    for name, value in kept.items():
        setattr(row, name, value)
    row.save()
