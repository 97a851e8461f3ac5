"""Who signs what, when it runs, and that nothing changes underneath."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from leadflow.db import is_postgres
from leadflow.errors import Conflict, Forbidden, Invalid
from leads.models import Definition
from leads.qualification import definitions
from sla import agreements, amendments, calendars, terms
from sla.models import Agreement, Signature
from tests.sla.conftest import MONDAY, SIGNED, actor, clock
from workspaces.models import AuditEntry, Notice


@pytest.fixture
def proposed(workspace, sales_head) -> Agreement:
    return agreements.propose(agreements.in_work(workspace), actor=actor(sales_head), at=SIGNED)


def test_a_new_workspace_has_a_draft_with_default_terms_and_a_working_week_in_its_zone(workspace):
    draft = agreements.in_work(workspace)

    assert (draft.version, draft.status) == (1, "draft")
    assert agreements.terms_of(draft) == terms.default()
    assert calendars.of(workspace).hours["zone"] == "UTC"
    assert len(calendars.of(workspace).hours["windows"]) == 5
    assert agreements.active(workspace) is None


def test_proposing_copies_the_calendar_the_definitions_and_the_reasons_in_and_hashes_them(workspace, proposed):
    read = agreements.terms_of(proposed)

    assert read.calendar == calendars.of(workspace).hours
    assert set(read.definitions) == {"mql", "sal", "sql"}
    assert {tier["tier"] for tier in read.definitions["mql"]["tiers"]} == {"hot", "standard"}
    assert "bad-data" in {reason["code"] for reason in read.reasons}
    assert proposed.content_hash == terms.digest(Agreement.everywhere.get(pk=proposed.pk).terms)


def test_proposing_tells_the_heads_of_both_sides(workspace, marketing_head, sales_head, rep, proposed):
    told = Notice.objects.of(workspace).filter(kind="agreement.proposed")

    assert {notice.member_id for notice in told} == {marketing_head.pk, sales_head.pk}


def test_a_draft_whose_tiers_lack_targets_cannot_be_proposed(workspace, sales_head):
    draft = agreements.in_work(workspace)
    lacking = replace(terms.default(), sales=terms.default().sales[:1])
    agreements.edit(draft, actor=actor(sales_head), terms=lacking)

    with pytest.raises(Invalid, match="tier standard"):
        agreements.propose(draft, actor=actor(sales_head))

    assert agreements.in_work(workspace).status == "draft"


def test_the_second_signature_activates_the_agreement_and_its_definitions(
    workspace, proposed, marketing_head, sales_head
):
    agreements.sign(proposed, actor=actor(sales_head), side="sales", at=SIGNED)
    assert agreements.active(workspace) is None
    assert definitions.active(workspace, "mql") is None

    agreements.sign(proposed, actor=actor(marketing_head), side="marketing", at=SIGNED + timedelta(hours=1))

    running = agreements.active(workspace)
    assert (running.pk, running.activated_at) == (proposed.pk, SIGNED + timedelta(hours=1))
    assert {definition.kind for definition in Definition.objects.of(workspace).filter(status="active")} == {
        "mql",
        "sal",
        "sql",
    }
    assert AuditEntry.objects.of(workspace).filter(action="agreement.signed").count() == 2


def test_one_member_does_not_sign_for_both_sides(workspace, proposed, sales_head):
    agreements.sign(proposed, actor=actor(sales_head), side="sales")

    with pytest.raises(Forbidden, match="other side"):
        agreements.sign(proposed, actor=actor(sales_head), side="marketing")

    assert Signature.objects.of(workspace).count() == 1
    assert agreements.active(workspace) is None


def test_a_side_does_not_sign_twice(workspace, proposed, sales_head, marketing_head):
    agreements.sign(proposed, actor=actor(sales_head), side="sales")

    with pytest.raises(Conflict, match="Sam Sales has signed"):
        agreements.sign(proposed, actor=actor(marketing_head), side="sales")

    assert Signature.objects.of(workspace).count() == 1


def test_what_is_signed_is_what_was_shown(workspace, proposed, sales_head):
    with pytest.raises(Conflict, match="read them again"):
        agreements.sign(proposed, actor=actor(sales_head), side="sales", content_hash="0" * 64)

    assert not Signature.objects.of(workspace).exists()


def test_terms_that_were_changed_past_the_door_are_not_signed(workspace, proposed, sales_head):
    with connection.cursor() as cursor:  # somebody with the keys to the database
        cursor.execute("DROP TRIGGER agreement_frozen" + (" ON sla_agreement" if is_postgres() else ""))
    Agreement.everywhere.filter(pk=proposed.pk).update(terms={**proposed.terms, "warn_percent": 1})

    with pytest.raises(Conflict) as refused:
        agreements.sign(proposed, actor=actor(sales_head), side="sales", content_hash=proposed.content_hash)

    assert refused.value.code == "hash_mismatch"
    assert not Signature.objects.of(workspace).exists()


def test_a_draft_is_not_signed(workspace, sales_head):
    with pytest.raises(Conflict, match="is draft"):
        agreements.sign(agreements.in_work(workspace), actor=actor(sales_head), side="sales")


@pytest.mark.parametrize("change", [{"terms": {}}, {"content_hash": "0" * 64}, {"version": 7}, {"status": "draft"}])
def test_an_active_agreement_does_not_change(workspace, agreement, change):
    row = Agreement.everywhere.get(pk=agreement.pk)
    for name, value in change.items():
        setattr(row, name, value)

    with pytest.raises(Conflict) as refused:
        row.save()

    stored = Agreement.everywhere.get(pk=agreement.pk)
    assert refused.value.code == "agreement_frozen"
    assert (stored.terms, stored.content_hash, stored.version, stored.status) == (
        agreement.terms,
        agreement.content_hash,
        1,
        "active",
    )


@pytest.mark.parametrize("change", [{"terms": {}}, {"content_hash": "0" * 64}, {"version": 7}, {"status": "draft"}])
def test_the_database_itself_refuses_to_change_an_active_agreement(workspace, agreement, change):
    with pytest.raises(IntegrityError, match="agreement"), transaction.atomic():
        Agreement.objects.of(workspace).update(**change)

    stored = Agreement.everywhere.get(pk=agreement.pk)
    assert (stored.terms, stored.content_hash, stored.version, stored.status) == (
        agreement.terms,
        agreement.content_hash,
        1,
        "active",
    )


def test_a_proposal_is_not_edited(workspace, proposed, sales_head):
    with pytest.raises(Conflict, match="is proposed"):
        agreements.edit(proposed, actor=actor(sales_head), terms=terms.default())

    assert Agreement.everywhere.get(pk=proposed.pk).terms == proposed.terms


def test_a_withdrawn_proposal_is_a_draft_without_signatures_and_gets_another_hash(workspace, proposed, sales_head):
    agreements.sign(proposed, actor=actor(sales_head), side="sales")

    draft = agreements.withdraw(proposed, actor=actor(sales_head))
    agreements.edit(draft, actor=actor(sales_head), terms=replace(terms.default(), warn_percent=50))
    again = agreements.propose(draft, actor=actor(sales_head))

    assert not Signature.objects.of(workspace).exists()
    assert again.content_hash != proposed.content_hash
    assert agreements.terms_of(again).warn_percent == 50


def test_the_next_version_supersedes_the_one_before_and_is_drafted_from_it(workspace, agreement, sign, sales_head):
    second = sign(at=SIGNED + timedelta(days=1), warn_percent=60)

    assert second.version == 2
    assert agreements.active(workspace).pk == second.pk
    before = Agreement.everywhere.get(pk=agreement.pk)
    assert (before.status, before.superseded_at) == ("superseded", SIGNED + timedelta(days=1))


def test_only_one_version_is_in_work_at_a_time(workspace, sales_head):
    with pytest.raises(Conflict, match="in work already"):
        agreements.draft_next(workspace, actor=actor(sales_head))

    assert Agreement.objects.of(workspace).count() == 1


def test_a_definition_that_was_superseded_meanwhile_stops_the_activation(
    workspace, proposed, marketing_head, sales_head
):
    newer = definitions.new_version(
        workspace, "sal", actor=actor(sales_head), condition={"fact": "lead.email", "op": "known"}
    )
    definitions.activate(Definition.objects.of(workspace).get(kind="sal", version=1))
    definitions.activate(newer)
    agreements.sign(proposed, actor=actor(sales_head), side="sales")

    with pytest.raises(Conflict):
        agreements.sign(proposed, actor=actor(marketing_head), side="marketing")

    assert agreements.active(workspace) is None
    assert Signature.objects.of(workspace).count() == 1


def test_a_running_clock_keeps_the_agreement_it_began_under(agreement, sign, offer, rep, at_time):
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY)
    due_at = clock(handoff, "accept").due_at
    sign(at=MONDAY + timedelta(minutes=5), warn_percent=50)

    kept = clock(handoff, "accept")
    assert (kept.agreement_id, kept.due_at) == (agreement.pk, due_at)


def test_a_calendar_change_counts_from_the_next_agreement_on(workspace, agreement, sign, sales_head):
    hours = {**calendars.of(workspace).hours, "zone": "Asia/Kathmandu"}
    amendments.edit_calendar(workspace, actor=actor(sales_head), hours=hours)

    assert agreements.terms_of(agreements.active(workspace)).hours.zone == "UTC"
    assert agreements.terms_of(sign()).hours.zone == "Asia/Kathmandu"


def test_the_review_date_of_the_terms_stands_on_the_agreement(workspace, sales_head):
    day = datetime(2026, 6, 1, tzinfo=UTC).date()
    draft = agreements.edit(
        agreements.in_work(workspace), actor=actor(sales_head), terms=replace(terms.default(), review_on=day).to_json()
    )

    assert draft.review_on == day
