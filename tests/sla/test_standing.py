"""A new version of the agreement changes nothing of what was promised, measured and told before it."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from leads.lifecycle import moves
from sla import amendments, durations, inbox, reports, selectors, standing, tallies, terms, worktime
from sla.models import Clock
from tests.sla.conftest import HOT, MONDAY, actor, clock, sweep
from tests.sla.test_sweep import notices

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
FRIDAY = MONDAY + 4 * DAY
SUNDAY = MONDAY + 6 * DAY
EVENING = worktime.Hours("UTC", tuple(worktime.Window(day, time(16), time(18)) for day in range(5)))


@pytest.fixture
def answered(sign, offer, rep, at_time):
    """Accept a hot lead on Monday at 9:50, offered at 9, under the first version."""
    sign()
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY, tier="hot")
    with at_time(MONDAY + 50 * MINUTE):
        return moves.accept(handoff, actor=actor(rep), at=MONDAY + 50 * MINUTE)


@pytest.fixture
def amend(workspace, sign, sales_head):
    """Sign the next version: answers within 30 minutes, in a calendar that opens in the evening alone."""

    def amended(at: datetime) -> None:
        amendments.edit_calendar(workspace, actor=actor(sales_head), hours=worktime.to_json(EVENING))
        hot = replace(HOT, accept_within=durations.minutes(30))
        sign(at=at, sales=(hot, terms.default().sales[1]), met_percent=50)

    return amended


def test_signing_an_amendment_leaves_the_time_to_accept_as_it_was(workspace, answered, rep, amend):
    before = inbox.performance(workspace, rep, at=MONDAY + 3 * HOUR)
    amend(MONDAY + 4 * HOUR)
    after = inbox.performance(workspace, rep, at=MONDAY + 5 * HOUR)

    assert before.accept_median == after.accept_median == 50
    assert [(target.within, target.version) for target in after.accept_targets] == [(durations.hours(1), 1)]
    assert [target.superseded for target in after.accept_targets] == [True]
    assert after.kept_target == 90


def test_a_calendar_that_nobody_signed_measures_nothing(workspace, answered, rep, sales_head):
    amendments.edit_calendar(workspace, actor=actor(sales_head), hours=worktime.to_json(EVENING))

    began = inbox.first_accept(answered, selectors.clocks_of([answered])[answered.pk])
    assert inbox.took(began) == 50
    assert inbox.performance(workspace, rep, at=MONDAY + HOUR).accept_median == 50


def test_the_performance_takes_the_same_three_statements(workspace, answered, rep, amend, django_assert_num_queries):
    amend(MONDAY + 4 * HOUR)
    inbox.performance(workspace, rep, at=MONDAY + 5 * HOUR)  # the terms are read once in a process

    with django_assert_num_queries(3):
        inbox.performance(workspace, rep, at=MONDAY + 5 * HOUR)


def test_what_waits_is_told_by_what_its_clock_began_under(workspace, sign, offer, rep, amend, at_time):
    sign()
    with at_time(FRIDAY + 7 * HOUR + 30 * MINUTE):
        handoff = offer(rep, at=FRIDAY + 7 * HOUR + 30 * MINUTE, tier="hot")
    amend(FRIDAY + 7 * HOUR + 40 * MINUTE)

    [target] = inbox.waiting_targets(workspace, rep)
    assert (target.tier, target.within, target.version) == ("hot", durations.hours(1), 1)
    waiting = selectors.with_version(selectors.running(workspace, rep)).get(handoff=handoff)
    found = standing.of(waiting, SUNDAY)
    assert (found.left, found.used, found.superseded, found.version) == (30, 0.5, True, 1)
    told = standing.tell(found, ZoneInfo("UTC"))
    assert told.text == "tomorrow 09:30"
    assert told.more == "30 min of working time left; closed, opens tomorrow 09:00; by agreement 1"


def test_the_reminder_of_an_old_clock_counts_by_its_own_calendar(workspace, sign, offer, rep, amend, at_time):
    sign()
    with at_time(FRIDAY + 7 * HOUR + 30 * MINUTE):
        offer(rep, at=FRIDAY + 7 * HOUR + 30 * MINUTE, tier="hot")
    amend(FRIDAY + 7 * HOUR + 40 * MINUTE)
    sweep(MONDAY + 7 * DAY + 45 * MINUTE)

    assert notices("clock.breached") == [
        ("Rita Rep", "Priya Raman waits for your answer: was due Monday 09:30, 15 min late")
    ]


def test_a_reminder_speaks_the_zone_of_its_reader(sign, offer, rep, at_time):
    sign()
    rep.user.time_zone = "America/New_York"
    rep.user.save()
    with at_time(MONDAY):
        offer(rep, at=MONDAY, tier="hot")
    sweep(MONDAY + 2 * HOUR)

    assert notices("clock.breached")[0][1].endswith("was due Monday 05:00, 1 h late")


def test_the_scoreboard_names_what_earlier_versions_promised_and_asks_for_what_they_asked(
    workspace, answered, offer, rep, amend, at_time
):
    amend(MONDAY + 4 * HOUR)
    late = MONDAY + 7 * HOUR
    with at_time(late):
        offer(rep, at=late, tier="hot")

    board = reports.scoreboard(workspace, MONDAY, MONDAY + DAY, at=MONDAY + 2 * DAY)
    [line] = [line for line in board.lines if (line.code, line.tier) == ("accept", "hot")]
    assert (board.version, line.promise) == (2, "within 30 min")
    assert [(each.version, each.promise, each.count) for each in line.earlier] == [(1, "within 1 h", 1)]
    assert (line.tally, line.target) == (tallies.Tally(in_time=1, late=1), 70)  # one of 90 and one of 50 percent


def test_a_tier_that_only_an_earlier_version_knows_keeps_its_line(workspace, sign, offer, rep, at_time):
    sign(sales=(replace(HOT, tier="fast"), *terms.default().sales))
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY)
        moves.accept(handoff, actor=actor(rep), at=MONDAY)
    Clock.everywhere.update(tier="fast")
    sign(at=MONDAY + 4 * HOUR)

    board = reports.scoreboard(workspace, MONDAY, MONDAY + DAY, at=MONDAY + DAY)
    [line] = [line for line in board.lines if (line.code, line.tier) == ("accept", "fast")]
    assert (line.promise, line.tally) == ("within 1 h", tallies.Tally(in_time=1))
    assert [each.version for each in line.earlier] == [1]


def test_leads_promised_count_for_as_long_as_each_version_ran(workspace, sign, agreement):
    promised = terms.default().marketing
    sign(at=MONDAY + 15 * DAY, marketing=replace(promised, mqls_per_month=120))

    board = reports.scoreboard(workspace, MONDAY, MONDAY + 30 * DAY, at=MONDAY + 30 * DAY)
    target = next(line.target for line in board.lines if line.code == "mqls")
    assert target == round((15 * 60 + 15 * 120) / reports.DAYS_A_MONTH, 1)


def test_new_hours_keep_nine_working_days_nine_working_days(workspace, sign, offer, rep, sales_head, at_time):
    every_day = tuple(worktime.Window(day, time(0), time(0)) for day in range(5))
    amendments.edit_calendar(
        workspace, actor=actor(sales_head), hours=worktime.to_json(worktime.Hours("UTC", every_day))
    )
    hot = replace(HOT, decide_within=durations.days(9))
    sign(sales=(hot, terms.default().sales[1]))
    seven = tuple(worktime.Window(day, time(9), time(16)) for day in range(5))
    amendments.edit_calendar(workspace, actor=actor(sales_head), hours=worktime.to_json(worktime.Hours("UTC", seven)))
    second = sign(at=MONDAY, sales=(hot, terms.default().sales[1]))
    with at_time(MONDAY + HOUR):
        handoff = moves.accept(offer(rep, at=MONDAY + HOUR, tier="hot"), actor=actor(rep), at=MONDAY + HOUR)

    found = clock(handoff, "decide")
    assert found.agreement == second
    assert found.due_at == MONDAY + 11 * DAY + HOUR  # the Friday of next week at the same time
    assert str(found.target) == "9 working days"


def test_rows_that_count_as_late_say_late(workspace, sign, offer, rep, sales_head, at_time):
    sign()
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY, tier="hot")
    sweep(MONDAY + 2 * HOUR)
    with at_time(MONDAY + 3 * HOUR):
        moves.recall(handoff, actor=actor(sales_head), note="Not theirs", at=MONDAY + 3 * HOUR)

    [row] = reports.rows_behind(
        workspace, code="accept", since=MONDAY, until=MONDAY + DAY, outcome=tallies.LATE, at=MONDAY + DAY
    )
    told = standing.tell(standing.of(row, MONDAY + DAY))
    assert (told.text, told.more) == ("2 h late", "then no longer owed")
