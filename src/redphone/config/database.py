"""Where the database is, for Django's settings and for the command line."""

from typing import Any

from redphone.config import environ
from redphone.config.layout import DATABASE, ROLE, Layout

# A machine that dies without a word must not hold its locks for longer than half a minute, and
# a forgotten transaction not at all.
LIVELINESS: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "options": "-c idle_in_transaction_session_timeout=10s",
}


def is_embedded() -> bool:
    """Whether the database is the one that `redphone up` starts itself."""
    return not environ.database_url()


def django_database() -> dict[str, Any]:
    """The entry for Django's `DATABASES`.

    Raises:
        BadSetting: REDPHONE_DATABASE_URL makes no sense.
    """
    options = dict(LIVELINESS)
    if is_embedded():
        layout = Layout(environ.data_dir())
        where = {"NAME": DATABASE, "USER": ROLE, "HOST": str(layout.socket)}
    else:
        name = "REDPHONE_DATABASE_URL"
        parts, query = environ.address(name, environ.database_url(), ("postgresql", "postgres"))
        if not parts.path.strip("/"):
            raise environ.BadSetting(f"{name} names no database. End it with one, as …/redphone.")
        where = {
            "NAME": environ.unquoted(parts.path.strip("/")),
            "USER": environ.unquoted(parts.username),
            "PASSWORD": environ.unquoted(parts.password),
            # A socket's folder is written in the query, since it has slashes in it.
            "HOST": query.pop("host", environ.unquoted(parts.hostname)),
            "PORT": str(parts.port or query.pop("port", "")),
        }
        options |= query
    if environ.flag("REDPHONE_DATABASE_POOL"):
        options["pool"] = {
            "min_size": 2,
            "max_size": environ.number("REDPHONE_DATABASE_POOL_SIZE", 32, least=2),
            "timeout": 5,
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        **where,
        "OPTIONS": options,
        "CONN_HEALTH_CHECKS": True,
    }


def libpq_environment(entry: dict[str, Any]) -> dict[str, str]:
    """An entry of Django's `DATABASES` as variables for pg_dump, psql and the like."""
    names = {
        "PGDATABASE": entry["NAME"],
        "PGUSER": entry.get("USER", ""),
        "PGPASSWORD": entry.get("PASSWORD", ""),
        "PGHOST": entry.get("HOST", ""),
        "PGPORT": entry.get("PORT", ""),
        "PGSSLMODE": entry["OPTIONS"].get("sslmode", ""),
        "PGSSLROOTCERT": entry["OPTIONS"].get("sslrootcert", ""),
    }
    return {name: value for name, value in names.items() if value}
