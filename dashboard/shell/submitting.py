"""Hand what a form holds to a door: what it refuses comes back as an error beside the field."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest

from leadflow.errors import DomainError, Forbidden, Missing


def submit(request: HttpRequest, form: forms.BaseForm, door: Callable[[], Any], done: str) -> Any:
    """Call the door with a form that is valid; say `done` and return what it returned, True for nothing.

    Return None when the form is not valid or the door refuses; the form then holds the errors, and what the refusal
    points at stands in `form.problems`. `Missing` and `Forbidden` pass on.
    """
    form.problems = []  # type: ignore[attr-defined]
    if not form.is_valid():
        return None
    try:
        result = door()
    except (Missing, Forbidden):
        raise
    except DomainError as error:
        refuse(form, error)
        return None
    if done:
        messages.success(request, done)
    return True if result is None else result


def refuse(form: forms.BaseForm, error: DomainError) -> None:
    """Put a refusal beside the field that it blames, else above the form."""
    form.problems = error.facts.get("errors", [])  # type: ignore[attr-defined]
    form.add_error(error.field if error.field in form.fields else None, error.message)
