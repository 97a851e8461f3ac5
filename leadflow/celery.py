"""Ring the bell: Celery wakes the sweeps and carries nothing else."""

import logging
import os
import time
from typing import Any

from celery import Celery, Task
from django.db import transaction

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadflow.settings")
app = Celery("leadflow")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

log = logging.getLogger(__name__)

# Seconds. A task that this process has just rung is not rung again, the tick of beat comes soon enough; a
# broker that has just failed is left alone.
QUIET_SECONDS = 0.5
REST_SECONDS = 15.0
EXPIRES_SECONDS = 30
_rung: dict[str, float] = {}
_resting_until = 0.0


class FirstLine(logging.Filter):
    """Cut a record down to its first line: beat tells of a broker that is away at every tick, in sixty lines."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = record.getMessage().partition("\n")[0], ()
        record.exc_info = record.exc_text = None
        return True


def ring(task: Task | Any) -> None:
    """Wake a sweep once the present transaction is committed, or at once if there is none.

    Never raises and never waits long: the bell may be lost, beat rings it again in a few seconds.
    """
    transaction.on_commit(lambda: _publish(task), robust=True)


def _publish(task: Task | Any) -> None:
    global _resting_until
    now = time.monotonic()
    if now < _resting_until or now - _rung.get(task.name, float("-inf")) < QUIET_SECONDS:
        return
    try:
        task.apply_async(expires=EXPIRES_SECONDS, retry=False, ignore_result=True)
        _rung[task.name] = now
    except Exception as error:  # noqa: BLE001  any transport's own; the change is committed all the same
        _resting_until = time.monotonic() + REST_SECONDS
        log.warning("The broker does not answer, %s waits for its next tick: %s", task.name, error)
