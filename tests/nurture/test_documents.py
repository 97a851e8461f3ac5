"""What programs, enrolments and sends store today is of the present formats: the members of the frozen samples."""

import json
from dataclasses import fields
from typing import Any

from django.db import connection

from nurture import choosing, documents, enrolments, ledger, programs, tasks
from nurture.models import Enrolment, Send
from nurture.steps import StepIn, catalogue
from tests import builders
from tests.nurture.documents import KINDS, STEPS

SAMPLE = {kind.format: kind for kind in KINDS}


def stored(row: Any, column: str) -> Any:
    """Return a column of JSON as the database has it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {row._meta.db_table} WHERE id = %s", [row.pk])
        (value,) = cursor.fetchone()
    return json.loads(value) if isinstance(value, str) else value


def test_steps_are_stored_in_their_present_format(make_program):
    sample = STEPS.stored(documents.STEP.current)
    given = [StepIn(kind, config) for kind, config in STEPS.meant[documents.STEP.current]]
    program = make_program(*given, active=False)
    rows = list(program.steps.all())
    assert [{"kind": row.kind, "config": stored(row, "config")} for row in rows] == sample
    assert [StepIn(row.kind, row.config) for row in rows] == given

    members: dict[str, set[str]] = {}
    for each in sample:
        members.setdefault(each["kind"], set()).update(set(each["config"]) - {"format"})
    assert members == {code: {each.name for each in fields(kind)} for code, kind in catalogue.KINDS.items()}


def test_a_program_of_an_older_release_takes_its_steps(make_program, enrolled, at):
    program = make_program(StepIn("wait", {"days": 1}), StepIn("exit", {"outcome": "Nobody to call"}))
    wait, last = program.steps.all()
    with connection.cursor() as cursor:  # without a number, and with a member that this release does not know
        for row, config in ((wait, {"minutes": 90, "jitter": 5}), (last, {"outcome": "Read all", "label": "End"})):
            cursor.execute("UPDATE nurture_step SET config = %s WHERE id = %s", [json.dumps(config), row.pk])
    enrolment = enrolled(program)
    tasks.run_sweeps(at=at)
    enrolment.refresh_from_db()
    assert (enrolment.next_at - at).total_seconds() == 90 * 60
    tasks.run_sweeps(at=enrolment.next_at)
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.end_reason) == ("finished", "Read all")


def test_entry_and_exit_are_stored_in_their_present_format(workspace, actor, make_content):
    make_content("Prices", "pricing")  # and its topic
    entry, exit = (SAMPLE[format].meant[format.current] for format in (documents.ENTRY, documents.EXIT))
    program = programs.create(workspace, actor=actor, name="Drip", entry=entry, exit=exit)
    assert stored(program, "entry") == SAMPLE[documents.ENTRY].stored(documents.ENTRY.current)
    assert stored(program, "exit") == SAMPLE[documents.EXIT].stored(documents.EXIT.current)
    program.refresh_from_db()
    assert (program.entry, program.exit) == (entry, exit)


def test_an_enrolment_and_its_sends_keep_their_reasons_in_their_present_format(
    make_program, make_content, workspace, actor, at
):
    make_content("Prices", "pricing")
    content = StepIn("content", {"subject": "For you", "body": "{{ content.title }}"})
    program = make_program(content, content, entry={"topics": ["pricing"]})
    lead = builders.lead(workspace, interests={"pricing": 12.5})
    choice = choosing.choose_for_return(workspace, lead, None, at=at)
    enrolment = enrolments.enrol(lead, program, actor=actor, why=choice.why, at=at)
    tasks.run_sweeps(at=at)
    send = Send.objects.of(workspace).get()
    Send.objects.of(workspace).update(state="failed", next_at=None)
    ledger.resend(send, actor=actor, at=at)
    Send.objects.of(workspace).update(state="sent", next_at=None, sent_at=at)
    Enrolment.objects.of(workspace).update(next_at=at)
    tasks.run_sweeps(at=at)

    kept, sample = stored(enrolment, "why"), SAMPLE[documents.ENROLMENT].stored(documents.ENROLMENT.current)
    assert (set(kept), set(kept["skipped"][0])) == (set(sample), set(sample["skipped"][0]))
    kept, sample = stored(send, "why"), SAMPLE[documents.SEND].stored(documents.SEND.current)
    assert (set(kept), set(kept["lines"][0])) == (set(sample), set(sample["lines"][0]))
