"""Every tick finds its sweep, and all sweeps run without Celery."""

from importlib import import_module
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command

from leadflow.celery import SWEEPS, app


def test_every_tick_names_a_task_and_expires_before_the_next():
    for name in settings.SWEEP_SECONDS:
        import_module(f"{name}.tasks")
    for tick in settings.CELERY_BEAT_SCHEDULE.values():
        assert tick["task"] in app.tasks
        assert tick["options"]["expires"] <= tick["schedule"]


def test_every_sweep_that_can_be_woken_is_a_task_and_every_task_can_be_woken():
    for name in settings.SWEEP_SECONDS:
        import_module(f"{name}.tasks")
    assert set(SWEEPS) == {name for name in app.tasks if not name.startswith("celery.")}


@pytest.mark.django_db(transaction=True)
def test_all_sweeps_run_without_celery_and_say_what_they_did():
    said = StringIO()
    call_command("sweep", stdout=said)
    assert said.getvalue().splitlines() == [f"{name}: 0" for name in settings.SWEEP_SECONDS]


def test_an_unknown_sweep_is_refused_with_the_names_that_there_are():
    said = StringIO()
    with pytest.raises(SystemExit):
        call_command("sweep", "lead", stderr=said)
    assert "no sweep called lead: choose from leads, sla" in said.getvalue()
