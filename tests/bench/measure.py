"""One measurement against the database of DATABASE_URL: `fill`, `create` or `pages`. Prints JSON."""

import json
import os
import random
import sys
import time
from multiprocessing import get_context
from statistics import median, quantiles
from typing import Any

import django
import psycopg2

CONNECTIONS = 8
SECONDS = 4.0
VIEWS = 60  # of each page
# the tables in which creating a lead leaves a row
WRITTEN = ("leads_lead", "leads_searchtext", "leads_transition", "webhooks_outboxevent")


def fill(*size: str) -> None:
    """Migrate and fill the database, unless it has its leads already."""
    from django.core.management import call_command

    from leads.models import Lead
    from tests.bench import seed

    call_command("migrate", verbosity=0)
    if not Lead.everywhere.exists():
        seed.fill(seed.workspace("bench"), seed.Size(*map(int, size)))


def create() -> dict[str, float]:
    """Create leads by the API and, before and after, their bare rows; return both rates a second."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    secret = _key()
    with CaptureQueriesContext(connection) as captured:
        _post(Client(), secret, "warm-up")
    with CaptureQueriesContext(connection) as captured:
        _post(Client(), secret, "counted")
    rows = _rows()
    connection.close()
    before, api, after = _rate(_floor, rows), _rate(_api, secret), _rate(_floor, rows)
    return {"floor": (before + after) / 2, "api": api, "statements": len(captured)}


def pages() -> list[dict[str, Any]]:
    """Open each page of the day many times, with other filters and ids each time."""
    return [_page(name, role, paths) for name, role, paths in _tour()]


def _key() -> str:
    from workspaces import keys
    from workspaces.actors import Actor
    from workspaces.models import Member, Workspace

    workspace = Workspace.objects.get(slug="bench")
    admin = Member.objects.of(workspace).filter(role="admin")[0]
    return keys.create(workspace, actor=Actor(member=admin), name="Bench", scopes=["read", "write"])[1]


def _body(name: str) -> dict[str, Any]:
    return {
        "email": f"{name}@account7.example",
        "first_name": "Nora",
        "last_name": "Newcomer",
        "title": "Head of operations",
        "country": "DE",
        "source": "webinar",
        "campaign": "campaign-3",
    }


def _post(client: Any, secret: str, name: str) -> None:
    unique = f"{name}.{os.getpid()}.{time.monotonic_ns()}"
    answer = client.post(
        "/api/v1/leads",
        json.dumps(_body(unique)),
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert answer.status_code == 201, answer.content


def _rows() -> list[tuple[str, list[str], list[Any]]]:
    """Return the rows that the newest lead left: table, columns, values."""
    found = []
    with psycopg2.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM leads_lead")
        lead = cursor.fetchone()[0]
        for table in WRITTEN:
            cursor.execute(f"SELECT * FROM {table} WHERE {'id' if table == 'leads_lead' else 'lead_id'} = %s", [lead])
            row, columns = cursor.fetchone(), [column.name for column in cursor.description]
            values = [json.dumps(value) if isinstance(value, dict | list) else value for value in row]
            kept = [index for index, name in enumerate(columns) if name != "id"]
            found.append((table, [columns[index] for index in kept], [values[index] for index in kept]))
    return found


def _rate(work: Any, facts: Any) -> float:
    """Run `work` in `CONNECTIONS` processes for `SECONDS` each; return how many it did a second, in all."""
    context = get_context("fork")
    results: Any = context.Queue()
    processes = [context.Process(target=work, args=(facts, results)) for _ in range(CONNECTIONS)]
    for process in processes:
        process.start()
    rates = [results.get(timeout=120) for _ in processes]
    for process in processes:
        process.join()
    return sum(rates)


def _api(secret: str, results: Any) -> None:
    """Create leads through the whole stack of the application, in this process: key, validation, score, log, outbox."""
    from django.test import Client

    client = Client()
    _post(client, secret, "first")
    results.put(_count(lambda: _post(client, secret, "bench")))


def _floor(rows: list[tuple[str, list[str], list[Any]]], results: Any) -> None:
    """Insert the same rows in a transaction, with nothing around it."""
    connection = psycopg2.connect(os.environ["DATABASE_URL"])

    def once() -> None:
        with connection, connection.cursor() as cursor:
            lead = None
            for table, columns, values in rows:
                given = dict(zip(columns, values, strict=True))
                if table == "leads_lead":
                    given["email"] = f"floor.{os.getpid()}.{time.monotonic_ns()}@account7.example"
                else:
                    given["lead_id"] = lead
                marks = ", ".join(["%s"] * len(given))
                returning = "" if lead else " RETURNING id"
                cursor.execute(
                    f"INSERT INTO {table} ({', '.join(given)}) VALUES ({marks}){returning}", list(given.values())
                )
                lead = lead or cursor.fetchone()[0]

    once()
    results.put(_count(once))
    connection.close()


def _count(once: Any) -> float:
    done, started = 0, time.monotonic()
    while (spent := time.monotonic() - started) < SECONDS:
        once()
        done += 1
    return done / spent


def _tour() -> list[tuple[str, str, list[str]]]:
    """Return the pages, who opens them, and the addresses to take in turn."""
    from datetime import timedelta

    from django.utils import timezone

    from leads.models import Handoff, Lead
    from workspaces.models import Workspace

    workspace = Workspace.objects.get(slug="bench")
    chance = random.Random(7)
    newest = Lead.objects.of(workspace).order_by("-pk").values_list("pk", flat=True)[0]
    handed = list(Handoff.objects.of(workspace).values_list("lead_id", flat=True)[:2000])
    cursors = [f"/leads/?after={chance.randrange(1000, newest)}" for _ in range(VIEWS)]
    states = ["new", "nurture", "mql", "sal", "sql", "won", "lost"]
    sources = ["webinar", "unknown", "-", "social"]
    filters = [
        f"/leads/?state={chance.choice(states)}&source={chance.choice(sources)}&grade={chance.choice('ABC')}2"
        for _ in range(VIEWS)
    ]
    since = (timezone.now() - timedelta(days=90)).date()
    figures = [
        f"/leads/?source={chance.choice(sources)}&reached={chance.choice(['mql', 'sal', 'sql', 'won'])}&since={since}"
        for _ in range(VIEWS)
    ]
    return [
        ("lead list", "marketing_manager", ["/leads/"]),
        ("lead list, a later page", "marketing_manager", cursors),
        ("lead list, state + source + grade", "marketing_manager", filters),
        (
            "lead list, searched",
            "marketing_manager",
            [f"/leads/?q=leader{chance.randrange(1, 9999)}" for _ in range(VIEWS)],
        ),
        (
            "lead list, searched by two words",
            "marketing_manager",
            [f"/leads/?q=lea+leader{chance.randrange(1, 9999)}" for _ in range(VIEWS)],
        ),
        ("lead list, behind a figure", "marketing_manager", figures),
        ("inbox", "sales", ["/inbox/"]),
        ("inbox of the manager", "sales_manager", ["/inbox/"]),
        ("lead page", "sales_manager", [f"/leads/{chance.choice(handed)}/" for _ in range(VIEWS)]),
    ]


def _page(name: str, role: str, paths: list[str]) -> dict[str, Any]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from workspaces.models import Member

    client = Client()
    client.force_login(Member.everywhere.filter(role=role).select_related("user")[0].user)
    client.get(paths[0])
    spent, statements, weight = [], set(), 0
    for index in range(VIEWS):
        started = time.perf_counter()
        answer = client.get(paths[index % len(paths)])
        spent.append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 200, (name, answer.status_code)
        weight = len(answer.content)
    for path in paths[:10]:
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        statements.add(len(captured))
    return {
        "name": name,
        "median": median(spent),
        "p95": quantiles(spent, n=20)[-1],
        "statements": sorted(statements),
        "kib": weight // 1024,
    }


if __name__ == "__main__":
    django.setup()
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["*"]
    print(json.dumps({"fill": fill, "create": create, "pages": pages}[sys.argv[1]](*sys.argv[2:])))
