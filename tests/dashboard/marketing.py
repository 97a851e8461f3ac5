"""What the tests of marketing's pages add to the desk of sales: returns, programs, content."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.lifecycle import moves
from leads.models import Handoff
from nurture import programs
from nurture.models import Program
from nurture.steps import StepIn
from tests import builders
from tests.dashboard.desk import Desk

MAIL = StepIn("mail", {"subject": "For {{ lead.first_name }}", "body": "Hello {{ lead.first_name }}."})
LATER = StepIn("mail", {"subject": "Still there?", "body": "Hello again."})


def queries(browser: Client, path: str) -> int:
    """Count the statements of a page, which must answer 200."""
    with CaptureQueriesContext(connection) as seen:
        assert browser.get(path).status_code == 200
    return len(seen)


def program(desk: Desk, name: str = "Stay close", **fields: Any) -> Program:
    """Make an active program of a mail, a wait and a mail."""
    actor = builders.actor(desk.marketer)
    made = programs.create(desk.workspace, actor=actor, name=name, **fields)
    programs.replace_steps(made, actor=actor, steps_in=[MAIL, StepIn("wait", {"days": 3}), LATER])
    return programs.activate(made, actor=actor)


def return_to_marketing(
    desk: Desk, code: str = "not-ready", *, note: str = "Call us in spring", **fields: Any
) -> Handoff:
    """Hand a lead over and have it returned for a reason, a minute later."""
    at: datetime = fields.pop("at", timezone.now() - timedelta(hours=1))
    given = desk.offer(at=at, **fields)
    reason = builders.reason(desk.workspace, code)
    revisit = (at + timedelta(days=90)).date() if reason.needs_revisit else None
    actor = builders.actor(given.owner)
    return moves.return_to_marketing(
        given, actor=actor, reason=reason, note=note, revisit_on=revisit, at=at + timedelta(minutes=1)
    )
