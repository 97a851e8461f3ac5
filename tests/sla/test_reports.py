"""The scoreboard, recomputed from the rows in plain Python."""

import random
from dataclasses import asdict
from datetime import datetime, timedelta

import pytest

from leads.lifecycle import moves
from leads.models import Handoff, Lead, Reason
from sla import agreements, reports, tallies
from sla.models import Clock
from tests.sla.conftest import MONDAY, actor, member
from workspaces.access import create_workspace
from workspaces.models import User

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SINCE, UNTIL = MONDAY + 30 * DAY, MONDAY + 60 * DAY
AT = MONDAY + 70 * DAY
KINDS = ("accept", "first_touch", "attempts", "decide", "triage")


@pytest.fixture
def history(workspace, agreement, rep, other_rep) -> None:
    """Ninety days of handoffs with clocks in every state, some on the very edges of the periods."""
    chance = random.Random(20260105)
    reason = Reason.objects.of(workspace).filter(kind="return").first()
    edges = [SINCE - (UNTIL - SINCE), SINCE, UNTIL, UNTIL - timedelta(microseconds=1)]
    clocks = []
    for i in range(240):
        offered = edges[i] if i < len(edges) else MONDAY - DAY + chance.random() * 90 * DAY
        lead = Lead.everywhere.create(workspace=workspace, last_name=f"Lead {i}", passes=1, first_contact_at=offered)
        handoff = Handoff.everywhere.create(
            workspace=workspace,
            lead=lead,
            pass_number=1,
            tier=chance.choice(["hot", "standard"]),
            offered_at=offered,
            state="returned",
            closed_at=offered + DAY,
            reason=reason,
            owner=chance.choice([rep, other_rep]),
        )
        for kind in KINDS:
            if kind == "accept" or chance.random() < 0.6:
                clocks.append(a_clock(chance, agreement, handoff, kind))
    Clock.everywhere.bulk_create(clocks)


def a_clock(chance: random.Random, agreement, handoff: Handoff, kind: str) -> Clock:
    started = handoff.offered_at if kind == "accept" else handoff.offered_at + chance.random() * 5 * DAY
    due = started + chance.random() * 20 * DAY if chance.random() < 0.95 else None
    state = chance.choice(["running", "met", "met", "missed", "cancelled"])
    stopped = None if state == "running" else started + chance.random() * 20 * DAY
    seen = due is not None and (due < stopped if stopped else due < AT and chance.random() < 0.7)
    breached = due if seen else stopped if state == "missed" else None
    return Clock(
        workspace_id=handoff.workspace_id,
        kind=kind,
        agreement=agreement,
        lead_id=handoff.lead_id,
        handoff=handoff,
        tier=handoff.tier,
        state=state,
        started_at=started,
        due_at=due,
        stopped_at=stopped,
        breached_at=breached,
        missing=chance.choice(["", "", "", "country"]) if kind == "accept" else "",
    )


def outcome(clock: Clock) -> str:
    """Judge one clock the long way."""
    if clock.state == "missed":
        return "missed"
    if clock.breached_at is not None:
        return "late"
    if clock.state == "met":
        return "in_time"
    if clock.state == "running":
        return "late" if clock.due_at is not None and clock.due_at <= AT else "open"
    return "cancelled"


def share(kind: str, tier: str, since: datetime, until: datetime) -> tuple[float | None, dict[str, int]]:
    counts = dict.fromkeys(tallies.PARTS, 0)
    for clock in Clock.everywhere.all():
        wanted = clock.kind == kind and (not tier or clock.tier == tier) and since <= clock.started_at < until
        if wanted:
            counts[outcome(clock)] += 1
    decided = counts["in_time"] + counts["late"] + counts["missed"]
    return (100 * counts["in_time"] / decided if decided else None), counts


def test_every_share_of_clocks_is_what_the_rows_say(workspace, history):
    board = reports.scoreboard(workspace, SINCE, UNTIL, at=AT)
    lines = [line for line in board.lines if line.code in KINDS]

    assert len(lines) == 1 + 4 * 2
    for line in lines:
        now, counts = share(line.code, line.tier, SINCE, UNTIL)
        before, _ = share(line.code, line.tier, SINCE - 30 * DAY, SINCE)
        assert sum(counts.values()) > 10
        assert asdict(line.tally) == counts
        assert line.attained == now
        assert line.before == before
        assert line.trend == now - before
        assert line.kept == (now >= 90)


def test_the_leads_handed_over_and_their_completeness_are_what_the_rows_say(workspace, history):
    lines = {line.code: line for line in reports.scoreboard(workspace, SINCE, UNTIL, at=AT).lines}
    offered = [h for h in Handoff.everywhere.all() if SINCE <= h.offered_at < UNTIL]
    complete = [h for h in offered if h.clocks.get(kind="accept").missing == ""]

    assert lines["mqls"].attained == len(offered) > 50
    assert lines["mqls"].target == round(60 * 30 / 30.4375, 1)
    assert lines["complete"].attained == 100 * len(complete) / len(offered)
    assert (lines["complete"].tally.in_time, lines["complete"].tally.late) == (
        len(complete),
        len(offered) - len(complete),
    )


def test_every_figure_opens_the_rows_behind_it(workspace, history):
    for line in reports.scoreboard(workspace, SINCE, UNTIL, at=AT).lines:
        if line.code == "mqls":
            assert reports.rows_behind(workspace, **line.rows, at=AT).count() == line.attained
            continue
        shown = asdict(line.tally)
        if line.code == "complete":
            shown = {"complete": line.tally.in_time, "incomplete": line.tally.late}
        counts = [reports.rows_behind(workspace, **line.rows, outcome=part, at=AT).count() for part in shown]
        assert counts == list(shown.values())
        assert reports.rows_behind(workspace, **line.rows, at=AT).count() == sum(counts)


def test_the_scoreboard_takes_the_same_few_statements_whatever_there_is(workspace, history, django_assert_num_queries):
    reports.scoreboard(workspace, SINCE, UNTIL, at=AT)  # the terms are read once in a process

    with django_assert_num_queries(5):
        reports.scoreboard(workspace, SINCE, UNTIL, at=AT)


def test_a_lead_given_to_another_owner_counts_once_for_completeness(
    workspace, agreement, offer, rep, other_rep, sales_head, at_time
):
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY, email="p@example.com")
        moves.reassign(handoff, actor=actor(sales_head), to=other_rep, at=MONDAY + HOUR)

    lines = {line.code: line for line in reports.scoreboard(workspace, MONDAY, MONDAY + DAY, at=MONDAY + HOUR).lines}
    assert Clock.everywhere.filter(handoff=handoff, kind="accept").count() == 2
    assert lines["complete"].tally == tallies.Tally(in_time=0, late=1)
    assert handoff.clocks.first().missing == "account,country,source"


def test_without_a_signed_agreement_there_is_nothing_to_measure(workspace):
    board = reports.scoreboard(workspace, SINCE, UNTIL, at=AT)

    assert (board.version, board.lines) == (None, ())


def test_another_workspace_counts_nothing_of_ours(history, workspace):
    foreign = create_workspace("Southwind", owner=User.objects.create_user("sol@southwind.example"))
    heads = [member(foreign, "Mo Marketing", "marketing_manager"), member(foreign, "Sol Sales", "sales_manager")]
    draft = agreements.propose(agreements.in_work(foreign), actor=actor(heads[0]))
    for head, side in zip(heads, ("marketing", "sales"), strict=True):
        agreements.sign(draft, actor=actor(head), side=side)

    lines = reports.scoreboard(foreign, SINCE, UNTIL, at=AT).lines
    assert {line.attained for line in lines} == {0, None}


def test_the_promises_are_put_into_words(workspace, agreement):
    lines = reports.scoreboard(workspace, SINCE, UNTIL, at=AT).lines
    promises = {(line.code, line.tier): line.promise for line in lines}

    assert promises["mqls", ""] == "60 a month"
    assert promises["complete", ""] == "90% of the leads"
    assert promises["triage", ""] == "within 2 working days"
    assert promises["accept", "hot"] == "within 1 h"
    assert promises["first_touch", "standard"] == "within 1 working day"
    assert promises["attempts", "hot"] == "6 attempts on 2 channels within 10 working days"
    assert promises["follow_up", ""] == "on the date promised"
