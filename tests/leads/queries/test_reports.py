"""Every figure of the reports, counted a second time in plain Python over the rows."""

import random
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from statistics import mean, median
from zoneinfo import ZoneInfo

import pytest

from leads.lifecycle import moves
from leads.models import Campaign, Handoff, Lead
from leads.queries import handoff_filters, handoff_report, lead_list, outcomes, reports
from leads.queries.filter_values import BLANK
from leads.queries.handoff_filters import HandoffFilters
from leads.queries.lead_filters import Filters
from tests import builders
from tests.dashboard.desk import Desk

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
OUTCOMES = ["offered", "accepted", "returned", "won", "lost", "recalled", "returned"]
SOURCES = ["", "unknown", "fair", "search"]
SPANS = [(None, None), (START + timedelta(days=20), START + timedelta(days=60)), (START + timedelta(days=40), None)]


@pytest.fixture
def desk() -> Desk:
    """Fill a workspace at random, the same every time: leads in every state, some handed over twice."""
    made, chance = Desk(), random.Random(20260301)
    campaigns = [Campaign.everywhere.create(workspace=made.workspace, code=code, name=code) for code in ("a", "b")]
    for _ in range(24):
        first = START + timedelta(hours=chance.randrange(24 * 90))
        lead = builders.lead(
            made.workspace,
            first_contact_at=first,
            source=chance.choice(SOURCES),
            campaign=chance.choice([None, *campaigns]),
        )
        at = first + timedelta(hours=chance.randrange(1, 200))
        for _ in range(chance.choice([0, 1, 1, 1, 2])):
            if not _pass(made, chance, lead, at):
                break
            at += timedelta(days=40)
    early = made.accepted(at=START + timedelta(days=9), source="fair", first_contact_at=START + timedelta(days=9))
    _win(made, early, START + timedelta(days=3), 10)  # dated before its first contact: kept, with its negative days
    Desk("Other").offer(at=START + timedelta(days=30))  # of nobody's concern here
    return made


def _pass(desk: Desk, chance: random.Random, lead: Lead, at: datetime) -> bool:
    """Hand a lead over and let sales do something with it; tell whether it may be handed over again."""
    rep, what = builders.actor(desk.rep), chance.choice(OUTCOMES)
    handoff = moves.qualify(desk.fresh(lead), actor=builders.engine(), override="Asked for it", owner=desk.rep, at=at)
    if what == "recalled":
        moves.recall(handoff, actor=builders.engine(), note="Too early", at=at + timedelta(hours=1))
    elif what != "offered" and not (what == "returned" and chance.random() < 0.5):
        handoff = moves.accept(handoff, actor=rep, at=at + timedelta(hours=2))
    if what == "returned":
        reason = builders.reason(desk.workspace, chance.choice(["no-authority", "not-ready"]))
        moves.return_to_marketing(
            handoff, actor=rep, reason=reason, revisit_on=(at + timedelta(days=30)).date(), at=at + timedelta(hours=3)
        )
    if what in ("won", "lost"):
        Handoff.everywhere.filter(pk=handoff.pk).update(promoted_at=at + timedelta(hours=4))
        Lead.everywhere.filter(pk=lead.pk).update(state="sql")
    if what == "won":
        _win(desk, handoff, at + timedelta(hours=chance.randrange(5, 900)), chance.randrange(100, 9000))
    if what == "lost":
        price = builders.reason(desk.workspace, "price", "lose")
        moves.lose(handoff, actor=rep, reason=price, at=at + timedelta(hours=5))
    return what in ("recalled",)


def _win(desk: Desk, handoff: Handoff, at: datetime, amount: int) -> None:
    Handoff.everywhere.filter(pk=handoff.pk).update(promoted_at=handoff.accepted_at or at)
    Lead.everywhere.filter(pk=handoff.lead_id).update(state="sql")
    moves.win(handoff, actor=builders.engine(), amount=Decimal(amount), at=at)


def rows(desk: Desk) -> list[tuple[Lead, list[Handoff]]]:
    """Read everything, without a condition."""
    own = defaultdict(list)
    for handoff in Handoff.objects.of(desk.workspace).select_related("reason"):
        own[handoff.lead_id].append(handoff)
    return [(lead, own[lead.pk]) for lead in Lead.objects.of(desk.workspace).select_related("campaign")]


def within(moment: datetime | None, since: datetime | None, until: datetime | None) -> bool:
    return moment is not None and (since is None or moment >= since) and (until is None or moment < until)


def reached(handoffs: list[Handoff]) -> set[str]:
    stages = {"lead"} | ({"mql"} if handoffs else set())
    for handoff in handoffs:
        stages |= {"sal"} if handoff.accepted_at else set()
        stages |= {"sql"} if handoff.promoted_at else set()
        stages |= {"won"} if handoff.state == "won" else set()
    return stages


@pytest.mark.parametrize(("since", "until"), SPANS)
@pytest.mark.parametrize("by", ["source", "campaign"])
def test_the_funnel_counts_what_the_rows_say(desk, since, until, by):
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    lengths, amounts = defaultdict(list), defaultdict(Counter)
    for lead, handoffs in rows(desk):
        if not within(lead.first_contact_at, since, until):
            continue
        key = lead.source if by == "source" else lead.campaign.code if lead.campaign else ""
        for group in (key, None):
            counts[group].update(reached(handoffs))
            if lead.won_at:
                lengths[group].append((lead.won_at - lead.first_contact_at).total_seconds() / 86400)
                amounts[group][lead.currency] += lead.amount
    found = reports.funnel(desk.workspace, since=since, until=until, by=by)
    assert {row.key for row in found.rows} == set(counts) - {None}
    for row in [*found.rows, found.total]:
        assert row.counts == {stage: counts[row.key][stage] for stage in reports.STAGES}
        assert row.revenue == amounts[row.key]
        if lengths[row.key]:
            assert row.median_days == pytest.approx(median(lengths[row.key]))
            assert row.mean_days == pytest.approx(mean(lengths[row.key]))
        else:
            assert row.median_days is None
            assert row.mean_days is None


def test_a_blank_source_and_the_source_unknown_are_two_groups(desk):
    found = {row.key: row for row in reports.funnel(desk.workspace).rows}
    assert {"", "unknown"} <= set(found)
    own = Counter(lead.source for lead, _ in rows(desk))
    assert found[""].counts["lead"] == own[""]
    assert found["unknown"].counts["lead"] == own["unknown"]


def stands(handoff: Handoff) -> str:
    """Say where a hand-over stands, from its row alone."""
    if handoff.state == "accepted":
        return "promoted" if handoff.promoted_at else "in_work"
    return {"offered": "waiting", "recalled": "withdrawn", "disqualified": "withdrawn"}.get(
        handoff.state, handoff.state
    )


def key_of(handoff: Handoff, by: str) -> str:
    """Say in which row of a report a hand-over belongs."""
    return str(
        {
            "campaign": handoff.campaign and handoff.campaign.code,
            "source": handoff.source,
            "definition": handoff.definition and handoff.definition.version,
            "tier": handoff.tier,
            "owner": handoff.owner_id,
            "pool": handoff.pool_id,
        }[by]
        or BLANK
    )


@pytest.mark.parametrize(("since", "until"), SPANS)
@pytest.mark.parametrize("by", ["campaign", "source", "definition", "tier", "owner", "pool"])
def test_the_report_of_hand_overs_counts_what_the_rows_say_and_adds_up(desk, since, until, by):
    standing: dict[str, Counter[str]] = defaultdict(Counter)
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    revenue: dict[str, Counter[str]] = defaultdict(Counter)
    ever: dict[str, Counter[str]] = defaultdict(Counter)
    for lead, handoffs in rows(desk):
        for handoff in handoffs:
            if not within(handoff.offered_at, since, until):
                continue
            key = key_of(handoff, by)
            standing[key][stands(handoff)] += 1
            ever[key].update(reached([handoff]) - {"lead"})
            if handoff.state == "returned":
                reasons[key][handoff.reason.code] += 1
            if handoff.state == "won":
                revenue[key][lead.currency] += lead.amount
    wanted = HandoffFilters(since=since, until=until)
    found = handoff_report.report(desk.workspace, handoff_report.DIMENSIONS[by], wanted)
    assert {row.key for row in found.rows} == set(standing)
    for row in found.rows:
        assert Counter(row.outcomes) == standing[row.key], row.key
        assert sum(row.outcomes.values()) == row.handed_over == standing[row.key].total()
        assert Counter(row.reached) == ever[row.key]
        assert row.reasons == reasons[row.key]
        assert sum(row.reasons.values()) == row.outcomes["returned"]
        assert row.revenue == revenue[row.key]
        assert row.answered == row.handed_over - row.outcomes["waiting"] - unanswered(desk, by, row.key, since, until)
    total = handoff_report.totals(desk.workspace, wanted)
    assert found.total.outcomes == total.outcomes
    assert found.total.revenue == total.revenue
    assert found.total.handed_over == total.handed_over == sum(row.handed_over for row in found.rows) > 0


def unanswered(desk: Desk, by: str, key: str, since: datetime | None, until: datetime | None) -> int:
    """Count the hand-overs that were withdrawn before sales accepted them."""
    return sum(
        stands(each) == "withdrawn" and not each.accepted_at
        for _, handoffs in rows(desk)
        for each in handoffs
        if key_of(each, by) == key and within(each.offered_at, since, until)
    )


def test_sums_in_two_currencies_are_never_added(desk):
    for currency in ("EUR", "USD"):
        handoff = desk.accepted(at=START + timedelta(days=50), source="two")
        Handoff.everywhere.filter(pk=handoff.pk).update(promoted_at=handoff.accepted_at)
        Lead.everywhere.filter(pk=handoff.lead_id).update(state="sql")
        moves.win(handoff, actor=builders.engine(), amount=Decimal(1000), currency=currency)
    found = handoff_report.report(desk.workspace, handoff_report.DIMENSIONS["source"], HandoffFilters(source="two"))
    assert found.total.revenue == {"EUR": Decimal(1000), "USD": Decimal(1000)}
    people = {row.key: row for row in reports.funnel(desk.workspace).rows}
    assert people["two"].revenue == {"EUR": Decimal(1000), "USD": Decimal(1000)}


@pytest.mark.parametrize(("since", "until"), SPANS)
def test_returns_are_counted_by_reason_in_the_time_of_the_return(desk, since, until):
    counts: Counter[str] = Counter()
    for _, handoffs in rows(desk):
        for handoff in handoffs:
            if handoff.state == "returned" and within(handoff.closed_at, since, until):
                counts[handoff.reason.code] += 1
    found = reports.returns_by_reason(desk.workspace, since=since, until=until)
    assert {row.code: row.count for row in found} == counts
    assert [row.count for row in found] == sorted((row.count for row in found), reverse=True)


@pytest.mark.parametrize("step", ["day", "week"])
def test_handed_over_per_day_goes_by_the_days_of_the_zone_with_gaps_as_noughts(desk, step):
    zone = ZoneInfo("America/Sao_Paulo")
    since, until = START + timedelta(days=20), START + timedelta(days=70)
    wanted: Counter[date] = Counter()
    for _, handoffs in rows(desk):
        for handoff in handoffs:
            if within(handoff.offered_at, since, until):
                day = handoff.offered_at.astimezone(zone).date()
                day -= timedelta(days=day.weekday() if step == "week" else 0)
                wanted[day] += 1
    found = reports.handed_over(desk.workspace, zone=zone, since=since, until=until, step=step)
    assert dict(zip(found.days, found.handed_over, strict=True)) == {day: wanted[day] for day in found.days}
    assert set(wanted) <= set(found.days)
    assert {(b - a).days for a, b in zip(found.days, found.days[1:], strict=False)} == {7 if step == "week" else 1}


def listed(desk: Desk, **wanted: object) -> int:
    return lead_list.count(lead_list.lead_list(desk.workspace, Filters(**wanted)))


def test_every_figure_is_the_length_of_the_list_behind_it(desk):
    since, until = SPANS[1]
    span = {"since": since, "until": until}
    funnel = reports.funnel(desk.workspace, **span)
    for stage in reports.STAGES[1:]:
        assert listed(desk, reached=stage, **span) == funnel.total.counts[stage], stage
    for row in funnel.rows:
        source = row.key or BLANK
        assert listed(desk, source=source, **span) == row.counts["lead"]
        assert listed(desk, source=source, reached="sal", **span) == row.counts["sal"]
    for by, dimension in handoff_report.DIMENSIONS.items():
        report = handoff_report.report(desk.workspace, dimension, HandoffFilters(**span))
        for row in report.rows:
            of_row = {by: read_filter(desk, by, row.key), **span}
            assert handed(desk, **of_row) == row.handed_over, (by, row.key)
            for name, count in row.outcomes.items():
                assert handed(desk, outcome=name, **of_row) == count, (by, row.key, name)
            for stage, count in row.reached.items():
                assert handed(desk, reached=stage, **of_row) == count, (by, row.key, stage)
            for code, count in row.reasons.items():
                assert handed(desk, reason=code, **of_row) == count, (by, row.key, code)
    for row in reports.returns_by_reason(desk.workspace, **span):
        assert handed(desk, dates="returned", reason=row.code, **span) == row.count


def handed(desk: Desk, **wanted: object) -> int:
    return handoff_filters.narrow(desk.workspace, HandoffFilters(**wanted)).count()


def read_filter(desk: Desk, name: str, text: str) -> object:
    found, refused = handoff_filters.read(desk.workspace, {name: text})
    assert not refused
    return found[name]


def test_every_hand_over_stands_in_one_place_alone(desk):
    everywhere = Counter()
    for outcome in outcomes.parts().values():
        everywhere.update(Handoff.objects.of(desk.workspace).filter(outcome.wanted(desk.workspace)).values_list("pk"))
    assert set(everywhere.values()) == {1}
    assert len(everywhere) == Handoff.objects.of(desk.workspace).count()


def test_campaigns_are_counted_with_what_they_brought(desk):
    own = list(Campaign.objects.of(desk.workspace))
    found = reports.campaign_figures(desk.workspace, own)
    for campaign in own:
        leads = [lead for lead, _ in rows(desk) if lead.campaign_id == campaign.pk]
        won = [lead for lead in leads if lead.state == "won"]
        assert found[campaign.pk] == reports.CampaignFigures(
            len(leads), len(won), {"EUR": sum(lead.amount for lead in won)} if won else {}
        )
