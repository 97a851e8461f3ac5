"""The calendar: the week's windows, the zone and the holidays that clocks count in."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from dashboard.settings.forms import CountryForm, HolidayForm, HoursForm
from dashboard.shell import editing
from dashboard.shell.access import PageRequest, attempt, page
from dashboard.shell.editing import submit
from dashboard.wording import amending
from sla import amendments
from workspaces import roles


@page("settings.view")
def calendar(request: PageRequest) -> HttpResponse:
    """Show the hours; change the week and the zone."""
    hours = amendments.standing(request.workspace).hours(request.workspace)
    form = HoursForm(editing.posted(request), initial=_initial(hours))
    if request.method == "POST":
        roles.check(request.actor, "settings.rules")
        if submit(request, form, lambda: _save(request, hours, form), amending.done("The hours are saved.")):
            return redirect("dashboard:calendar")
    return _page(request, hours, form)


@require_POST
@page("settings.rules")
def holiday_add(request: PageRequest) -> HttpResponse:
    """Add one holiday."""
    hours = amendments.standing(request.workspace).hours(request.workspace)
    form = HolidayForm(request.POST)
    done = amending.done("The holiday is added.")
    if submit(request, form, lambda: _add(request, hours, form.cleaned_data), done):
        return redirect("dashboard:calendar")
    return _page(request, hours, HoursForm(initial=_initial(hours)), holiday=form)


@require_POST
@page("settings.rules")
def holidays_of(request: PageRequest) -> HttpResponse:
    """Copy the public holidays of a country and year."""
    form = CountryForm(request.POST)
    if submit(
        request,
        form,
        lambda: amendments.add_holidays(request.workspace, actor=request.actor, **form.cleaned_data),
        amending.done("Copied."),
    ):
        return redirect("dashboard:calendar")
    hours = amendments.standing(request.workspace).hours(request.workspace)
    return _page(request, hours, HoursForm(initial=_initial(hours)), country=form)


@require_POST
@page("settings.rules")
def holiday_remove(request: PageRequest) -> HttpResponse:
    """Remove one holiday."""
    hours, day = amendments.standing(request.workspace).hours(request.workspace), request.POST.get("date", "")
    kept = [each for each in hours["holidays"] if each["date"] != day]
    edited = {**hours, "holidays": kept}
    attempt(
        request,
        lambda: amendments.edit_calendar(request.workspace, actor=request.actor, hours=edited),
        amending.done("The holiday is removed."),
    )
    return redirect("dashboard:calendar")


def _page(
    request: PageRequest,
    hours: Mapping[str, Any],
    form: HoursForm,
    holiday: HolidayForm | None = None,
    country: CountryForm | None = None,
) -> HttpResponse:
    refused = any(each is not None and each.errors for each in (form, holiday, country))
    standing = amendments.standing(request.workspace)
    context = {
        "title": "Calendar",
        "form": form,
        "holidays": hours["holidays"],
        "holiday_form": holiday or HolidayForm(),
        "country_form": country or CountryForm(),
        "what_follows": amending.sentence(standing),
        "standing": standing,
        "may": request.actor.can("settings.rules"),
    }
    return render(request, "settings/calendar.html", context, status=422 if refused else 200)


def _initial(hours: Mapping[str, Any]) -> dict[str, str]:
    """Return the week as the form writes it."""
    week: dict[str, Any] = {"zone": hours["zone"]}
    for number in range(7):
        of_day = [each for each in hours["windows"] if each["weekday"] == number]
        week[f"day{number}"] = ", ".join(f"{each['start']} to {each['end']}" for each in of_day)
    return week


def _save(request: PageRequest, hours: Mapping[str, Any], form: HoursForm) -> Any:
    edited = {**hours, "zone": form.cleaned_data["zone"], "windows": form.windows()}
    return amendments.edit_calendar(request.workspace, actor=request.actor, hours=edited)


def _add(request: PageRequest, hours: Mapping[str, Any], typed: Mapping[str, Any]) -> Any:
    day = {"date": typed["date"].isoformat(), "name": typed["name"]}
    others = [each for each in hours["holidays"] if each["date"] != day["date"]]
    return amendments.edit_calendar(request.workspace, actor=request.actor, hours={**hours, "holidays": [*others, day]})
