"""Add or change one thing by a form: save it, show a refusal beside its field, or go back with a message."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from dashboard.shell.access import PageRequest
from leadflow.errors import DomainError, Forbidden, Missing


def posted(request: HttpRequest) -> QueryDict | None:
    """Return the POST data to bind a form to; None for other methods."""
    return request.POST if request.method == "POST" else None


Done = (
    str | Callable[[Any], str]
)  # what is said when a thing is saved: words, or what makes them of the result of saving


def submit(request: HttpRequest, form: forms.BaseForm, save: Callable[[], Any], done: Done) -> Any:
    """Save what a form that is valid holds; show `done` and return what `save` returned, True for None.

    Return None when the form is not bound, not valid, or `save` refuses; the form then holds the errors, and the
    places that the refusal names stand in `form.problems`. `Missing` and `Forbidden` pass on to `access.page`.
    """
    form.problems = []  # type: ignore[attr-defined]  # templates read it beside the fields
    if not form.is_valid():
        return None
    try:
        result = save()
    except (Missing, Forbidden):
        raise
    except DomainError as error:
        refuse(form, error)
        return None
    if words := done(result) if callable(done) else done:
        messages.success(request, words)
    return True if result is None else result


def refuse(form: forms.BaseForm, error: DomainError) -> None:
    """Put a refusal beside the field that it names, else above the form."""
    form.problems = error.facts.get("errors", [])  # type: ignore[attr-defined]  # templates read it beside the fields
    form.add_error(error.field if error.field in form.fields else None, error.message)


def edit(
    request: PageRequest,
    form: forms.BaseForm,
    save: Callable[[], Any],
    *,
    title: str,
    done: Done,
    back: str,
    section: str = "Back",
    sentence: str = "",
    remove_url: str = "",
) -> HttpResponse:
    """Serve the page of one form: save and go `back` (a name of an address), or show the form with its errors (422).

    `section` labels the way back; with `remove_url` the page offers to remove the thing, after a question.
    """
    if submit(request, form, save, done):
        return redirect(back)
    context = {
        "title": title,
        "sentence": sentence,
        "form": form,
        "back": back,
        "section": section,
        "remove_url": remove_url,
    }
    return render(request, "shell/form_page.html", context, status=422 if form.errors else 200)
