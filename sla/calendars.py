"""Edit the workspace's business hours. A running agreement keeps its own copy: a change counts from the next one on."""

from collections.abc import Mapping
from datetime import date, time
from typing import Any

from django.db import transaction

from leadflow import db
from leadflow.errors import Invalid
from sla import worktime
from sla.models import Calendar
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
    """Replace the hours, given in the shape of `sla.worktime.to_json`, holidays with their names.

    Raise `Invalid` with the place and what is wanted there.
    """
    try:
        read = worktime.from_json(hours)
    except ValueError as error:
        raise Invalid(str(error), field="hours") from error
    return _save(of(workspace), actor, worktime.to_json(read, _names(hours)))


@transaction.atomic
def add_holidays(calendar: Calendar, *, actor: Actor, country: str, year: int) -> list[date]:
    """Copy the public holidays of a country (ISO 3166 code) and year into the calendar; return the dates added.

    They become the calendar's own rows: no later release of a library moves them. Dates already there stay as they are.
    Raise `Invalid` for a country that is not known.
    """
    import holidays  # noqa: PLC0415  (large, and needed here alone)

    try:
        found = holidays.country_holidays(country.upper(), years=year)
    except (NotImplementedError, KeyError) as error:
        raise Invalid(f"No holidays are known for {country!r}: give a code such as DE.", field="country") from error
    calendar = db.lock(Calendar.everywhere.all(), calendar.pk)
    before = worktime.from_stored(calendar.hours)
    added = sorted(set(found) - before.holidays)
    after = worktime.Hours(before.zone, before.windows, before.holidays | set(added))
    _save(calendar, actor, worktime.to_json(after, {**found, **_names(calendar.hours)}))
    return added


def _names(hours: Mapping[str, Any]) -> dict[date, str]:
    """Return the names of the holidays in checked JSON."""
    return {date.fromisoformat(item["date"]): item.get("name", "") for item in hours.get("holidays", [])}


def _save(calendar: Calendar, actor: Actor, hours: dict[str, Any]) -> Calendar:
    calendar = db.lock(Calendar.everywhere.all(), calendar.pk)
    before, calendar.hours = calendar.hours, hours
    if before != hours:
        calendar.save(update_fields=["hours"])
        changes = {"hours": [before, hours]}
        audit.record(
            calendar.workspace_id, actor=actor, action="calendar.changed", object_name="Calendar", changes=changes
        )
    return calendar
