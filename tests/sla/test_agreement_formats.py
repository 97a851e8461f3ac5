"""An agreement runs, and its hash holds, in whatever format it was signed."""

import copy
from datetime import timedelta
from typing import Any

import pytest

from leadflow.formats import Format, Unreadable
from leads.models import Definition
from leads.qualification import definitions
from sla import agreements, calendars, documents, terms
from sla.models import Agreement
from tests.samples import DocumentKind
from tests.sla.conftest import MONDAY, SIGNED, actor, clock
from tests.sla.documents import KINDS

TERMS: DocumentKind = next(kind for kind in KINDS if kind.format is documents.TERMS)


def propose_as(workspace, stored: dict[str, Any]) -> Agreement:
    """Put a proposal into the database as another release wrote it."""
    draft = Agreement.objects.of(workspace).filter(status="draft")
    draft.update(terms=stored, content_hash=terms.digest(stored), status="proposed", proposed_at=SIGNED)
    return agreements.in_work(workspace)


@pytest.fixture
def older(workspace) -> dict[str, Any]:
    """What the workspace would propose, as a release wrote it that knew no numbers, had a member that is gone, and
    lacked one that has a default."""
    stored = agreements.complete(agreements.in_work(workspace)).to_stored()
    del stored["format"], stored["calendar"]["format"], stored["review_on"], stored["escalation_steps"][0]["kinds"]
    stored["marketing"]["events_per_quarter"] = 2
    stored["penalties"] = []
    return stored


@pytest.fixture
def signed_older(workspace, older, marketing_head, sales_head) -> Agreement:
    proposal = propose_as(workspace, older)
    agreements.sign(proposal, actor=actor(marketing_head), side="marketing", at=SIGNED)
    return agreements.sign(proposal, actor=actor(sales_head), side="sales", at=SIGNED)


def test_an_agreement_of_an_older_release_is_signed_and_runs_and_stays_as_it_was_signed(
    workspace, older, signed_older, offer, rep
):
    handoff = offer(rep, at=MONDAY)

    stored = Agreement.everywhere.get(pk=signed_older.pk)
    assert (stored.status, stored.terms) == ("active", older)
    assert stored.content_hash == terms.digest(older) == stored.signatures.first().content_hash
    assert clock(handoff, "accept").due_at == MONDAY + timedelta(minutes=240)
    assert agreements.terms_of(stored).escalation_steps[0].kinds == terms.KINDS
    assert definitions.active(workspace, "mql") is not None


def test_the_next_draft_of_an_older_agreement_is_written_in_the_present_format(workspace, signed_older, sales_head):
    draft = agreements.draft_next(workspace, actor=actor(sales_head))

    assert draft.terms == agreements.terms_of(draft).to_stored()
    assert draft.terms["format"] == documents.TERMS.current
    assert agreements.propose(draft, actor=actor(sales_head), at=MONDAY).status == "proposed"


def test_a_later_format_is_upgraded_on_reading_while_the_hash_is_over_what_was_signed(
    workspace, sales_head, marketing_head, monkeypatch
):
    """A made-up next format, which gave `warn_percent` its name."""

    def upgrade(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "warn_percent": data.pop("warn_at")}

    stored = agreements.complete(agreements.in_work(workspace)).to_stored()
    stored["warn_at"] = stored.pop("warn_percent") - 5
    proposal = propose_as(workspace, copy.deepcopy(stored))
    monkeypatch.setattr(documents, "TERMS", Format(TERMS.format.name, (upgrade,), TERMS.format.parts))

    agreements.sign(proposal, actor=actor(marketing_head), side="marketing", at=SIGNED)
    active = agreements.sign(proposal, actor=actor(sales_head), side="sales", at=SIGNED)

    assert agreements.terms_of(active).warn_percent == 70
    assert Agreement.everywhere.get(pk=active.pk).terms == stored
    assert active.content_hash == terms.digest(stored)
    draft = agreements.draft_next(workspace, actor=actor(sales_head))
    assert (draft.terms["format"], draft.terms["warn_percent"]) == (2, 70)


def test_a_proposal_that_is_withdrawn_becomes_a_draft_of_the_present_format(workspace, older, sales_head):
    draft = agreements.withdraw(propose_as(workspace, older), actor=actor(sales_head))

    assert draft.terms == terms.default().to_stored()


def test_terms_of_a_newer_release_are_refused_with_their_number(workspace):
    draft = agreements.in_work(workspace)
    draft.terms["format"] = 99

    with pytest.raises(Unreadable, match=r"^terms of an agreement: stored in format 99, and this release reads up to"):
        agreements.terms_of(draft)


def test_what_is_copied_into_a_proposal_has_the_members_of_the_present_format(workspace, sales_head):
    """Definitions and reasons are copied from their tables: a column more in a definition is a next format.

    An option of reasons is none, since a copy that was signed before it came up says nothing of it (`reason.leads_to`);
    one that goes away or is named otherwise is a next format.
    """
    proposed = agreements.propose(agreements.in_work(workspace), actor=actor(sales_head), at=SIGNED)

    sample = TERMS.stored(TERMS.format.current)
    assert proposed.terms["reasons"]
    assert all(each.keys() >= sample["reasons"][0].keys() for each in proposed.terms["reasons"])
    assert proposed.terms["questions"]
    assert all(each.keys() == sample["questions"][0].keys() for each in proposed.terms["questions"])
    assert {frozenset(each) for name, each in proposed.terms["definitions"].items() if name != "format"} == {
        frozenset(sample["definitions"]["mql"])
    }
    assert set(proposed.terms["definitions"]) == {"format", *Definition.Kind.values}
    assert proposed.terms["calendar"]["format"] == documents.HOURS.current
    assert "format" not in calendars.of(workspace).hours
