"""What a member holds goes to others, each kind where it was chosen to go."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadflow.errors import Invalid
from leads.activity import follow_ups
from leads.lifecycle import handing_on, holdings, moves
from leads.lifecycle.handing_on import Destination
from leads.lifecycle.holdings import Kind
from leads.models import Account, FollowUp, Handoff, Lead, Pool, PoolMember, Transition
from tests import builders
from tests.builders import MONDAY
from workspaces import members
from workspaces.models import AuditEntry, Notice
from workspaces.roles import Role

pytestmark = pytest.mark.django_db

QUEUE = Destination()


@pytest.fixture
def workspace():
    return builders.workspace()


@pytest.fixture
def rita(workspace):
    return builders.member(workspace, name="Rita Rep")


@pytest.fixture
def otto(workspace):
    return builders.member(workspace, name="Otto Other")


@pytest.fixture
def boss(workspace):
    return builders.member(workspace, Role.SALES_MANAGER, "Sam Sales")


@pytest.fixture
def admin(workspace):
    return builders.actor(builders.member(workspace, Role.ADMIN, "Anna Admin"))


@pytest.fixture
def pool(workspace):
    return Pool.objects.of(workspace).get(name="Sales")


def of(handoff):
    return Handoff.everywhere.select_related("lead", "owner").get(pk=handoff.pk)


def make_sql(handoff):
    Lead.everywhere.filter(pk=handoff.lead_id).update(state="sql")
    return handoff


def plan(lead, member):
    due = timezone.now() + timedelta(days=1)
    return follow_ups.plan(lead, actor=builders.actor(member), due_at=due)


def notices(member):
    return list(Notice.everywhere.filter(member=member, kind="leads.handed_on").values_list("text", flat=True))


def test_each_kind_goes_where_it_was_chosen_to_go(workspace, rita, otto, boss, admin):
    offer = builders.handoff(workspace, owner=rita)
    accepted = builders.handoff(workspace, owner=rita, accepted=True)
    sql = make_sql(builders.handoff(workspace, owner=rita, accepted=True))
    account = builders.account(workspace, owner=rita)
    other = plan(builders.lead(workspace), rita)
    assert holdings.of(rita).counts == dict.fromkeys(Kind, 1)
    to = {
        Kind.OFFERS: QUEUE,
        Kind.ACCEPTED: Destination(member=otto),
        Kind.SQLS: Destination(member=boss),
        Kind.FOLLOW_UPS: Destination(member=otto),
        Kind.ACCOUNTS: QUEUE,
    }
    handing_on.hand_on(rita, to, actor=admin, note="Rita is on leave")
    assert [of(each).owner for each in (offer, accepted, sql)] == [None, otto, boss]
    assert [of(each).lead.owner_id for each in (offer, accepted, sql)] == [None, otto.pk, boss.pk]
    assert Account.everywhere.get(pk=account.pk).owner is None
    assert FollowUp.everywhere.get(pk=other.pk).member == otto
    assert not holdings.of(rita)
    rows = Transition.everywhere.filter(move="reassign")
    assert {(row.lead_id, row.note) for row in rows} == {
        (each.lead_id, "Rita is on leave") for each in (offer, accepted, sql)
    }
    entry = AuditEntry.objects.of(workspace).get(action="member.handed_on")
    assert entry.changes["accepted"] == [1, "Otto Other"]


def test_a_preview_says_what_happens_then_and_takes_no_turn(workspace, rita, pool, admin):
    reps = [builders.member(workspace) for _ in range(3)]
    for each in (rita, *reps):
        builders.place(pool, each)
    for _ in range(7):
        builders.handoff(workspace, owner=rita, accepted=True)
    to = {Kind.ACCEPTED: Destination(pool=pool)}
    before = list(PoolMember.everywhere.order_by("pk").values_list("credit", flat=True))
    seen = handing_on.preview(rita, to)
    assert list(PoolMember.everywhere.order_by("pk").values_list("credit", flat=True)) == before
    assert Handoff.everywhere.filter(owner=rita).count() == 7
    done = handing_on.hand_on(rita, to, actor=admin)
    assert seen.shares == done.shares
    assert sorted(done.shares[Kind.ACCEPTED].values()) == [2, 2, 3]
    assert rita not in done.members
    for rep in reps:
        assert Handoff.everywhere.filter(owner=rep).count() == done.shares[Kind.ACCEPTED][rep]


def test_everybody_concerned_gets_one_notice_with_the_count(workspace, rita, otto, boss, admin):
    for _ in range(2):
        builders.handoff(workspace, owner=rita)
    builders.handoff(workspace, owner=rita, accepted=True)
    before = Notice.everywhere.count()
    to = dict.fromkeys((Kind.OFFERS, Kind.ACCEPTED), Destination(member=otto))
    handing_on.hand_on(rita, to, actor=admin)
    assert notices(otto) == ["2 open offers and 1 accepted lead in work of Rita Rep are yours now."]
    told = "Anna Admin handed on what Rita Rep had: 2 open offers and 1 accepted lead in work to Otto Other."
    assert notices(boss) == [told]
    assert Notice.everywhere.count() == before + 2
    assert Notice.everywhere.get(member=otto, kind="leads.handed_on").url == "/inbox/"


def test_a_follow_up_goes_along_with_its_lead(workspace, rita, otto, boss):
    handoff = builders.handoff(workspace, owner=rita, accepted=True)
    promised, by_boss = plan(handoff.lead, rita), plan(handoff.lead, boss)
    assert by_boss.member == rita
    moves.reassign(handoff, actor=builders.actor(boss), to=otto)
    assert {FollowUp.everywhere.get(pk=each.pk).member for each in (promised, by_boss)} == {otto}


def test_what_was_done_keeps_the_name_of_who_did_it(workspace, rita, otto, boss):
    handoff = builders.handoff(workspace, owner=rita, accepted=True)
    done = follow_ups.finish(plan(handoff.lead, rita), actor=builders.actor(rita))
    moves.reassign(handoff, actor=builders.actor(boss), to=otto)
    assert FollowUp.everywhere.get(pk=done.pk).member == rita


def test_a_follow_up_waits_in_the_queue_with_its_lead_for_whoever_takes_it(workspace, rita, otto, boss):
    claimed, accepted = builders.handoff(workspace, owner=rita), builders.handoff(workspace, owner=rita)
    promised = [plan(each.lead, rita) for each in (claimed, accepted)]
    for each in (claimed, accepted):
        moves.reassign(each, actor=builders.actor(boss), to=None)
    assert [FollowUp.everywhere.get(pk=each.pk).member for each in promised] == [None, None]
    moves.claim(of(claimed), actor=builders.actor(otto))
    moves.accept(of(accepted), actor=builders.actor(otto))
    assert [FollowUp.everywhere.get(pk=each.pk).member for each in promised] == [otto, otto]


def test_a_kind_without_a_destination_is_refused_and_nothing_changes(workspace, rita, otto, admin):
    offer = builders.handoff(workspace, owner=rita)
    builders.handoff(workspace, owner=rita, accepted=True)
    with pytest.raises(Invalid) as refusal:
        handing_on.hand_on(rita, {Kind.OFFERS: Destination(member=otto)}, actor=admin)
    assert refusal.value.field == Kind.ACCEPTED
    assert of(offer).owner == rita
    assert not Transition.everywhere.filter(move="reassign").exists()


@pytest.mark.parametrize(
    ("kind", "whom"),
    [
        (Kind.ACCEPTED, "queue"),
        (Kind.SQLS, "queue"),
        (Kind.FOLLOW_UPS, "queue"),
        (Kind.ACCOUNTS, "pool"),
        (Kind.OFFERS, "self"),
        (Kind.OFFERS, "gone"),
        (Kind.OFFERS, "marketing"),
        (Kind.OFFERS, "stranger"),
        (Kind.OFFERS, "foreign pool"),
    ],
)
def test_a_destination_that_takes_nothing_is_refused_by_preview_and_deed(workspace, rita, pool, admin, kind, whom):
    builders.handoff(workspace, owner=rita)
    elsewhere = builders.workspace("Elsewhere")
    gone = builders.member(workspace)
    members.deactivate(gone, actor=admin)
    gone.refresh_from_db()
    to = {
        "queue": QUEUE,
        "pool": Destination(pool=pool),
        "self": Destination(member=rita),
        "gone": Destination(member=gone),
        "marketing": Destination(member=builders.member(workspace, Role.MARKETING)),
        "stranger": Destination(member=builders.member(elsewhere)),
        "foreign pool": Destination(pool=Pool.objects.of(elsewhere).first()),
    }[whom]
    for ask in (handing_on.preview, lambda *asked: handing_on.hand_on(*asked, actor=admin)):
        with pytest.raises(Invalid) as refusal:
            ask(rita, {kind: to})
        assert refusal.value.field == kind
    assert not Transition.everywhere.filter(move="reassign").exists()


def test_a_lead_that_its_new_owner_returned_before_stays_and_is_listed(workspace, rita, otto, admin):
    reason = builders.reason(workspace, "no-authority")
    reason.same_rep = False
    reason.save()
    first = builders.handoff(workspace, owner=otto)
    moves.return_to_marketing(first, actor=builders.actor(otto), reason=reason, at=MONDAY + timedelta(hours=1))
    lead = Lead.everywhere.get(pk=first.lead_id)
    since = {"cool_off_until": timezone.now() - timedelta(days=1), "profile_changed_at": MONDAY + timedelta(days=1)}
    Lead.everywhere.filter(pk=lead.pk).update(**since)
    again = builders.handoff(workspace, owner=rita, lead=lead, at=timezone.now())
    plain = builders.handoff(workspace, owner=rita)
    members.deactivate(rita, actor=admin)
    rita.refresh_from_db()
    done = handing_on.hand_on(rita, {Kind.OFFERS: Destination(member=otto)}, actor=admin)
    assert [(each.lead, each.why) for each in done.staying] == [(lead, "Otto Other returned this lead before")]
    assert (of(again).owner, of(plain).owner) == (rita, otto)
    [left] = holdings.left_behind(workspace)
    assert left.words == "1 lead belongs to Rita Rep, who is deactivated"


def test_accepted_leads_stay_where_nobody_in_the_pool_can_take_them_and_offers_wait_in_the_queue(
    workspace, rita, pool, admin
):
    builders.place(pool, rita)
    accepted = builders.handoff(workspace, owner=rita, accepted=True)
    offer = builders.handoff(workspace, owner=rita)
    to = dict.fromkeys((Kind.OFFERS, Kind.ACCEPTED), Destination(pool=pool))
    done = handing_on.hand_on(rita, to, actor=admin)
    assert [each.lead for each in done.staying] == [accepted.lead]
    assert (of(offer).owner, of(accepted).owner) == (None, rita)


def test_capacity_holds_for_what_is_handed_on(workspace, rita, pool, admin):
    few, many = builders.member(workspace), builders.member(workspace)
    builders.place(pool, few, capacity=1)
    builders.place(pool, many)
    for _ in range(5):
        builders.handoff(workspace, owner=rita)
    done = handing_on.hand_on(rita, {Kind.OFFERS: Destination(pool=pool)}, actor=admin)
    assert done.shares[Kind.OFFERS] == {few: 1, many: 4}


def test_places_in_pools_go_when_asked_for_and_stay_otherwise(workspace, rita, pool, admin):
    builders.place(pool, rita)
    handing_on.hand_on(rita, {}, actor=admin)
    assert holdings.of(rita).pools == ("Sales",)
    handing_on.hand_on(rita, {}, actor=admin, leave_pools=True)
    assert holdings.of(rita).pools == ()


def test_who_is_back_gets_nothing_back(workspace, rita, otto, admin):
    handoff = builders.handoff(workspace, owner=rita, accepted=True)
    members.deactivate(rita, actor=admin)
    handing_on.hand_on(rita, {Kind.ACCEPTED: Destination(member=otto)}, actor=admin)
    members.activate(rita, actor=admin)
    assert of(handoff).owner == otto
    assert not holdings.of(rita)


def test_only_those_who_are_gone_and_still_hold_something_are_listed(workspace, rita, otto, boss, admin):
    for _ in range(2):
        builders.handoff(workspace, owner=rita, accepted=True)
    builders.handoff(workspace, owner=otto)
    assert holdings.left_behind(workspace) == []
    members.change_role(otto, actor=admin, role=Role.VIEWER)
    members.deactivate(rita, actor=admin)
    members.deactivate(builders.member(workspace), actor=admin)
    plan(of(Handoff.everywhere.filter(owner=rita).first()).lead, boss)
    assert [each.words for each in holdings.left_behind(workspace)] == [
        "1 lead belongs to Otto Other, who works no leads any more (viewer)",
        "2 leads and 1 planned follow-up belong to Rita Rep, who is deactivated",
    ]


def test_the_manager_is_told_what_was_left(workspace, rita, boss, admin):
    handing_on.notify_left(rita, actor=admin, url="/x/")
    assert notices(boss) == []
    builders.handoff(workspace, owner=rita)
    members.deactivate(rita, actor=admin)
    handing_on.notify_left(rita, actor=admin, url="/x/")
    assert notices(boss) == ["1 lead belongs to Rita Rep, who is deactivated: give it to somebody."]


def test_more_leads_take_no_more_statements_but_those_of_their_clocks(workspace, rita, pool, admin):
    builders.place(pool, builders.member(workspace))

    def cost(number):
        for _ in range(number):
            plan(builders.handoff(workspace, owner=rita, accepted=True).lead, rita)
        with CaptureQueriesContext(connection) as statements:
            handing_on.hand_on(rita, {Kind.ACCEPTED: Destination(pool=pool)}, actor=admin)
        return len([each for each in statements if "sla_clock" not in each["sql"]])

    assert cost(2) == cost(9)
