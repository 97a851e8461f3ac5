"""Import a CSV file: take it, map it, preview it, and work through it in batches that a crash cannot lose or double.

`work` takes the next rows and saves the progress in the transaction that writes the leads: after `kill -9` the batch
is either done and counted, or neither. The same file again finds every lead by its ids and adds nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Literal, cast

from django.db import transaction
from django.utils import timezone

from leadflow import csvfile, db
from leadflow.celery import wake
from leadflow.csvfile import Head, read_head
from leadflow.errors import Conflict, Invalid
from leads.intake import upsert
from leads.intake.imports import mappings
from leads.intake.imports.mappings import Plan
from leads.intake.plan import Existing
from leads.intake.upsert import Person, RefusedPerson, UpsertResult
from leads.models import Import, RowError
from workspaces import notices
from workspaces.actors import Actor, engine

__all__ = ["Head", "PreviewRow", "error_file", "head", "preview", "read_head", "receive", "start", "work"]

MAX_BYTES = 20 * 1024 * 1024
ROWS = 500  # of one batch: on SQLite other writers wait for it, some tenths of a second
PREVIEW_ROWS = 20

Row = tuple[int, list[str]]  # its line, its cells


@dataclass(frozen=True)
class PreviewRow:
    """What would happen to one row."""

    line: int
    row: list[str]
    outcome: Literal["create", "update", "unchanged", "error"]
    message: str = ""
    changed: tuple[str, ...] = ()


def receive(workspace: Any, *, actor: Actor, file_name: str, content: bytes, at: datetime | None = None) -> Import:
    """Keep an uploaded file, with a proposal for its mapping. Raise `Invalid` when it is no CSV or too big."""
    if len(content) > MAX_BYTES:
        limit = MAX_BYTES // 1024 // 1024
        raise Invalid(f"The file has more than {limit} MB. Cut it into several.", field="file", code="file_too_big")
    found = read_head(content)
    batch = Import(
        workspace=workspace,
        member=actor.member,
        file_name=file_name[:200],
        file=content,
        encoding=found.encoding,
        delimiter=found.delimiter,
        header=found.header,
        header_line=found.header_line,
        mapping=mappings.guess(workspace, found.header),
        created_at=at or timezone.now(),
    )
    batch.save(force_insert=True)
    return batch


def head(batch: Import, *, encoding: str = "", delimiter: str = "") -> Head:
    """Read the head of a kept file again, with what a person has said about it since."""
    return read_head(bytes(batch.file), encoding=encoding or batch.encoding, delimiter=delimiter or batch.delimiter)


@transaction.atomic
def reread(batch: Import, *, encoding: str = "", delimiter: str = "") -> Import:
    """Read a file that waits for its mapping in another encoding or with another delimiter, and keep that."""
    locked = _waiting(batch)
    found = head(locked, encoding=encoding, delimiter=delimiter)
    if found.header != locked.header:
        locked.mapping = mappings.guess(locked.workspace, found.header)
    locked.encoding, locked.delimiter = found.encoding, found.delimiter
    locked.header, locked.header_line = found.header, found.header_line
    locked.save(update_fields=["encoding", "delimiter", "header", "header_line", "mapping"])
    return locked


def preview(batch: Import, mapping: Mapping[str, str], options: Mapping[str, Any] | None = None) -> list[PreviewRow]:
    """Preview the first rows, by importing them and rolling back. Raise `Invalid` on the mapping."""
    plan = mappings.check(batch.workspace, batch.header, mapping, options or {})
    rows = list(islice(_rows(batch), PREVIEW_ROWS))
    with transaction.atomic():
        results = _import(batch, plan, rows, timezone.now())
        transaction.set_rollback(True)  # the preview writes nothing
    return [_preview_row(row, result) for row, result in zip(rows, results, strict=True)]


@transaction.atomic
def start(
    batch: Import, *, mapping: Mapping[str, str], options: Mapping[str, Any] | None = None, at: datetime | None = None
) -> Import:
    """Begin to import, with the mapping agreed. The sweep does the work.

    Raise `Invalid` on the mapping, the options or an encoding that nobody has chosen yet, `Conflict` when it runs.
    """
    batch = _waiting(batch)
    if not batch.encoding:
        raise Invalid("Choose the encoding in which the sample reads right.", field="encoding")
    mappings.check(batch.workspace, batch.header, mapping, options or {})
    batch.mapping = {str(key): name for key, name in mapping.items() if name}
    batch.options = dict(options or {})
    batch.total_rows = sum(1 for _ in _readable(batch))
    batch.status, batch.next_at = Import.Status.RUNNING, at or timezone.now()
    batch.save(update_fields=["mapping", "options", "total_rows", "status", "next_at"])
    wake("leads.sweep")
    return batch


@transaction.atomic
def work(batch: Import, at: datetime) -> None:
    """Import the next rows and save the progress, in one transaction. The import is locked."""
    batch = db.lock(Import.everywhere.select_related("workspace", "member__user"), batch.pk)
    if batch.status != Import.Status.RUNNING:
        Import.everywhere.filter(pk=batch.pk).update(next_at=None)
        return
    # The rows and `done_rows` are saved in one transaction: a worker that dies leaves nothing half done.
    rows, error = _next_rows(batch)
    try:
        plan = mappings.check(batch.workspace, batch.header, batch.mapping, batch.options)
        _count(batch, rows, _import(batch, plan, rows, at))
    except Invalid as changed:  # an attribute of the mapping is gone since
        error = changed
    batch.next_at = at
    if error:
        _fail(batch, error, at)
    elif len(rows) < ROWS:
        _finish(batch, at)
    batch.save(
        update_fields=[
            "done_rows",
            "created_count",
            "updated_count",
            "unchanged_count",
            "failed_count",
            "status",
            "next_at",
            "finished_at",
        ]
    )


def error_file(batch: Import) -> Iterator[str]:
    """Yield the rows that were skipped as CSV, each with its line and why; corrected, it can be imported again."""
    rows = RowError.objects.of(batch.workspace_id).filter(batch=batch).order_by("line")
    width = len(batch.header)
    yield from csvfile.write([[*batch.header, "line", "error"]])
    for error in rows.iterator():
        cells = [*error.row, *[""] * (width - len(error.row))]
        yield from csvfile.write([[*map(csvfile.restore, cells), error.line, error.message]])


def _waiting(batch: Import) -> Import:
    locked = db.lock(Import.objects.of(batch.workspace_id).select_related("workspace"), batch.pk)
    if locked.status != Import.Status.MAPPING:
        raise Conflict(f"This import is {locked.get_status_display().lower()} already.", code="import_started")
    return locked


def _rows(batch: Import) -> Iterator[Row]:
    """Yield the data rows: what comes after the header."""
    text = csvfile.decode(bytes(batch.file), batch.encoding or "windows-1252")
    return (row for row in csvfile.records(text, batch.delimiter) if row[0] > batch.header_line)


def _readable(batch: Import) -> Iterator[Row]:
    """Yield the rows up to where the file cannot be read on; `work` says where that is."""
    with suppress(Invalid):
        yield from _rows(batch)


def _next_rows(batch: Import) -> tuple[list[Row], Invalid | None]:
    """Return the rows of the next batch, and why the file cannot be read on behind them, if it cannot."""
    rows: list[Row] = []
    try:
        for row in islice(_rows(batch), batch.done_rows, batch.done_rows + ROWS):
            rows.append(row)
    except Invalid as error:
        return rows, error
    return rows, None


def _import(batch: Import, plan: Plan, rows: list[Row], now: datetime) -> list[UpsertResult | RefusedPerson]:
    """Import the rows; those that make no person are refused."""
    persons = [_person(plan, cells) for _, cells in rows]
    good = [person for person in persons if isinstance(person, Person)]
    results = iter(
        upsert.upsert_many(
            batch.workspace,
            good,
            actor=Actor(member=batch.member) if batch.member else engine("import"),
            at=now,
            existing=cast(Existing, mappings.EXISTING[plan.options.existing]),
        )
    )
    return [next(results) if isinstance(person, Person) else person for person in persons]


def _person(plan: Plan, cells: list[str]) -> Person | RefusedPerson:
    try:
        return mappings.person(plan, cells)
    except Invalid as error:
        return RefusedPerson(error)


def _count(batch: Import, rows: list[Row], results: list[UpsertResult | RefusedPerson]) -> None:
    batch.done_rows += len(rows)
    errors: list[RowError] = []
    for (line, cells), result in zip(rows, results, strict=True):
        if isinstance(result, RefusedPerson):
            message = _words(result)
            row = [cell.replace("\x00", "\ufffd") for cell in cells]  # JSON in PostgreSQL holds no NUL
            errors.append(RowError(workspace=batch.workspace, batch=batch, line=line, message=message, row=row))
        elif result.created:
            batch.created_count += 1
        elif result.changed:
            batch.updated_count += 1
        else:
            batch.unchanged_count += 1
    batch.failed_count += len(errors)
    db.insert_new(errors, key=["line"])


def _words(refused: RefusedPerson) -> str:
    return refused.error.message[:300]


def _preview_row(row: Row, result: UpsertResult | RefusedPerson) -> PreviewRow:
    line, cells = row
    if isinstance(result, RefusedPerson):
        return PreviewRow(line, cells, "error", _words(result))
    outcome: Literal["create", "update", "unchanged"] = (
        "create" if result.created else "update" if result.changed else "unchanged"
    )
    return PreviewRow(line, cells, outcome, changed=result.changed)


def _finish(batch: Import, at: datetime) -> None:
    batch.status, batch.finished_at, batch.next_at = Import.Status.DONE, at, None
    failed = f", {batch.failed_count} skipped" if batch.failed_count else ""
    _notify(
        batch,
        "import.done",
        f"{batch.file_name}: {batch.created_count} leads created, {batch.updated_count} updated{failed}.",
        at,
    )


def _fail(batch: Import, error: Invalid, at: datetime) -> None:
    """Stop an import that cannot go on; what was imported so far stays, and the reason is kept as a row's."""
    batch.status, batch.finished_at, batch.next_at = Import.Status.FAILED, at, None
    batch.failed_count += 1
    line = error.facts.get("line", 0)
    row = RowError(workspace=batch.workspace, batch=batch, line=line, message=error.message[:300])
    db.insert_new([row], key=["line"])
    _notify(batch, "import.failed", f"{batch.file_name}: {error.message}", at)


def _notify(batch: Import, kind: str, text: str, at: datetime) -> None:
    if batch.member:
        address, key = f"/imports/{batch.pk}/", f"{kind} {batch.pk}"
        notices.notify([batch.member], kind=kind, text=text, url=address, key=key, at=at)
