"""Keep the workspace's business hours: edited in place until an agreement runs, then written as it is activated."""

from collections.abc import Mapping
from datetime import date, time
from typing import Any

from django.db import transaction

from leadflow import db
from leadflow.errors import Conflict, Invalid
from sla import worktime
from sla.models import Agreement, Calendar
from workspaces import audit
from workspaces.actors import Actor
from workspaces.models import Workspace

WORKING_WEEK = tuple(worktime.Window(weekday, time(9), time(17)) for weekday in range(5))


def of(workspace: Workspace | int) -> Calendar:
    """Return the workspace's calendar."""
    return Calendar.objects.of(workspace).get()


def create(workspace: Workspace) -> Calendar:
    """Make the calendar that a workspace begins with: Monday to Friday, 9 to 17, in its zone."""
    hours = worktime.Hours(workspace.time_zone, WORKING_WEEK)
    return Calendar.everywhere.create(workspace=workspace, hours=worktime.to_json(hours))


@transaction.atomic
def edit(workspace: Workspace | int, *, actor: Actor, hours: Mapping[str, Any]) -> Calendar:
    """Replace the hours, given as for `read`. Raise `Invalid` as that does, `Conflict` while an agreement runs."""
    calendar = _locked(workspace)
    if Agreement.objects.of(workspace).filter(status=Agreement.Status.ACTIVE).exists():
        raise Conflict("Both sides signed the calendar: a change goes into the next agreement.", code="signed")
    return _save(calendar, actor, read(hours))


@transaction.atomic
def put_in_force(workspace: Workspace | int, hours: Mapping[str, Any], *, actor: Actor) -> None:
    """Make the hours those that both sides signed."""
    _save(_locked(workspace), actor, dict(hours))


def read(hours: Mapping[str, Any]) -> dict[str, Any]:
    """Check hours in the shape of `sla.worktime.to_json`, holidays with their names, and return them in its order.

    Raise `Invalid` with the place and what is wanted there.
    """
    try:
        return worktime.to_json(worktime.from_json(hours), _names(hours))
    except ValueError as error:
        raise Invalid(str(error), field="hours") from error


def with_holidays(hours: Mapping[str, Any], country: str, year: int) -> dict[str, Any]:
    """Return hours with the public holidays of a country (ISO 3166 code) and year, by name.

    They become the calendar's own: no later release of a library moves them. Dates already there stay as they are.
    Raise `Invalid` for a country that is not known.
    """
    import holidays  # noqa: PLC0415  (large, and needed here alone)

    try:
        found = holidays.country_holidays(country.upper(), years=year)
    except (NotImplementedError, KeyError) as error:
        raise Invalid(f"No holidays are known for {country!r}: give a code such as DE.", field="country") from error
    before = worktime.from_stored(hours)
    after = worktime.Hours(before.zone, before.windows, before.holidays | set(found))
    return worktime.to_json(after, {**found, **_names(hours)})


def _names(hours: Mapping[str, Any]) -> dict[date, str]:
    """Return the names of the holidays in checked JSON."""
    return {date.fromisoformat(item["date"]): item.get("name", "") for item in hours.get("holidays", [])}


def _locked(workspace: Workspace | int) -> Calendar:
    """Lock the workspace, then its calendar."""
    calendar = of(workspace)
    db.lock(Workspace.objects.only("pk"), calendar.workspace_id)
    return db.lock(Calendar.everywhere.all(), calendar.pk)


def _save(calendar: Calendar, actor: Actor, hours: dict[str, Any]) -> Calendar:
    before, calendar.hours = calendar.hours, hours
    if before != hours:
        calendar.save(update_fields=["hours"])
        changes = {"hours": [before, hours]}
        audit.record(
            calendar.workspace_id, actor=actor, action="calendar.changed", object_name="Calendar", changes=changes
        )
    return calendar
