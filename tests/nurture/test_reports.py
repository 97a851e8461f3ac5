"""The figures of programs."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.lifecycle import moves
from nurture import enrolments, reports, sending
from nurture.models import Send
from tests import builders


def test_a_programs_figures_say_what_became_of_people_and_mails(make_program, enrolled, smtp, workspace, actor, at):
    program, empty = make_program(), make_program(name="Empty")
    people = [enrolled(program) for _ in range(4)]
    for enrolment in people[:3]:
        enrolments.advance(enrolment, at)
    smtp.rcpt[people[2].lead.email] = "550 5.1.1 Unknown"
    sending.sweep(at=at)
    first = Send.everywhere.get(enrolment=people[0])
    Send.everywhere.filter(pk=first.pk).update(clicked_at=at)
    builders.handoff(workspace, lead=people[0].lead, at=at + timedelta(days=1))
    figures = reports.program_figures(workspace, [program, empty])
    row = figures[program.pk]
    assert (row.enrolled, row.active, row.left, row.leads, row.came_back) == (4, 2, 2, 4, 1)
    assert (row.sent, row.opened, row.clicked, row.failed, row.bounced, row.unknown) == (2, 1, 1, 1, 1, 0)
    assert figures[empty.pk] == reports.Figures()
    assert reports.totals(figures).sent == 2


def test_returned_leads_are_counted_by_program_and_reason(make_program, workspace, time_machine, at):
    time_machine.move_to(at)
    program = make_program(name="Any")
    for _ in range(2):
        handoff = builders.handoff(workspace, at=at - timedelta(hours=1))
        reason = builders.reason(workspace, "not-our-customer")
        moves.return_to_marketing(handoff, actor=builders.actor(handoff.owner), reason=reason, note="No", at=at)
    (row,) = reports.returns_by_program(workspace)
    assert (row.program_id, row.reason, row.returned, row.came_back) == (program.pk, reason.label, 2, 0)


def test_the_figures_take_two_statements_whatever_the_number_of_programs(make_program, enrolled, workspace):
    counts = []
    for number in range(2):
        enrolled(make_program(name=f"P{number}"))
        with CaptureQueriesContext(connection) as statements:
            reports.program_figures(workspace)
        counts.append(len(statements))
    assert counts == [2, 2]
