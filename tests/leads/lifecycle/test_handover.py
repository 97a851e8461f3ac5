"""A set of leads is handed over as if they came one after the other, in a fixed number of statements."""

from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadflow.errors import Conflict, DomainError, NotAllowed
from leads.lifecycle import moves
from leads.lifecycle.moves import Candidate
from leads.models import Handoff, Lead, Pool, RoutingRule, Transition
from nurture.models import Enrolment, Program, Step
from sla import agreements
from sla.models import Clock
from tests import builders
from tests.builders import MONDAY
from tests.leads.lifecycle.test_moves_race import at_once
from webhooks.models import OutboxEvent
from workspaces.models import Notice, Workspace
from workspaces.roles import Role

HOUR = timedelta(hours=1)


def company(name: str) -> tuple[Workspace, list[Candidate]]:
    """Make a workspace with two pools, a full member, a lead with a keeper, one that is chosen for, one refused."""
    workspace = builders.workspace(name)
    sales = Pool.objects.of(workspace).get(name="Sales")
    least = Pool.everywhere.create(workspace=workspace, name="North", strategy=Pool.Strategy.LEAST_LOADED)
    north = {"fact": "territory", "op": "is", "value": "North"}
    RoutingRule.everywhere.create(workspace=workspace, position=1, name="Northern", pool=least, condition=north)
    ann, ben, cyd, dan = (builders.member(workspace, name=each) for each in ("Ann", "Ben", "Cyd", "Dan"))
    builders.place(sales, ann, weight=2)
    builders.place(sales, ben, weight=1, capacity=2)
    builders.place(sales, cyd, weight=1)
    builders.place(least, ann, weight=1)
    builders.place(least, cyd, weight=1)
    kept = builders.account(workspace, name="Kept", domain="kept.test", owner=dan)
    plain: dict[str, Any] = {}
    northern, keepers, won = {"territory": "North"}, {"account": kept}, {"state": "won"}
    wishes = [plain, northern, plain, northern, keepers, plain, plain, won, plain, northern, plain, plain]
    candidates = []
    for number, fields in enumerate(wishes):
        more = {"won_at": MONDAY, "amount": 1} if fields is won else {}
        lead = builders.lead(
            workspace,
            email=f"lead{number}@example.test",
            last_name=f"No {number}",
            state_since=MONDAY,
            **fields,
            **more,
        )
        builders.event(lead, "page", at=MONDAY - number * HOUR)
        candidates.append(
            Candidate(lead, MONDAY + number * HOUR, "" if number == 10 else "Fair", ben if number == 2 else None)
        )
    return workspace, candidates


def told(workspace: Workspace) -> dict[str, Any]:
    """Return what stands in the database of the handoffs of a workspace, without its ids."""
    leads = dict(Lead.objects.of(workspace).values_list("pk", "email"))
    columns = ("lead_id", "pass_number", "tier", "grade", "offered_at", "owner__user__name", "evidence", "routing")
    rows = {row["lead_id"]: row for row in Handoff.objects.of(workspace).values(*columns)}
    return {
        "handoffs": {leads[pk]: {**row, "lead_id": None} for pk, row in rows.items()},
        "leads": sorted(
            Lead.objects.of(workspace).values_list("email", "state", "state_since", "passes", "sequence", "grade")
        ),
        "log": sorted(
            Transition.objects.of(workspace).values_list("lead__email", "sequence", "move", "at", "note", "to_state")
        ),
        "facts": Counter(OutboxEvent.objects.of(workspace).values_list("type", "at", "sequence")),
        "credits": sorted(
            Pool.objects.of(workspace).values_list("name", "places__member__user__name", "places__credit")
        ),
    }


@pytest.mark.django_db
def test_a_set_is_handed_over_as_its_leads_would_be_one_by_one():
    together, candidates = company("Together")
    outcomes = moves.qualify_many(candidates, actor=builders.engine())
    apart, others = company("Apart")
    alone: list[Handoff | DomainError] = []
    for each in others:
        try:
            alone.append(
                moves.qualify(each.lead, actor=builders.engine(), at=each.at, override=each.override, owner=each.owner)
            )
        except DomainError as error:
            alone.append(error)
    assert [type(each) for each in outcomes] == [type(each) for each in alone]
    assert [type(each) for each in outcomes if not isinstance(each, Handoff)] == [NotAllowed, Conflict]
    assert told(together) == told(apart)
    owners = Counter(str(each.owner) for each in outcomes if isinstance(each, Handoff))
    assert owners == {"Ann": 4, "Ben": 2, "Cyd": 3, "Dan": 1}


@pytest.mark.django_db
def test_who_is_full_by_a_lead_of_the_set_is_full_in_every_pool():
    workspace = builders.workspace()
    sales = Pool.objects.of(workspace).get(name="Sales")
    north = Pool.everywhere.create(workspace=workspace, name="North")
    northern = {"fact": "territory", "op": "is", "value": "North"}
    RoutingRule.everywhere.create(workspace=workspace, position=1, name="Northern", pool=north, condition=northern)
    ann = builders.member(workspace, name="Ann")
    for pool in (sales, north):
        builders.place(pool, ann, capacity=1)
    leads = [builders.lead(workspace, territory=territory) for territory in ("North", "South")]
    outcomes = moves.qualify_many([Candidate(lead, MONDAY, "Fair") for lead in leads], actor=builders.engine())
    assert [each.owner for each in outcomes if isinstance(each, Handoff)] == [ann, None]
    assert "Ann has 1 open of 1" in outcomes[1].routing["words"]


def statements(workspace: Workspace, count: int) -> list[str]:
    """Hand over so many leads at once and return the statements."""
    leads = [builders.lead(workspace, account=builders.account(workspace)) for _ in range(count)]
    for lead in leads:
        builders.event(lead, "page", at=MONDAY)
    with CaptureQueriesContext(connection) as captured:
        outcomes = moves.qualify_many([Candidate(lead, MONDAY, "Fair") for lead in leads], actor=builders.engine())
    assert [each.lead.state for each in outcomes if isinstance(each, Handoff)] == ["mql"] * count
    return [one["sql"] for one in captured if "SAVEPOINT" not in one["sql"]]


@pytest.mark.django_db
def test_thirty_one_leads_take_the_statements_of_two():
    workspace = builders.workspace()
    pool = Pool.objects.of(workspace).get(name="Sales")
    for _ in range(3):
        builders.place(pool, builders.member(workspace))
    assert len(statements(workspace, 31)) == len(statements(workspace, 2))


@pytest.mark.django_db
def test_who_hears_of_a_set_acts_for_each_lead_of_it():
    workspace = builders.workspace()
    head = builders.member(workspace, Role.MARKETING_MANAGER)
    boss = builders.member(workspace, Role.SALES_MANAGER)
    draft = agreements.in_work(workspace)
    agreements.propose(draft, actor=builders.actor(head))
    agreements.sign(draft, actor=builders.actor(head), side="marketing")
    agreements.sign(draft, actor=builders.actor(boss), side="sales")
    program = Program.everywhere.create(workspace=workspace, name="Drip", status=Program.Status.ACTIVE)
    step = Step.everywhere.create(workspace=workspace, program=program, position=1, kind="wait", config={"days": 3})
    rep = builders.member(workspace)
    leads = [builders.lead(workspace) for _ in range(4)]
    for lead in leads[:2]:
        Enrolment.everywhere.create(
            workspace=workspace, program=program, lead=lead, step=step, started_at=MONDAY, next_at=MONDAY
        )
    at = Lead.everywhere.get(pk=leads[0].pk).state_since  # now, or it would be history that nobody is told of
    candidates = [Candidate(lead, at + number * HOUR / 60, "Fair", rep) for number, lead in enumerate(leads[:3])]
    moves.qualify_many([*candidates, Candidate(leads[3], at, "Fair")], actor=builders.engine())
    clocks = Clock.objects.of(workspace).order_by("lead_id")
    assert [clock.lead_id for clock in clocks] == [lead.pk for lead in leads]
    assert [clock.member_id for clock in clocks] == [rep.pk] * 3 + [None]
    assert [clock.started_at for clock in clocks] == [*(candidate.at for candidate in candidates), at]
    ended = Enrolment.objects.of(workspace).order_by("lead_id").values_list("state", "end_reason", "ended_at")
    assert list(ended) == [("exited", "Became an MQL", candidate.at) for candidate in candidates[:2]]
    assert Notice.objects.of(workspace).filter(member=rep, kind="handoff.offered").count() == 3
    assert Notice.objects.of(workspace).filter(member=boss, kind="handoff.queued").count() == 1


@pytest.mark.django_db
def test_a_set_holds_each_lead_once():
    lead = builders.lead(builders.workspace())
    with pytest.raises(ValueError, match="once"):
        moves.qualify_many([Candidate(lead), Candidate(lead)], actor=builders.engine())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_sets_that_share_leads_and_pools_wait_for_each_other_and_never_deadlock():
    workspace, candidates = company("Crowd")
    sets = [candidates, candidates[::-1], candidates[::2] + candidates[1::2], candidates[6:] + candidates[:6]]
    outcomes = at_once(*(partial(moves.qualify_many, each, actor=builders.engine()) for each in sets))
    assert [each for each in outcomes if isinstance(each, Exception)] == []
    won = [one.lead_id for each in outcomes for one in each if isinstance(one, Handoff)]
    assert sorted(won) == sorted(
        candidate.lead.pk for number, candidate in enumerate(candidates) if number not in (7, 10)
    )
    assert Handoff.objects.of(workspace).count() == len(won)
