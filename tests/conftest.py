"""What all tests share: a throw-away PostgreSQL a session, which also works as root."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.db.backends.postgresql.operations import DatabaseOperations
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from redphone.config.embedded import Cluster
from redphone.config.ground import Ground
from redphone.config.layout import DATABASE, ROLE, Layout

if TYPE_CHECKING:
    from redphone.actions import reports
    from redphone.records.models import Person

# A loaded machine must not fail a law; CI tries the same examples each time.
hypothesis_settings.register_profile(
    "ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.register_profile("here", deadline=None)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "here")

DJANGOS_OWN = {"django_content_type", "auth_permission"}

# Nothing in a throw-away cluster has to survive a power cut.
CARELESS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright's event loop then stays in this thread to the end."""
    items.sort(key=lambda item: "browser" in item.path.parts)


def pytest_configure() -> None:
    settings.SECRET_KEY = "only for tests"
    settings.PUBLIC_URL = "http://localhost:8000"
    # Argon2 is slow on purpose, and a test signs in often.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def data_folder() -> Iterator[Path]:
    """A folder that any system user can pass through, with a short path: a socket is in it."""
    folder = Path(tempfile.mkdtemp(prefix="redphone-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster(data_folder: Path) -> Iterator[Cluster]:
    """The session's PostgreSQL, started by the same module that `redphone up` uses."""
    cluster = Cluster(ground=Ground(layout=Layout(data_folder), user="nobody"), options=CARELESS)
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    cluster: Cluster, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """Point Django at the session's PostgreSQL, whatever the environment says."""
    settings.DATABASES["default"].update(
        NAME=DATABASE, USER=ROLE, PASSWORD="", HOST=str(cluster.layout.socket), PORT="", OPTIONS={}
    )


@pytest.fixture(scope="session", autouse=True)
def a_test_may_forget() -> Iterator[None]:
    """Let Django empty the tables after a test that commits; the ledger's triggers refuse it.

    A row a table is deleted in no time; TRUNCATE makes new files for every table and index, which
    took most of a test's time. What Django itself knows of our models stays as it is.
    """

    def sql_flush(
        self: DatabaseOperations, style: object, tables: Iterable[str], **options: bool
    ) -> list[str]:
        assert not options.get("reset_sequences"), "no test may count on the number of a row"
        emptied = [
            f"DELETE FROM {self.quote_name(table)}" for table in sorted({*tables} - DJANGOS_OWN)
        ]
        without_triggers = "SET session_replication_role = replica"
        return ["; ".join([without_triggers, *emptied, "RESET session_replication_role"])]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
        yield


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program; without one the browser tests are skipped, and say so."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.skip("No Chromium here: 'apt-get install chromium' brings the browser tests back.")


NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
"""A Monday; seven in the morning in New York, where the policy's business hours are."""

POLICY_FILE = Path(__file__).parents[1] / "policies" / "urgent-support.toml"


@dataclass(frozen=True, slots=True)
class Cast:
    """The people of all tests: two customers, and the desk of the small company."""

    mira: Person
    jon: Person
    ana: Person
    bo: Person
    ines: Person
    maya: Person
    tom: Person
    rosa: Person

    def report(
        self,
        by: Person | None,
        words: str = "Nobody can reach the dashboard, it is down for everyone.",
        *,
        at: datetime = NOON,
        **more: Any,
    ) -> reports.Taken:
        """A report by the button, by somebody of the cast or by a stranger."""
        from redphone.actions import reports

        incoming = reports.Incoming(
            channel="button",
            received_at=at,
            raw=words.encode("utf-8", "surrogatepass"),
            content_type="text/plain; charset=utf-8",
            description=words,
            contact=by.email if by else "+44 20 7946 0321",
            sender=by.pk if by else None,
            customer=by.customer_id if by else None,
            **more,
        )
        return reports.take_report(incoming)


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    """A desk with our policy published and the small company on it, everyone on call."""
    from redphone.actions import company, policies
    from redphone.records.models import Person

    policies.publish(text=POLICY_FILE.read_text(), filename=POLICY_FILE.name, at=NOON)
    company.found(password="a word that only tests know", at=NOON)
    by_name = {person.name.partition(" ")[0].lower(): person for person in Person.objects.all()}
    return Cast(**{name: by_name[name] for name in Cast.__dataclass_fields__})
