"""Who enters a program, from its pages: conditions, the order of programs, the question before an activation."""

from typing import Any

import pytest
from django.utils import timezone

from nurture import enrolments
from nurture.models import Enrolment, Program
from tests import builders
from tests.dashboard.desk import html
from tests.dashboard.marketing import program
from tests.dashboard.nurture.test_programs import typed

pytestmark = pytest.mark.django_db


def welcome(**changes: Any) -> dict[str, Any]:
    """Fill in a welcome program for new leads of Germany, which ends when the phone is known."""
    return typed(
        name="Welcome",
        occasions=["care"],
        reasons=[],
        **{
            "entry-n0-fact": "lead.country",
            "entry-n0-op": "is",
            "entry-n0-value": "DE",
            "exit-n0-fact": "lead.phone",
            "exit-n0-op": "known",
        },
        **changes,
    )


def test_entry_and_exit_conditions_are_filled_in_row_by_row(desk, browser):
    browser.post("/programs/new/", welcome(act="activate"))
    made = Program.objects.of(desk.workspace).get(name="Welcome")
    assert made.status == "active"
    assert made.entry["occasions"] == ["care"]
    assert made.entry["condition"] == {"all": [{"fact": "lead.country", "op": "is", "value": "DE"}]}
    assert made.exit["condition"] == {"all": [{"fact": "lead.phone", "op": "known"}]}
    assert "Leads in marketing's care that are in no program" in browser.get(f"/programs/{made.pk}/").context["entry"]
    rows = browser.get(f"/programs/{made.pk}/edit/").context["form"].entry_rows.rows
    assert [form.initial for _, _, form in rows] == [{"fact": "lead.country", "op": "is", "value": "DE"}]


def test_a_criterion_is_removed_by_its_box(desk, browser):
    browser.post("/programs/new/", welcome())
    made = Program.objects.of(desk.workspace).get(name="Welcome")
    row = {"entry-c0-fact": "lead.country", "entry-c0-op": "is", "entry-c0-value": "DE", "entry-c0-remove": "on"}
    row |= {"exit-c0-fact": "lead.phone", "exit-c0-op": "known"}
    browser.post(f"/programs/{made.pk}/edit/", typed(name="Welcome", occasions=["care"], **row))
    made.refresh_from_db()
    assert made.entry["condition"] == {}


def test_a_fact_that_there_is_not_is_refused_beside_its_field(desk, browser):
    answer = browser.post("/programs/new/", typed(**{"entry-n0-fact": "lead.shoe_size", "entry-n0-op": "known"}))
    assert answer.status_code == 422
    assert "lead.shoe_size" in str(answer.context["form"].entry_rows.new[0].errors["fact"])
    assert not Program.objects.of(desk.workspace).filter(name="Two mails").exists()


def test_activating_asks_where_another_program_takes_the_reason_now(desk, browser):
    browser.post("/programs/new/", typed(name="Older", act="activate"))
    answer = browser.post("/programs/new/", typed(name="Newer", act="activate"))
    assert answer.status_code == 409
    page = html(answer)
    assert "Leads returned as “Interested, but not ready to buy” go to" in page
    newer = Program.objects.of(desk.workspace).get(name="Newer")
    assert newer.status == "draft"
    browser.post(f"/programs/{newer.pk}/turn/", {"to": "activate", "place": "first"})
    newer.refresh_from_db()
    assert newer.status == "active"
    names = list(Program.objects.of(desk.workspace).values_list("name", flat=True))
    assert names.index("Newer") < names.index("Older")


def test_it_may_be_activated_behind_and_the_pages_say_who_takes_the_reason(desk, browser):
    browser.post("/programs/new/", typed(name="Older", act="activate"))
    browser.post("/programs/new/", typed(name="Newer"))
    newer = Program.objects.of(desk.workspace).get(name="Newer")
    browser.post(f"/programs/{newer.pk}/turn/", {"to": "activate", "place": "behind"})
    newer.refresh_from_db()
    assert newer.status == "active"
    for path in ("", "edit/"):
        assert "Interested, but not ready to buy” go to" in html(browser.get(f"/programs/{newer.pk}/{path}"))


def test_saving_a_program_that_repeats_its_mails_names_those_that_somebody_had(desk, browser):
    browser.post("/programs/new/", typed(act="activate"))
    made = Program.objects.of(desk.workspace).get(name="Two mails")
    again = "Leads that enter again get these mails again"
    assert again not in html(browser.post(f"/programs/{made.pk}/edit/", typed(reentry="repeat"), follow=True))
    enrolments.enrol(builders.lead(desk.workspace), made, actor=builders.actor(desk.marketer), why={"words": "x"})
    enrolments.advance(Enrolment.everywhere.get(), timezone.now())
    page = html(browser.post(f"/programs/{made.pk}/edit/", typed(reentry="repeat"), follow=True))
    assert f"{again}: step 1 (Mail “One”)." in page
    assert again not in html(browser.post(f"/programs/{made.pk}/edit/", typed(reentry="unseen"), follow=True))


def test_programs_move_up_and_down_in_the_list(desk, browser):
    last = program(desk)
    before = list(Program.objects.of(desk.workspace).values_list("pk", flat=True))
    assert before[-1] == last.pk
    for to, place in (("up", -2), ("down", -1)):
        browser.post(f"/programs/{last.pk}/order/", {"to": to})
        after = list(Program.objects.of(desk.workspace).values_list("pk", flat=True))
        assert after[place] == last.pk
    assert after == before
