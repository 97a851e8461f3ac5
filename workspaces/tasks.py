"""The sweep of this room: the mails of notices."""

from celery import shared_task

from workspaces import mailing


def run_sweeps(limit: int | None = None) -> int:
    """Do what is due in this room, up to `limit` rows, and return how many rows were dealt with."""
    return mailing.send_due(limit=limit or 5000)


@shared_task(name="workspaces.sweep")
def sweep() -> None:
    """Run the sweeps; carries no argument, so that it may be lost or doubled."""
    run_sweeps()
