"""The catalogue of the moves of a lead: the table of the product, as data.

To add a move: its row here, its transition in `leads.models.lead`, its function in `leads.lifecycle.moves`, the payload
of its webhook event in `leads.payloads`. The buttons, forms and addresses of the pages, the verbs of the API, the words
of the timeline and the tests of access are made from the row.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from leads.states import SALES_STATES, State

WORK = "handoffs.work"  # the capability of those moves that only the owner of a handoff may make


class Need(StrEnum):
    """What a move asks of whoever makes it. A kind that a form or the API does not know fails at type-check there."""

    WHY = "why"  # a note that says why
    NOTE = "note"  # a note, if there is something to say
    REASON = "reason"  # one of the workspace's, of the kind called as the move, with the note that it asks for
    REVISIT = "revisit"  # the day on which to look again
    RATING = "rating"  # 1 to 5, if the rep has an opinion
    OWNER = "owner"  # a member of sales, in place of whom it is else
    NEW_OWNER = "new_owner"  # a member of sales, or nobody: the queue
    AMOUNT = "amount"  # of the deal, with its currency
    ANSWERS = "answers"  # to qualifying questions, kept if the move is made
    OVERRIDE = "override"  # why, where the definition is not met


@dataclass(frozen=True, kw_only=True)
class Move:
    """One row of the catalogue.

    `target` is None where the state is kept, or where the reason decides. `capability` is that of whoever makes it; a
    move of `WORK` is for the owner of the handoff, or for who may work anybody's. `{lead}` in words is the lead's name.
    """

    name: str
    sources: tuple[State, ...]
    target: State | None
    of: Literal["lead", "handoff"]
    capability: str
    needs: tuple[Need, ...] = ()
    event: str  # the webhook's
    past: str  # in the timeline
    summary: str  # in the API
    button: str
    title: str  # of its dialog
    consequence: str  # above the button
    done: str  # said afterwards
    icon: str
    tone: str = ""  # of the icon in the timeline: accent | good | warn | bad
    key: str = ""  # on the keyboard
    danger: bool = False
    at_once: bool = False  # without asking whether it is meant
    rank: int  # its place among the buttons of a lead's page
    primary: bool = False  # what the page is for; at most one of these is open at a time


_MOVES = (
    Move(
        name="qualify",
        sources=(State.NEW, State.NURTURE),
        target=State.MQL,
        of="lead",
        capability="handoffs.qualify",
        needs=(Need.OVERRIDE, Need.OWNER),
        event="lead.qualified",
        past="Handed over to sales",
        summary="Hand a lead over to sales",
        button="Hand over to sales",
        title="Hand {lead} over to sales",
        consequence="The evidence is frozen as it is now, and the accept clock starts.",
        done="{lead} is handed over.",
        icon="handshake",
        tone="accent",
        rank=40,
        primary=True,
    ),
    Move(
        name="accept",
        sources=(State.MQL,),
        target=State.SAL,
        of="handoff",
        capability=WORK,
        needs=(Need.OWNER,),
        event="lead.accepted",
        past="Accepted",
        summary="Accept an offered lead",
        button="Accept",
        title="Accept {lead}",
        consequence="You promise a first touch and a decision in the time that the agreement gives.",
        done="{lead} is yours. The clocks for the first touch and the decision run now.",
        icon="check",
        tone="good",
        key="a",
        at_once=True,
        rank=10,
        primary=True,
    ),
    Move(
        name="return",
        sources=SALES_STATES,
        target=None,
        of="handoff",
        capability=WORK,
        needs=(Need.REASON, Need.REVISIT, Need.RATING),
        event="lead.returned",
        past="Returned",
        summary="Return a lead to marketing, for a reason",
        button="Return",
        title="Return {lead}",
        consequence="All clocks stop. The reason decides which program the lead enters and when it is looked at again.",
        done="{lead} is back with marketing.",
        icon="undo-2",
        tone="warn",
        key="r",
        rank=60,
    ),
    Move(
        name="recall",
        sources=(State.MQL,),
        target=State.NURTURE,
        of="handoff",
        capability="handoffs.recall",
        needs=(Need.WHY,),
        event="lead.recalled",
        past="Recalled by marketing",
        summary="Take an offered lead back to marketing",
        button="Recall",
        title="Recall {lead} from sales",
        consequence="The handoff closes, its clocks stop, and the lead goes back to nurture.",
        done="{lead} is back with marketing.",
        icon="corner-up-left",
        rank=120,
    ),
    Move(
        name="reassign",
        sources=SALES_STATES,
        target=None,
        of="handoff",
        capability="handoffs.reassign",
        needs=(Need.NEW_OWNER, Need.NOTE),
        event="lead.reassigned",
        past="Given to another owner",
        summary="Give a handoff to another member, or back to the queue",
        button="Reassign",
        title="Give {lead} to somebody else",
        consequence="The lead keeps its state. "
        "A clock that waits for an answer may start afresh, as the agreement says.",
        done="{lead} has another owner now.",
        icon="users",
        rank=110,
    ),
    Move(
        name="promote",
        sources=(State.SAL,),
        target=State.SQL,
        of="handoff",
        capability=WORK,
        needs=(Need.ANSWERS,),
        event="lead.promoted",
        past="Became an SQL",
        summary="Make an accepted lead sales-qualified",
        button="Promote to SQL",
        title="Promote {lead} to SQL",
        consequence="The lead becomes an opportunity, and the decision clock stops.",
        done="{lead} is sales-qualified now.",
        icon="trending-up",
        tone="good",
        rank=20,
        primary=True,
    ),
    Move(
        name="win",
        sources=(State.SQL,),
        target=State.WON,
        of="handoff",
        capability=WORK,
        needs=(Need.AMOUNT,),
        event="lead.won",
        past="Won",
        summary="Close as won",
        button="Mark as won",
        title="{lead} is won",
        consequence="The amount is credited to the campaign, the content and the definition that brought the lead.",
        done="{lead} is won.",
        icon="trophy",
        tone="good",
        rank=30,
        primary=True,
    ),
    Move(
        name="lose",
        sources=(State.SQL,),
        target=State.LOST,
        of="handoff",
        capability=WORK,
        needs=(Need.REASON, Need.REVISIT),
        event="lead.lost",
        past="Lost",
        summary="Close as lost, for a reason",
        button="Mark as lost",
        title="{lead} is lost",
        consequence="With a date the lead comes back into nurture on that day; without one it stays lost.",
        done="{lead} is marked as lost.",
        icon="circle-x",
        tone="bad",
        danger=True,
        rank=80,
    ),
    Move(
        name="nurture",
        sources=(State.NEW,),
        target=State.NURTURE,
        of="lead",
        capability="nurture.edit",
        needs=(Need.NOTE,),
        event="lead.nurtured",
        past="Taken into nurture",
        summary="Take a new lead into nurture, with the program that takes it",
        button="Nurture",
        title="Take {lead} into nurture",
        consequence="The lead enters the first active program that takes it, and gets the mails that it has not had.",
        done="{lead} is in nurture.",
        icon="workflow",
        rank=50,
    ),
    Move(
        name="recycle",
        sources=(State.LOST,),
        target=State.NURTURE,
        of="lead",
        capability="leads.reopen",
        needs=(Need.NOTE,),
        event="lead.recycled",
        past="Recycled into nurture",
        summary="Take a lost lead back into nurture",
        button="Recycle",
        title="Recycle {lead}",
        consequence="The lead goes back to nurture for a new pass. Content that it had is not sent again.",
        done="{lead} is in nurture again.",
        icon="refresh-cw",
        rank=90,
    ),
    Move(
        name="disqualify",
        sources=(State.NEW, State.NURTURE, State.MQL, State.SAL),
        target=State.DISQUALIFIED,
        of="lead",
        capability="leads.disqualify",
        needs=(Need.REASON,),
        event="lead.disqualified",
        past="Disqualified",
        summary="Take a lead out, for a reason",
        button="Disqualify",
        title="Disqualify {lead}",
        consequence="The lead leaves every program and is never handed over, unless somebody reopens it.",
        done="{lead} is disqualified.",
        icon="ban",
        tone="bad",
        danger=True,
        rank=140,
    ),
    Move(
        name="reopen",
        sources=(State.DISQUALIFIED, State.LOST),
        target=State.NURTURE,
        of="lead",
        capability="leads.reopen",
        needs=(Need.WHY,),
        event="lead.reopened",
        past="Reopened",
        summary="Take a disqualified or lost lead back into nurture",
        button="Reopen",
        title="Reopen {lead}",
        consequence="The lead goes back to nurture.",
        done="{lead} is in nurture again.",
        icon="rotate-ccw",
        rank=100,
    ),
)
MOVES: dict[str, Move] = {move.name: move for move in _MOVES}


def moves_from(state: str) -> list[str]:
    """Return the names of the moves that the table allows from a state."""
    return [move.name for move in _MOVES if state in move.sources]
