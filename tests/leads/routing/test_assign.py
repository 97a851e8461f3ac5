"""Who gets a lead, and why."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads.lifecycle import moves
from leads.models import Handoff, Lead, Pool, PoolMember, RoutingRule
from leads.qualification import lead_facts
from leads.routing import assign
from tests import builders
from tests.builders import MONDAY
from workspaces.models import Notice
from workspaces.roles import Role

DAY = timedelta(days=1)


@pytest.fixture
def pool(workspace):
    return Pool.objects.of(workspace).get(name="Sales")


def choose(lead, at=MONDAY):
    with transaction.atomic():
        return assign.choose([assign.AssignmentRequest(lead, lead_facts.of(lead, at), at)])[0]


def turns(workspace, number):
    return [str(choose(builders.lead(workspace)).member) for _ in range(number)]


class TestRules:
    def test_the_first_rule_that_holds_names_the_pool(self, workspace, pool):
        north = Pool.everywhere.create(workspace=workspace, name="North")
        rule = RoutingRule.everywhere.create(
            workspace=workspace,
            position=1,
            name="Northern leads",
            pool=north,
            condition={"fact": "territory", "op": "is", "value": "North"},
        )
        northern, southern = builders.member(workspace), builders.member(workspace)
        builders.place(north, northern)
        builders.place(pool, southern)
        choice = choose(builders.lead(workspace, territory="North"))
        assert choice.member == northern
        assert (choice.why["rule"], choice.why["pool"]) == ("Northern leads", "North")
        assert choice.why["because"] == ["Territory is North: North"]
        assert choose(builders.lead(workspace, territory="South")).member == southern
        RoutingRule.everywhere.filter(pk=rule.pk).update(active=False)
        assert choose(builders.lead(workspace, territory="North")).member == southern

    def test_a_rule_may_ask_for_the_tier(self, workspace, pool):
        RoutingRule.objects.of(workspace).update(condition={"fact": "tier", "op": "is", "value": "hot"})
        rep = builders.member(workspace)
        builders.place(pool, rep)
        lead = builders.lead(workspace, title="Head of Sales", account=builders.account(workspace))
        assert assign.explain(lead, at=MONDAY).choice.member is None
        builders.event(lead, "demo_request")
        assert assign.explain(lead, at=MONDAY).choice.member == rep

    def test_the_owner_of_the_account_goes_before_every_rule(self, workspace, pool):
        builders.place(pool, builders.member(workspace))
        owner = builders.member(workspace)
        lead = builders.lead(workspace, account=builders.account(workspace, owner=owner, name="Big Co"))
        choice = choose(lead)
        assert choice.member == owner
        assert "Big Co" in choice.why["words"]
        owner.away_until = MONDAY + DAY
        owner.save()
        assert choose(Lead.everywhere.get(pk=lead.pk)).member != owner

    def test_without_a_rule_the_lead_waits_in_the_queue(self, workspace):
        RoutingRule.objects.of(workspace).delete()
        choice = choose(builders.lead(workspace))
        assert choice.member is None
        assert "no routing rule" in choice.why["words"]


class TestRoundRobin:
    def test_weights_are_kept_and_nobody_gets_a_run_of_leads(self, workspace, pool):
        for name, weight in (("Ann", 5), ("Ben", 1), ("Cyd", 1)):
            builders.place(pool, builders.member(workspace, name=name), weight=weight)
        assert turns(workspace, 7) == ["Ann", "Ann", "Ben", "Ann", "Cyd", "Ann", "Ann"]
        assert sum(PoolMember.everywhere.filter(pool=pool).values_list("credit", flat=True)) == 0

    def test_who_comes_back_from_leave_has_not_saved_up_turns(self, workspace, pool):
        ann, ben = builders.member(workspace, name="Ann"), builders.member(workspace, name="Ben")
        builders.place(pool, ann)
        builders.place(pool, ben)
        ben.away_until = MONDAY + DAY
        ben.save()
        assert turns(workspace, 4) == ["Ann"] * 4
        ben.away_until = None
        ben.save()
        assert Counter(turns(workspace, 4)) == {"Ann": 2, "Ben": 2}


class TestPassedOver:
    def test_who_is_away_full_inactive_or_without_weight_is_passed_over_with_the_reason(self, workspace, pool):
        away, full, gone, paused, free = (builders.member(workspace, name=name) for name in "ABCDE")
        away.away_until = MONDAY + DAY
        away.save()
        gone.active = False
        gone.save()
        builders.place(pool, away)
        builders.place(pool, full, capacity=1)
        builders.place(pool, gone)
        builders.place(pool, paused, weight=0)
        builders.place(pool, free)
        builders.handoff(workspace, owner=full)
        choice = choose(builders.lead(workspace))
        assert choice.member == free
        assert choice.why["passed_over"] == {
            "A": "away until 3 Nov 2026 09:00 UTC",
            "B": "has 1 open of 1",
            "C": "not active",
            "D": "has weight 0",
        }

    def test_a_closed_handoff_frees_capacity(self, workspace, pool):
        rep = builders.member(workspace)
        builders.place(pool, rep, capacity=1)
        handoff = builders.handoff(workspace, owner=rep)
        assert choose(builders.lead(workspace)).member is None
        moves.recall(handoff, actor=builders.engine(), note="Too early")
        assert choose(builders.lead(workspace)).member == rep

    @pytest.mark.parametrize(("code", "goes_back"), [("no-authority", False), ("no-budget", True)])
    def test_who_returned_the_lead_gets_it_again_only_if_the_reason_says_so(self, workspace, pool, code, goes_back):
        rep = builders.member(workspace)
        builders.place(pool, rep)
        handoff = builders.handoff(workspace, owner=rep)
        revisit_on = (MONDAY + 90 * DAY).date()
        moves.return_to_marketing(
            handoff,
            actor=builders.actor(rep),
            reason=builders.reason(workspace, code),
            revisit_on=revisit_on,
            at=MONDAY,
        )
        choice = choose(Lead.everywhere.get(pk=handoff.lead_id))
        assert (choice.member == rep) is goes_back
        if not goes_back:
            assert choice.why["passed_over"] == {str(rep): "returned this lead before"}


class TestLeastLoaded:
    def test_the_fewest_open_for_the_weight_comes_next(self, workspace, pool):
        Pool.everywhere.filter(pk=pool.pk).update(strategy=Pool.Strategy.LEAST_LOADED)
        busy, double = builders.member(workspace, name="Busy"), builders.member(workspace, name="Double")
        builders.place(pool, busy, weight=1)
        builders.place(pool, double, weight=2)
        builders.handoff(workspace, owner=busy)
        builders.handoff(workspace, owner=double)
        assert choose(builders.lead(workspace)).member == double

    def test_equals_take_turns(self, workspace, pool):
        Pool.everywhere.filter(pk=pool.pk).update(strategy=Pool.Strategy.LEAST_LOADED)
        for name in ("Ann", "Ben"):
            builders.place(pool, builders.member(workspace, name=name))
        assert Counter(turns(workspace, 4)) == {"Ann": 2, "Ben": 2}


class TestTelling:
    def qualify(self, workspace, **facts):
        return moves.qualify(builders.lead(workspace), actor=builders.engine(), override="Fair", **facts)

    def test_the_new_owner_is_told(self, workspace, pool):
        rep = builders.member(workspace)
        builders.place(pool, rep)
        handoff = self.qualify(workspace)
        notice = Notice.objects.of(workspace).get()
        assert (notice.member, notice.kind, notice.url) == (rep, "handoff.offered", f"/leads/{handoff.lead_id}/")

    def test_with_nobody_available_the_sales_managers_are_told_why(self, workspace, pool):
        manager = builders.member(workspace, Role.SALES_MANAGER)
        builders.member(workspace, Role.MARKETING_MANAGER)
        self.qualify(workspace)
        notice = Notice.objects.of(workspace).get()
        assert (notice.member, notice.kind) == (manager, "handoff.queued")
        assert notice.text.endswith("waits in the queue: nobody in the pool Sales is available (it has no members).")

    def test_who_claims_a_lead_is_not_told_of_it(self, workspace, pool):
        handoff = self.qualify(workspace)
        moves.claim(handoff, actor=builders.actor(builders.member(workspace)))
        assert not Notice.objects.of(workspace).exists()

    def test_history_that_is_brought_in_is_told_to_nobody(self, workspace, pool):
        builders.member(workspace, Role.SALES_MANAGER)
        handoff = self.qualify(workspace, at=MONDAY)
        moves.reassign(handoff, actor=builders.engine(), to=builders.member(workspace), at=MONDAY)
        assert Handoff.objects.of(workspace).get().offered_at == MONDAY
        assert not Notice.objects.of(workspace).filter(kind__startswith="handoff.").exists()


def test_a_dry_run_shows_the_rules_and_the_places_and_changes_nothing(workspace, pool):
    ann, ben = builders.member(workspace, name="Ann"), builders.member(workspace, name="Ben")
    builders.place(pool, ann)
    builders.place(pool, ben, weight=0)
    builders.member(workspace, Role.SALES_MANAGER)
    lead = builders.lead(workspace)
    before = list(PoolMember.everywhere.filter(pool=pool).values())
    told = assign.explain(lead, at=MONDAY)
    assert told.choice.member == ann
    assert [(rule.name, rule.held) for rule in told.rules] == [("Every lead", True)]
    assert [(place.member, place.passed_over) for place in told.candidates] == [("Ann", ""), ("Ben", "has weight 0")]
    assert told.to_json()["member"] == "Ann"
    assert list(PoolMember.everywhere.filter(pool=pool).values()) == before
    assert not Notice.objects.of(workspace).exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_leads_that_arrive_at_once_take_turns():
    workspace = builders.workspace()
    pool = Pool.objects.of(workspace).get(name="Sales")
    for name, weight in (("Ann", 2), ("Ben", 1), ("Cyd", 1)):
        builders.place(pool, builders.member(workspace, name=name), weight=weight)
    leads = [builders.lead(workspace) for _ in range(24)]
    start, failures = threading.Barrier(4), []

    def work(mine):
        try:
            start.wait()
            for lead in mine:
                moves.qualify(lead, actor=builders.engine(), override="Fair")
        except Exception as error:  # noqa: BLE001  the test asks what it was
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(leads[number::4],)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    owners = Counter(str(h.owner) for h in Handoff.objects.of(workspace).select_related("owner__user"))
    assert owners == {"Ann": 12, "Ben": 6, "Cyd": 6}


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(weights=st.lists(st.integers(1, 6), min_size=1, max_size=4))
def test_over_one_round_everybody_gets_exactly_the_own_weight(workspace, weights):
    pool = Pool.everywhere.create(workspace=workspace, name=f"Round {Pool.objects.of(workspace).count()}")
    RoutingRule.objects.of(workspace).update(pool=pool)
    shares = {builders.place(pool, builders.member(workspace), weight=weight).member_id: weight for weight in weights}
    lead = builders.lead(workspace)
    assert Counter(choose(lead).member.pk for _ in range(sum(weights))) == shares
