"""Hosted forms: added by marketing, submitted by visitors."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from dashboard.capture.hosted_forms import TRAP, HostedForm, VisitorForm
from dashboard.shell import editing
from dashboard.shell.access import PageRequest, page
from leadflow import paging
from leadflow.errors import Missing
from leadflow.models import get_row
from leads.intake import forms
from leads.models import Form


@page("nurture.view")
def index(request: PageRequest) -> HttpResponse:
    """List the forms, each with its public address."""
    shown = paging.by_id(
        Form.objects.of(request.workspace).select_related("campaign"), after=request.GET.get("after", "")
    )
    rows = [
        (each, request.build_absolute_uri(reverse("dashboard:form_public", args=[each.token]))) for each in shown.rows
    ]
    return render(request, "capture/forms.html", {"title": "Forms", "page": shown, "rows": rows})


@page("nurture.edit")
def new(request: PageRequest) -> HttpResponse:
    """Add a form."""
    form = HostedForm(editing.posted(request), workspace=request.workspace)
    return _edit(
        request,
        form,
        lambda: forms.create(request.workspace, actor=request.actor, **form.facts()),
        title="New form",
        done="The form is added. Copy its address from the list.",
    )


@page("nurture.edit")
def edit(request: PageRequest, pk: int) -> HttpResponse:
    """Change a form."""
    hosted = get_row(Form.objects.of(request.workspace).select_related("workspace"), pk, "form")
    initial = {name: getattr(hosted, name) for name in forms.EDITABLE} | {"fields_asked": hosted.fields}
    form = HostedForm(editing.posted(request), workspace=request.workspace, initial=initial)
    return _edit(
        request,
        form,
        lambda: forms.edit(hosted, actor=request.actor, **form.facts()),
        title=hosted.name,
        done="The form is saved.",
    )


@csrf_exempt  # a visitor has no session; what is sent is public input, whoever sends it
@require_http_methods(["GET", "HEAD", "POST"])
def public(request: HttpRequest, token: str) -> HttpResponse:
    """Show a form to a visitor, and accept a submission."""
    try:
        hosted = forms.find(token)
    except Missing as error:
        raise Http404(error.message) from error
    form = VisitorForm(editing.posted(request), form=hosted)
    if form.is_valid():
        if form.cleaned_data.pop(TRAP):  # a robot: say thanks, keep nothing
            return _thanks(request, hosted)
        if editing.submit(request, form, lambda: forms.submit(hosted, form.cleaned_data), ""):
            return _thanks(request, hosted)
    context = {"title": hosted.heading, "hosted": hosted, "form": form}
    return render(request, "capture/public_form.html", context, status=422 if form.errors else 200)


def _thanks(request: HttpRequest, hosted: Form) -> HttpResponse:
    return render(request, "capture/public_form_thanks.html", {"title": hosted.heading, "hosted": hosted})


def _edit(request: PageRequest, form: HostedForm, save: Callable[[], Form], *, title: str, done: str) -> HttpResponse:
    return editing.edit(
        request,
        form,
        save,
        title=title,
        sentence="Everybody who submits it becomes a lead. Known values of a known lead are not overwritten.",
        done=done,
        back="dashboard:forms",
        section="Forms",
    )
