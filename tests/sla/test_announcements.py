"""Every member hears of a new agreement once, in two sentences that say what changes for them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Reason
from sla import agreements, amendments, announcements, durations, terms
from sla.sides import Side
from tests.sla.conftest import HOT, SIGNED, actor, member
from workspaces.models import Member, Notice

LATER = SIGNED + timedelta(days=1)


def told(who: Member) -> list[str]:
    found = Notice.objects.of(who.workspace_id).filter(member=who, kind="agreement.activated").order_by("pk")
    return list(found.values_list("text", flat=True))


@pytest.fixture
def marketer(workspace) -> Member:
    return member(workspace, "Mia Marketer", "marketing")


def test_the_first_agreement_tells_each_side_what_it_promises(workspace, rep, marketer, agreement):
    [sales], [marketing] = told(rep), told(marketer)
    assert sales.startswith(
        "Agreement 1 is signed by both sides and runs from now on. "
        "Promised by sales: accept or return (hot) within 1 h; accept or return (standard) within 4 h;"
    )
    assert "leads handed over 60 a month" in marketing
    assert "accept" not in marketing


def test_an_amendment_tells_a_rep_of_sales_targets_and_marketing_of_its_own(
    workspace, rep, marketer, marketing_head, sales_head, agreement, sign
):
    admin = Member.everywhere.get(workspace=workspace, role="admin")
    hot = replace(HOT, accept_within=durations.minutes(30))
    marketing = replace(terms.default().marketing, mqls_per_month=80)
    sign(at=LATER, sales=(hot, terms.default().sales[1]), marketing=marketing)

    sales_words = "New for sales: accept or return (hot) within 30 min instead of 1 h."
    marketing_words = "New for marketing: leads handed over 80 a month instead of 60 a month."
    for who, words in ((rep, sales_words), (sales_head, sales_words), (marketer, marketing_words)):
        assert told(who)[1:] == [f"Agreement 2 is signed by both sides and runs from now on. {words}"]
    assert told(admin)[1].endswith(
        "New for marketing and sales: leads handed over 80 a month instead of 60 a month; "
        "accept or return (hot) within 30 min instead of 1 h."
    )
    assert Notice.objects.of(workspace).filter(kind="agreement.activated", url="/agreement/").count() == 10


def test_what_both_go_by_is_told_to_both(workspace, rep, marketer, agreement, sign, sales_head):
    reason = Reason.objects.of(workspace).get(kind="return", code="no-need")
    reason.active = False
    amendments.save_word(reason, actor=actor(sales_head))
    sign(at=LATER)
    assert told(rep)[1].endswith("New for sales: 1 reason.")
    assert told(marketer)[1].endswith("New for marketing: 1 reason.")


def test_who_is_not_concerned_is_told_so(workspace, rep, agreement, sign):
    sign(at=LATER, marketing=replace(terms.default().marketing, mqls_per_month=80))
    assert told(rep)[1].endswith("Nothing changes for sales.")


def test_a_member_who_was_shut_out_hears_nothing(workspace, rep, sign):
    Member.everywhere.filter(pk=rep.pk).update(active=False)
    sign()
    assert told(rep) == []


def test_however_much_changes_the_notice_is_whole(agreement):
    other = replace(terms.default(), sales=tuple(replace(HOT, tier=f"tier number {n}", attempts=9) for n in range(20)))
    said = announcements.say(agreement, tuple(Side), agreements.terms_of(agreement), other)
    assert len(said) <= 300
    assert said.endswith(" more.")


def test_the_statements_do_not_grow_with_the_members(workspace, agreement):
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            announcements.announce(agreement, None, agreements.terms_of(agreement), at=LATER)
        return len(found)

    agreements.terms_of(agreement)
    few = count()
    for number in range(20):
        member(workspace, f"Extra{number} Person", "sales")
    assert count() == few
