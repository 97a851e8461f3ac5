"""Import leads from CSV: upload, map the columns, preview, start, follow the progress, download the rows to fix."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render

from dashboard.capture.import_forms import MappingForm, UploadForm
from dashboard.design.downloads import csv_response
from dashboard.shell import editing
from dashboard.shell.access import PageRequest, page
from leadflow import paging
from leadflow.errors import DomainError
from leadflow.models import get_row
from leads.intake.imports import jobs
from leads.models import Import
from leads.models.importing import RowError

ERRORS_SHOWN = 20


@page("leads.import")
def index(request: PageRequest) -> HttpResponse:
    """List the imports, newest first."""
    found = Import.objects.of(request.workspace).defer("file").select_related("member__user")
    shown = paging.by_id(found, after=request.GET.get("after", ""))
    running = sum(each.status == Import.Status.RUNNING for each in shown.rows)
    return render(request, "capture/imports.html", {"title": "Import", "page": shown, "running": running})


@page("leads.import")
def new(request: PageRequest) -> HttpResponse:
    """Upload a file."""
    form = UploadForm(editing.posted(request), request.FILES or None)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            batch = jobs.receive(
                request.workspace, actor=request.actor, file_name=file.name, content=file.read(jobs.MAX_BYTES + 1)
            )
        except DomainError as error:
            form.add_error("file", error.message)
        else:
            return redirect("dashboard:import", batch.pk)
    context = {"title": "Import leads", "form": form}
    return render(request, "capture/import_new.html", context, status=422 if form.errors else 200)


@page("leads.import")
def one(request: PageRequest, pk: int) -> HttpResponse:
    """Show the mapping, the progress or the result of an import, by its status."""
    batch = _get(request, pk)
    if batch.status == Import.Status.MAPPING:
        return _map(request, batch)
    context: dict[str, Any] = {"title": batch.file_name, "batch": batch}
    if batch.status != Import.Status.RUNNING:
        errors = RowError.objects.of(request.workspace).filter(batch=batch).order_by("line")
        context["errors"] = list(errors[:ERRORS_SHOWN])
    return render(request, "capture/import.html", context)


@page("leads.import")
def progress(request: PageRequest, pk: int) -> HttpResponse:
    """Render the progress bar; refresh the page when the import is over."""
    batch = _get(request, pk)
    response = render(request, "capture/import_progress.html", {"batch": batch})
    if batch.status != Import.Status.RUNNING:
        response["HX-Refresh"] = "true"
    return response


@page("leads.import")
def errors(request: PageRequest, pk: int) -> StreamingHttpResponse:
    """Stream the skipped rows as CSV, each with the reason, to be fixed and imported again."""
    batch = _get(request, pk)
    return csv_response(jobs.error_file(batch), f"rows-to-fix-{batch.pk}.csv")


def _map(request: PageRequest, batch: Import) -> HttpResponse:
    """Ask for the mapping; on POST read the file with the chosen encoding, then preview, or start."""
    form = MappingForm(editing.posted(request), batch=batch, head=jobs.head(batch))
    rows = None
    if form.is_valid():
        try:
            if _reread(batch, form):
                messages.info(request, "With this encoding or delimiter the file has other columns. Check them again.")
                return redirect("dashboard:import", batch.pk)
            if request.POST.get("act") == "start":
                jobs.start(batch, mapping=form.mapping, options=form.options)
                messages.success(request, f"{batch.file_name} is being imported.")
                return redirect("dashboard:import", batch.pk)
            rows = jobs.preview(batch, form.mapping, form.options)
        except DomainError as error:
            editing.refuse(form, error)
    context = {"title": batch.file_name, "batch": batch, "form": form, "rows": rows}
    return render(request, "capture/import_mapping.html", context, status=422 if form.errors else 200)


def _reread(batch: Import, form: MappingForm) -> bool:
    """Read the file again with another encoding or delimiter; return whether the number of columns changed."""
    encoding, delimiter = form.cleaned_data["encoding"], form.cleaned_data["delimiter"]
    if (encoding, delimiter) == (batch.encoding, batch.delimiter) or not encoding:
        return False
    before = batch.header
    jobs.reread(batch, encoding=encoding, delimiter=delimiter)
    batch.refresh_from_db()
    form.head = jobs.head(batch)
    return len(batch.header) != len(before)


def _get(request: PageRequest, pk: int) -> Import:
    return get_row(Import.objects.of(request.workspace).select_related("workspace", "member__user"), pk, "import")
