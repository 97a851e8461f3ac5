"""When a calendar is open, as stretches of time. Pure."""

from datetime import UTC, datetime, time, timedelta

from sla.offsets import stretches
from sla.worktime import Hours

_DAY = timedelta(days=1)


def between(hours: Hours, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """List the stretches of opening (UTC) between two aware instants, in order; those that touch are one."""
    found: list[tuple[datetime, datetime]] = []
    since, until = (at.astimezone(UTC).replace(tzinfo=None) for at in (start, end))
    for stretch in stretches(hours.zone, since, until):
        midnight = datetime.combine(stretch.begin, time.min)
        while midnight < stretch.end:
            for window in hours.windows_on(midnight.date()):
                opens = max(midnight + window.opens, stretch.begin)
                closes = min(midnight + window.closes, stretch.end)
                if opens < closes:
                    begin, finish = ((wall - stretch.offset).replace(tzinfo=UTC) for wall in (opens, closes))
                    if found and found[-1][1] == begin:
                        begin = found.pop()[0]
                    found.append((begin, finish))
            midnight += _DAY
    return found
