import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.activity import answers, follow_ups, touches
from leads.lifecycle import moves
from leads.models import Event, FollowUp, HandoffState, Lead, Question, Touch, Transition
from leads.models.reason import leads_to
from leads.queries.timeline import timeline
from nurture.models import Program
from sla.models import Clock
from tests import builders
from tests.dashboard.desk import HTMX, IN_DIALOG, Desk, html
from workspaces.roles import Role

pytestmark = pytest.mark.django_db


def answer_all(desk: Desk, lead: Lead) -> None:
    for question in Question.objects.of(desk.workspace):
        value = question.choices[0] if question.choices else "A planner"
        answers.record(lead, actor=builders.actor(desk.rep), question=question, value=value)


def shown(browser: Client, lead: Lead) -> str:
    return html(browser.get(f"/leads/{lead.pk}/"))


def test_the_page_shows_the_brief(desk, rep):
    account = builders.account(desk.workspace, name="Helio Bank")
    handoff = desk.offer(last_name="Raman", account=account, title="Head of IT", source="Webinar")
    builders.lead(desk.workspace, last_name="Colleague", account=account)
    builders.event(handoff.lead, "download", name="The big guide", at=timezone.now() - timedelta(hours=1))
    page = rep.get(f"/leads/{handoff.lead_id}/").content.decode()
    for words in (
        "Raman",
        "Head of IT",
        "Helio Bank",
        "Colleague",
        "Webinar",
        "Met at the fair",
        "The big guide",
        "Accept or return",
        "What budget is there?",
        "Not answered",
    ):
        assert words in page


def test_what_a_lead_did_is_told_in_words(desk, rep):
    handoff = desk.offer()
    builders.event(handoff.lead, "demo_request", at=timezone.now() - timedelta(hours=1))
    page = shown(rep, handoff.lead)
    assert "Recent activity" in page
    assert ">Demo request</span>" in page


def test_a_lead_in_the_queue_says_why_it_is_there(desk, rep):
    page = shown(rep, desk.queued().lead)
    assert "In the queue, for whoever claims it: nobody in the pool Sales is available (it has no members)." in page
    assert "In the queue because" not in page


def test_a_lead_that_went_back_to_the_queue_does_not_tell_whose_turn_it_was(desk, rep):
    handoff = desk.offer()
    moves.reassign(handoff, actor=builders.actor(desk.manager), to=None, note="On leave")
    page = shown(rep, handoff.lead)
    assert "In the queue: no owner yet." in page


def test_a_lead_of_another_workspace_is_not_found(desk, rep):
    foreign = Desk("Other").offer().lead
    for address in ("", "timeline/", "edit/", "touch/", "follow-up/"):
        assert rep.get(f"/leads/{foreign.pk}/{address}").status_code == 404


def test_what_is_offered_on_the_page_depends_on_role_and_state(desk, rep):
    handoff = desk.offer()
    page = f"/leads/{handoff.lead_id}/"
    assert f"/handoffs/{handoff.pk}/accept/" in rep.get(page).content.decode()
    marketers = desk.browser(desk.marketer).get(page).content.decode()
    assert f"/handoffs/{handoff.pk}/recall/" in marketers
    assert f"/handoffs/{handoff.pk}/accept/" not in marketers
    assert f"/handoffs/{handoff.pk}/reassign/" in desk.browser(desk.manager).get(page).content.decode()
    viewers = desk.browser(desk.viewer).get(page).content.decode()
    assert "/handoffs/" not in viewers
    assert f"/leads/{handoff.lead_id}/edit/" not in viewers


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("handoffs/{h}/accept/", {"rep", "manager"}),
        ("handoffs/{h}/return/", {"rep", "manager"}),
        ("handoffs/{h}/recall/", {"marketer", "head"}),
        ("handoffs/{h}/reassign/", {"manager"}),
        ("leads/{l}/disqualify/", {"marketer", "head"}),
        ("leads/{l}/touch/", {"rep", "manager"}),
        ("leads/{l}/edit/", {"rep", "manager", "marketer", "head"}),
        ("leads/{l}/", {"rep", "manager", "marketer", "head", "viewer"}),
    ],
)
def test_each_page_opens_for_its_roles_only(desk, address, allowed):
    handoff = desk.offer()
    url = "/" + address.format(h=handoff.pk, l=handoff.lead_id)
    opened = {
        name
        for name in ("rep", "manager", "marketer", "head", "viewer")
        if desk.browser(getattr(desk, name)).get(url).status_code == 200
    }
    assert opened == allowed


def test_a_return_says_where_the_lead_went(desk, rep):
    reason = builders.reason(desk.workspace, "not-ready")
    Program.everywhere.create(
        workspace=desk.workspace, name="Warm up", status="active", entry={"reasons": [reason.code]}
    )
    handoff = desk.accepted(consent="opted_in")
    url = f"/handoffs/{handoff.pk}/return/"
    asked = rep.get(url, {"part": "more", "reason": reason.pk}, headers=IN_DIALOG).content.decode()
    assert "It enters “Warm up”" in asked
    day = desk.today() + timedelta(days=90)
    answer = rep.post(url, {"reason": reason.pk, "revisit_on": day.isoformat(), "rating": "2"}, follow=True)
    page = answer.content.decode()
    assert "in the program “Warm up”" in page
    assert "It went into the program" in page
    handoff.refresh_from_db()
    assert (handoff.state, handoff.rating) == (HandoffState.RETURNED, 2)


def test_the_dialog_of_a_return_says_what_the_reason_leads_to_as_the_settings_do(desk, rep):
    url = f"/handoffs/{desk.accepted().pk}/return/"
    for code in ("duplicate", "too-small"):
        reason = builders.reason(desk.workspace, code)
        asked = rep.get(url, {"part": "more", "reason": reason.pk}, headers=IN_DIALOG).content.decode()
        assert f"{leads_to(vars(reason), asked=False)}." in asked


def test_a_return_without_the_note_that_its_reason_asks_for_changes_nothing(desk, rep):
    handoff = desk.accepted()
    reason = builders.reason(desk.workspace, "wrong-contact")
    answer = rep.post(f"/handoffs/{handoff.pk}/return/", {"reason": reason.pk})
    assert answer.status_code == 422
    assert "asks for a note" in answer.content.decode()
    handoff.refresh_from_db()
    assert handoff.state == HandoffState.ACCEPTED


def test_a_lead_of_somebody_else_is_not_returned(desk):
    handoff = desk.accepted()
    other = desk.browser(desk.member(Role.SALES))
    reason = builders.reason(desk.workspace, "no-response")
    answer = other.post(f"/handoffs/{handoff.pk}/return/", {"reason": reason.pk}, headers=IN_DIALOG)
    assert answer.status_code == 409
    assert "This lead belongs to Rita Rep" in answer.content.decode()
    handoff.refresh_from_db()
    assert handoff.state == HandoffState.ACCEPTED


def test_a_touch_is_logged_and_stands_in_the_timeline(desk, rep):
    handoff = desk.accepted()
    sent = {"channel": "call", "outcome": "connected", "note": "Wants a demo in May"}
    answer = rep.post(f"/leads/{handoff.lead_id}/touch/", sent, headers=IN_DIALOG)
    assert answer.status_code == 204
    assert "closeModal" in json.loads(answer["HX-Trigger"])
    assert Touch.objects.of(desk.workspace).get().note == "Wants a demo in May"
    assert "Wants a demo in May" in rep.get(f"/leads/{handoff.lead_id}/").content.decode()


def test_a_touch_in_the_future_is_refused(desk, rep):
    handoff = desk.accepted()
    later = (timezone.localtime() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    sent = {"channel": "call", "outcome": "connected", "at": later}
    assert rep.post(f"/leads/{handoff.lead_id}/touch/", sent).status_code == 422
    assert not Touch.objects.of(desk.workspace).exists()


def test_a_follow_up_is_planned_in_the_readers_zone(desk, rep):
    desk.rep.user.time_zone = "Asia/Kolkata"
    desk.rep.user.save()
    handoff = desk.accepted()
    rep.post(f"/leads/{handoff.lead_id}/follow-up/", {"due_at": "2030-01-15T10:00", "note": "Ask again"})
    follow_up = FollowUp.objects.of(desk.workspace).get()
    assert follow_up.due_at.isoformat() == "2030-01-15T04:30:00+00:00"
    assert "15 Jan 2030" in rep.get(f"/leads/{handoff.lead_id}/").content.decode()


def test_a_follow_up_is_done_by_hand(desk, rep):
    handoff = desk.accepted()
    due = timezone.now() + timedelta(days=1)
    planned = follow_ups.plan(handoff.lead, actor=builders.actor(desk.rep), due_at=due)
    assert rep.post(f"/follow-ups/{planned.pk}/done/", headers=HTMX).status_code == 204
    planned.refresh_from_db()
    assert planned.done_at is not None


def test_promoting_names_the_questions_that_are_open(desk, rep):
    handoff = desk.accepted()
    answer = rep.post(f"/handoffs/{handoff.pk}/promote/", headers=IN_DIALOG)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "does not meet the SQL definition" in page
    assert "Answer on budget is not known; " in page
    assert "What budget is there?" in page
    assert desk.fresh(handoff.lead).state == "sal"


def test_the_page_counts_the_open_questions_that_the_sql_definition_asks_for_alone(desk, rep):
    handoff = desk.accepted()
    assert "4 questions are open before it can become an SQL" in shown(rep, handoff.lead)
    answer_all(desk, handoff.lead)
    Question(workspace=desk.workspace, code="hobby", label="What do they like?", kind="text", position=9).save()
    page = shown(rep, handoff.lead)
    assert "What do they like?" in page
    assert "before it can become an SQL" not in page


def test_an_answer_asked_for_by_the_dialog_of_promoting_leads_back_to_it(desk, rep):
    handoff = desk.accepted()
    question = Question.objects.of(desk.workspace).get(code="need")
    promote, address = f"/handoffs/{handoff.pk}/promote/", f"/leads/{handoff.lead_id}/answers/{question.pk}/"
    assert f'hx-get="{address}?next={promote}"' in rep.get(promote, headers=IN_DIALOG).content.decode()
    answered = rep.post(address, {"value": "A planner", "next": promote}, headers=IN_DIALOG)
    told = json.loads(answered["HX-Trigger"])
    assert told["openModal"] == {"url": promote}
    assert "closeModal" not in told


def test_an_answer_asked_for_by_the_page_closes_its_dialog(desk, rep):
    handoff = desk.accepted()
    question = Question.objects.of(desk.workspace).get(code="need")
    address = f"/leads/{handoff.lead_id}/answers/{question.pk}/"
    answered = rep.post(address, {"value": "A planner", "next": f"/leads/{handoff.lead_id}/"}, headers=IN_DIALOG)
    told = json.loads(answered["HX-Trigger"])
    assert "closeModal" in told
    assert "openModal" not in told


def test_a_lead_goes_from_answers_to_won_by_pages(desk, rep):
    handoff = desk.accepted()
    for question in Question.objects.of(desk.workspace):
        value = question.choices[0] if question.choices else "A planner"
        rep.post(f"/leads/{handoff.lead_id}/answers/{question.pk}/", {"value": value})
    rep.post(f"/handoffs/{handoff.pk}/promote/")
    today = desk.today().isoformat()
    rep.post(f"/handoffs/{handoff.pk}/win/", {"amount": "12500.50", "currency": "eur", "won_on": today})
    lead = Lead.objects.of(desk.workspace).get(pk=handoff.lead_id)
    assert (lead.state, lead.amount, lead.currency) == ("won", Decimal("12500.50"), "EUR")
    rep.post(f"/handoffs/{handoff.pk}/rate/", {"rating": "5"})
    handoff.refresh_from_db()
    assert handoff.rating == 5


def test_a_rep_does_not_date_a_deal_before_the_day_on_which_the_lead_was_accepted(desk, rep):
    handoff = desk.accepted()
    Lead.everywhere.filter(pk=handoff.lead_id).update(state="sql")
    on = {"amount": "1", "currency": "EUR", "won_on": (desk.today() - timedelta(days=400)).isoformat()}
    answer = rep.post(f"/handoffs/{handoff.pk}/win/", on)
    assert answer.status_code == 422
    assert "not older than the day" in answer.content.decode()
    assert desk.fresh(handoff.lead).state == "sql"


def test_a_deal_of_the_day_on_which_the_lead_was_accepted_is_taken(desk, rep):
    handoff = desk.accepted()
    evening = timezone.localtime() - timedelta(days=3)
    accepted_at = evening.replace(hour=21, minute=0, second=0, microsecond=0)
    Lead.everywhere.filter(pk=handoff.lead_id).update(state="sql")
    type(handoff).everywhere.filter(pk=handoff.pk).update(accepted_at=accepted_at, offered_at=accepted_at)
    on = {"amount": "1", "currency": "EUR", "won_on": accepted_at.date().isoformat()}
    rep.post(f"/handoffs/{handoff.pk}/win/", on)
    lead = desk.fresh(handoff.lead)
    assert (lead.state, lead.won_at) == ("won", accepted_at)


def test_the_answers_of_a_lead_are_offered_to_its_owner_alone(desk, rep, client):
    handoff = desk.accepted()
    address = f"/leads/{handoff.lead_id}/answers/"
    assert address in rep.get(f"/leads/{handoff.lead_id}/").content.decode()
    client.force_login(builders.member(desk.workspace, "sales").user)
    assert address not in client.get(f"/leads/{handoff.lead_id}/").content.decode()


def test_an_answer_that_is_none_of_the_choices_is_refused(desk, rep):
    handoff = desk.accepted()
    question = Question.objects.of(desk.workspace).get(code="budget")
    answer = rep.post(f"/leads/{handoff.lead_id}/answers/{question.pk}/", {"value": "Lots"})
    assert answer.status_code == 422
    assert "with one of" in answer.content.decode()
    assert not handoff.lead.answers.exists()


def test_a_lost_lead_is_recycled(desk, rep):
    handoff = desk.accepted()
    answer_all(desk, handoff.lead)
    moves.promote(handoff, actor=builders.actor(desk.rep))
    reason = builders.reason(desk.workspace, "price", "lose")
    rep.post(f"/handoffs/{handoff.pk}/lose/", {"reason": reason.pk})
    assert desk.fresh(handoff.lead).state == "lost"
    desk.browser(desk.marketer).post(f"/leads/{handoff.lead_id}/recycle/", {})
    assert desk.fresh(handoff.lead).state == "nurture"


def test_marketing_hands_over_recalls_disqualifies_and_reopens(desk):
    client, lead = desk.browser(desk.marketer), builders.lead(desk.workspace)
    client.post(f"/leads/{lead.pk}/qualify/", {"override": "Asked for a call", "owner": desk.rep.pk})
    handoff = lead.handoffs.get()
    assert handoff.owner == desk.rep
    client.post(f"/handoffs/{handoff.pk}/recall/", {"note": "Wrong person"})
    reason = builders.reason(desk.workspace, "spam", "disqualify")
    client.post(f"/leads/{lead.pk}/disqualify/", {"reason": reason.pk})
    client.post(f"/leads/{lead.pk}/reopen/", {"note": "It was real"})
    made = Transition.objects.of(desk.workspace).filter(lead=lead).order_by("sequence").values_list("move", flat=True)
    assert list(made) == ["qualify", "recall", "disqualify", "reopen"]


def test_a_manager_gives_a_lead_to_another_rep_and_back_to_the_queue(desk):
    handoff, other = desk.offer(), desk.member(Role.SALES, "Otto Rep")
    client = desk.browser(desk.manager)
    client.post(f"/handoffs/{handoff.pk}/reassign/", {"to": other.pk})
    handoff.refresh_from_db()
    assert handoff.owner == other
    client.post(f"/handoffs/{handoff.pk}/reassign/", {"to": ""})
    handoff.refresh_from_db()
    assert handoff.owner is None


def test_a_move_that_the_table_forbids_is_refused_in_words(desk, rep):
    handoff = desk.offer()
    answer = rep.post(f"/handoffs/{handoff.pk}/win/", {"amount": "1", "currency": "EUR", "won_on": desk.today()})
    assert answer.status_code == 409
    assert "which allows" in answer.content.decode()
    handoff.refresh_from_db()
    assert handoff.state == HandoffState.OFFERED


def test_fields_are_edited_and_what_is_left_empty_stays(desk, rep):
    lead = builders.lead(desk.workspace, first_name="Priya", title="COO")
    rep.post(f"/leads/{lead.pk}/edit/", {"first_name": "Priyanka", "title": "", "company": "Helio Bank"})
    lead = desk.fresh(lead)
    assert (lead.first_name, lead.title, lead.account.name) == ("Priyanka", "COO", "Helio Bank")


def test_a_lead_is_added_and_found_again_instead_of_doubled(desk, rep):
    sent = {"email": "Priya@Helio.test", "first_name": "Priya", "consent": "unknown"}
    assert "is added" in rep.post("/leads/add/", sent, follow=True).content.decode()
    assert "was already known" in rep.post("/leads/add/", {**sent, "title": "COO"}, follow=True).content.decode()
    assert Lead.objects.of(desk.workspace).get().title == "COO"


def test_a_bad_country_is_refused_beside_its_field(desk, rep):
    answer = rep.post("/leads/add/", {"email": "priya@helio.test", "country": "1!"})
    assert answer.status_code == 422
    assert "country" in answer.context["form"].errors
    assert not Lead.objects.of(desk.workspace).exists()


def test_the_timeline_reads_on_without_losing_or_doubling_entries(desk, rep):
    handoff = desk.accepted()
    at = timezone.now() - timedelta(days=1)
    for number in range(95):
        builders.event(handoff.lead, name=f"Page {number}", at=at - timedelta(minutes=number // 3))
    lead, seen, before = handoff.lead, [], ""
    while True:
        page = timeline(lead, before=before)
        seen += [entry.key for entry in page.entries]
        if not page.older:
            break
        before = page.older
    assert len(seen) == len(set(seen)) == 95 + Transition.objects.of(desk.workspace).filter(lead=lead).count()
    assert seen == sorted(seen, reverse=True)
    part = rep.get(f"/leads/{lead.pk}/timeline/", {"before": before}, headers=HTMX).content.decode()
    assert "<html" not in part


def test_the_page_asks_the_same_number_of_questions_whatever_the_lead_has_done(desk, rep):
    handoff = desk.accepted(account=builders.account(desk.workspace))
    url = f"/leads/{handoff.lead_id}/"

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert rep.get(url).status_code == 200
        return len(caught)

    few = queries()
    at = timezone.now() - timedelta(days=1)
    Event.everywhere.bulk_create(
        Event(workspace=desk.workspace, lead=handoff.lead, type="page", name=f"P{n % 40}", occurred_at=at)
        for n in range(5000)
    )
    for _ in range(20):
        touches.log(handoff.lead, actor=builders.actor(desk.rep), channel="call", outcome="no_answer")
    for _ in range(6):
        builders.lead(desk.workspace, account=handoff.lead.account)
    assert queries() == few
    assert few <= 34


def test_the_score_lines_add_up_to_what_is_shown(desk, rep):
    handoff = desk.offer(account=builders.account(desk.workspace), title="Head of IT", country="DE")
    parts = rep.get(f"/leads/{handoff.lead_id}/").context["parts"]
    lead = desk.fresh(handoff.lead)
    assert [part.points for part in parts] == [lead.fit_points, lead.interest_points, lead.readiness_points]
    assert lead.fit_points > 0


def test_the_return_form_says_what_a_return_makes_of_the_promised_attempts(desk, rep):
    handoff = desk.accepted()
    touches.log(handoff.lead, actor=builders.actor(desk.rep), channel="call", outcome="no_answer")
    path = f"/handoffs/{handoff.pk}/return/"

    unchosen = html(rep.get(path))  # as one reads it without a script
    assert "1 of 6 attempts, 1 of 2 channels so far. It counts as a missed promise for" in unchosen
    told = unchosen.split("missed promise for")[1].split("</p>")[0]
    assert "Never answered" in told
    assert "territory" not in told

    def chosen(code: str) -> str:
        reason = builders.reason(desk.workspace, code)
        return html(rep.get(f"{path}?part=more&reason={reason.pk}", headers=HTMX))

    assert "1 of 6 attempts, 1 of 2 channels: this counts as a missed promise (attempts)." in chosen("no-response")
    assert "no more are owed. The scoreboard shows the promise as cancelled (attempts)." in chosen("wrong-territory")
    touches.log(handoff.lead, actor=builders.actor(desk.rep), channel="call", outcome="connected")
    assert "and somebody was reached: what was promised is kept." in chosen("no-response")
    assert "counts as a missed promise" not in html(rep.get(path))


def test_the_form_of_an_offer_says_that_giving_it_up_unworked_is_a_missed_promise(desk, rep):
    handoff = desk.offer()
    reason = builders.reason(desk.workspace, "no-response")
    said = html(rep.get(f"/handoffs/{handoff.pk}/return/?part=more&reason={reason.pk}", headers=HTMX))
    assert "0 of 6 attempts, 0 of 2 channels: this counts as a missed promise (first touch, attempts)." in said


def test_what_the_form_foretells_is_what_the_return_does(desk, rep):
    for code in ("no-response", "wrong-territory", "too-small", "no-need"):
        handoff = desk.accepted()
        reason = builders.reason(desk.workspace, code)
        said = html(rep.get(f"/handoffs/{handoff.pk}/return/?part=more&reason={reason.pk}", headers=HTMX))
        moves.return_to_marketing(handoff, actor=builders.actor(desk.rep), reason=reason, note="So it is")
        missed = Clock.everywhere.filter(handoff=handoff, state="missed").exists()
        assert ("counts as a missed promise" in said) == missed, code


def test_promoting_without_a_touch_is_foretold_as_a_missed_promise(desk, rep):
    handoff = desk.accepted()
    path = f"/handoffs/{handoff.pk}/promote/"
    assert "this counts as a missed promise (first touch, attempts)" in html(rep.get(path))
    touches.log(handoff.lead, actor=builders.actor(desk.rep), channel="email", outcome="sent")
    assert "missed promise" not in html(rep.get(path))


def test_a_lead_in_work_says_how_many_attempts_are_made_and_when_the_next_is_due(desk, rep):
    handoff = desk.accepted()
    touches.log(handoff.lead, actor=builders.actor(desk.rep), channel="call", outcome="no_answer")
    page = html(rep.get(f"/leads/{handoff.lead_id}/"))
    assert "1 of 6 attempts, 1 of 2 channels, next by" in page
    touches.log(handoff.lead, actor=builders.actor(desk.rep), channel="call", outcome="connected")
    assert "1 of 6 attempts, 1 of 2 channels, reached" in html(rep.get(f"/leads/{handoff.lead_id}/"))


def test_the_handoffs_of_a_lead_say_which_promises_were_not_kept(desk, rep):
    handoff = desk.accepted()
    reason = builders.reason(desk.workspace, "no-response")
    moves.return_to_marketing(handoff, actor=builders.actor(desk.rep), reason=reason)
    assert "Not kept: first touch (missed), attempts (missed)" in html(rep.get(f"/leads/{handoff.lead_id}/"))
