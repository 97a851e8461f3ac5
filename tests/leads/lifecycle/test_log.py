"""The log replays to the present state, whatever was done in whatever order."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadflow.errors import DomainError
from leads.lifecycle import log, moves
from leads.models import Definition, Handoff, Lead, Transition
from leads.move_catalogue import MOVES
from tests import builders
from tests.builders import MONDAY
from workspaces.roles import Role

STEP = timedelta(days=40)  # longer than any cool-off of the reasons used here


@pytest.fixture
def world(db):
    """A workspace with two reps, whose definition of SQL asks for nothing but an e-mail."""
    workspace = builders.workspace()
    Definition.objects.of(workspace).filter(kind="sql").update(condition={"fact": "lead.email", "op": "known"})
    Definition.objects.of(workspace).filter(kind="mql").update(loop_guard={"max_passes": 50})
    return workspace, [builders.member(workspace, Role.SALES) for _ in range(2)]


def try_move(world, lead, name, number, at):
    """Make a move if it is allowed; a refusal is part of life."""
    workspace, reps = world
    engine = builders.engine()
    handoff = Handoff.everywhere.filter(lead=lead).order_by("-pass_number").first()
    rep = reps[number % 2]
    thing = lead if MOVES[name].of == "lead" else handoff
    if thing is None:
        return False
    varied: dict = {
        "qualify": {"owner": rep},
        "return": {"reason": builders.reason(workspace, "competitor" if number == 7 else "no-authority")},
        "reassign": {"to": rep if number else None},
        "win": {"amount": Decimal(number)},
    }
    facts = builders.facts_of(name, workspace) | varied.get(name, {})
    try:
        with transaction.atomic():
            moves.FUNCTIONS[name](thing, actor=engine, at=at, **facts)
    except DomainError:
        return False
    return True


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    moves=st.lists(
        st.tuples(st.sampled_from([*MOVES, "qualify", "accept", "promote"]), st.integers(0, 9)), min_size=4, max_size=14
    )
)
def test_the_log_replays_to_the_present_state(world, moves):
    lead = builders.lead(world[0])
    done = 0
    for index, (name, number) in enumerate(moves):
        at = MONDAY + index * STEP
        builders.event(lead, "download", at=at - timedelta(hours=1))
        done += try_move(world, lead, name, number, at)
    present = Lead.everywhere.get(pk=lead.pk)
    rows = list(Transition.everywhere.filter(lead=lead).order_by("sequence"))
    assert len(rows) == done == present.sequence
    assert [row.sequence for row in rows] == list(range(1, done + 1))
    replayed = log.replay(rows)
    fields = ["state", "passes", "owner_id", "returned_at", "cool_off_until", "won_at", "amount", "lost_at"]
    fields += ["state_since"] if replayed.state_since else []
    assert {name: getattr(replayed, name) for name in fields} == {name: getattr(present, name) for name in fields}
    open_handoffs = Handoff.everywhere.filter(lead=lead, closed_at=None)
    assert open_handoffs.count() == (1 if present.state in ("mql", "sal", "sql") else 0)
    assert all(handoff.owner_id == present.owner_id for handoff in open_handoffs)


def test_a_row_that_does_not_follow_the_one_before_is_found(world):
    lead = builders.lead(world[0])
    try_move(world, lead, "qualify", 0, MONDAY)
    try_move(world, lead, "accept", 0, MONDAY)
    first, second = Transition.everywhere.filter(lead=lead).order_by("sequence")
    second.from_state = "sql"
    with pytest.raises(ValueError, match="row 2 leaves sql"):
        log.replay([first, second])
