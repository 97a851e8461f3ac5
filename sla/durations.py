"""Lengths of work time as they are promised: a number and the unit it was promised in. Pure; no Django.

A promise keeps its unit: a new calendar changes how long a working day is, and not how many were promised.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sla import worktime
from sla.worktime import Hours


class Unit(StrEnum):
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"  # working days of the calendar

    @property
    def label(self) -> str:
        """Return the words in which a form offers it."""
        return "working days" if self is Unit.DAYS else self.value


MOST = {Unit.MINUTES: 366 * 24 * 60, Unit.HOURS: 366 * 24, Unit.DAYS: 366}


@dataclass(frozen=True)
class Duration:
    """Hold a length of work time: so many minutes, hours or working days of whatever calendar it is counted in."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        if self.unit is Unit.DAYS:
            return f"{self.amount} working day{'' if self.amount == 1 else 's'}"
        return f"{self.amount} {'min' if self.unit is Unit.MINUTES else 'h'}"

    def after(self, hours: Hours, start: datetime) -> datetime | None:
        """Return when it is over (UTC), begun at an aware instant; None where the calendar never gets there."""
        match self.unit:
            case Unit.MINUTES:
                return worktime.add(hours, start, self.amount)
            case Unit.HOURS:
                return worktime.add(hours, start, 60 * self.amount)
            case Unit.DAYS:
                return worktime.add_days(hours, start, self.amount)


def minutes(amount: int) -> Duration:
    """Return a length in minutes."""
    return Duration(amount, Unit.MINUTES)


def hours(amount: int) -> Duration:
    """Return a length in hours."""
    return Duration(amount, Unit.HOURS)


def days(amount: int) -> Duration:
    """Return a length in working days."""
    return Duration(amount, Unit.DAYS)
