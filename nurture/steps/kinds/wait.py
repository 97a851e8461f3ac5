"""The step that waits for a time, or until a day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self

from leadflow.durations import span
from leadflow.errors import Invalid
from leadflow.formats import build
from leads.people import zones
from nurture.steps.base import Place, StepContext, StepKind, WaitUntil
from nurture.steps.inputs import FormSpec, InputSpec

MAX_DAYS = 730
MAX_MINUTES = MAX_DAYS * 24 * 60
UNITS = (("days", "days"), ("hours", "hours"), ("minutes", "minutes"), ("until", "until a date"))


@dataclass(frozen=True)
class Wait(StepKind):
    """Wait for minutes or days, or until midnight of a day in the lead's zone: exactly one of the three."""

    code = "wait"
    label = "Wait"
    icon = "hourglass"
    order = 30
    new = {"amount": 3, "unit": "days"}

    minutes: int | None = field(default=None, metadata={"minimum": 1, "maximum": MAX_MINUTES})
    days: int | None = field(default=None, metadata={"minimum": 1, "maximum": MAX_DAYS})
    until: date | None = None

    @classmethod
    def check(cls, config: dict[str, Any], place: Place) -> list[Invalid]:
        given = [name for name in ("minutes", "days", "until") if config.get(name) not in (None, "")]
        if len(given) != 1:
            return [place.problem("", "Say how long to wait: minutes, or days, or until a date.")]
        name, value = given[0], config[given[0]]
        if name == "until":
            try:
                date.fromisoformat(value)
            except (TypeError, ValueError):
                return [place.problem("until", "Give the date as YYYY-MM-DD.")]
            return []
        most = MAX_MINUTES if name == "minutes" else MAX_DAYS
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= most:
            return [place.problem(name, f"Give a whole number of {name} from 1 to {most:,}.")]
        return []

    @classmethod
    def read(cls, config: dict[str, Any]) -> Self:
        given = {name: value for name, value in config.items() if value not in (None, "")}
        return build(cls, given, until=date.fromisoformat)

    def run(self, context: StepContext) -> WaitUntil:
        if self.until is None:
            return WaitUntil(context.at + self._length)
        zone = zones.of(context.lead)
        return WaitUntil(datetime.combine(self.until, time(0), zone).astimezone(UTC))

    @property
    def _length(self) -> timedelta:
        return timedelta(days=self.days or 0, minutes=self.minutes or 0)

    def describe(self) -> str:
        return f"Wait until {self.until.isoformat()}" if self.until else f"Wait {span(self._length)}"

    @classmethod
    def form(cls, shown: Mapping[str, Any]) -> FormSpec:
        return FormSpec(
            (
                InputSpec("amount", "Wait", "number", required=False, minimum=1, blames=("days", "minutes")),
                InputSpec("unit", "Unit", "choice", choices=UNITS),
                InputSpec("until", "Day", "day", required=False),
            ),
            in_line=True,
        )

    def shown(self) -> dict[str, Any]:
        """Return the values of the form's inputs; full hours are shown as such."""
        if self.until:
            return {"unit": "until", "until": self.until.isoformat()}
        if not self.minutes:
            return {"unit": "days", "amount": self.days}
        hours, rest = divmod(self.minutes, 60)
        return {"unit": "minutes", "amount": self.minutes} if rest else {"unit": "hours", "amount": hours}

    @classmethod
    def config_of(cls, typed: Mapping[str, Any]) -> dict[str, Any]:
        unit, amount, day = typed["unit"] or "days", typed["amount"] or 0, typed["until"]
        if unit == "until":
            return {"until": day.isoformat() if day else ""}
        return {"minutes": amount * 60} if unit == "hours" else {unit: amount}
