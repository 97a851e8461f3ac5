"""Bring a bought list in as marketing does: as a CSV file, mapped, with some rows that cannot be taken."""

import csv
import io
from datetime import timedelta

from dashboard.demo.plot import Prospect
from dashboard.demo.world import World
from leads.intake.imports import jobs
from leads.models import Import

COLUMNS = (
    "email",
    "first_name",
    "last_name",
    "title",
    "phone",
    "country",
    "company",
    "industry",
    "employees",
    "source",
    "campaign",
    "persona",
    "first_contact_at",
)
BROKEN = (
    {"email": "office(at)quorient.example", "last_name": "Wendeck", "company": "Quorient Mills"},
    {"last_name": "Nobody", "company": "Drettona Stores"},
    {"email": "info@huxvik.example", "country": "Atlantis", "company": "Huxvik Systems"},
    {"email": "sales@prallesk.example", "employees": "a few", "company": "Prallesk Trading"},
)


def bring(world: World, prospects: list[Prospect]) -> None:
    """Import the prospects, and the broken rows, in one file."""
    if not prospects:
        return
    last = max(each.person.first_contact_at or world.timeline.end for each in prospects)
    at = min(last + timedelta(hours=3), world.timeline.end)
    batch = jobs.receive(
        world.workspace, actor=world.actor("marketer"), file_name="list-autumn.csv", content=_file(prospects), at=at
    )
    batch = jobs.start(batch, mapping=batch.mapping, at=at)
    while batch.status == Import.Status.RUNNING:
        jobs.work(batch, at)
        batch.refresh_from_db()
    Import.objects.of(world.workspace).filter(pk=batch.pk).update(next_at=None)


def _file(prospects: list[Prospect]) -> bytes:
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, COLUMNS, restval="")
    writer.writeheader()
    for number, each in enumerate(prospects):
        row = {name: getattr(each.person, name) for name in COLUMNS}
        first = each.person.first_contact_at
        writer.writerow(row | {"first_contact_at": first.isoformat() if first else ""})
        if number % 11 == 3 and number // 11 < len(BROKEN):
            writer.writerow(BROKEN[number // 11])
    return sheet.getvalue().encode()
