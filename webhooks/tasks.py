"""The sweeps of this room: new facts, then due deliveries."""

from celery import shared_task

from webhooks import deliveries


def run_sweeps(limit: int | None = None) -> int:
    """Do what is due in this room, up to `limit` rows of each kind, and return how many rows were dealt with."""
    facts = deliveries.fan_out(limit=limit or 50_000)
    return facts + deliveries.deliver_due(limit=limit or 5000)


@shared_task(name="webhooks.sweep")
def sweep() -> None:
    """Run the sweeps; carries no argument, so that it may be lost or doubled."""
    run_sweeps()
