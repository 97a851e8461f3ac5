import pytest

from tests.workspaces.conftest import NOON, make_member
from workspaces import notices
from workspaces.models import Member, Notice


@pytest.fixture
def rep(workspace) -> Member:
    return make_member(workspace, "rep@northwind.example")


def tell(members, **facts) -> None:
    notices.notify(members, **{"kind": "clock.warned", "text": "Due soon", "key": "clock:1:warned", "at": NOON} | facts)


def test_many_members_are_told_in_one_statement(admin, rep, django_assert_num_queries):
    with django_assert_num_queries(1):
        tell([admin, rep, rep])
    assert [notices.unread_count(member) for member in (admin, rep)] == [1, 1]


def test_a_fact_is_told_once(admin, rep):
    tell([admin])
    tell([admin, rep], text="Due soon, again")
    tell([admin], key="clock:2:warned")
    assert [notice.text for notice in notices.of(admin)] == ["Due soon", "Due soon"]
    assert [notice.text for notice in notices.of(rep)] == ["Due soon, again"]


def test_a_member_without_active_status_is_told_nothing(workspace, rep):
    rep.active = False
    tell([rep])
    tell([])
    assert not Notice.objects.of(workspace).exists()


def test_a_notice_without_mail_is_never_due(workspace, admin):
    tell([admin], mail=False)
    notice = Notice.objects.of(workspace).get()
    assert (notice.next_at, notice.message_id) == (None, "")


def test_a_long_text_is_cut_with_a_sign_of_it(admin):
    tell([admin], text="a\nb " + "x" * 400)
    text = notices.of(admin).get().text
    assert (text[:4], text[-1], len(text)) == ("a b ", "…", 300)


def test_some_or_all_notices_are_marked_as_read(admin):
    for number in range(3):
        tell([admin], key=f"clock:{number}:warned")
    first = notices.of(admin).last()
    assert notices.mark_read(admin, [first.pk], at=NOON) == 1
    assert notices.unread_count(admin) == 2
    assert notices.mark_read(admin, "all", at=NOON) == 2
    assert notices.mark_read(admin, "all", at=NOON) == 0
    assert notices.unread_count(admin) == 0


def test_nobody_marks_the_notices_of_another_as_read(admin, rep, foreign):
    tell([rep])
    theirs = notices.of(rep).get()
    assert notices.mark_read(admin, [theirs.pk], at=NOON) == 0
    stranger = Member.objects.of(foreign).get()
    assert notices.mark_read(stranger, [theirs.pk], at=NOON) == 0
    assert notices.unread_count(rep) == 1
