"""Locks, sets and the database's clock: the one place that knows what the two databases can do."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db import connection, models, transaction
from django.utils import timezone

M = TypeVar("M", bound=models.Model)
R = TypeVar("R")


def is_postgres() -> bool:
    """Return whether the default connection is PostgreSQL."""
    return connection.vendor == "postgresql"


def now() -> datetime:
    """Read the database's clock (UTC, aware): sweeps on many machines agree on it, whatever their own clocks say."""
    if not is_postgres():
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        at: datetime = cursor.fetchone()[0]
    return at.astimezone(UTC)


def lock(queryset: models.QuerySet[M], pk: Any) -> M:
    """Lock one row as `locked` does, and return it read afresh. Raise `DoesNotExist` when it is gone."""
    return locked(queryset).get(pk=pk)


def locked(
    queryset: models.QuerySet[M, R], *, skip_locked: bool = False, also: Sequence[str] = ()
) -> models.QuerySet[M, R]:
    """Return a queryset that locks each row it reads until the transaction ends, with its values as they are then.

    It waits for rows that others hold, and takes them in the order of their ids: two transactions that lock the same
    rows wait for each other and never deadlock. With `skip_locked` it leaves those rows out instead, never waits, and
    keeps the caller's order. Rows that are joined are not locked, except through the foreign keys named in `also`;
    where PostgreSQL had to wait, what is joined may be as it was before.

    The lock is `FOR NO KEY UPDATE`: one holder at a time, while rows that refer to the locked one may be written. Each
    of those takes a `KEY SHARE` lock on it when it is committed, which a full `FOR UPDATE` refuses: an event of a lead
    would wait for the whole batch that holds the lead, and a sweep that updates a row twice for a move that waits for
    the sweep. Only a row that is about to go needs the full lock: `lock_for_delete`.
    On SQLite, immediate transactions serialise writers already and Django ignores the clause.
    """
    ordered = queryset if skip_locked else queryset.order_by("pk")
    return ordered.select_for_update(skip_locked=skip_locked, of=("self", *also), no_key=True)


def lock_for_delete(queryset: models.QuerySet[M], pk: Any) -> M:
    """Lock one row that is about to be deleted, in full, and return it. Raise `DoesNotExist` when it is gone.

    Django deletes the rows that refer to it first. Whoever writes another one meanwhile waits here until the row is
    gone, and is refused; under the weaker lock of `lock` it would be committed in between, and the deletion fail.
    """
    return queryset.select_for_update(of=("self",)).get(pk=pk)


def lock_many_for_delete(queryset: models.QuerySet[M]) -> list[M]:
    """Lock rows that are about to be deleted, each as `lock_for_delete` does, in the order of their ids; return them.

    What refers to them is moved elsewhere after this call, not before: nothing can come in between then.
    """
    return list(queryset.order_by("pk").select_for_update(of=("self",)))


@transaction.atomic
def upsert(
    queryset: models.QuerySet[M], values: Mapping[str, Any], *, new: Mapping[str, Any] | None = None, **key: Any
) -> tuple[M, bool]:
    """Write the row of a unique key, changed or made; return it and whether it was made.

    `new` is what only a new one gets. Locks as `locked` does, where Django's
    `update_or_create` would lock the row in full.
    """
    row, made = locked(queryset).get_or_create(defaults={**values, **(new or {})}, **key)
    if not made:
        for name, value in values.items():
            setattr(row, name, value)
        row.save(update_fields=list(values))
    return row, made


_PARAMETERS = 30_000  # SQLite takes some 32,000 in one statement


def insert_new(rows: Sequence[M], *, key: Sequence[str]) -> list[M]:
    """Insert rows of one model, skipping those that a unique constraint refuses; return the new ones with their ids.

    One statement (`ON CONFLICT DO NOTHING RETURNING`), which waits for a concurrent insert of the same key to end.
    `key` names the columns by which a returned row is recognised; rows come back in the order they were given.
    """
    if not rows:
        return []
    meta: Any = rows[0]._meta
    fields = [field for field in meta.concrete_fields if not field.primary_key]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    returned = ", ".join(quote(meta.get_field(name).column) for name in ("id", *key))
    new: list[M] = []
    for chunk, places, values in _chunks(rows, fields):
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES {places}"
                f" ON CONFLICT DO NOTHING RETURNING {returned}",
                values,
            )
            inserted = cursor.fetchall()
        new += _recognise(chunk, key, inserted)
    return new


def upsert_many(rows: Sequence[models.Model], *, key: str, fields: Sequence[str]) -> None:
    """Insert rows of one model; of those whose unique `key` is there already, write these fields. One statement."""
    if not rows:
        return
    meta: Any = rows[0]._meta
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in meta.concrete_fields)
    sets = ", ".join(f"{quote(name)} = excluded.{quote(name)}" for name in (meta.get_field(f).column for f in fields))
    for _, places, values in _chunks(rows, meta.concrete_fields):
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES {places}"
                f" ON CONFLICT ({quote(meta.get_field(key).column)}) DO UPDATE SET {sets}",
                values,
            )


def _chunks(rows: Sequence[M], fields: Sequence[Any]) -> Iterator[tuple[Sequence[M], str, list[Any]]]:
    """Cut rows into as many as one statement takes: yield them, the places of their values in SQL, and the values."""
    step = _PARAMETERS // len(fields)
    for start in range(0, len(rows), step):
        chunk = rows[start : start + step]
        place = "(" + ", ".join(["%s"] * len(fields)) + ")"
        values = [field.get_db_prep_save(getattr(row, field.attname), connection) for row in chunk for field in fields]
        yield chunk, ", ".join([place] * len(chunk)), values


def _recognise(rows: Sequence[M], key: Sequence[str], inserted: list[tuple[Any, ...]]) -> list[M]:
    """Give the inserted ids to their rows: what came back is the given sequence with some left out."""
    new: list[M] = []
    for row in rows:
        if len(new) == len(inserted):
            break
        pk, *names = inserted[len(new)]
        if [getattr(row, name) for name in key] == names:
            row.pk, row._state.adding, row._state.db = pk, False, connection.alias
            new.append(row)
    return new


def update_many(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Write these fields of rows of one model, which the caller has locked, in as few statements as they fit in.

    `bulk_update` says the same with a CASE for each field and row, which takes longer to build than to run.
    """
    if not rows:
        return
    meta: Any = rows[0]._meta
    columns = [meta.pk, *(meta.get_field(name) for name in fields)]
    quote = connection.ops.quote_name
    given = [f"given.column{number}{_cast(field)}" for number, field in enumerate(columns, 1)]
    sets = ", ".join(f"{quote(field.column)} = {value}" for field, value in zip(columns[1:], given[1:], strict=True))
    table, key = quote(meta.db_table), quote(meta.pk.column)
    for _, places, values in _chunks(rows, columns):
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET {sets} FROM (VALUES {places}) AS given WHERE {table}.{key} = {given[0]}", values
            )


def _cast(field: Any) -> str:
    """Name the type of a value in a list of rows, which PostgreSQL takes for text; without its length, lest it cut."""
    return "::" + re.sub(r"\(.*\)", "", field.db_type(connection)) if is_postgres() else ""
