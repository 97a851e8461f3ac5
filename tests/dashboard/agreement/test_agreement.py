"""The agreement's pages: reading, drafting, proposing and signing."""

from datetime import date, timedelta

import pytest

from dashboard.agreement.forms import DurationField
from dashboard.wording import changes
from leads.models import Definition, Question, Reason
from leads.qualification import definitions
from sla import agreements, amendments, calendars, durations
from sla.models import Agreement, Signature
from tests import builders
from tests.dashboard.desk import Desk, html
from tests.dashboard.marketing import queries
from workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db


def draft(desk: Desk) -> Agreement:
    return agreements.draft_next(desk.workspace, actor=builders.actor(desk.head))


def form_of(page, **typed) -> dict[str, object]:
    """Return what the editor's forms hold, as a browser would send it, with some of it typed over."""
    editor = page.context["editor"]
    data: dict[str, object] = {}
    for form in [editor.main, *editor.policies, *editor.escalation_steps]:
        for field in form:
            value = field.value()
            if isinstance(field.field, DurationField):
                parts = field.field.widget.decompress(value)
                data |= {f"{field.html_name}_{i}": part for i, part in enumerate(parts) if part is not None}
            elif value not in (None, "", False):
                data[field.html_name] = value
    for formset in (editor.policies, editor.escalation_steps):
        for field in formset.management_form:
            data[field.html_name] = field.value()
    return {**data, **typed}


def test_the_agreement_that_runs_is_told_in_words(desk):
    page = desk.browser(desk.rep).get("/agreement/")
    text = page.content.decode()
    assert "within 4 h of working time" in text
    assert "in the business hours of the agreement" in text
    assert "<h3>Return</h3>" in text
    assert "6 attempts on 2 channels within 10 working days" in text
    assert "Fit is B or better" in text
    assert agreements.active(desk.workspace).content_hash in text
    assert "Mira Head" in text
    assert "Sam Sales" in text


def test_without_an_agreement_the_page_says_who_must_sign():
    workspace = builders.workspace(active=False)
    head = builders.member(workspace, "marketing_manager", "Mira Head")
    from django.test import Client

    browser = Client()
    browser.force_login(head.user)
    text = browser.get("/agreement/").content.decode()
    assert "No agreement is signed yet" in text
    assert "Mira Head can sign" in text
    assert "Nobody has the role yet" in text
    assert "Put reps into a pool" in text
    assert 'href="/settings/routing/"' in text


def test_a_draft_is_edited_in_minutes_hours_and_working_days(desk):
    made = draft(desk)
    browser, path = desk.browser(desk.head), f"/agreement/{made.version}/edit/"
    typed = form_of(
        browser.get(path),
        **{
            "sales-0-accept_within_0": "90",
            "sales-0-accept_within_1": "minutes",
            "sales-0-decide_within_0": "9",
            "sales-0-decide_within_1": "days",
            "review_on": "2027-01-15",
        },
    )
    answer = browser.post(path, typed)
    assert answer.status_code == 302, answer.content.decode()
    terms = agreements.terms_of(agreements.get(desk.workspace, made.version))
    assert terms.sales[0].accept_within == durations.minutes(90)
    assert terms.sales[0].decide_within == durations.days(9)
    assert terms.review_on == date(2027, 1, 15)
    assert terms.sales[1].accept_within == durations.hours(4)
    assert len(terms.escalation_steps) == 3


def test_a_target_that_makes_no_sense_is_told_beside_its_field_and_changes_nothing(desk):
    made = draft(desk)
    browser, path = desk.browser(desk.head), f"/agreement/{made.version}/edit/"
    typed = form_of(browser.get(path), **{"sales-1-attempts": "2", "sales-1-channels": "4"})
    answer = browser.post(path, typed)
    assert answer.status_code == 422
    assert "Give a whole number from 1 to 2." in str(answer.context["editor"].policies[1].errors["channels"])
    assert agreements.get(desk.workspace, made.version).terms == made.terms


def test_a_length_that_cannot_be_read_is_told_with_what_was_typed(desk):
    made = draft(desk)
    browser, path = desk.browser(desk.head), f"/agreement/{made.version}/edit/"
    answer = browser.post(path, form_of(browser.get(path), triage_within_0="soon"))
    assert answer.status_code == 422
    assert "Enter a whole number" in answer.content.decode()
    assert 'value="soon"' in answer.content.decode()


def test_a_tier_can_be_added_and_an_escalation_step_removed(desk):
    made = draft(desk)
    browser, path = desk.browser(desk.head), f"/agreement/{made.version}/edit/"
    new = {
        "tier": "cold",
        "accept_within_0": 8,
        "accept_within_1": "hours",
        "first_touch_within_0": 1,
        "first_touch_within_1": "days",
        "attempts": 2,
        "channels": 1,
        "attempts_within_0": 10,
        "attempts_within_1": "days",
        "decide_within_0": 10,
        "decide_within_1": "days",
    }
    typed = {f"sales-2-{name}": value for name, value in new.items()} | {"escalation_steps-2-DELETE": "on"}
    page = browser.get(path)
    assert browser.post(path, form_of(page, **typed)).status_code == 302
    terms = agreements.terms_of(agreements.get(desk.workspace, made.version))
    assert [policy.tier for policy in terms.sales] == ["hot", "standard", "cold"]
    assert len(terms.escalation_steps) == 2


def test_a_draft_says_what_it_changes_against_the_one_that_runs(desk):
    made = draft(desk)
    terms = {**agreements.terms_of(made).to_json(), "warn_percent": 50}
    agreements.edit(made, actor=builders.actor(desk.head), terms=terms)
    page = desk.browser(desk.rep).get(f"/agreement/{made.version}/")
    assert [(one.label, one.after) for one in page.context["changes"]] == [
        ("The owner is warned", "when 50% of the time is used")
    ]


def test_a_draft_that_says_the_same_changes_nothing(desk):
    made = draft(desk)
    active = agreements.active(desk.workspace)
    assert changes.between(agreements.terms_of(active), agreements.complete(made)) == []


def proposed(desk, change):
    """Make a change in the settings while an agreement runs; return what the page of the draft lists."""
    change(builders.actor(desk.head))
    page = desk.browser(desk.rep).get("/agreement/2/")
    return {one.label: one for one in page.context["changes"]}, html(page)


@pytest.mark.parametrize(
    ("group", "said"), [("any", "This loosens the definition"), ("all", "This tightens the definition")]
)
def test_a_criterion_that_is_added_says_what_it_does_to_the_definition(desk, group, said):
    known = {"fact": "lead.email", "op": "known"}
    phone = {"fact": "lead.phone", "op": "known"}
    title = {"fact": "lead.title", "op": "known"}
    actor = builders.actor(desk.head)
    amendments.save_definition(desk.workspace, "sal", actor=actor, condition={group: [known, phone]})
    desk.sign(agreements.in_work(desk.workspace))
    amendments.save_definition(desk.workspace, "sal", actor=actor, condition={group: [known, phone, title]})
    page = desk.browser(desk.rep).get("/agreement/3/")
    [change] = page.context["changes"]
    assert (change.label, change.before, change.after) == ("Definition of SAL", "", "· Job title is known")
    assert said in html(page)


def test_a_draft_shows_the_changed_lines_of_reasons_questions_calendar_and_scoring(desk):
    def change(actor):
        reason = Reason.objects.of(desk.workspace).get(kind="return", code="no-need")
        reason.label, reason.cool_off_days = "No need", 7
        amendments.save_word(reason, actor=actor)
        question = Question.objects.of(desk.workspace).get(code="budget")
        question.active = False
        amendments.save_word(question, actor=actor)
        hours = calendars.of(desk.workspace).hours
        amendments.edit_calendar(desk.workspace, actor=actor, hours={**hours, "windows": hours["windows"][:4]})
        rules = dict(definitions.active_scoring(desk.workspace).rules)
        rules["fit"] = {**rules["fit"], "grades": {"A": 70, "B": 40, "C": 20}}
        amendments.save_scoring(desk.workspace, actor=actor, rules=rules)

    found, page = proposed(desk, change)
    assert set(found) == {"Grades of fit", "Business hours", "Return: No need", "Question: What budget is there?"}
    assert found["Grades of fit"].after == "A from 70, B from 40, C from 20 points, else D"
    assert (found["Business hours"].before, found["Business hours"].after) == ("Friday 09:00 to 17:00", "Friday closed")
    assert found["Return: No need"].before.startswith("Return: No need that we answer\nBack to nurture")
    assert "not handed over again for 7 days" in found["Return: No need"].after
    assert found["Question: What budget is there?"].after == ""
    assert "no more" in page
    assert "Scoring: Fit: A from 70" in page


def test_another_order_of_reasons_is_a_change_too(desk):
    def change(actor):
        reason = Reason.objects.of(desk.workspace).get(kind="return", code="no-budget")
        reason.position = 0
        first = Reason.objects.of(desk.workspace).get(kind="return", code="not-ready")
        first.position = 1
        amendments.save_word(reason, actor=actor)
        amendments.save_word(first, actor=actor)

    found, _ = proposed(desk, change)
    assert list(found) == ["Order of the reasons"]
    ready, budget = "Interested, but not ready to buy", "No budget for now"
    assert f"{ready}\n{budget}" in found["Order of the reasons"].before
    assert f"{budget}\n{ready}" in found["Order of the reasons"].after


@pytest.mark.parametrize(
    ("days", "said", "overview"),
    [(30, "", ""), (3, "It is to be reviewed on", "is on"), (-2, "Its review is due since", "is due since")],
)
def test_the_agreement_and_the_overview_say_that_a_review_is_due(desk, days, said, overview):
    made = draft(desk)
    day = desk.today() + timedelta(days=days)
    terms = {**agreements.terms_of(made).to_json(), "review_on": day.isoformat()}
    desk.sign(agreements.edit(made, actor=builders.actor(desk.head), terms=terms))
    browser = desk.browser(desk.head)
    written = f"{day.day} {day:%B %Y}"
    on_overview = f'The review of<a href="/agreement/">Agreement 2</a>{overview} {written}.'
    assert (f"{said} {written}" in html(browser.get("/agreement/"))) == bool(said)
    assert (on_overview in html(browser.get("/overview/"))) == bool(said)


def test_both_heads_sign_and_the_next_version_runs(desk):
    made = draft(desk)
    path = f"/agreement/{made.version}/"
    desk.browser(desk.head).post(path + "propose/")
    shown = agreements.get(desk.workspace, made.version).content_hash
    desk.browser(desk.head).post(path + "sign/", {"side": "marketing", "content_hash": shown})
    assert agreements.active(desk.workspace).version == 1
    desk.browser(desk.manager).post(path + "sign/", {"side": "sales", "content_hash": shown})
    assert agreements.active(desk.workspace).version == made.version


def test_who_is_no_head_of_a_side_does_not_sign_for_it(desk):
    made = draft(desk)
    agreements.propose(made, actor=builders.actor(desk.head))
    answer = desk.browser(desk.manager).post(f"/agreement/{made.version}/sign/", {"side": "marketing"})
    assert answer.status_code == 403
    assert not Signature.objects.of(desk.workspace).filter(agreement=made).exists()


def test_terms_that_were_not_read_are_not_signed(desk):
    made = draft(desk)
    agreements.propose(made, actor=builders.actor(desk.head))
    answer = desk.browser(desk.head).post(
        f"/agreement/{made.version}/sign/", {"side": "marketing", "content_hash": "other"}, follow=True
    )
    assert "read them again" in answer.content.decode()
    assert not Signature.objects.of(desk.workspace).filter(agreement=made).exists()


def test_a_proposal_is_withdrawn_to_a_draft(desk):
    made = draft(desk)
    agreements.propose(made, actor=builders.actor(desk.head))
    desk.browser(desk.manager).post(f"/agreement/{made.version}/withdraw/")
    assert agreements.get(desk.workspace, made.version).status == "draft"


def test_a_criterion_is_changed_where_it_stands(desk):
    browser = desk.browser(desk.head)
    page = browser.get("/agreement/definitions/mql/")
    criteria = page.context["criteria"]
    typed = {field.html_name: field.value() or "" for _, _, form in criteria.rows for field in form}
    place = next(form.prefix for _, _, form in criteria.rows if form.initial["fact"] == "fit.grade")
    typed |= {f"{place}-value": "A", "part": "criteria"}
    typed |= {"n0-fact": "account.employees", "n0-op": "at_least", "n0-value": "50"}
    typed = {name: value for name, value in typed.items() if not name.endswith("-remove")}
    assert browser.post("/agreement/definitions/mql/", typed).status_code == 302
    newest = Definition.objects.of(desk.workspace).filter(kind="mql").latest("version")
    old = definitions.active(desk.workspace, "mql")
    assert newest.version == old.version + 1
    assert newest.status == "draft"
    assert newest.condition["all"][-1] == {"fact": "account.employees", "op": "at_least", "value": 50}
    assert newest.condition["all"][2] == {"fact": "fit.grade", "op": "at_least", "value": "A"}
    assert newest.condition["all"][:2] == old.condition["all"][:2]
    assert newest.tiers == old.tiers


def test_a_condition_that_cannot_be_used_is_refused_with_the_places_to_mend(desk):
    before = Definition.objects.of(desk.workspace).count()
    condition = '{"all": [{"fact": "lead.emial", "op": "known"}, {"fact": "lead.email", "op": "isnt", "value": 1}]}'
    answer = desk.browser(desk.head).post("/agreement/definitions/sal/", {"part": "json", "condition": condition})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "/all/0/fact" in text
    assert "/all/1/op" in text
    assert "lead.emial" in text
    assert Definition.objects.of(desk.workspace).count() == before


def test_what_is_no_json_is_refused_with_the_line(desk):
    before = Definition.objects.of(desk.workspace).count()
    answer = desk.browser(desk.head).post("/agreement/definitions/sal/", {"part": "json", "condition": "{\n nope"})
    assert answer.status_code == 422
    assert "not JSON in line 2" in answer.content.decode()
    assert Definition.objects.of(desk.workspace).count() == before


def test_drafting_twice_is_refused_in_words(desk):
    draft(desk)
    count = Agreement.objects.of(desk.workspace).count()
    answer = desk.browser(desk.head).post("/agreement/draft/", follow=True)
    assert "is in work already" in answer.content.decode()
    assert Agreement.objects.of(desk.workspace).count() == count


def test_what_is_done_to_the_agreement_is_audited(desk):
    made = draft(desk)
    desk.browser(desk.head).post(f"/agreement/{made.version}/propose/")
    assert AuditEntry.objects.of(desk.workspace).filter(action="agreement.proposed", actor_name="Mira Head").exists()


def test_the_list_of_versions_reads_the_same_number_of_rows_however_many_there_are(desk):
    browser = desk.browser(desk.rep)
    few = queries(browser, "/agreement/versions/")
    active = agreements.active(desk.workspace)
    terms = agreements.get(desk.workspace, active.version).terms
    Agreement.everywhere.bulk_create(
        Agreement(workspace=desk.workspace, version=number, terms=terms, status="superseded", content_hash="x")
        for number in range(10, 40)
    )
    assert queries(browser, "/agreement/versions/") == few
