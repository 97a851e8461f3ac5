"""What moves and hand-overs store today is of the present formats: the members of the frozen samples."""

import json
from typing import Any

import pytest
from django.db import connection

from leadflow.formats import Unreadable
from leads import documents
from leads.conditions import checks
from leads.lifecycle import log
from leads.models import Definition, Handoff, Pool, PoolMember, Transition
from leads.qualification import definitions
from leads.qualification.criteria import LoopGuard, Verdict
from leads.states import State
from tests import builders
from tests.builders import MONDAY
from tests.leads.documents import KINDS, LOG
from tests.leads.lifecycle.test_moves import DAY, lead_in, make

pytestmark = pytest.mark.django_db
SAMPLE = {kind.format: kind for kind in KINDS}


@pytest.fixture
def workspace(open_workspace):
    return open_workspace


def stored(row: Any, column: str) -> Any:
    """Return a column of JSON as the database has it."""
    table = row._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE id = %s", [row.pk])
        (value,) = cursor.fetchone()
    return json.loads(value) if isinstance(value, str) else value


def sample(format: Any) -> Any:
    return SAMPLE[format].stored(format.current)


def objects(value: Any, place: str = "") -> dict[str, set[str]]:
    """Return the members of every object in a document by its place; what is listed stands at one place."""
    if isinstance(value, list):
        return {name: members for item in value for name, members in objects(item, f"{place}[]").items()}
    if not isinstance(value, dict):
        return {}
    inner = {name: members for key, item in value.items() for name, members in objects(item, f"{place}.{key}").items()}
    return {place: set(value)} | inner


def handed_over(workspace):
    """Hand over a lead whose visit earns points."""
    lead = lead_in(workspace, State.NEW)
    builders.event(lead, "page", at=MONDAY, name="Pricing", url="https://www.example.com/pricing", topics=["pricing"])
    return make("qualify", lead, at=MONDAY, owner=builders.member(workspace))


def test_evidence_is_frozen_in_its_present_format(workspace):
    handoff = handed_over(workspace)
    found, expected = objects(stored(handoff, "evidence")), objects(sample(documents.EVIDENCE))
    free = ".interests"  # points by topic
    assert {name: members for name, members in found.items() if name != free} == {
        name: members for name, members in expected.items() if name != free
    }


def test_a_lead_keeps_its_score_lines_in_their_present_format(workspace):
    lead = handed_over(workspace).lead
    assert lead.score_lines
    assert objects(stored(lead, "score_lines")) == objects(sample(documents.SCORE_LINES))


def test_the_routing_keeps_its_reasons_in_their_present_format(workspace):
    place = builders.place(Pool.objects.of(workspace).get(), builders.member(workspace))
    drawn = stored(make("qualify", lead_in(workspace, State.NEW), at=MONDAY), "routing")
    PoolMember.everywhere.filter(pk=place.pk).update(capacity=0)
    queued = stored(make("qualify", lead_in(workspace, State.NEW), at=MONDAY), "routing")
    row = next(row for row in sample(documents.MOVE_FACTS) if row["move"] == "qualify")
    assert (set(drawn), set(queued)) == (set(row["facts"]["routing"]), set(sample(documents.ROUTING)))
    assert queued["words"].startswith("In the queue")


def test_every_move_keeps_its_facts_in_their_present_format(workspace):
    for state in (State.NURTURE, State.WON, State.LOST):
        lead_in(workspace, state)
    make("reassign", builders.handoff(workspace).lead, at=MONDAY + DAY)
    frozen: dict[str, set[str]] = {"create": set(), "lose": {"format", "revisit_at"}}
    for row in sample(documents.MOVE_FACTS):
        frozen[row["move"]] = set(row["facts"])
    rows = Transition.objects.of(workspace).order_by("pk")
    assert {row.move: set(stored(row, "facts")) for row in rows} == {
        move: frozen[move] for move in {row.move for row in rows}
    }
    assert {"qualify", "accept", "return", "reassign", "promote", "win", "lose"} <= {row.move for row in rows}


def test_a_log_of_an_older_release_replays_and_its_verdict_is_read(workspace):
    lead = lead_in(workspace, State.NEW)
    Transition.objects.of(workspace).delete()
    for number, row in enumerate(LOG.stored(1), 1):
        made = Transition.everywhere.create(
            workspace=workspace,
            lead=lead,
            sequence=number,
            move=row["move"],
            from_state=row["from"],
            to_state=row["to"],
            at=MONDAY,
            actor_kind="engine",
        )
        with connection.cursor() as cursor:
            cursor.execute("UPDATE leads_transition SET facts = %s WHERE id = %s", [json.dumps(row["facts"]), made.pk])
    rows = list(lead.transitions.order_by("sequence"))
    assert log.replay(rows).state == State.WON
    promoted = next(row for row in rows if row.move == "promote")
    assert Verdict.from_json(promoted.facts["verdict"]) == SAMPLE[documents.VERDICT].meant[1]


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        ({"version": 1, "fit": "none", "interest": {}, "readiness": {}}, "of a stored ScoringRules cannot be read"),
        (
            {"version": 1, "fit": {"rules": [], "grades": {"A": 3, "B": 2, "C": 1}}},
            "A stored ScoringRules lacks interest",
        ),
        ({"format": 99, "version": 1}, "scoring rules: stored in format 99"),
    ],
)
def test_scoring_rules_that_are_damaged_or_newer_say_so(stored, words):
    with pytest.raises(Unreadable, match=words):
        definitions.read_rules(json.dumps(stored))


def test_a_loop_guard_that_was_agreed_before_a_limit_still_holds(workspace):
    """What people write has at most 50 passes; what was agreed is read whatever the limits are now."""
    Definition.objects.of(workspace).filter(kind="mql").update(loop_guard={"max_passes": 60, "per_year": 5})
    agreed = Definition.objects.of(workspace).get(kind="mql")
    assert LoopGuard.from_stored(agreed.loop_guard) == LoopGuard(60)
    with pytest.raises(checks.InvalidCondition):
        LoopGuard.from_json(agreed.loop_guard)
    assert make("qualify", lead_in(workspace, State.NEW), at=MONDAY).pass_number == 1


def test_evidence_without_numbers_is_read_as_format_1(workspace):
    lead = lead_in(workspace, State.MQL)
    handoff = lead.handoffs.get()
    bare = {"grade": "A1", "score_lines": [{"kind": "fit", "label": "Seniority", "points": 5, "count": 0}]}
    with connection.cursor() as cursor:
        cursor.execute("UPDATE leads_handoff SET evidence = %s WHERE id = %s", [json.dumps(bare), handoff.pk])
    assert Handoff.everywhere.get(pk=handoff.pk).evidence == bare
