"""Versions of the definitions and the scoring, and what a new workspace begins with."""

from datetime import UTC, datetime

import pytest

from leadflow.errors import Conflict, Invalid
from leads.conditions.fact_catalogue import KNOWN
from leads.models import Definition, Lead, Pool, Question, Reason, RoutingRule, Scoring
from leads.qualification import criteria, definitions
from leads.scoring import scoring
from tests import builders
from workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db
REACHABLE = {"fact": "lead.email", "op": "known"}
LATER = datetime(2026, 12, 1, tzinfo=UTC)


class TestDefaults:
    def test_a_new_workspace_has_reasons_questions_scoring_and_an_empty_pool(self):
        workspace = builders.workspace(active=False)
        kinds = list(Reason.objects.of(workspace).values_list("kind", flat=True))
        assert {kind: kinds.count(kind) >= 5 for kind in ("return", "lose", "disqualify")} == {
            "return": True,
            "lose": True,
            "disqualify": True,
        }
        questions = Question.objects.of(workspace).order_by("position")
        assert [question.code for question in questions] == ["budget", "authority", "need", "timeline"]
        assert definitions.active_scoring(workspace).version == 1
        pool = Pool.objects.of(workspace).get()
        assert (pool.name, pool.places.count()) == ("Sales", 0)
        assert RoutingRule.objects.of(workspace).get().condition == {}

    def test_its_definitions_are_drafts_until_both_sides_have_signed(self):
        workspace = builders.workspace(active=False)
        drafts = Definition.objects.of(workspace).values_list("kind", "version", "status")
        assert sorted(drafts) == [("mql", 1, "draft"), ("sal", 1, "draft"), ("sql", 1, "draft")]
        assert definitions.active(workspace, "mql") is None

    def test_what_it_begins_with_is_valid(self, workspace):
        assert scoring.validate(definitions.active_scoring(workspace).rules, KNOWN) == []
        for row in Definition.objects.of(workspace):
            data = {"kind": row.kind, "version": row.version, "condition": row.condition}
            assert criteria.validate(data, KNOWN) == []
        codes = set(Reason.objects.of(workspace).filter(kind="return").values_list("code", flat=True))
        assert {"not-ready", "wrong-contact", "duplicate", "wrong-territory", "competitor"} <= codes


class TestVersions:
    def test_the_next_version_is_a_draft_and_the_active_one_runs_on(self, workspace):
        author = builders.actor(builders.member(workspace, "marketing_manager"))
        draft = definitions.new_version(workspace, "mql", actor=author, condition=REACHABLE)
        assert (draft.version, draft.status) == (2, "draft")
        assert draft.tiers == definitions.active(workspace, "mql").tiers
        assert definitions.active(workspace, "mql").version == 1
        assert AuditEntry.objects.of(workspace).get(action="definition.drafted").object_name == "MQL 2"

    def test_activating_one_supersedes_the_one_before(self, workspace):
        draft = definitions.new_version(workspace, "sal", actor=builders.engine(), condition=REACHABLE)
        definitions.activate(draft, at=LATER)
        now = definitions.active(workspace, "sal")
        assert (now.version, now.activated_at) == (2, LATER)
        old = Definition.objects.of(workspace).get(kind="sal", version=1)
        assert old.status == "superseded"
        with pytest.raises(Conflict):
            definitions.activate(old)
        assert definitions.active(workspace, "sal").version == 2

    def test_activating_wakes_the_leads_in_marketings_care_only(self, workspace):
        fresh, worked = builders.lead(workspace), builders.handoff(workspace).lead
        foreign = builders.lead(builders.workspace("Other"))
        draft = definitions.new_version(workspace, "mql", actor=builders.engine(), condition=REACHABLE)
        definitions.activate(draft, at=LATER)
        assert Lead.everywhere.get(pk=fresh.pk).next_at == LATER
        assert Lead.everywhere.get(pk=worked.pk).next_at is None
        assert Lead.everywhere.get(pk=foreign.pk).next_at is None

    def test_activating_gives_leads_that_were_set_aside_another_chance(self, workspace):
        aside = builders.lead(workspace, attempts=5, dead_reason="Invalid: /fit")
        definitions.activate(
            definitions.new_version(workspace, "mql", actor=builders.engine(), condition=REACHABLE), at=LATER
        )
        again = Lead.everywhere.get(pk=aside.pk)
        assert (again.next_at, again.attempts, again.dead_reason) == (LATER, 0, "")

    @pytest.mark.parametrize(
        ("facts", "pointer"),
        [
            ({"condition": {"fact": "lead.shoe_size", "op": "known"}}, "/condition/fact"),
            ({"condition": REACHABLE, "tiers": []}, "/tiers"),
            ({"condition": REACHABLE, "loop_guard": {"max_passes": 0}}, "/loop_guard/max_passes"),
        ],
    )
    def test_a_definition_that_cannot_be_used_is_refused_with_the_place(self, workspace, facts, pointer):
        with pytest.raises(Invalid) as refusal:
            definitions.new_version(workspace, "mql", actor=builders.engine(), **facts)
        assert [error["pointer"] for error in refusal.value.facts["errors"]] == [pointer]
        assert refusal.value.field == pointer.split("/")[1]
        assert Definition.objects.of(workspace).filter(kind="mql").count() == 1

    def test_scoring_has_versions_too(self, workspace):
        rules = {**scoring.DEFAULT, "fit": {**scoring.DEFAULT["fit"], "rules": []}}
        draft = definitions.new_scoring(workspace, actor=builders.engine(), rules=rules)
        with pytest.raises(Conflict, match="next agreement"):
            definitions.activate_scoring(draft, actor=builders.engine(), at=LATER)
        assert definitions.active_scoring(workspace).version == 1
        definitions.activate_scoring(draft, actor=builders.engine(), at=LATER, signed=True)
        assert definitions.active_scoring(workspace).version == 2
        with pytest.raises(Invalid):
            definitions.new_scoring(workspace, actor=builders.engine(), rules={"fit": {}})
        assert Scoring.objects.of(workspace).count() == 2
