"""The sweep of the API: it deletes kept answers past their time."""

from celery import shared_task
from django.utils import timezone

from api import idempotency


def run_sweeps(limit: int | None = None) -> int:
    """Delete old answers of the API and return how many."""
    return idempotency.purge(timezone.now())


@shared_task(name="api.sweep")
def sweep() -> None:
    """Run the sweeps; carries no argument, so that it may be lost or doubled."""
    run_sweeps()
