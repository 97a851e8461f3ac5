"""The sweep of this room: leads that are due, then imports under way."""

from celery import shared_task

from leadflow import sweeps
from leads.intake.imports import jobs
from leads.lifecycle import evaluation
from leads.models import Import


def run_sweeps(limit: int | None = None) -> int:
    """Do what is due now, at most `limit` rows of each kind; return how many rows it was."""
    done = evaluation.sweep(limit=limit or 5000)
    return done + sweeps.run(Import, jobs.work, batch=1, limit=limit or 5000)


@shared_task(name="leads.sweep")
def sweep() -> None:
    """Run the sweeps; carries no argument, so that it may be lost or doubled."""
    run_sweeps()
