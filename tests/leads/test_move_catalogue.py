"""The catalogue of moves: each row has its function, and pages, API, webhooks and timeline know every row."""

import inspect

import pytest

from api.v1 import handoffs as api_handoffs
from api.v1 import leads as api_leads
from api.v1 import verbs
from dashboard.leads import move_buttons as pages
from dashboard.leads.tags import LOOKS
from leads.lifecycle import moves
from leads.models import Lead, Transition
from leads.move_catalogue import MOVES
from leads.states import State
from webhooks import catalogue
from workspaces.roles import CAPABILITIES, SCOPES

# What a page asks, and what the API takes beside the time.
ASKED = {
    "qualify": (["override", "owner"], {"reason", "owner"}),
    "accept": ([], {"owner"}),
    "return": (["reason", "note", "revisit_on", "rating"], {"reason", "note", "revisit_on", "rating"}),
    "recall": (["note"], {"note"}),
    "reassign": (["to", "note"], {"owner", "note"}),
    "promote": ([], {"answers"}),
    "win": (["amount", "currency", "won_on"], {"amount", "currency"}),
    "lose": (["reason", "note", "revisit_on"], {"reason", "note", "revisit_on"}),
    "nurture": (["note"], {"note"}),
    "recycle": (["note"], {"note"}),
    "disqualify": (["reason", "note"], {"reason", "note"}),
    "reopen": (["note"], {"note"}),
}
KEEPS_ITS_STATE = {"reassign"}


def test_every_move_has_its_function_and_there_is_no_other():
    assert set(moves.FUNCTIONS) == set(MOVES)


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_the_state_machine_agrees_with_the_row(move):
    if move.name in KEEPS_ITS_STATE:
        assert not hasattr(Lead, f"move_{move.name}")
        return
    transition = getattr(Lead, f"move_{move.name}")._django_fsm
    assert set(transition.transitions) == set(move.sources)
    if move.target is not None:
        assert {each.target for each in transition.transitions.values()} == {move.target}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_a_row_can_be_stored_and_asks_for_a_capability_that_a_key_can_have(move):
    assert len(move.name) <= Transition._meta.get_field("move").max_length
    assert move.capability in CAPABILITIES
    assert move.capability in SCOPES["write"]
    assert set(move.sources) <= set(State)


def test_rows_differ_in_name_event_and_place():
    for part in ("name", "event", "rank", "past", "button"):
        values = [getattr(move, part) for move in MOVES.values()]
        assert len(set(values)) == len(values), part


def test_pages_api_webhooks_and_timeline_know_every_move():
    offered = {**pages.TABLE, "claim": pages.CLAIM}
    assert set(offered) == set(verbs.VERBS) == {*MOVES, "claim"}
    assert {*api_handoffs.HANDOFF_VERBS, *api_leads.LEAD_VERBS} == set(verbs.VERBS)
    assert {move.event for move in MOVES.values()} <= set(catalogue.names())
    assert {f"move.{name}" for name in MOVES} <= set(LOOKS)
    shown = {move.name for move in pages._ORDER}
    assert set(MOVES) <= shown


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_the_form_and_the_api_ask_what_the_move_needs_and_its_function_takes_it(move):
    fields, members = ASKED[move.name]
    assert list(pages.TABLE[move.name].form.base_fields) == fields
    assert set(verbs.VERBS[move.name].facts().fields) == {*members, "occurred_at"}
    taken = set(inspect.signature(moves.FUNCTIONS[move.name]).parameters)
    page_only = {"won_on"}  # becomes the time of the move
    assert set(fields) - page_only <= taken
    renamed = {"qualify": {"reason": "override"}, "reassign": {"owner": "to"}}.get(move.name, {})
    kept_before = {"answers"}
    assert {renamed.get(name, name) for name in members - kept_before} <= taken
