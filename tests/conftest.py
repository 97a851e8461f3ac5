"""Set the tests up: one settings file, with the database chosen from outside.

SQLite unless DATABASE_URL says otherwise; LEADFLOW_TEST_DB=postgres is short for the server on this machine.
`bin/test` finds or starts the servers and runs both.
"""

import os
import shutil
import tempfile
from pathlib import Path

import dj_database_url
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.db.backends.postgresql.operations import DatabaseOperations
from hypothesis import HealthCheck
from hypothesis import settings as properties

from leadflow.celery import app

LOCAL_POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"
FOLDER = Path(tempfile.mkdtemp(prefix="leadflow-tests-"))
# The workers of one run share its name; another run at the same time on the same server has another.
RUN = os.environ.setdefault("LEADFLOW_TEST_RUN", str(os.getpid()))

if os.environ.get("LEADFLOW_TEST_DB") == "postgres" and not os.environ.get("DATABASE_URL"):
    settings.DATABASES["default"] = dj_database_url.parse(LOCAL_POSTGRES)
database = settings.DATABASES["default"]
is_postgres = database["ENGINE"].endswith("postgresql")
database["TEST"] = {"NAME": f"test_leadflow_{RUN}" if is_postgres else str(FOLDER / "test.sqlite3")}
# A kept connection would outlive the thread of a live server and hold on to the test database.
database["CONN_MAX_AGE"] = 0
if is_postgres:
    # Nobody needs the test database after a power cut.
    database.setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=off"
# The apps are loaded by now and may have made Django read the settings and prepare a connection: do both again.
connections.configure_settings(settings.DATABASES)
for connection in connections.all(initialized_only=True):
    del connections[connection.alias]

# How long an example takes says nothing where several workers and servers share two cores.
properties.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
properties.load_profile("suite")

# Two workers share one Redis, so one would clear what the other counts.
settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Each client of a test sets the middleware up: files are looked for when one is asked for, not all of them each time.
settings.WHITENOISE_AUTOREFRESH = True
settings.OUTBOX_DIR = FOLDER / "outbox"
# The sweeps that a test wakes must not reach a worker that happens to run on this machine.
app.conf.broker_url = "memory://"
app.conf.broker_transport_options = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, what needs a server or program that this run lacks.

    Begin with what takes longest, and end with the browser, whose driver leaves an event loop behind in the process.
    """
    items.sort(
        key=lambda item: bool({"browser"} & set(item.keywords)) - bool({"replay", "torture"} & set(item.keywords))
    )
    chromium = os.environ.get("LEADFLOW_CHROMIUM") or shutil.which("chromium")
    lacking = {
        "postgres": None if is_postgres else "needs PostgreSQL: LEADFLOW_TEST_DB=postgres",
        "redis": None if os.environ.get("REDIS_URL") else "needs a Redis server: set REDIS_URL",
        "browser": None if chromium else "needs Chromium: set LEADFLOW_CHROMIUM",
    }
    for item in items:
        for marker, reason in lacking.items():
            if reason and marker in item.keywords:
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_unconfigure() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)


def _delete_all(
    operations: DatabaseOperations, style: object, tables: list[str], *, reset_sequences: bool = False, **kwargs: bool
) -> list[str]:
    """Empty the tables after a test that commits, in milliseconds; TRUNCATE takes seconds, for it syncs each file.

    As a replica the session fires no triggers, for some forbid deleting. A user who may not do so truncates.
    """
    with operations.connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        allowed = cursor.fetchone()[0]
    if reset_sequences or not allowed or not tables:
        return truncate_all(operations, style, tables, reset_sequences=reset_sequences, **kwargs)
    names = map(operations.quote_name, tables)
    return ["SET LOCAL session_replication_role = replica", *(f"DELETE FROM {name}" for name in names)]


truncate_all = DatabaseOperations.sql_flush
DatabaseOperations.sql_flush = _delete_all


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    cache.clear()
