"""Answer a return that blames the lead's data or the definition, object to the answer, decide on the objection.

Each is told to the other side, in the application and by mail; of history (`leads.backdating`) nobody is told.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from leadflow.errors import Conflict, Invalid
from leads import payloads, signals, summaries
from leads.backdating import is_history
from leads.lifecycle import guards, locks
from leads.models import Handoff, HandoffState, Lead, ReturnAnswer, ReturnObjection
from leads.states import MARKETING_STATES
from webhooks import outbox
from webhooks.payloads import ActorSummary
from workspaces import access, notices
from workspaces.actors import Actor
from workspaces.models import Member
from workspaces.roles import Role

Decision = ReturnObjection.Decision
PAGE = "/returns/answers/"


@transaction.atomic
def answer(handoff: Handoff, *, actor: Actor, text: str, at: datetime | None = None) -> ReturnAnswer:
    """Answer a return: the rep and the sales managers hear of it, and the lead may be handed over again.

    The engine looks at the lead next. Raise `Invalid` without words, `Conflict` where no answer is owed (any more).
    """
    now = timezone.now()
    at = at or now
    text = _say(text, "Say what marketing makes of this return.")
    lead, handoff = locks.lock_handoff(handoff)  # of two answers at once, the second finds the first
    if handoff.state != HandoffState.RETURNED or not handoff.blamed or _of(handoff) is not None:
        raise Conflict("This return waits for no answer from marketing.", code="nothing_to_answer")
    given = ReturnAnswer(workspace_id=lead.workspace_id, handoff=handoff, lead=lead, text=text, at=at, **actor.row())
    given.save(force_insert=True)
    if lead.passes == handoff.pass_number:  # the return that keeps the lead
        lead.held_for = ""
    if lead.state in MARKETING_STATES:
        lead.next_at = now
    lead.save(update_fields=["held_for", "next_at"])
    payload = payloads.ReturnAnswered(
        lead=summaries.read_one(lead.pk),
        actor=ActorSummary.of(actor),
        handoff=summaries.of_handoff(handoff),
        answer=text,
    )
    outbox.record(lead.workspace_id, payload, at=at)
    signals.answered.send(sender=Lead, handoff=handoff, actor=actor, at=at, now=now)
    told = [handoff.owner, *_heads(handoff, Role.SALES_MANAGER)]
    _tell(told, handoff, "return.answered", f"Marketing answered the return of {lead}: “{text}”", actor, at, now)
    return given


@transaction.atomic
def object_to(handoff: Handoff, *, actor: Actor, text: str, at: datetime | None = None) -> ReturnObjection:
    """Object to the answer to a return, once; the sales managers decide, and marketing hears of it.

    Raise `Forbidden` when the return was somebody else's, `Invalid` without words, `Conflict` before there is an
    answer and after the first objection.
    """
    now = timezone.now()
    at = at or now
    text = _say(text, "Say what is wrong with the answer.")
    lead, handoff = locks.lock_handoff(handoff)
    guards.check_worker(actor, handoff)
    given = _of(handoff)
    if given is None:
        raise Conflict("Marketing has not answered this return.", code="nothing_to_object_to")
    if _objection(given) is not None:
        raise Conflict("Sales has objected to this answer already; the sales manager decides.", code="objected_before")
    objection = ReturnObjection(workspace_id=lead.workspace_id, answer=given, text=text, at=at, **actor.row())
    objection.save(force_insert=True)
    payload = payloads.ReturnObjected(
        lead=summaries.read_one(lead.pk),
        actor=ActorSummary.of(actor),
        handoff=summaries.of_handoff(handoff),
        answer=given.text,
        objection=text,
    )
    outbox.record(lead.workspace_id, payload, at=at)
    told = [given.actor_member, *_heads(handoff, Role.MARKETING_MANAGER)]
    words = f"{actor.name} objects to the answer to the return of {lead}: “{text}”"
    _tell(told, handoff, "return.objected", words, actor, at, now)
    deciders = _heads(handoff, Role.SALES_MANAGER)
    _tell(deciders, handoff, "return.objected", f"Decide: {words}", actor, at, now)
    return objection


@transaction.atomic
def decide(
    handoff: Handoff, *, actor: Actor, decision: str, note: str = "", at: datetime | None = None
) -> ReturnObjection:
    """Decide on the objection to an answer, with marketing or with the rep; both sides hear of it.

    Raise `Invalid` for another decision, `Conflict` where no objection waits (any more).
    """
    now = timezone.now()
    at = at or now
    if decision not in Decision.values:
        raise Invalid("Say with whom you agree: marketing, or sales.", field="decision")
    lead, handoff = locks.lock_handoff(handoff)
    given = _of(handoff)
    objection = _objection(given) if given is not None else None
    if given is None or objection is None or objection.decision:
        raise Conflict("No objection to this answer waits for a decision.", code="nothing_to_decide")
    objection.decision, objection.decision_note, objection.decided_at = decision, note.strip(), at
    objection.decided_by, objection.decided_by_name = actor.member, actor.name[:120]
    objection.save(update_fields=["decision", "decision_note", "decided_at", "decided_by", "decided_by_name"])
    payload = payloads.ReturnDecided(
        lead=summaries.read_one(lead.pk),
        actor=ActorSummary.of(actor),
        handoff=summaries.of_handoff(handoff),
        answer=given.text,
        objection=objection.text,
        decision=Decision(decision),
        note=objection.decision_note,
    )
    outbox.record(lead.workspace_id, payload, at=at)
    told = [handoff.owner, given.actor_member, objection.actor_member]
    told += _heads(handoff, Role.MARKETING_MANAGER, Role.SALES_MANAGER)
    words = f"{actor.name} decided on the return of {lead}: {Decision(decision).label.lower()}"
    words += f". “{objection.decision_note}”" if objection.decision_note else "."
    _tell(told, handoff, "return.decided", words, actor, at, now)
    return objection


def _say(text: str, demand: str) -> str:
    if not text.strip():
        raise Invalid(demand, field="text")
    return text.strip()


def _of(handoff: Handoff) -> ReturnAnswer | None:
    """Return the answer to a return; whoever changes it holds the lock of the lead."""
    found = ReturnAnswer.objects.of(handoff.workspace_id).filter(handoff=handoff)
    return found.select_related("objection__actor_member__user", "actor_member__user").first()


def _objection(given: ReturnAnswer) -> ReturnObjection | None:
    return getattr(given, "objection", None)


def _heads(handoff: Handoff, *roles: Role) -> list[Member]:
    return list(access.members_of(handoff.workspace_id, roles=roles))


def _tell(
    members: Iterable[Member | None], handoff: Handoff, kind: str, words: str, actor: Actor, at: datetime, now: datetime
) -> None:
    """Notify members other than the actor."""
    if is_history(at, now):
        return
    told = [member for member in members if member is not None and member != actor.member]
    notices.notify(told, kind=kind, text=words, url=PAGE, key=f"{kind}:{handoff.pk}", at=now)
