"""What is recorded of programs and suppression for outside."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nurture import enrolments, programs, suppression
from nurture.steps import StepIn
from tests import builders
from tests.builders import recorded

pytestmark = pytest.mark.django_db


def test_a_lead_that_runs_through_a_program_entered_and_left_it_once(workspace, make_program, enrolled, actor, at):
    enrolment = enrolled(make_program(StepIn("exit", {"outcome": "Done"})))
    enrolments.advance(enrolment, at)
    [entered], [left] = recorded(workspace, "program.entered"), recorded(workspace, "program.left")
    assert entered.data["program"] == left.data["program"] == {"id": enrolment.program_id, "name": "Drip"}
    assert entered.data["actor"]["id"] == actor.member.pk
    assert (left.data["reason"], left.data["enrolment"]["state"], left.at) == ("Done", "finished", at)
    enrolments.exit(enrolment, reason="By hand", at=at)
    assert len(recorded(workspace, "program.left")) == 1


def test_a_program_that_is_archived_records_everybody_in_a_fixed_number_of_statements(
    workspace, make_program, enrolled, actor, at
):
    def statements(name: str, count: int) -> int:
        program = make_program(name=name)
        for _ in range(count):
            enrolled(program)
        with CaptureQueriesContext(connection) as seen:
            programs.archive(program, actor=actor, at=at)
        return len(seen)

    assert statements("Few", 2) == statements("Many", 12)
    left = recorded(workspace, "program.left")
    assert len(left) == 14
    assert {row.data["actor"]["id"] for row in left} == {actor.member.pk}


def test_a_suppressed_address_is_recorded_once_and_of_a_lead_only(workspace, at):
    lead = builders.lead(workspace)
    for why in ("bounced", "complained"):
        suppression.add(workspace, lead.email, why=why, note="550 No such user", at=at)
    suppression.add(workspace, "nobody@gone.example", why="bounced", at=at)
    [fact] = recorded(workspace, "lead.suppressed")
    assert fact.lead_id == lead.pk
    assert (fact.data["email"], fact.data["why"], fact.data["note"]) == (lead.email, "bounced", "550 No such user")
