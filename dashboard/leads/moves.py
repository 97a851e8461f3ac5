"""The moves as pages offer them: words, form, capability and door of each; and which are open to a member now.

The doors judge again under their locks; what is offered here only keeps people from asking in vain.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from dashboard.leads import lead_forms, move_forms
from leads.activity import follow_ups, ratings, touches
from leads.lifecycle import guards, moves
from leads.models import Handoff, HandoffState, Lead
from leads.states import SALES_STATES, State, moves_from
from nurture import selectors as nurture
from workspaces.actors import Actor


@dataclass(frozen=True)
class Move:
    """Hold what a page needs for one move. `{lead}` in words is the lead's name.

    `verb` stands on the button, `consequence` above it; `done` is said afterwards, by a function where it depends on
    what came of it. A move with no fields is done at once where the button stands.
    """

    name: str
    capability: str
    verb: str
    title: str
    consequence: str
    done: str | Callable[[Lead, Any], str]
    door: Callable[..., Any]
    form: type[move_forms.MoveForm] = move_forms.Plain
    icon: str = "check"
    of_handoff: bool = True
    key: str = ""
    danger: bool = False

    @property
    def url_name(self) -> str:
        """Return the name of its address."""
        return f"dashboard:{'handoff' if self.of_handoff else 'lead'}_{self.name}"

    def url(self, lead: Lead, handoff: Handoff | None) -> str:
        """Return its address for a lead and its handoff."""
        pk = handoff.pk if self.of_handoff and handoff is not None else lead.pk
        return reverse(self.url_name, args=[pk])

    def told(self, lead: Lead, result: Any) -> str:
        """Say what was done."""
        return self.done(lead, result) if callable(self.done) else self.done.format(lead=lead.name)


@dataclass(frozen=True)
class Action:
    """Hold one button: a move with its address."""

    move: Move
    url: str

    @property
    def is_primary(self) -> bool:
        """Tell whether this is what the page is for."""
        return self.move in PRIMARY


def _accepted(lead: Lead, handoff: Handoff) -> str:
    return f"{lead.name} is yours. The clocks for the first touch and the decision run now."


def _returned(lead: Lead, handoff: Handoff) -> str:
    """Say where a returned lead went."""
    if handoff.reason is not None and handoff.reason.disqualifies:
        return f"{lead.name} is returned and disqualified: {handoff.reason.label}."
    enrolment = nurture.after_return(handoff)
    if enrolment is None:
        return f"{lead.name} is back with marketing. No program took it."
    return f"{lead.name} is back with marketing, in the program “{enrolment.program.name}”."


def _handed_over(lead: Lead, handoff: Handoff) -> str:
    return f"{lead.name} is handed over to {handoff.owner or 'the queue'}."


def _reassigned(lead: Lead, handoff: Handoff) -> str:
    return f"{lead.name} belongs to {handoff.owner} now." if handoff.owner else f"{lead.name} is back in the queue."


ACCEPT = Move(
    "accept",
    "handoffs.work",
    "Accept",
    "Accept {lead}",
    "You promise a first touch and a decision in the time that the agreement gives.",
    _accepted,
    moves.accept,
    icon="check",
    key="a",
)
RETURN = Move(
    "return",
    "handoffs.work",
    "Return",
    "Return {lead}",
    "All clocks stop. The reason decides which program the lead enters and when it is looked at again.",
    _returned,
    moves.give_back,
    move_forms.Return,
    icon="undo-2",
    key="r",
)
CLAIM = Move(
    "claim",
    "handoffs.claim",
    "Claim",
    "Claim {lead}",
    "The lead becomes yours, and waits for your answer.",
    "{lead} is yours now and waits in your inbox.",
    moves.claim,
    icon="hand",
)
PROMOTE = Move(
    "promote",
    "handoffs.work",
    "Promote to SQL",
    "Promote {lead} to SQL",
    "The lead becomes an opportunity, and the decision clock stops.",
    "{lead} is sales-qualified now.",
    moves.promote,
    icon="trending-up",
)
WIN = Move(
    "win",
    "handoffs.work",
    "Mark as won",
    "{lead} is won",
    "The amount is credited to the campaign, the content and the definition that brought the lead.",
    "{lead} is won.",
    moves.win,
    move_forms.Win,
    icon="trophy",
)
LOSE = Move(
    "lose",
    "handoffs.work",
    "Mark as lost",
    "{lead} is lost",
    "With a date the lead comes back into nurture on that day; without one it stays lost.",
    "{lead} is marked as lost.",
    moves.lose,
    move_forms.Lose,
    icon="circle-x",
    danger=True,
)
RECALL = Move(
    "recall",
    "handoffs.recall",
    "Recall",
    "Recall {lead} from sales",
    "The handoff closes, its clocks stop, and the lead goes back to nurture.",
    "{lead} is back with marketing.",
    moves.recall,
    move_forms.Note,
    icon="corner-up-left",
)
REASSIGN = Move(
    "reassign",
    "handoffs.reassign",
    "Reassign",
    "Give {lead} to somebody else",
    "The lead keeps its state. A clock that waits for an answer may start afresh, as the agreement says.",
    _reassigned,
    moves.reassign,
    move_forms.Reassign,
    icon="users",
)
RATE = Move(
    "rate",
    "handoffs.work",
    "Rate",
    "Rate {lead}",
    "Marketing sees how good the leads of a campaign and a definition were.",
    "Thank you: marketing sees your rating of {lead}.",
    ratings.rate,
    move_forms.Rate,
    icon="star",
)
QUALIFY = Move(
    "qualify",
    "handoffs.qualify",
    "Hand over to sales",
    "Hand {lead} over to sales",
    "The evidence is frozen as it is now, and the accept clock starts.",
    _handed_over,
    moves.qualify,
    move_forms.Qualify,
    icon="handshake",
    of_handoff=False,
)
DISQUALIFY = Move(
    "disqualify",
    "leads.disqualify",
    "Disqualify",
    "Disqualify {lead}",
    "The lead leaves every program and is never handed over, unless somebody reopens it.",
    "{lead} is disqualified.",
    moves.disqualify,
    move_forms.WithReason,
    icon="ban",
    of_handoff=False,
    danger=True,
)
REOPEN = Move(
    "reopen",
    "leads.reopen",
    "Reopen",
    "Reopen {lead}",
    "The lead goes back to nurture.",
    "{lead} is in nurture again.",
    moves.reopen,
    move_forms.Note,
    icon="rotate-ccw",
    of_handoff=False,
)
RECYCLE = Move(
    "recycle",
    "leads.reopen",
    "Recycle",
    "Recycle {lead}",
    "The lead goes back to nurture for a new pass. Content that it had is not sent again.",
    "{lead} is in nurture again.",
    moves.recycle,
    move_forms.MaybeNote,
    icon="refresh-cw",
    of_handoff=False,
)
TOUCH = Move(
    "touch",
    "handoffs.work",
    "Log touch",
    "Log a touch with {lead}",
    "It stops the first-touch clock and ends the follow-ups that wait.",
    "Your touch with {lead} is logged.",
    touches.log,
    lead_forms.Touch,
    icon="phone",
    of_handoff=False,
    key="l",
)
FOLLOW_UP = Move(
    "follow_up",
    "handoffs.work",
    "Plan follow-up",
    "Plan a follow-up with {lead}",
    "It stands in your inbox and is met by your next touch.",
    "Your follow-up with {lead} is planned.",
    follow_ups.plan,
    lead_forms.FollowUp,
    icon="calendar-clock",
    of_handoff=False,
)

OF_HANDOFF = (ACCEPT, RETURN, CLAIM, PROMOTE, WIN, LOSE, RECALL, REASSIGN, RATE)
OF_LEAD = (QUALIFY, DISQUALIFY, REOPEN, RECYCLE, TOUCH, FOLLOW_UP)
# What stands on the lead's page, the weightiest first.
_ORDER = (
    ACCEPT,
    PROMOTE,
    WIN,
    QUALIFY,
    TOUCH,
    RETURN,
    FOLLOW_UP,
    LOSE,
    RECYCLE,
    REOPEN,
    REASSIGN,
    RECALL,
    RATE,
    DISQUALIFY,
)
PRIMARY = (ACCEPT, PROMOTE, WIN, QUALIFY)  # at most one of these is open at a time
SHOWN = 3  # buttons; the others are in the menu


def may_answer(actor: Actor, handoff: Handoff | None) -> bool:
    """Tell whether a member may keep what the lead answered; while sales works on it, its owner may."""
    worked_on = handoff is not None and handoff.closed_at is None and handoff.owner_id is not None
    return actor.can("leads.edit") and (not worked_on or guards.may_work(actor, handoff))  # type: ignore[arg-type]


def open_to(actor: Actor, lead: Lead, handoff: Handoff | None) -> list[Action]:
    """List what the member may do with a lead now, the weightiest first; `handoff` is the newest one."""
    table = set(moves_from(lead.state))
    return [
        Action(move, move.url(lead, handoff))
        for move in _ORDER
        if actor.can(move.capability) and _is_open(move, table, actor, lead, handoff)
    ]


def _is_open(move: Move, table: Iterable[str], actor: Actor, lead: Lead, handoff: Handoff | None) -> bool:
    """Tell whether the table, the handoff and its owner leave a move open."""
    if move in (TOUCH, FOLLOW_UP):
        return lead.state in (*SALES_STATES, State.WON, State.LOST) and may_work(actor, handoff)
    if move is RATE:
        unrated = (HandoffState.OFFERED, HandoffState.RECALLED)
        return handoff is not None and handoff.state not in unrated and may_work(actor, handoff)
    if move.name not in table:
        return False
    if move in (ACCEPT, RETURN, PROMOTE, WIN, LOSE):
        claims = move is ACCEPT and handoff is not None and handoff.owner_id is None and actor.can("handoffs.claim")
        return handoff is not None and (claims or may_work(actor, handoff))
    return True


def may_work(actor: Actor, handoff: Handoff | None) -> bool:
    """Tell whether a handoff is the member's own, or the member may work anybody's."""
    if actor.can("handoffs.work_any"):
        return True
    return handoff is not None and actor.member is not None and handoff.owner_id == actor.member.pk
