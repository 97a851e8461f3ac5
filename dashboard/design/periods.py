"""Read the period of a report out of the address: whole days in the workspace's zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from workspaces.models import Workspace

CHOICES = {"30": "30 days", "90": "90 days", "180": "180 days", "all": "All time"}
DEFAULT = "90"


@dataclass(frozen=True)
class Period:
    """Hold the days from `first` (None: from the beginning) to `last`, and the instants [since, until) they cover."""

    name: str
    first: date | None
    last: date
    zone: ZoneInfo

    @property
    def since(self) -> datetime | None:
        """Return the first instant, None for all time."""
        return midnight(self.first, self.zone) if self.first else None

    @property
    def until(self) -> datetime:
        """Return the first instant behind the period."""
        return midnight(self.last + timedelta(days=1), self.zone)

    @property
    def before(self) -> "Period | None":
        """Return the period of the same length before this one; None for all time."""
        if self.first is None:
            return None
        length = (self.last - self.first).days + 1
        return Period(self.name, self.first - timedelta(days=length), self.first - timedelta(days=1), self.zone)

    @property
    def words(self) -> str:
        """Say how long it is."""
        return "all time" if self.first is None else f"the last {CHOICES[self.name]}"

    @property
    def step(self) -> str:
        """Return the step of a chart over it: days while they stay distinct, else weeks."""
        return "day" if self.name == "30" else "week"

    @property
    def query(self) -> dict[str, str]:
        """Return the days as the list of leads takes them."""
        return {"since": self.first.isoformat(), "until": self.last.isoformat()} if self.first else {}


def read(workspace: Workspace, name: str, now: datetime) -> Period:
    """Return the period of a name of `CHOICES` that ends today; an unknown name is the default."""
    name = name if name in CHOICES else DEFAULT
    zone = ZoneInfo(workspace.time_zone)
    today = now.astimezone(zone).date()
    return Period(name, None if name == "all" else today - timedelta(days=int(name) - 1), today, zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant, in UTC, at which a day begins in a zone."""
    return datetime.combine(day, time(0), zone).astimezone(UTC)
