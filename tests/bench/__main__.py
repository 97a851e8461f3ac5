"""Measure Leadflow on PostgreSQL: `python -m tests.bench` (about 15 minutes; `--quick` for a look, in 2).

Makes two databases beside the one that DATABASE_URL names (a server for tests), a small and a large one, fills them,
and measures in each: creating leads by the API against a bare transaction that inserts the same rows, taken in turns;
and the pages that reps and marketers open all day. What each figure means stands in docs/performance.md.
"""

import argparse
import json
import os
import subprocess
import sys
from statistics import median
from typing import Any

import psycopg2

SMALL = (10_000, 1_000, 50_000)
LARGE = (1_000_000, 100_000, 5_000_000)
LIMITS = {"statements": 12, "share": 1 / 15, "large_to_small": 0.75, "median": 100.0, "p95": 200.0}
SERVER = os.environ.get("DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")


def main() -> None:
    """Make, fill and measure; print a table and, with `--json`, the raw figures. Exit 1 when a limit is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the large size, fewer rounds")
    parser.add_argument("--keep", action="store_true", help="use the databases of an earlier run, and keep them")
    parser.add_argument("--json", action="store_true", help="print the raw figures too")
    asked = parser.parse_args()
    large = tuple(count // 10 for count in LARGE) if asked.quick else LARGE
    rounds = "3" if asked.quick else "5"
    urls = {name: _database(name, keep=asked.keep) for name in ("small", "large")}
    for name, size in (("small", SMALL), ("large", large)):
        _run(urls[name], "fill", *map(str, size))
    found: dict[str, Any] = {name: [] for name in urls}
    for _ in range(int(rounds)):  # in turns, so that a machine that slows down slows both
        for name, url in urls.items():
            found[name].append(_run(url, "create"))
    pages = {name: _run(url, "pages") for name, url in urls.items()}
    missed = report(found, pages, large[0])
    if asked.json:
        print(json.dumps({"create": found, "pages": pages}, indent=1))
    if not asked.keep:
        for name in urls:
            _drop(name)
    sys.exit("\nMissed: " + "; ".join(missed) if missed else 0)


def report(found: dict[str, list[dict[str, float]]], pages: dict[str, list[dict[str, Any]]], leads: int) -> list[str]:
    """Print what was found, medians over the rounds; return the limits that were missed."""
    missed = []

    def demand(name: str, holds: bool) -> None:
        if not holds:
            missed.append(name)

    print("\nCreating a lead by the API, 8 connections (leads a second; the floor is a bare transaction)")
    for name, runs in found.items():
        api, floor = median(run["api"] for run in runs), median(run["floor"] for run in runs)
        share, statements = median(run["api"] / run["floor"] for run in runs), runs[0]["statements"]
        print(f"  {name:6} api {api:7.0f}  floor {floor:7.0f}  = 1/{1 / share:.1f}  {statements} statements")
        demand(f"{name}: {statements} statements", statements <= LIMITS["statements"])
        demand(f"{name}: 1/{1 / share:.1f} of the floor", share >= LIMITS["share"])
    ratio = median(large["api"] / small["api"] for small, large in zip(found["small"], found["large"], strict=True))
    print(f"  large ÷ small, run by run: median {ratio:.2f}")
    demand(f"large ÷ small is {ratio:.2f}", ratio >= LIMITS["large_to_small"])
    print(f"\nPages at {leads:,} leads, on the server, in milliseconds (statements: also at the small size)")
    for page, small in zip(pages["large"], pages["small"], strict=True):
        name = page["name"]
        print(
            f"  {name:36} median {page['median']:6.1f}  95th {page['p95']:6.1f}  "
            f"{page['statements']} statements ({small['statements']})  {page['kib']} KiB"
        )
        demand(f"{name}: median", page["median"] < LIMITS["median"])
        demand(f"{name}: 95th percentile", page["p95"] < LIMITS["p95"])
        # a list with nothing in it asks for no rows, so one or two fewer are no fault
        demand(f"{name}: more statements", max(page["statements"]) <= max(small["statements"]))
    return missed


def _database(name: str, *, keep: bool) -> str:
    """Return the address of a database of its own; make it unless it is to be kept and is there."""
    there = _ask("SELECT 1 FROM pg_database WHERE datname = %s", f"leadflow_bench_{name}")
    if not (keep and there):
        _drop(name)
        _ask(f"CREATE DATABASE leadflow_bench_{name}")
    return f"{SERVER.rsplit('/', 1)[0]}/leadflow_bench_{name}"


def _drop(name: str) -> None:
    _ask(f"DROP DATABASE IF EXISTS leadflow_bench_{name}")


def _ask(statement: str, *facts: str) -> Any:
    """Run one statement on the server, outside a transaction; return its first row, if it gives one."""
    connection = psycopg2.connect(SERVER)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute(statement, facts or None)
    row = cursor.fetchone() if cursor.description else None
    connection.close()
    return row


def _run(url: str, *words: str) -> Any:
    """Run one measurement in a process of its own against one database; return its JSON."""
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "leadflow.settings"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.measure", *words], env=environment, stdout=subprocess.PIPE, check=True
    )
    return json.loads(done.stdout or "null")


if __name__ == "__main__":
    main()
