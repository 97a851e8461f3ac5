"""What both sides signed holds until they sign the next version, which a change of it joins."""

from datetime import timedelta

import pytest

from leadflow.errors import Conflict, Invalid
from leads.lifecycle import moves
from leads.models import Handoff, HandoffState, Question, Reason, Scoring
from leads.qualification import assessment, definitions
from leads.scoring import scoring
from leads.vocabulary import words
from sla import agreements, amendments, calendars, terms
from sla.models import Agreement
from tests.sla.conftest import MONDAY, SIGNED, actor
from workspaces.models import AuditEntry, Member

LATER = SIGNED + timedelta(days=1)
MONDAYS = {"zone": "UTC", "windows": [{"weekday": 0, "start": "09:00", "end": "12:00"}]}
STRICT = {**scoring.DEFAULT, "fit": {**scoring.DEFAULT["fit"], "rules": []}}


@pytest.fixture
def admin(workspace):
    return actor(Member.everywhere.get(workspace=workspace, role="admin"))


@pytest.fixture
def sign_draft(workspace, marketing_head, sales_head):
    """Propose the draft as it is, and sign it for both sides."""

    def signed() -> Agreement:
        draft = agreements.propose(agreements.in_work(workspace), actor=actor(sales_head), at=LATER)
        agreements.sign(draft, actor=actor(marketing_head), side="marketing", at=LATER)
        return agreements.sign(draft, actor=actor(sales_head), side="sales", at=LATER)

    return signed


def returning(workspace, code="no-need") -> Reason:
    return Reason.objects.of(workspace).get(kind="return", code=code)


def switch_off(word, admin) -> Agreement | None:
    word.active = False
    return amendments.save_word(word, actor=admin)


def test_a_reason_that_an_admin_switches_off_is_good_until_both_have_signed(
    workspace, agreement, admin, offer, rep, sign_draft, at_time
):
    draft = switch_off(returning(workspace), admin)

    assert (draft.version, draft.status) == (2, "draft")
    assert returning(workspace).active
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY)
        moves.return_to_marketing(handoff, actor=actor(rep), reason=returning(workspace), note="Nothing for them")
    assert Handoff.everywhere.get(pk=handoff.pk).state == HandoffState.RETURNED
    assert agreements.active(workspace) == agreement

    sign_draft()
    assert not returning(workspace).active
    assert "no-need" not in {copy["code"] for copy in agreements.terms_of(agreements.active(workspace)).reasons}
    assert AuditEntry.objects.of(workspace).filter(action="reason.changed").exists()


def test_what_follows_a_reason_changes_with_the_signatures(workspace, agreement, admin, sign_draft):
    reason = returning(workspace)
    before = reason.cool_off_days
    reason.cool_off_days = before + 5
    amendments.save_word(reason, actor=admin)
    assert returning(workspace).cool_off_days == before
    sign_draft()
    assert returning(workspace).cool_off_days == before + 5


@pytest.mark.parametrize("kind", [Reason, Question])
def test_a_new_word_is_out_of_use_until_it_is_signed(workspace, agreement, admin, sign_draft, kind):
    more = {"kind": "return"} if kind is Reason else {"kind": "text"}
    amendments.save_word(kind(workspace=workspace, code="new-one", label="Something new", **more), actor=admin)
    assert not kind.objects.of(workspace).get(code="new-one").active
    sign_draft()
    assert kind.objects.of(workspace).get(code="new-one").active


def test_changes_of_several_pages_join_one_draft_and_outlast_an_edit_of_the_terms(
    workspace, agreement, admin, sales_head
):
    draft = switch_off(returning(workspace), admin)
    question = Question.objects.of(workspace).get(code="budget")
    assert switch_off(question, admin) == draft
    hours = {**calendars.of(workspace).hours, "zone": "Europe/Berlin"}
    assert amendments.edit_calendar(workspace, actor=admin, hours=hours) == draft
    assert amendments.save_scoring(workspace, actor=admin, rules=STRICT) == draft
    agreements.edit(draft, actor=actor(sales_head), terms={**terms.default().to_json(), "warn_percent": 50})
    proposed = agreements.propose(draft, actor=actor(sales_head))
    agreements.withdraw(proposed, actor=actor(sales_head))

    said = agreements.complete(agreements.in_work(workspace))
    assert (said.warn_percent, said.hours.zone, said.scoring["version"]) == (50, "Europe/Berlin", 2)
    assert "no-need" not in {copy["code"] for copy in said.reasons}
    assert "budget" not in {copy["code"] for copy in said.questions}
    assert Agreement.objects.of(workspace).count() == 2


def test_nothing_joins_a_version_that_is_proposed(workspace, agreement, admin, sales_head):
    switch_off(returning(workspace), admin)
    proposed = agreements.propose(agreements.in_work(workspace), actor=actor(sales_head))
    other = returning(workspace, "no-budget")

    for change in (
        lambda: switch_off(other, admin),
        lambda: amendments.save_scoring(workspace, actor=admin, rules=STRICT),
        lambda: amendments.edit_calendar(workspace, actor=admin, hours=MONDAYS),
        lambda: amendments.save_definition(
            workspace, "sal", actor=admin, condition={"fact": "lead.email", "op": "known"}
        ),
    ):
        with pytest.raises(Conflict, match="is proposed, so its text is frozen"):
            change()

    assert Agreement.everywhere.get(pk=proposed.pk).content_hash == proposed.content_hash
    assert Scoring.objects.of(workspace).count() == 1
    assert returning(workspace, "no-budget").active


def test_the_calendar_changes_with_the_signatures(workspace, agreement, admin, sign_draft):
    before = calendars.of(workspace).hours
    amendments.edit_calendar(workspace, actor=admin, hours={**before, "zone": "Europe/Berlin"})
    assert calendars.of(workspace).hours == before
    sign_draft()
    assert calendars.of(workspace).hours == {**before, "zone": "Europe/Berlin"}


def test_the_scoring_is_signed_with_the_definition_that_rests_on_it(workspace, agreement, admin, offer, sign_draft):
    signed = agreements.terms_of(agreement)
    assert signed.scoring == {**definitions.active_scoring(workspace).rules, "version": 1}
    other = {**agreement.terms, "scoring": {**agreement.terms["scoring"], "fit": STRICT["fit"]}}
    assert terms.digest(other) != agreement.content_hash

    lead = offer(None, at=MONDAY).lead
    amendments.save_scoring(workspace, actor=admin, rules=STRICT)
    assert definitions.active_scoring(workspace).version == 1
    assert assessment.assess(lead, MONDAY).score.version == 1

    sign_draft()
    assert definitions.active_scoring(workspace).version == 2
    assert assessment.assess(lead, MONDAY).score.version == 2


def test_a_scoring_that_was_changed_past_the_doors_stops_the_activation(workspace, marketing_head, sales_head):
    draft = agreements.propose(agreements.in_work(workspace), actor=actor(sales_head))
    Scoring.objects.of(workspace).update(rules={**STRICT, "version": 1})
    agreements.sign(draft, actor=actor(sales_head), side="sales")
    with pytest.raises(Conflict, match="The scoring has changed since"):
        agreements.sign(draft, actor=actor(marketing_head), side="marketing")
    assert agreements.active(workspace) is None


def test_no_other_door_writes_what_is_signed(workspace, agreement, admin):
    reason, question = returning(workspace), Question.objects.of(workspace).get(code="budget")
    reason.cool_off_days, question.active = 1, False
    new = Reason(workspace=workspace, kind="return", code="sneaky", label="Sneaky")
    draft = definitions.new_scoring(workspace, actor=admin, rules=STRICT)
    for write in (
        lambda: words.save(reason, actor=admin),
        lambda: words.save(question, actor=admin),
        lambda: words.save(new, actor=admin),
        lambda: calendars.edit(workspace, actor=admin, hours=calendars.of(workspace).hours),
        lambda: definitions.activate_scoring(draft, actor=admin),
    ):
        with pytest.raises(Conflict) as refused:
            write()
        assert refused.value.code == "signed"
    assert returning(workspace).cool_off_days != 1
    assert Question.objects.of(workspace).get(code="budget").active
    assert not Reason.objects.of(workspace).filter(code="sneaky").exists()
    assert definitions.active_scoring(workspace).version == 1


def test_before_the_first_signature_a_change_runs_at_once_and_is_signed_as_it_stands(
    workspace, admin, marketing_head, sales_head
):
    assert switch_off(returning(workspace), admin) is None
    assert not returning(workspace).active
    assert amendments.save_scoring(workspace, actor=admin, rules=STRICT) is None
    assert definitions.active_scoring(workspace).version == 2
    proposed = agreements.propose(agreements.in_work(workspace), actor=actor(sales_head))
    switch_off(returning(workspace, "no-budget"), admin)  # while it is proposed: what is signed counts
    agreements.sign(proposed, actor=actor(sales_head), side="sales")
    agreements.sign(proposed, actor=actor(marketing_head), side="marketing")
    assert returning(workspace, "no-budget").active
    assert not returning(workspace).active


def test_a_change_that_changes_nothing_opens_no_draft(workspace, agreement, admin):
    assert amendments.save_word(returning(workspace), actor=admin) is None
    assert amendments.edit_calendar(workspace, actor=admin, hours=calendars.of(workspace).hours) is None
    assert agreements.in_work(workspace) is None


def test_a_change_that_cannot_be_used_is_refused_and_opens_no_draft(workspace, agreement, admin):
    reason = returning(workspace)
    reason.needs_revisit = reason.disqualifies = True
    with pytest.raises(Invalid):
        amendments.save_word(reason, actor=admin)
    assert agreements.in_work(workspace) is None
