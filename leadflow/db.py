"""Locking, claiming and the database's clock: the one place that knows what the two databases can do."""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db import OperationalError, connection, models, transaction
from django.utils import timezone

M = TypeVar("M", bound=models.Model)
log = logging.getLogger(__name__)


def is_postgres() -> bool:
    """Tell whether the default connection is PostgreSQL."""
    return connection.vendor == "postgresql"


def now() -> datetime:
    """Read the database's clock (UTC, aware): sweeps on many machines agree on it, whatever their own clocks say."""
    if not is_postgres():
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0].astimezone(UTC)


def lock(queryset: models.QuerySet[M], pk: Any) -> M:
    """Lock one row until the transaction ends and read it afresh. Raise `DoesNotExist` when it is gone.

    `no_key`, here and in the sweeps: rows that refer to it may be written meanwhile. PostgreSQL checks the references
    of a row that is updated twice in one transaction, as a sweep does; a full lock on a lead would make the sweep wait
    for a move that waits for the sweep.
    On SQLite, immediate transactions serialise writers already and Django ignores the clause.
    """
    return queryset.select_for_update(of=("self",), no_key=True).get(pk=pk)


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


def _chunks(rows: Sequence[M], fields: Sequence[Any]) -> Iterator[tuple[Sequence[M], str, list[Any]]]:
    """Cut rows into as many as one statement takes: yield them, the places of their values in SQL, and the values."""
    step = _PARAMETERS // len(fields)
    for start in range(0, len(rows), step):
        chunk = rows[start : start + step]
        place = "(" + ", ".join(["%s"] * len(fields)) + ")"
        values = [field.get_db_prep_save(getattr(row, field.attname), connection) for row in chunk for field in fields]
        yield chunk, ", ".join([place] * len(chunk)), values


def _recognise(rows: Sequence[M], key: Sequence[str], inserted: list[tuple]) -> list[M]:
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
    """Write these fields of rows of one model, whose writers the caller has shut out, in as few statements as
    they fit in.

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


def due(model: type[M], at: datetime) -> models.QuerySet[M]:
    """Return the rows of a `Timer` model whose time has come and that are not set aside, the longest due first."""
    return model._base_manager.filter(next_at__lte=at, dead_reason="").order_by("next_at")


def sweep(
    model: type[M],
    act: Callable[[M, datetime], None],
    *,
    at: datetime | None = None,
    batch: int = 50,
    limit: int = 5000,
    narrow: Callable[[models.QuerySet[M]], models.QuerySet[M]] | None = None,
    together: Callable[[Sequence[M], datetime], None] | None = None,
) -> int:
    """Claim due rows of a `Timer` model in small batches and act on each until none is due. Return how many.

    1. A batch is claimed with `FOR UPDATE SKIP LOCKED`, so that two sweeps never hold one row.
    2. `together(rows, at)`, if given, acts on all of them, in a savepoint; when it fails, they are taken one by one.
    3. The try is counted on the row; then `act(row, at)` runs in its own savepoint. Both must move `next_at` on.
    4. A failure rolls that savepoint back and puts the row off (a lost deadlock for seconds, else 2, 4, 8 ... minutes);
       after `MAX_ATTEMPTS` the row is set aside with its reason. The other rows go on.

    `at` is the database's clock unless a test passes one.
    """
    done = 0
    at = at or now()
    while done < limit:
        with transaction.atomic():
            rows = due(model, at)
            rows = narrow(rows) if narrow else rows
            claimed = list(rows.select_for_update(skip_locked=True, of=("self",), no_key=True)[:batch])
            if not (claimed and together and _attempt_all(claimed, together, at)):
                for row in claimed:
                    _attempt(row, act, at)
        done += len(claimed)
        if len(claimed) < batch:
            break
    return done


def _attempt_all(rows: list[M], act: Callable[[Sequence[M], datetime], None], at: datetime) -> bool:
    """Act on claimed rows in one savepoint. When that fails, read the rows again as they are, and return False."""
    tried = [row.pk for row in rows if row.attempts]  # type: ignore[attr-defined]
    found = type(rows[0])._base_manager
    try:
        with transaction.atomic():
            act(rows, at)
    except Exception:  # whose fault it was comes out one by one
        log.warning("%s: a batch failed, its rows are taken one by one", type(rows[0]).__name__, exc_info=True)
        known = found.in_bulk([row.pk for row in rows])
        rows[:] = [known[row.pk] for row in rows]
        return False
    found.filter(pk__in=tried).update(attempts=0)
    return True


def lease(
    model: type[M],
    *,
    at: datetime,
    seconds: float,
    batch: int = 50,
    narrow: Callable[[models.QuerySet[M]], models.QuerySet[M]] | None = None,
) -> list[M]:
    """Claim due rows of a `Timer` model for work that must not run inside a transaction, and commit the claim.

    The try is counted and `next_at` put `seconds` off before the work begins: after a crash the rows come due
    again, so that the work is done at least once. The caller records the outcome in a transaction of its own,
    which must move `next_at` on. Two sweeps never hold one row, provided the work takes less than `seconds`.
    """
    until = at + timedelta(seconds=seconds)
    with transaction.atomic():
        rows = due(model, at)
        rows = narrow(rows) if narrow else rows
        claimed = list(rows.select_for_update(skip_locked=True, of=("self",), no_key=True)[:batch])
        model._base_manager.filter(pk__in=[row.pk for row in claimed]).update(
            next_at=until, attempts=models.F("attempts") + 1
        )
    for row in claimed:
        row.next_at = until  # type: ignore[attr-defined]
        row.attempts += 1  # type: ignore[attr-defined]
    return claimed


MAX_ATTEMPTS = 5
SECONDS_AFTER_DEADLOCK = 5


def _attempt(row: M, act: Callable[[M, datetime], None], at: datetime) -> None:
    """Act on one claimed row in a savepoint; record a failure on the row itself, outside the savepoint."""
    rows = type(row)._base_manager.filter(pk=row.pk)
    tries = row.attempts + 1  # type: ignore[attr-defined]
    rows.update(attempts=tries)
    try:
        with transaction.atomic():
            act(row, at)
    except OperationalError as error:  # a deadlock, say: whoever won it is done in a moment
        _put_off(rows, tries, error, at + timedelta(seconds=SECONDS_AFTER_DEADLOCK))
    except Exception as error:  # one row's fault must not stop the sweep; it is kept and shown
        log.exception("%s %s failed", type(row).__name__, row.pk)
        _put_off(rows, tries, error, at + timedelta(minutes=2**tries))
    else:
        rows.update(attempts=0)


def _put_off(rows: models.QuerySet[Any], tries: int, error: Exception, until: datetime) -> None:
    dead = f"{type(error).__name__}: {error}"[:500] if tries >= MAX_ATTEMPTS else ""
    rows.update(next_at=until, dead_reason=dead)
