"""Celery wakes the sweeps and carries nothing else."""

import logging
import os
import time
from typing import Literal, get_args

from celery import Celery
from django.db import transaction

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadflow.settings")
app = Celery("leadflow")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

log = logging.getLogger(__name__)

# The registered names of the tasks. A change names the sweep that goes on with it, and imports none of its code.
Sweep = Literal["leads.sweep", "sla.sweep", "nurture.sweep", "webhooks.sweep", "workspaces.sweep", "api.sweep"]
SWEEPS: tuple[str, ...] = get_args(Sweep)

# Seconds. A sweep that this process has just woken is not woken again, the tick of beat comes soon enough; a
# broker that has just failed is left alone.
QUIET_SECONDS = 0.5
REST_SECONDS = 15.0
EXPIRES_SECONDS = 30
_woken: dict[str, float] = {}
_resting_until = 0.0


class FirstLine(logging.Filter):
    """Cut a record down to its first line: beat reports a broker that is away at every tick, in sixty lines."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = record.getMessage().partition("\n")[0], ()
        record.exc_info = record.exc_text = None
        return True


def wake(name: Sweep) -> None:
    """Wake the sweep of that name once the present transaction is committed, or at once if there is none.

    Raise `ValueError` for a name that no task has. Otherwise it never raises and never waits long: the message may be
    lost, beat sends the next one in a few seconds.
    """
    if name not in SWEEPS:
        raise ValueError(f"There is no sweep called {name}: choose from {', '.join(SWEEPS)}.")
    transaction.on_commit(lambda: _publish(name), robust=True)


def _publish(name: str) -> None:
    global _resting_until
    now = time.monotonic()
    if now < _resting_until or now - _woken.get(name, float("-inf")) < QUIET_SECONDS:
        return
    try:
        app.send_task(name, expires=EXPIRES_SECONDS, retry=False, ignore_result=True)
        _woken[name] = now
    except Exception as error:  # noqa: BLE001  any transport's own; the change is committed all the same
        _resting_until = time.monotonic() + REST_SECONDS
        log.warning("The broker does not answer, %s waits for its next tick: %s", name, error)
