"""Hosted forms: marketing makes them, visitors send them."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from dashboard.capture.hosted_forms import TRAP, HostedForm, Visitor
from dashboard.design import paging
from dashboard.shell.access import PageRequest, page
from leadflow.errors import DomainError, Missing
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
    """Make a form."""
    form = HostedForm(request.POST or None, workspace=request.workspace)
    if form.is_bound and form.is_valid():
        try:
            forms.create(request.workspace, actor=request.actor, **form.facts())
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, "The form is there. Copy its address from the list.")
            return redirect("dashboard:forms")
    return _form(request, "New form", form)


@page("nurture.edit")
def edit(request: PageRequest, pk: int) -> HttpResponse:
    """Change a form."""
    hosted = Form.objects.of(request.workspace).select_related("workspace").filter(pk=pk).first()
    if hosted is None:
        raise Missing("There is no such form in this workspace.")
    initial = {name: getattr(hosted, name) for name in forms.EDITABLE} | {"fields_asked": hosted.fields}
    form = HostedForm(request.POST or None, workspace=request.workspace, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            forms.edit(hosted, actor=request.actor, **form.facts())
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, "The form is saved.")
            return redirect("dashboard:forms")
    return _form(request, hosted.name, form)


@csrf_exempt  # a visitor has no session; what is sent is public input, whoever sends it
@require_http_methods(["GET", "HEAD", "POST"])
def public(request: HttpRequest, token: str) -> HttpResponse:
    """Show a form to a visitor, and take in what is sent."""
    try:
        hosted = forms.find(token)
    except Missing as error:
        raise Http404(error.message) from error
    form = Visitor(request.POST if request.method == "POST" else None, form=hosted)
    if form.is_bound and form.is_valid():
        if form.cleaned_data.pop(TRAP):  # a robot: say thanks, keep nothing
            return render(request, "capture/public_form_thanks.html", {"title": hosted.heading, "hosted": hosted})
        try:
            forms.submit(hosted, form.cleaned_data)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            return render(request, "capture/public_form_thanks.html", {"title": hosted.heading, "hosted": hosted})
    context = {"title": hosted.heading, "hosted": hosted, "form": form}
    return render(request, "capture/public_form.html", context, status=422 if form.errors else 200)


def _form(request: PageRequest, title: str, form: HostedForm) -> HttpResponse:
    context = {
        "title": title,
        "form": form,
        "back": "dashboard:forms",
        "section": "Forms",
        "sentence": "Whoever sends it becomes a lead; what a known lead has said already is not overwritten.",
    }
    return render(request, "shell/form_page.html", context, status=422 if form.errors else 200)
