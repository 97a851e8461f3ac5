"""Refuse moves, with words that say what to do about it: the table, whose lead it is, and the facts of each move."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django_fsm import TransitionNotAllowed

from leadflow.errors import Conflict, Forbidden, Invalid, NotAllowed
from leads.models import Handoff, HandoffState, Lead, Reason
from leads.models.handoff import OPEN
from leads.move_catalogue import MOVES, moves_from
from leads.qualification.criteria import Verdict
from leads.routing import assign
from workspaces import roles
from workspaces.actors import Actor
from workspaces.models import Member

REVISIT_HOUR = 6  # UTC: a revisit date is reached early in the day
LARGEST_AMOUNT = Decimal(10) ** 12


def check_move(lead: Lead, move: str, handoff: Handoff | None = None) -> None:
    """Raise `NotAllowed` when the table forbids the move, or the handoff is closed.

    The refusal names the state, the moves allowed, and who made the last move: the caller may have been slower.
    """
    closed = handoff is not None and handoff.state not in OPEN
    if lead.state in MOVES[move].sources and not closed:
        return
    facts = state_of(lead)
    words = (
        f"The lead is in state {lead.get_state_display()}, which allows: {', '.join(facts['allowed']) or 'nothing'}."
    )
    if closed:
        words = f"This handoff is closed ({handoff.get_state_display().lower()}). {words}"  # type: ignore[union-attr]  # closed says that there is one
    last = lead.transitions.select_related("actor_member__user").order_by("-sequence").first()
    if last is not None and last.sequence > 1:
        words += f" {last.actor_name} made the last move: {last.move}."
        facts["winner"] = winner(last.actor_member) if last.actor_member else {"name": last.actor_name}
    raise NotAllowed(f"The move {move} is not allowed. {words}", **facts)


def fire(lead: Lead, move: str, at: datetime, **facts: Any) -> None:
    """Run the state machine's transition on a locked lead; its refusal is the table's refusal. Saves nothing."""
    lead.state_before = lead.state
    try:
        getattr(lead, f"move_{move}")(at, **facts)
    except TransitionNotAllowed as error:  # `check_move` has looked already; this is the second wall
        raise NotAllowed(f"The move {move} is not allowed.", **state_of(lead)) from error


def check_offered(lead: Lead, handoff: Handoff) -> None:
    """Raise `NotAllowed`, with the winner's name, when somebody accepted the handoff before the caller."""
    if handoff.state == HandoffState.ACCEPTED and handoff.accepted_by_id:
        faster = Member.everywhere.select_related("user").get(pk=handoff.accepted_by_id)
        raise NotAllowed(
            f"{faster} has accepted this lead already.",
            code="already_accepted",
            winner=winner(faster),
            **state_of(lead),
        )
    check_move(lead, "accept", handoff)


def check_unclaimed(lead: Lead, handoff: Handoff) -> None:
    """Raise `Conflict`, with the owner's name, when the handoff is not in the queue any more."""
    if handoff.owner is not None:
        raise Conflict(
            f"{handoff.owner} has taken this lead.",
            code="already_claimed",
            winner=winner(handoff.owner),
            **state_of(lead),
        )


def may_work(actor: Actor, handoff: Handoff) -> bool:
    """Return whether the actor owns the handoff, or may work anybody's."""
    owns = actor.member is not None and actor.member.pk == handoff.owner_id and actor.can("handoffs.work")
    return owns or actor.can("handoffs.work_any")


def check_worker(actor: Actor, handoff: Handoff) -> None:
    """Raise `Forbidden` unless the actor owns the handoff, or may work anybody's."""
    if not may_work(actor, handoff):
        raise Forbidden(
            f"This lead belongs to {handoff.owner or 'nobody yet'}. Its owner or a sales manager can do this."
        )


def check_taker(member: Member, lead: Lead, *, field: str, returned: Mapping[int, str] | None = None) -> None:
    """Raise `Invalid` unless the member is an active one of this workspace who works leads.

    Raise `NotAllowed` when the member returned this lead for a reason that keeps it from them: the loop guard holds
    for whoever chooses, the routing, a manager or the member alone. `returned` is what `routing.returners` says of the
    lead, where that is known.
    """
    takes = member.active and roles.can(member.role, "handoffs.work")
    if member.workspace_id != lead.workspace_id or not takes:
        raise Invalid("That member does not take leads here. Choose an active member of sales.", field=field)
    if member.pk in (assign.returners([lead])[lead.pk] if returned is None else returned):
        words = f"{member} returned this lead, for a reason that keeps it from its rep. It needs somebody else."
        raise NotAllowed(words, code="returned_before", field=field, **state_of(lead))


def check_met(lead: Lead, verdict: Verdict, noun: str, remedy: str) -> None:
    """Raise `Conflict` that names what stands in the way, and nothing else; `remedy` says what to do."""
    if verdict.passed:
        return
    raise Conflict(
        f"The lead does not meet the {noun} definition: {'; '.join(verdict.in_the_way)}. {remedy}",
        code="definition_not_met",
        verdict=verdict.to_json(),
        **state_of(lead),
    )


def check_note(note: str, words: str) -> None:
    """Raise `Invalid` with these words when the note is blank."""
    if not note.strip():
        raise Invalid(words, field="note")


def check_reason(lead: Lead, reason: Reason, kind: str, note: str) -> None:
    """Raise `Invalid` unless the reason is this workspace's, for this kind of move, with the note that it asks for."""
    if reason.workspace_id != lead.workspace_id or reason.kind != kind:
        raise Invalid("Choose one of the workspace's reasons for this move.", field="reason")
    if reason.needs_note:
        check_note(note, f"The reason “{reason.label}” asks for a note.")


def check_rating(rating: int | None) -> None:
    """Raise `Invalid` unless the rating is 1 to 5, or not given."""
    if rating is not None and rating not in range(1, 6):
        raise Invalid("Rate the lead from 1 (poor) to 5 (excellent).", field="rating")


def check_since_accepted(handoff: Handoff, actor: Actor, at: datetime) -> None:
    """Raise `Invalid` when a member dates a deal before the lead was accepted; a key may, it brings history."""
    if actor.member is not None and at < (handoff.accepted_at or handoff.offered_at):
        raise Invalid("A deal is not older than the day on which its lead was accepted.", field="won_on")


def check_amount(amount: Decimal | None, currency: str) -> None:
    """Raise `Invalid` unless the amount is a number of zero or more, and the currency three letters."""
    if amount is None or not amount.is_finite() or not 0 <= amount < LARGEST_AMOUNT:
        raise Invalid("Give the amount as a number of zero or more.", field="amount")
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha():
        raise Invalid("Give the currency as three letters, for instance EUR.", field="currency")


def revisit_at(reason: Reason, revisit_on: date | None, at: datetime) -> datetime | None:
    """Return the moment at which the lead is looked at again: the day given, else the reason's proposal.

    Raise `Invalid` when the reason asks for a day and there is none, or it is not after the day of `at`.
    """
    if revisit_on is None:
        if reason.needs_revisit:
            raise Invalid(f"The reason “{reason.label}” asks for a revisit date.", field="revisit_on")
        return at + timedelta(days=reason.revisit_days) if reason.revisit_days is not None else None
    if revisit_on <= at.date():
        raise Invalid("The revisit date must lie after today.", field="revisit_on")
    return datetime(revisit_on.year, revisit_on.month, revisit_on.day, REVISIT_HOUR, tzinfo=UTC)


def state_of(lead: Lead) -> dict[str, Any]:
    """Return the members that every refused move carries."""
    return {"state": lead.state, "allowed": moves_from(lead.state)}


def winner(member: Member) -> dict[str, Any]:
    """Return who was faster, as refusals name a member."""
    return {"id": member.pk, "name": str(member), "email": member.user.email}
