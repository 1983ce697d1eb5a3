"""Writing many rows at once: new ones by COPY, known ones by one UPDATE.

Django's `bulk_create` and `bulk_update` cost several times as much in our own process, which is
what bounds a desk in a storm. Numbers that the database gives are not read back.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Model
from psycopg import sql

AT_ONCE = 250
"""Rows in one UPDATE."""


def insert(rows: Sequence[Model]) -> None:
    """Write new rows of one model, in their order. They must not be there yet.

    Raises:
        IntegrityError: a constraint refuses one of them; then none is written.
    """
    if not rows:
        return
    model = type(rows[0])
    fields = _fields(model, has_key=rows[0].pk is not None)
    copy = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join(sql.Identifier(str(field.column)) for field in fields),
    )
    with (
        connection.cursor() as cursor,
        # Django's own errors instead of the driver's, as from any other query.
        connection.wrap_database_errors,
        cursor.cursor.copy(copy) as stream,
    ):
        here = connections[DEFAULT_DB_ALIAS]
        for row in rows:
            stream.write_row([_value(row, field, here) for field in fields])


def update(rows: Sequence[Model], names: Sequence[str]) -> None:
    """Write these columns of rows that are there, a few hundred in one statement.

    Raises:
        IntegrityError: a constraint refuses one of them; then none is written.
    """
    for start in range(0, len(rows), AT_ONCE):
        _update(rows[start : start + AT_ONCE], names)


def _update(rows: Sequence[Model], names: Sequence[str]) -> None:
    here = connections[DEFAULT_DB_ALIAS]
    meta = type(rows[0])._meta
    assert meta.pk is not None
    by_name = {field.name: field for field in meta.concrete_fields}
    fields = [meta.pk, *(by_name[name] for name in names)]
    columns = [sql.Identifier(str(field.column)) for field in fields]
    # A column that is null in all rows has no type of its own among values.
    changes = [
        sql.SQL("{0} = v.{0}::{1}").format(column, sql.SQL(str(field.db_type(here))))
        for column, field in zip(columns[1:], fields[1:], strict=True)
    ]
    places = sql.SQL("({})").format(sql.SQL(", ").join([sql.Placeholder()] * len(fields)))
    statement = sql.SQL("UPDATE {0} t SET {1} FROM (VALUES {2}) AS v ({3}) WHERE t.{4} = v.{4}")
    with here.cursor() as cursor:
        cursor.execute(
            statement.format(
                sql.Identifier(meta.db_table),
                sql.SQL(", ").join(changes),
                sql.SQL(", ").join([places] * len(rows)),
                sql.SQL(", ").join(columns),
                columns[0],
            ),
            [_value(row, field, here) for row in rows for field in fields],
        )


@lru_cache(maxsize=64)
def _fields(model: type[Model], *, has_key: bool) -> tuple[Field[Any, Any], ...]:
    """The columns that are written: not those that the database computes or numbers."""
    return tuple(
        field
        for field in model._meta.concrete_fields
        if not field.generated and (has_key or not field.primary_key)
    )


def _value(row: Model, field: Field[Any, Any], here: BaseDatabaseWrapper) -> Any:
    value = field.get_db_prep_save(getattr(row, field.attname), here)
    return value.value if isinstance(value, Enum) else value
