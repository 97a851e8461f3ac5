"""The sweeps of clocks that warn or fall due, of escalation steps, and of agreements to be reviewed."""

from datetime import datetime
from typing import Any

from celery import shared_task
from django.db.models import QuerySet

from leadflow import sweeps
from sla import agreements, clocks, escalations, reviews
from sla.models import Agreement, Clock, Escalation

LIMIT = 5000


def run_sweeps(limit: int | None = None, *, at: datetime | None = None) -> int:
    """Do what is due, up to `limit` rows of each kind; return how many rows it was. `at`: the database's clock."""
    limit = LIMIT if limit is None else limit
    done = sweeps.run(Clock, clocks.sweep_due, at=at, limit=limit, narrow=_with_words)
    # One a transaction: a step may lock a lead and a pool, and must hold neither while it waits for the next lead.
    done += sweeps.run(Escalation, escalations.take, at=at, batch=1, limit=limit)
    return done + sweeps.run(Agreement, _review, at=at, limit=limit)


def _review(agreement: Agreement, at: datetime) -> None:
    reviews.notify(agreement, agreements.terms_of(agreement), at)


def _with_words(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Read along what the words of an alarm need."""
    return rows.select_related("lead", "member__user", "agreement").defer("agreement__terms")


@shared_task(name="sla.sweep")
def sweep() -> None:
    """Run the sweeps; carries no argument, so that it may be lost or doubled."""
    run_sweeps()
