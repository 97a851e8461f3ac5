"""Tell what is brought in long after it happened from what goes on."""

from datetime import datetime, timedelta

# A connector may run once a night: what it brings of the day still concerns people.
AGE = timedelta(days=1)


def is_history(at: datetime, now: datetime) -> bool:
    """Tell whether what happened at `at` is past when we hear of it at `now`: nobody is told, no mail goes out."""
    return now - at > AGE
