"""Schedules from elsewhere: proved before they are saved, refused while anything is unsaid."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from django.test import Client

from redphone import clock
from redphone.actions import imports
from redphone.actions.import_consent import Consent
from redphone.actions.rota import RotaError
from redphone.cli import main
from redphone.core import oncall
from redphone.records import rotas
from redphone.records.models import NamedHole, Override, RotaLayer, RotaShift, ScheduleImport

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2026, 11, 24, 9, 30, 12, tzinfo=UTC)
TEAM = "On-call Engineer"


def schedule(cast: Cast, **changed: Any) -> dict[str, Any]:
    """A PagerDuty schedule: Ana and Bo by weeks, and Ines at nights over them."""
    return {
        "schedule": {
            "id": "PSCHED",
            "name": "Platform primary",
            "time_zone": "Europe/Berlin",
            "schedule_layers": [
                {
                    "id": "PNIGHT",
                    "name": "Nights",
                    "start": "2026-01-01T00:00:00+01:00",
                    "rotation_virtual_start": "2026-01-01T22:00:00+01:00",
                    "rotation_turn_length_seconds": 86_400,
                    "users": [{"user": {"id": "PINES", "summary": cast.ines.name}}],
                    "restrictions": [
                        {
                            "type": "daily_restriction",
                            "start_time_of_day": "22:00:00",
                            "duration_seconds": 28_800,
                        }
                    ],
                },
                {
                    "id": "PWEEK",
                    "name": "Weeks",
                    "start": "2026-01-01T00:00:00+01:00",
                    "rotation_virtual_start": "2026-01-05T09:00:00+01:00",
                    "rotation_turn_length_seconds": 604_800,
                    "users": [
                        {"user": {"id": "PANA", "summary": "Somebody", "email": cast.ana.email}},
                        {"user": {"id": "PBO", "summary": cast.bo.name}},
                    ],
                    "restrictions": [],
                },
            ],
        }
        | changed,
    }


def tried(cast: Cast, document: Any, source: str = "pagerduty") -> ScheduleImport:
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    return imports.try_out(
        team=TEAM, source=source, files=[("schedule.json", raw)], chosen={}, by="desk", at=AT
    )


def saved(row: ScheduleImport, **consent: Any) -> ScheduleImport:
    return imports.adopt(
        number=row.pk,
        chosen=row.proof["chosen"],
        consent=Consent(**{"replaces": True} | consent),
        by="person:1",
        at=AT,
    )


def people(at: datetime) -> tuple[str, ...]:
    return oncall.on_call(rotas.rotas(at, [TEAM])[TEAM], at)


def test_what_was_proved_is_who_is_on_call_afterwards(cast: Cast) -> None:
    row = tried(cast, schedule(cast))

    kept = saved(row)

    assert (kept.minutes, kept.agree) == (525_600, 525_600)
    assert people(datetime(2026, 11, 25, 12, tzinfo=UTC)) == (cast.ana.actor,)
    assert people(datetime(2026, 12, 1, 12, tzinfo=UTC)) == (cast.bo.actor,)
    assert people(datetime(2026, 12, 1, 22, tzinfo=UTC)) == (cast.ines.actor,)
    assert kept.saved_by == "person:1"
    assert {each["by"] for each in kept.proof["people"]} == {"e-mail", "name"}


def test_what_was_on_call_before_stays_known(cast: Cast) -> None:
    saved(tried(cast, schedule(cast)))
    first = set(RotaLayer.objects.values_list("pk", flat=True))
    later = AT + timedelta(days=40)

    again = imports.try_out(
        team=TEAM,
        source="pagerduty",
        files=[("a.json", json.dumps(schedule(cast)).encode())],
        chosen={},
        by="desk",
        at=later,
    )
    imports.adopt(number=again.pk, chosen={}, consent=Consent(replaces=True), by="desk", at=later)

    assert not RotaShift.objects.filter(team__name=TEAM).exists()
    assert set(RotaLayer.objects.filter(ends_at=later).values_list("pk", flat=True)) == first
    assert RotaLayer.objects.filter(ends_at=None, holds_from=later).count() == len(first)


def test_nothing_is_saved_while_anything_is_unsaid(cast: Cast) -> None:
    stranger = schedule(cast)
    stranger["schedule"]["schedule_layers"][1]["users"][1]["user"] = {"id": "PX", "summary": "Xan"}
    odd = schedule(cast)
    odd["schedule"]["schedule_layers"].append(
        schedule(cast)["schedule"]["schedule_layers"][0]
        | {"name": "Odd", "rotation_turn_length_seconds": 1000}
    )
    empty = schedule(cast, schedule_layers=schedule(cast)["schedule"]["schedule_layers"][:1])
    final = schedule(
        cast,
        final_schedule={
            "rendered_schedule_entries": [
                {
                    "start": "2026-11-24T12:00:00Z",
                    "end": "2026-11-25T12:00:00Z",
                    "user": {"id": "PBO"},
                }
            ]
        },
    )

    def refusal(document: Any, **consent: Any) -> str:
        before = RotaLayer.objects.count(), RotaShift.objects.count()
        with pytest.raises(RotaError) as refused:
            saved(tried(cast, document), **consent)
        assert before == (RotaLayer.objects.count(), RotaShift.objects.count())
        return f"{type(refused.value).__name__}: {refused.value}"

    assert refusal(schedule(cast), replaces=False).startswith("APlanStands")
    assert refusal(stranger).startswith("NotSomebodyOfTheDesk")
    assert "Xan" in refusal(stranger)
    assert "layer Odd" in refusal(odd)
    assert refusal(empty).startswith("LeavesAHole")
    assert refusal(final).startswith("ItDiffers")
    assert refusal(b"not json").startswith("SourceBroken")
    assert refusal(schedule(cast, schedule_layers=[])).startswith("NobodyIsNamed")


def test_what_is_said_lets_it_pass(cast: Cast) -> None:
    empty = schedule(cast, schedule_layers=schedule(cast)["schedule"]["schedule_layers"][:1])

    saved(tried(cast, empty), holes=True)

    assert people(AT) == ()
    assert NamedHole.objects.filter(team__name=TEAM, named_by="person:1").exists()


def test_a_difference_is_listed_with_both_names(cast: Cast) -> None:
    document = schedule(
        cast,
        final_schedule={
            "rendered_schedule_entries": [
                {
                    "start": "2026-11-24T12:00:00Z",
                    "end": "2026-11-24T13:00:00Z",
                    "user": {"id": "PBO"},
                }
            ]
        },
    )

    row = tried(cast, document)

    assert (row.minutes, row.agree) == (525_600, 525_540)
    assert row.proof["differences"] == [
        ["2026-11-24T12:00:00+00:00", "2026-11-24T13:00:00+00:00", [cast.bo.name], [cast.ana.name]]
    ]
    assert row.proof["by"].startswith("PagerDuty's own final schedule")


def test_an_import_is_saved_once(cast: Cast) -> None:
    row = tried(cast, schedule(cast))
    saved(row)

    with pytest.raises(imports.SavedAlready):
        saved(row)


def test_an_unreachable_person_is_put_on_no_rota(cast: Cast) -> None:
    cast.bo.devices.all().delete()

    with pytest.raises(RotaError, match=cast.bo.name):
        saved(tried(cast, schedule(cast)))


def test_an_override_of_elsewhere_is_alone_on_call(cast: Cast) -> None:
    document = schedule(cast) | {
        "overrides": [
            {
                "id": "Q",
                "start": "2026-12-24T08:00:00Z",
                "end": "2026-12-25T08:00:00Z",
                "user": {"id": "PANA", "summary": "Ana"},
            }
        ]
    }

    row = saved(tried(cast, document))

    assert row.agree == row.minutes
    assert Override.objects.get(team__name=TEAM).replaces_all
    assert people(datetime(2026, 12, 24, 23, tzinfo=UTC)) == (cast.ana.actor,)


# The page.


@pytest.fixture
def maya(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.maya)
    return client


def upload(client: Client, document: Any, **more: Any) -> Any:
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    file = BytesIO(raw)
    file.name = "schedule.json"
    form = {"team": TEAM, "source": "pagerduty", "given": [file]} | more
    return client.post("/oncall/import/", form, follow=True)


def test_a_manager_imports_by_the_page(cast: Cast, maya: Client) -> None:
    document = schedule(cast)
    document["schedule"]["schedule_layers"][1]["users"][1]["user"] = {
        "id": "PX",
        "summary": "<b>Xan</b>",
    }

    page = upload(maya, document)
    address = page.redirect_chain[-1][0]
    text = page.content.decode()
    assert "525,600 minutes agree." in text
    assert "choose somebody" in text
    assert "<b>Xan</b>" not in text

    matched = maya.post(f"{address}match/", {"person-2": cast.bo.pk}, follow=True)
    assert "choose somebody" not in matched.content.decode()
    refused = maya.post(f"{address}save/", {}, follow=True).content.decode()
    assert "has a plan already" in refused
    done = maya.post(f"{address}save/", {"replaces": "on"}, follow=True).content.decode()

    assert "is on call by this plan from now on" in done
    assert ScheduleImport.objects.get().saved_by == cast.maya.actor
    assert RotaLayer.objects.filter(team__name=TEAM).count() == 2


def test_a_broken_file_is_said_to_be_broken(cast: Cast, maya: Client) -> None:
    page = upload(maya, b"\x00\xff{{{", source="grafana").content.decode()

    assert "Nothing could be read." in page


def test_only_managers_see_imports(cast: Cast, maya: Client) -> None:
    upload(maya, schedule(cast))
    number = ScheduleImport.objects.get().pk

    for person, status in ((cast.mira, 404), (cast.ana, 403)):
        client = Client()
        client.force_login(person)
        assert client.get("/oncall/import/").status_code == status
        assert client.get(f"/oncall/imports/{number}/").status_code == status
        assert client.post(f"/oncall/imports/{number}/save/").status_code == status
        assert client.post(f"/oncall/imports/{number}/match/").status_code == status
        assert upload(client, schedule(cast)).status_code == status
    assert Client().get(f"/oncall/imports/{number}/").status_code == 302
    assert maya.get("/oncall/imports/999999/").status_code == 404
    assert ScheduleImport.objects.get().saved_at is None


# The command.


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("REDPHONE_DATABASE_URL", "postgresql://tests/have-their-own")
    monkeypatch.setattr(clock, "now", lambda: AT)

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["oncall", "import", *arguments])

    return invoke


def test_the_command_proves_and_saves(cast: Cast, tmp_path: Path, run: Any) -> None:
    file = tmp_path / "schedule.json"
    file.write_text(json.dumps(schedule(cast)))
    given = (str(file), "--from", "pagerduty", "--team", TEAM)

    dry = run(*given, "--dry-run")
    refused = run(*given)
    done = run(*given, "--replace", "--by", cast.maya.email)

    assert dry.exit_code == 0, dry.output
    assert "525,600 minutes agree." in dry.output
    assert refused.exit_code == 1
    assert "has a plan already" in refused.output
    assert done.exit_code == 0, done.output
    assert ScheduleImport.objects.get(saved_by=cast.maya.actor).agree == 525_600


def test_a_dry_run_writes_nothing(cast: Cast, tmp_path: Path, run: Any) -> None:
    file = tmp_path / "schedule.ics"
    file.write_text("BEGIN:VCALENDAR\nEND:VCALENDAR\n")

    result = run(str(file), "--from", "icalendar", "--team", TEAM, "--dry-run")

    assert result.exit_code == 1
    assert "Nothing could be read" in result.output
    assert not ScheduleImport.objects.exists()


def test_the_command_is_told_who_is_whom(cast: Cast, tmp_path: Path, run: Any) -> None:
    file = tmp_path / "schedule.ics"
    file.write_text(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:[L1] anni\nDTSTART:20261101T080000Z\n"
        "DTEND:20261108T080000Z\nRRULE:FREQ=WEEKLY\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    given = (str(file), "--from", "icalendar", "--team", TEAM, "--replace")

    unknown = run(*given)
    known = run(*given, "--person", f"anni={cast.ana.email}")

    assert "anni is nobody here" in unknown.output
    assert unknown.exit_code == 1
    assert known.exit_code == 0, known.output
    assert f"anni is {cast.ana.name} (by choice)" in run(*given, "--dry-run").output
    assert people(AT) == (cast.ana.actor,)
