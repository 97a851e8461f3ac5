"""The sweep of nurture: steps that are due, mails that are due, mails that a crash left unsure."""

from datetime import datetime

from celery import shared_task
from django.db.models import QuerySet

from leadflow import db, sweeps
from nurture import enrolments, ledger, sending
from nurture.models import Enrolment, Program


def run_sweeps(limit: int | None = None, *, at: datetime | None = None) -> int:
    """Do what is due and return how many rows it was; `limit` is for each kind of row.

    `at` is the database's clock unless a test passes one.
    """
    limit = limit or 5000
    now = at or db.now()
    done = ledger.recover(at=now)
    done += sweeps.run(
        Enrolment, enrolments.advance, at=now, narrow=_running, limit=limit, together=enrolments.advance_many
    )
    return done + sending.sweep(at=at, limit=limit)


def _running(rows: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
    """Leave out paused programs: what is due there waits until they are activated again."""
    return rows.filter(program__status=Program.Status.ACTIVE).select_related("program")


@shared_task(name="nurture.sweep")
def sweep() -> None:
    """Run the sweeps; carries no argument, so that it may be lost or doubled."""
    run_sweeps()
