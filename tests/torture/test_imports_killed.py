"""Kill the worker again and again in the middle of an import: no row is lost, none is taken twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection, connections

from leads.intake.imports import jobs
from leads.models import ExternalId, Import, Lead, Transition
from tests import builders
from webhooks.models import OutboxEvent

pytestmark = [pytest.mark.torture, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ROWS = 6000
KILLS = 5
ROOT = Path(__file__).resolve().parents[2]
WORKER = """
import os, time, django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadflow.settings")
django.setup()
from leadflow import sweeps
from leads.intake.imports import jobs
from leads.models import Import
while True:
    sweeps.run(Import, jobs.work, batch=1)
    time.sleep(0.05)
"""


def start_worker() -> subprocess.Popen[bytes]:
    given = connection.settings_dict
    server = f"{given['USER']}:{given['PASSWORD']}@{given['HOST'] or '127.0.0.1'}:{given['PORT'] or 5432}"
    env = os.environ | {"DATABASE_URL": f"postgres://{server}/{given['NAME']}", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=env)


def wait_for(condition: Callable[[Import], bool], batch: Import) -> None:
    deadline = time.monotonic() + 90
    while not condition(batch):
        assert time.monotonic() < deadline, f"the import does not get on: {batch.done_rows} rows"
        time.sleep(0.05)
        batch.refresh_from_db(fields=["done_rows", "status"])


def test_a_worker_killed_five_times_loses_and_doubles_no_row():
    workspace = builders.workspace()
    rows = "".join(f"{n},p{n}@firm{n % 700}.example,Name{n}\n" for n in range(ROWS))
    batch = jobs.receive(
        workspace, actor=builders.engine(), file_name="leads.csv", content=f"id,email,name\n{rows}".encode()
    )
    batch = jobs.start(batch, mapping=batch.mapping, options={"system": "crm"})
    worker = start_worker()
    try:
        for kill in range(1, KILLS + 1):
            wait_for(lambda batch, kill=kill: batch.done_rows >= kill * ROWS // (KILLS + 2), batch)
            time.sleep(0.07 * kill)  # somewhere in the batch that follows
            worker.send_signal(signal.SIGKILL)
            worker.wait(5)
            worker = start_worker()
        wait_for(lambda batch: batch.status == Import.Status.DONE, batch)
    finally:
        worker.kill()
        worker.wait(5)
        connections.close_all()

    batch.refresh_from_db()
    assert (batch.done_rows, batch.created_count, batch.failed_count) == (ROWS, ROWS, 0)
    leads = Lead.objects.of(workspace)
    assert leads.count() == leads.values("email").distinct().count() == ROWS
    for model in (ExternalId, Transition, OutboxEvent):
        assert model.objects.of(workspace).count() == ROWS
