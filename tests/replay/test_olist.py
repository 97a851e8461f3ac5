"""Bring the history of a real marketplace in through the public doors, in date order, and check the funnel against
the figures published with the data (`../shared/data/README.md`)."""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean, median
from typing import Any

import pytest
from django.db import connections, transaction
from django.test import Client

from leads import tasks as leads_tasks
from leads.models import Handoff, Import, Lead, Question, Transition
from leads.qualification import definitions
from sla import agreements
from sla import tasks as sla_tasks
from sla.models import Clock, Escalation
from tests import builders
from tests.dashboard.desk import html
from workspaces import keys
from workspaces.models import Member, Notice, Workspace
from workspaces.roles import Role

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "olist"
pytestmark = [
    pytest.mark.replay,
    pytest.mark.django_db,
    pytest.mark.skipif(not DATA.is_dir(), reason="needs the Olist data in ../shared/data/olist, which is not here"),
]

WON_BY_ORIGIN = {
    "organic_search": (271, 2296),
    "paid_search": (195, 1586),
    "social": (75, 1350),
    "unknown": (179, 1099),
    "direct_traffic": (56, 499),
    "email": (15, 493),
    "referral": (24, 284),
    "other": (4, 150),
    "display": (6, 118),
    "": (14, 60),
    "other_publicities": (3, 65),
}
SYSTEM = "olist"


def read(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@dataclass
class World:
    """The workspace after the replay, and what went in."""

    workspace: Workspace
    marketer: Client
    leads: list[dict[str, str]]
    deals: list[dict[str, str]]
    secret: str

    def days(self) -> list[float]:
        """Return the days from first contact to won, straight from the two files."""
        first = {row["mql_id"]: datetime.fromisoformat(row["first_contact_date"]) for row in self.leads}
        return [
            (datetime.fromisoformat(deal["won_date"]) - first[deal["mql_id"]]).total_seconds() / 86400
            for deal in self.deals
        ]


def open_workspace() -> tuple[Workspace, Client, str]:
    """Make a workspace whose two sides signed an agreement that asks one question for SQL."""
    workspace = builders.workspace("Olist", active=False)
    marketing = builders.member(workspace, Role.MARKETING_MANAGER, "Mara")
    sales = builders.member(workspace, Role.SALES_MANAGER, "Sal")
    Question.everywhere.create(workspace=workspace, code="segment", label="Which business segment?", position=9)
    condition = {"fact": "readiness.segment", "op": "known"}
    definitions.new_version(workspace, "sql", actor=builders.actor(sales), condition=condition)
    draft = agreements.in_work(workspace)
    assert draft is not None
    agreements.propose(draft, actor=builders.actor(marketing))
    agreements.sign(draft, actor=builders.actor(marketing), side="marketing")
    agreements.sign(draft, actor=builders.actor(sales), side="sales")
    admin = Member.objects.of(workspace).get(role=Role.ADMIN)
    _, secret = keys.create(workspace, actor=builders.actor(admin), name="History", scopes=["read", "write", "history"])
    browser = Client()
    browser.force_login(marketing.user)
    return workspace, browser, secret


def import_leads(workspace: Workspace, browser: Client, name: str) -> None:
    """Import the leads as a marketer does: upload, check the mapping, start, wait for the bar."""
    with (DATA / name).open("rb") as file:
        answer = browser.post("/imports/new/", {"file": file})
    assert answer.status_code == 302, answer.content.decode()
    page = answer.headers["Location"]
    form = browser.get(page).content.decode()
    assert "mql_id" in form
    answer = browser.post(
        page,
        {
            "column_0": "external_id",
            "column_1": "first_contact_at",
            "column_2": "campaign",
            "column_3": "source",
            "system": SYSTEM,
            "existing": "update",
            "date_format": "iso",
            "encoding": "utf-8",
            "delimiter": ",",
            "act": "start",
        },
    )
    assert answer.status_code == 302, re.sub(r"<[^>]+>", " ", answer.content.decode())
    while Import.objects.of(workspace).filter(status=Import.Status.RUNNING).exists():
        assert leads_tasks.run_sweeps() > 0


def cells(row: str) -> list[str]:
    """Return the words of each cell of a row of a table."""
    found = re.findall(r"<t[dh].*?</t[dh]>", row, re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cell)).strip() for cell in found]


def move(secret: str, moves: list[dict[str, Any]]) -> None:
    """Send the moves in batches, in the order given, and demand that each was made."""
    client = Client()
    for start in range(0, len(moves), 200):
        answer = client.post(
            "/api/v1/moves",
            json.dumps({"moves": moves[start : start + 200]}),
            content_type="application/json",
            headers={"Authorization": f"Bearer {secret}"},
        )
        assert answer.status_code == 200, answer.content
        refused = [result for result in answer.json()["results"] if result["status"] != 200]
        assert refused == []


def moves_of(leads: list[dict[str, str]], deals: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Return every move with its time, in date order; a lead's own moves keep their order whatever their dates."""
    timeline = []
    offered: dict[str, datetime] = {}
    for row in leads:
        at = offered[row["mql_id"]] = datetime.fromisoformat(row["first_contact_date"]).replace(tzinfo=UTC)
        timeline.append((at, 0, _move(row["mql_id"], "qualify", at, reason="An MQL in the system before")))
    for deal in deals:
        at = datetime.fromisoformat(deal["won_date"]).replace(tzinfo=UTC)
        when = max(at, offered[deal["mql_id"]])
        person = f"{deal['sr_id'][:12]}@sales.example"
        timeline += [
            (when, 1, _move(deal["mql_id"], "accept", at, owner=person)),
            (when, 2, _move(deal["mql_id"], "promote", at, answers={"segment": deal["business_segment"] or "unknown"})),
            (when, 3, _move(deal["mql_id"], "win", at, amount=deal["declared_monthly_revenue"] or "0", currency="BRL")),
        ]
    return [item for _, _, item in sorted(timeline, key=lambda entry: entry[:2])]


def _move(lead: str, name: str, at: datetime, **facts: Any) -> dict[str, Any]:
    return {
        "lead": {"external_id": {"system": SYSTEM, "value": lead}},
        "move": name,
        "occurred_at": at.isoformat(),
        **facts,
    }


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """Replay once for the tests below, and take everything back afterwards."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield in_a_thread(play)
        transaction.set_rollback(True)


def play() -> World:
    """Open a workspace and bring everything in: the leads by a file, what became of them by the API."""
    leads, deals = read("olist_marketing_qualified_leads_dataset.csv"), read("olist_closed_deals_dataset.csv")
    workspace, browser, secret = open_workspace()
    for person in sorted({deal["sr_id"] for deal in deals}):
        user = builders.user(person[:12], f"{person[:12]}@sales.example")
        Member.everywhere.create(workspace=workspace, user=user, role=Role.SALES)
    import_leads(workspace, browser, "olist_marketing_qualified_leads_dataset.csv")
    move(secret, moves_of(leads, deals))
    return World(workspace, browser, leads, deals, secret)


def in_a_thread(call: Callable[[], World]) -> World:
    """Call from the bottom of a stack, as a server does, on the connection of this thread.

    Below the frames of the test runner the queries would straddle the seam of two chunks of the interpreter's stack
    (16 KiB), which are mapped and unmapped each time: it took half as long again.
    """
    connection = connections["default"]

    def run() -> World:
        connections["default"] = connection
        return call()

    connection.inc_thread_sharing()
    try:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(run).result()
    finally:
        connection.dec_thread_sharing()


def test_every_lead_is_known_by_its_external_id_alone(world: World) -> None:
    leads = Lead.objects.of(world.workspace)
    assert leads.count() == 8000
    assert leads.exclude(email="").count() == 0
    batch = Import.objects.of(world.workspace).get()
    assert (batch.created_count, batch.failed_count) == (8000, 0)


def test_the_report_gives_the_published_figures(world: World) -> None:
    answer = Client().get("/api/v1/reports/funnel", headers={"Authorization": f"Bearer {world.secret}"}).json()
    total = answer["total"]
    assert (total["counts"]["mql"], total["counts"]["won"]) == (8000, 842)
    assert total["mql_to_won"] == pytest.approx(0.10525, abs=1e-9)
    found = {row["key"]: (row["counts"]["won"], row["counts"]["mql"]) for row in answer["rows"]}
    assert found == WON_BY_ORIGIN
    assert round(total["median_days"], 2) == 14.65
    assert round(total["mean_days"], 2) == 49.10
    days = world.days()
    assert total["median_days"] == pytest.approx(median(days), abs=1e-6)
    assert total["mean_days"] == pytest.approx(mean(days), abs=1e-6)


def test_the_funnel_page_shows_the_same_figures(world: World) -> None:
    page = html(world.marketer.get("/reports/funnel/?by=source"))
    head, *rows = [cells(row) for row in re.findall(r"<tr.*?</tr>", page, re.DOTALL) if "<td" in row or "<th" in row]
    *rows, total = [dict(zip(head, row, strict=True)) for row in rows]
    assert {row[head[0]]: (row["Won"], row["MQL"]) for row in rows} == {
        origin or "No source": (f"{won:,}", f"{leads:,}") for origin, (won, leads) in WON_BY_ORIGIN.items()
    }
    assert (total["MQL"], total["Won"], total["MQL to won"]) == ("8,000", "842", "10.5%")
    assert (total["Median days"], total["Mean days"]) == ("14.65", "49.10")
    assert "in 14.65 days at the median from first contact to won (49.10 at the mean)" in page


def test_the_deal_before_its_first_contact_is_taken_and_flagged(world: World) -> None:
    flagged = Lead.objects.of(world.workspace).filter(won_at__isnull=False)
    odd = [lead for lead in flagged if lead.flags]
    assert [lead.flags for lead in odd] == [["won_before_first_contact"]]
    assert odd[0].won_at < odd[0].first_contact_at
    assert odd[0].state == "won"
    assert min(world.days()) < 0


def test_history_raises_no_alarm(world: World) -> None:
    clocks = Clock.objects.of(world.workspace)
    running = clocks.filter(kind="accept", state="running")
    assert running.count() == 8000 - 842
    assert not running.filter(silent=False).exists()
    assert not running.filter(breached_at=None).exists()
    assert sla_tasks.run_sweeps() == 0
    assert Escalation.objects.of(world.workspace).count() == 0
    assert Notice.objects.of(world.workspace).filter(kind__startswith="clock").count() == 0
    assert Notice.objects.of(world.workspace).filter(kind__startswith="handoff").count() == 0


def test_the_log_replays_to_the_present_state(world: World) -> None:
    rows = Transition.objects.of(world.workspace).order_by("lead_id", "sequence").values_list("lead_id", "to_state")
    last = dict(rows)
    assert last == dict(Lead.objects.of(world.workspace).values_list("pk", "state"))
    assert Counter(last.values()) == {"mql": 7158, "won": 842}
    moves = Counter(Transition.objects.of(world.workspace).values_list("move", flat=True))
    assert moves == {"create": 8000, "qualify": 8000, "accept": 842, "promote": 842, "win": 842}


def test_moves_carry_the_time_at_which_they_happened(world: World) -> None:
    offered = Handoff.objects.of(world.workspace).values_list("lead__external_ids__value", "offered_at")
    first = {row["mql_id"]: row["first_contact_date"] for row in world.leads}
    assert {value: at.date().isoformat() for value, at in offered} == first
    recorded = Transition.objects.of(world.workspace).filter(move="win").values_list("at", "recorded_at")
    assert all(recorded_at - at > timedelta(days=365) for at, recorded_at in recorded)


def test_the_same_file_again_adds_nothing(world: World) -> None:
    before = Lead.objects.of(world.workspace).count()
    import_leads(world.workspace, world.marketer, "olist_marketing_qualified_leads_dataset.csv")
    assert Lead.objects.of(world.workspace).count() == before
    batch = Import.objects.of(world.workspace).order_by("-pk")[0]
    assert (batch.created_count, batch.updated_count, batch.failed_count) == (0, 0, 0)
