"""Two workers, and people who move leads meanwhile, on one database."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from leadflow import sweeps
from nurture import enrolments, sending, tasks, unsubscribe
from nurture.models import Enrolment, Send
from nurture.steps import StepIn
from tests import builders
from tests.nurture.conftest import MAIL, TUESDAY

pytestmark = [pytest.mark.torture, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def together(*works: Callable[[], object]) -> None:
    """Run the works in threads that begin at the same moment; raise what any of them raised."""
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        barrier.wait()
        try:
            work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(run, work) for work in works]:
            done.result(60)


def _mail(subject: str) -> StepIn:
    return StepIn("mail", {"subject": subject, "body": "Hello."})


def test_two_workers_send_each_mail_once(make_program, enrolled, smtp, at):
    program = make_program()
    for _ in range(120):
        enrolled(program)
    together(*[lambda: [tasks.run_sweeps(at=at) for _ in range(4)]] * 3)
    assert len(smtp.recipients) == len(set(smtp.recipients)) == 120
    assert set(Send.everywhere.values_list("state", flat=True)) == {"sent"}


def test_two_workers_do_not_fill_one_leads_cap_twice(make_program, enrolled, smtp, workspace, at):
    workspace.daily_cap = 1
    workspace.save()
    programs = [make_program(_mail(f"No. {number}"), name=f"P{number}") for number in range(4)]
    for _ in range(15):
        lead = builders.lead(workspace)
        for program in programs:
            enrolled(program, lead)
    sweeps.run(Enrolment, enrolments.advance, at=at)
    together(*[lambda: [sending.sweep(at=at) for _ in range(5)]] * 3)
    assert len(smtp.recipients) == len(set(smtp.recipients)) == 15


def test_leads_that_leave_while_the_sweep_runs_neither_block_it_nor_get_a_mail_after(make_program, enrolled, smtp, at):
    program = make_program(StepIn("wait", {"minutes": 1}), MAIL, StepIn("wait", {"days": 1}), _mail("Later"))
    people = [enrolled(program) for _ in range(60)]

    def leave() -> None:
        for enrolment in people[::2]:
            unsubscribe.leave(enrolment.lead, send=None, source="test", at=at)

    def run() -> None:
        for step in range(30):
            tasks.run_sweeps(at=at + timedelta(minutes=step))

    together(run, run, leave)
    assert Enrolment.everywhere.filter(state="exited", end_reason="Unsubscribed").count() == 30
    tasks.run_sweeps(at=TUESDAY + timedelta(days=3))
    gone = {enrolment.lead.email for enrolment in people[::2]}
    stayed = {enrolment.lead.email for enrolment in people[1::2]}
    assert all(smtp.recipients.count(email) <= 1 for email in gone)
    assert all(smtp.recipients.count(email) == 2 for email in stayed)
    assert not Send.everywhere.filter(state__in=["sending", "unknown"]).exists()
    assert not Enrolment.everywhere.exclude(dead_reason="").exists()
