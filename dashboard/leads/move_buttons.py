"""The moves as pages offer them, made from the `leads.move_catalogue`; and which are open to a member now.

The functions check again under their locks; this only hides the buttons of moves that would be refused.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, assert_never, cast

from django.urls import reverse

from dashboard.leads import lead_forms, move_forms
from leads.activity import follow_ups, ratings, touches
from leads.lifecycle import guards, moves
from leads.models import Handoff, HandoffState, Lead
from leads.move_catalogue import MOVES, WORK, Move, Need, moves_from
from leads.states import SALES_STATES, State
from nurture import selectors as nurture
from workspaces.actors import Actor


@dataclass(frozen=True)
class OfferedMove:
    """Hold what a page needs for one move. `{lead}` in a text is replaced by the lead's name.

    `verb` stands on the button, `consequence` above it; `done` is shown afterwards, a function where it depends on
    the result. A move that is done `at_once` asks nothing where the button stands.
    """

    name: str
    capability: str
    verb: str
    title: str
    consequence: str
    done: str | Callable[[Lead, Any], str]
    function: Callable[..., Any]
    form: type[move_forms.MoveForm] = move_forms.PlainForm
    icon: str = "check"
    of_handoff: bool = True
    key: str = ""
    danger: bool = False
    at_once: bool = False
    rank: int = 0  # among the buttons of a lead's page; 0: it has none there
    primary: bool = False

    @property
    def url_name(self) -> str:
        """Return the name of its address."""
        return f"dashboard:{'handoff' if self.of_handoff else 'lead'}_{self.name}"

    def url(self, lead: Lead, handoff: Handoff | None) -> str:
        """Return its address for a lead and its handoff."""
        pk = handoff.pk if self.of_handoff and handoff is not None else lead.pk
        return reverse(self.url_name, args=[pk])

    def message(self, lead: Lead, result: Any) -> str:
        """Return the message after the move."""
        return self.done(lead, result) if callable(self.done) else self.done.format(lead=lead.name)


@dataclass(frozen=True)
class MoveButton:
    """Hold one button: a move with its address."""

    move: OfferedMove
    url: str

    @property
    def is_primary(self) -> bool:
        """Return whether this is the main action of the page."""
        return self.move.primary


def _returned(lead: Lead, handoff: Handoff) -> str:
    """Say where a returned lead went."""
    if handoff.reason is not None and handoff.reason.disqualifies:
        return f"{lead.name} is returned and disqualified: {handoff.reason.label}."
    enrolment = nurture.after_return(handoff)
    if enrolment is None:
        return f"{lead.name} is back with marketing. No program enrolled it."
    return f"{lead.name} is back with marketing, in the program “{enrolment.program.name}”."


def _handed_over(lead: Lead, handoff: Handoff) -> str:
    return f"{lead.name} is handed over to {handoff.owner or 'the queue'}."


def _accepted(lead: Lead, handoff: Handoff) -> str:
    words = MOVES["accept"].done.format(lead=lead.name)
    return f"{words} Accepted without: {'; '.join(handoff.sal_missing)}." if handoff.sal_missing else words


def _reassigned(lead: Lead, handoff: Handoff) -> str:
    return f"{lead.name} belongs to {handoff.owner} now." if handoff.owner else f"{lead.name} is back in the queue."


# The message after a move where it depends on the result.
_DONE: dict[str, Callable[[Lead, Any], str]] = {
    "qualify": _handed_over,
    "accept": _accepted,
    "return": _returned,
    "reassign": _reassigned,
}


def _form_of(row: Move) -> type[move_forms.MoveForm]:
    """Make the form of a move in the catalogue: the fields of all that it needs, in that order."""
    parts = [part for need in row.needs if (part := _part(need)) is not None]
    # Django puts the fields of later bases first, and Python wants a class before what it builds on.
    bases: tuple[type, ...] = tuple(reversed(parts)) or (move_forms.PlainForm,)
    body = {"kind": row.name, "__doc__": f"{row.summary}."}
    return cast(type[move_forms.MoveForm], type(row.name.capitalize(), bases, body))


def _part(need: Need) -> type[move_forms.MoveForm] | None:
    """Return the part of a form that asks for what a move needs; None where pages do not ask for it."""
    match need:
        case Need.WHY:
            return move_forms.NoteForm
        case Need.NOTE:
            return move_forms.OptionalNoteForm
        case Need.REASON:
            return move_forms.MoveReasonForm
        case Need.REVISIT:
            return move_forms.RevisitForm
        case Need.RATING:
            return move_forms.OptionalRatingForm
        case Need.NEW_OWNER:
            return move_forms.ReassignForm
        case Need.AMOUNT:
            return move_forms.WinForm
        case Need.OVERRIDE:
            return move_forms.QualifyForm
        case Need.OWNER | Need.ANSWERS:  # a rep accepts for himself; answers have buttons of their own
            return None
        case _:
            assert_never(need)


def _of_catalogue(row: Move) -> OfferedMove:
    """Build the offered move of a row of the catalogue."""
    return OfferedMove(
        name=row.name,
        capability=row.capability,
        verb=row.button,
        title=row.title,
        consequence=row.consequence,
        done=_DONE.get(row.name, row.done),
        function=moves.FUNCTIONS[row.name],
        form=_form_of(row),
        icon=row.icon,
        of_handoff=row.of == "handoff",
        key=row.key,
        danger=row.danger,
        at_once=row.at_once,
        rank=row.rank,
        primary=row.primary,
    )


TABLE = {row.name: _of_catalogue(row) for row in MOVES.values()}
# What pages offer beside the moves of the catalogue.
CLAIM = OfferedMove(
    name="claim",
    capability="handoffs.claim",
    verb="Claim",
    title="Claim {lead}",
    consequence="The lead becomes yours and waits for your answer.",
    done="{lead} is yours now and waits in your inbox.",
    function=moves.claim,
    icon="hand",
)
RATE = OfferedMove(
    name="rate",
    capability=WORK,
    verb="Rate",
    title="Rate {lead}",
    consequence="Marketing sees how good the leads of a campaign and a definition were.",
    done="Your rating of {lead} is saved and shown to marketing.",
    function=ratings.rate,
    form=move_forms.RateForm,
    icon="star",
    rank=130,
)
TOUCH = OfferedMove(
    name="touch",
    capability=WORK,
    verb="Log touch",
    title="Log a touch with {lead}",
    consequence="It stops the first-touch clock and completes open follow-ups.",
    done="Your touch with {lead} is logged.",
    function=touches.log,
    form=lead_forms.TouchForm,
    icon="phone",
    of_handoff=False,
    key="l",
    rank=50,
)
FOLLOW_UP = OfferedMove(
    name="follow_up",
    capability=WORK,
    verb="Plan follow-up",
    title="Plan a follow-up with {lead}",
    consequence="It is listed in your inbox until your next touch.",
    done="Your follow-up with {lead} is planned.",
    function=follow_ups.plan,
    form=lead_forms.FollowUpForm,
    icon="calendar-clock",
    of_handoff=False,
    rank=70,
)

EVERY = (*TABLE.values(), CLAIM, RATE, TOUCH, FOLLOW_UP)
OF_HANDOFF = tuple(move for move in EVERY if move.of_handoff)
OF_LEAD = tuple(move for move in EVERY if not move.of_handoff)
# What stands on the lead's page, the weightiest first.
_ORDER = sorted((move for move in EVERY if move.rank), key=lambda move: move.rank)
SHOWN = 3  # buttons; the others are in the menu


def may_answer(actor: Actor, handoff: Handoff | None) -> bool:
    """Return whether a member may keep what the lead answered; while sales works on it, its owner may."""
    worked_on = handoff is not None and handoff.closed_at is None and handoff.owner_id is not None
    return actor.can("leads.edit") and (not worked_on or guards.may_work(actor, handoff))  # type: ignore[arg-type]  # worked on means there is a handoff


def open_to(actor: Actor, lead: Lead, handoff: Handoff | None) -> list[MoveButton]:
    """List the moves open to the member on a lead, by rank; `handoff` is the newest one."""
    table = set(moves_from(lead.state))
    return [
        MoveButton(move, move.url(lead, handoff))
        for move in _ORDER
        if actor.can(move.capability) and _is_open(move, table, actor, lead, handoff)
    ]


def _is_open(move: OfferedMove, table: Iterable[str], actor: Actor, lead: Lead, handoff: Handoff | None) -> bool:
    """Return whether the table, the handoff and its owner leave a move open."""
    if move in (TOUCH, FOLLOW_UP):
        return lead.state in (*SALES_STATES, State.WON, State.LOST) and may_work(actor, handoff)
    if move is RATE:
        unrated = (HandoffState.OFFERED, HandoffState.RECALLED)
        return handoff is not None and handoff.state not in unrated and may_work(actor, handoff)
    if move.name not in table:
        return False
    if move.capability == WORK:
        claims = (
            move.name == "accept" and handoff is not None and handoff.owner_id is None and actor.can("handoffs.claim")
        )
        return handoff is not None and (claims or may_work(actor, handoff))
    return True


def may_work(actor: Actor, handoff: Handoff | None) -> bool:
    """Return whether a handoff is the member's own, or the member may work anybody's."""
    if actor.can("handoffs.work_any"):
        return True
    return handoff is not None and actor.member is not None and handoff.owner_id == actor.member.pk
