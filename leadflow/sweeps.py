"""Sweeps: claim the rows whose time has come, in batches that no other sweep holds, and act on each."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import OperationalError, models, transaction

from leadflow import db

M = TypeVar("M", bound=models.Model)
log = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
SECONDS_AFTER_DEADLOCK = 5


def due(model: type[M], at: datetime) -> models.QuerySet[M]:
    """Return the rows of a `Timer` model whose time has come and that are not set aside, the longest due first."""
    return model._base_manager.filter(next_at__lte=at, dead_reason="").order_by("next_at")


def run(
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

    1. A batch is claimed with `SKIP LOCKED`, so that two sweeps never hold one row.
    2. `together(rows, at)`, if given, acts on all of them, in a savepoint; when it fails, they are taken one by one.
    3. The try is counted on the row; then `act(row, at)` runs in its own savepoint. Both must move `next_at` on.
    4. A failure rolls that savepoint back and puts the row off (a lost deadlock for seconds, else 2, 4, 8 ... minutes);
       after `MAX_ATTEMPTS` the row is set aside with its reason. The other rows go on.

    `at` is the database's clock unless a test passes one.
    """
    done = 0
    at = at or db.now()
    while done < limit:
        with transaction.atomic():
            rows = due(model, at)
            rows = narrow(rows) if narrow else rows
            claimed = list(db.locked(rows, skip_locked=True)[:batch])
            if not (claimed and together and _attempt_all(claimed, together, at)):
                for row in claimed:
                    _attempt(row, act, at)
        done += len(claimed)
        if len(claimed) < batch:
            break
    return done


def _attempt_all(rows: list[M], act: Callable[[Sequence[M], datetime], None], at: datetime) -> bool:
    """Act on claimed rows in one savepoint. When that fails, read the rows again as they are, and return False."""
    tried = [row.pk for row in rows if row.attempts]  # type: ignore[attr-defined]  # every swept row is a Timer
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
        claimed = list(db.locked(rows, skip_locked=True)[:batch])
        model._base_manager.filter(pk__in=[row.pk for row in claimed]).update(
            next_at=until, attempts=models.F("attempts") + 1
        )
    for row in claimed:
        row.next_at = until  # type: ignore[attr-defined]  # every swept row is a Timer
        row.attempts += 1  # type: ignore[attr-defined]  # every swept row is a Timer
    return claimed


def _attempt(row: M, act: Callable[[M, datetime], None], at: datetime) -> None:
    """Act on one claimed row in a savepoint; record a failure on the row itself, outside the savepoint."""
    rows = type(row)._base_manager.filter(pk=row.pk)
    tries = row.attempts + 1  # type: ignore[attr-defined]  # every swept row is a Timer
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
