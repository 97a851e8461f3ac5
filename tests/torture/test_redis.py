"""Redis is emptied, killed and comes back while production works: nothing stops, is lost, or is done twice."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import count

import pytest
from redis import Redis

from tests.services import redis_answers
from tests.torture.browsing import Person
from tests.torture.company import Company, take_in
from tests.torture.production import Production, until

pytestmark = [pytest.mark.torture, pytest.mark.postgres, pytest.mark.redis]

SECONDS = 4.0  # for one answer while Redis is away, on a machine that is busy
PAGES = ["/overview/", "/leads/", "/agreement/", "/notices/", "/settings/members/"]
WRITTEN_ONCE = {
    "qualified": "SELECT lead_id FROM leads_transition WHERE move = 'qualify'",
    "told to the outside": "SELECT lead_id FROM webhooks_outboxevent WHERE type = 'lead.qualified'",
    "handed over": "SELECT lead_id FROM leads_handoff",
    "timed": "SELECT h.lead_id FROM sla_clock JOIN leads_handoff h ON h.id = handoff_id WHERE kind = 'accept'",
    "told to the rep": "SELECT lead_id FROM workspaces_notice JOIN leads_handoff h"
    " ON key LIKE 'handoff.offered:' || h.id || ':%%'",
    "asking for a demo": "SELECT lead_id FROM leads_event WHERE type = 'demo_request'",
}
numbers = count(1)


@pytest.fixture
def dead(production: Production, company: Company) -> Iterator[None]:
    """Redis is killed for a test, and comes back empty at its end."""
    try:
        lose_redis(production)
        yield
    finally:
        production.start("redis")


def lose_redis(production: Production) -> None:
    """Kill Redis and wait until the worker has noticed: what it had begun is done by then."""
    logged = len(production.log("worker"))
    production.kill("redis")
    assert not redis_answers(production.redis_url)
    until(lambda: "onnection" in production.log("worker")[logged:], 20, "the worker has noticed")


@contextmanager
def quickly(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < SECONDS, f"{what} took {time.monotonic() - began:.1f} s"


def new_lead(company: Company) -> int:
    return take_in(company.program, f"Lead{next(numbers)}")


def names(production: Production, leads: list[int]) -> list[str]:
    return [name for (name,) in production.rows("SELECT first_name FROM leads_lead WHERE id = ANY(%s)", leads)]


def mails_about(production: Production, company: Company, leads: list[int]) -> list[str]:
    """Return the Message-IDs of the mails that told the rep of these leads."""
    offered = production.mailbox.to(company.people["sales"].email, "was handed over to you")
    wanted = {f"{name} Raman was handed" for name in names(production, leads)}
    return [mail["Message-ID"] for mail in offered if any(words in mail["Subject"] for words in wanted)]


def wait_until_handed_over(production: Production, company: Company, leads: list[int], seconds: float) -> None:
    until(
        lambda: (
            len(production.rows("SELECT 1 FROM leads_handoff WHERE lead_id = ANY(%s)", leads)) >= len(leads)
            and len(mails_about(production, company, leads)) >= len(leads)
        ),
        seconds,
        f"leads {leads} are handed over and the rep has a mail about each",
    )


def assert_done_once(production: Production, company: Company, leads: list[int]) -> None:
    """Check that what follows from a demo request followed once for each of these leads."""
    for what, statement in WRITTEN_ONCE.items():
        rows = production.rows(f"SELECT * FROM ({statement}) AS found WHERE lead_id = ANY(%s)", leads)
        assert Counter(lead for (lead,) in rows) == Counter(leads), what
    mails = mails_about(production, company, leads)
    assert len(mails) == len(set(mails)) == len(leads)


def test_redis_is_emptied_again_and_again_and_every_lead_is_handed_over_once(production, company):
    with ThreadPoolExecutor(1) as pool, closing(Redis.from_url(production.redis_url)) as server:
        taking = pool.submit(lambda: [new_lead(company) for _ in range(8)])
        flushed = 0
        while not taking.done():
            server.flushall()
            flushed += 1
            time.sleep(0.005)
        leads = taking.result()
    assert flushed > 8
    wait_until_handed_over(production, company, leads, 60)
    assert_done_once(production, company, leads)


def test_pages_and_api_answer_quickly_without_redis(production, company, dead):
    admin, program = company.people["admin"], company.program
    for path in PAGES * 2:
        with quickly(path):
            admin.page(path)
    for path in ["me", "leads", "handoffs", "reports/funnel"] * 2:
        with quickly(path):
            program.call("GET", path)
    with quickly("the health page"):
        assert admin.get("/healthz").text == "ok\n"
    with quickly("a new lead and its events"):
        new_lead(company)
    assert production.healthy("web")


def test_members_log_in_and_invite_without_redis(production, company, dead):
    rita = Person(production.port, company.people["sales"].email)
    with quickly("the log-in"):
        rita.log_in()
    assert rita.get("/inbox/").status_code == 200
    with quickly("the invitation"):
        company.people["admin"].submit("/settings/members/", email="vera@acme.example", role="viewer")
    assert not production.mailbox.to("vera@acme.example", "Invitation")
    done = production.manage("sweep", "workspaces")
    assert done.returncode == 0, done.stderr
    assert production.mailbox.to("vera@acme.example", "Invitation to Acme")
    rita.close()


def test_a_sweep_by_hand_does_what_is_due_without_redis(production, company, dead):
    leads = [new_lead(company) for _ in range(3)]
    assert production.rows("SELECT 1 FROM leads_handoff WHERE lead_id = ANY(%s)", leads) == []
    done = production.manage("sweep")
    assert done.returncode == 0, done.stderr
    wait_until_handed_over(production, company, leads, 1)
    assert_done_once(production, company, leads)
    with quickly("an accept"):
        handoff = company.program.call("GET", f"leads/{leads[0]}")["handoff_id"]
        assert company.program.call("POST", f"handoffs/{handoff}/accept", {})["lead"]["state"] == "sal"


def test_beat_and_worker_go_on_by_themselves_when_redis_is_back(production, company):
    logged = len(production.log("beat"))
    lose_redis(production)
    leads = [new_lead(company) for _ in range(3)]
    complaints = production.log("beat")[logged:].splitlines()
    assert complaints
    assert all("Couldn't apply scheduled task" in line for line in complaints), "one line for each tick, no more"
    production.start("redis")
    leads.append(new_lead(company))
    wait_until_handed_over(production, company, leads, 60)
    assert_done_once(production, company, leads)
    for service in ("web", "worker", "beat"):
        assert production.processes[service].poll() is None, production.log(service)[-2000:]
    until(lambda: production.healthy("worker"), 30, "the worker is healthy again")
