"""Two people answer, or object, at once: one is kept, the other is refused."""

from functools import partial

import pytest

from leadflow.errors import Conflict
from leads.activity import returns
from leads.lifecycle import moves
from leads.models import ReturnAnswer, ReturnObjection
from tests import builders
from tests.leads.lifecycle.test_moves_race import at_once
from workspaces.roles import Role

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_of_two_answers_and_of_two_objections_at_once_one_is_kept():
    workspace = builders.workspace()
    marketing = [builders.actor(builders.member(workspace, Role.MARKETING)) for _ in range(2)]
    for _ in range(5):
        handoff = builders.handoff(workspace)
        owner, reason = builders.actor(handoff.owner), builders.reason(workspace, "bad-data")
        moves.return_to_marketing(handoff, actor=owner, reason=reason, note="Dead")
        outcomes = at_once(*(partial(returns.answer, handoff, actor=each, text="Mended") for each in marketing))
        assert {type(each) for each in outcomes} == {ReturnAnswer, Conflict}
        outcomes = at_once(*(partial(returns.object_to, handoff, actor=owner, text="No") for _ in range(2)))
        assert {type(each) for each in outcomes} == {ReturnObjection, Conflict}
    assert (ReturnAnswer.everywhere.count(), ReturnObjection.everywhere.count()) == (5, 5)
