"""Distinguish history, recorded long after it happened, from current events."""

from datetime import datetime, timedelta

# A connector may run once a night: what it brings of the day still concerns people.
AGE = timedelta(days=1)


def is_history(at: datetime, now: datetime) -> bool:
    """Return whether an event at `at`, recorded at `now`, is history: nobody is notified, no mail is sent."""
    return now - at > AGE
