"""Make every move of a lead, whoever asks (page, API, import, engine, escalation).

Each function takes the object, then keyword-only `actor`, `at` (when it happened; default now) and the facts of the
move. Inside one transaction it does, in this order:

1. lock: the lead first, then its open handoff, both re-read; two moves of one lead queue here
2. guard: the table of moves, then who may, then the facts; a refusal raises and changes nothing
3. write the named fields
4. log: one `Transition`, with the next number of the lead's sequence
5. notify: the outbox, and the signal `moved`, whose receivers run clocks and enrolments in the same transaction

Capabilities are the caller's to check; whose handoff it is is checked here, because that can change until the lock.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from leadflow import db
from leadflow.errors import Conflict, DomainError, Forbidden, Invalid
from leads.lifecycle import guards, handover, locks, log, notifications
from leads.lifecycle.guards import check_worker
from leads.lifecycle.handover import Candidate
from leads.models import Definition, Handoff, HandoffState, Lead, Reason
from leads.move_catalogue import MOVES, Need
from leads.qualification import assessment
from leads.routing import assign
from leads.states import State
from workspaces.actors import Actor
from workspaces.models import Member


def qualify(
    lead: Lead, *, actor: Actor, at: datetime | None = None, override: str = "", owner: Member | None = None
) -> Handoff:
    """Hand a lead over: open a handoff with frozen evidence, route it (unless `owner` is given), start its clock.

    `override` is the reason for which a person hands over a lead that does not meet the definition. Raise `NotAllowed`
    by the table or the loop guard, `Conflict` when the verdict fails and there is no override.
    """
    [outcome] = qualify_many([Candidate(lead, at, override, owner)], actor=actor)
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


@transaction.atomic
def qualify_many(candidates: Sequence[Candidate], *, actor: Actor) -> list[Handoff | DomainError]:
    """Hand over a set of leads of one workspace, each at its time and as if they came one after the other.

    Return what became of each, in their order: the handoff, or the error that `qualify` would raise; a refused lead
    is left as it is and stops no other. The statements are as many for one as for hundreds, but for two things: what
    leads did is read once for each different time, and who was faster once for each lead that the table refuses.
    """
    now = timezone.now()
    # The leads are locked in the order of their ids, so that two sets never deadlock; then judged as they are now.
    leads = locks.lock_leads([candidate.lead for candidate in candidates])
    judged = handover.judge(candidates, leads, now=now, actor=actor)
    ready = [each for each in judged if not isinstance(each, DomainError)]
    if not ready:
        return [each for each in judged if isinstance(each, DomainError)]
    # Routing locks the pools and takes the turns; the rows are built in memory and written by one statement per kind.
    handoffs, entries, fields = {}, [], {"state", "state_since", "sequence", "owner", "passes", "revisit_at"}
    for each, choice in zip(ready, assign.choose([each.request for each in ready]), strict=True):
        guards.fire(each.lead, "qualify", each.at)
        handoff = handoffs[each.lead.pk] = handover.handoff(each, choice)
        each.lead.owner = choice.member
        each.lead.sequence += 1
        before = each.lead.grading
        fields |= set(each.assessed.put_on(each.lead))
        facts = {
            **_owner(choice.member),
            "routing": choice.why,
            "tier": handoff.tier,
            "grade": handoff.grade,
            "readiness": handoff.readiness,
        }
        entry = log.LogEntry(each.lead, handoff, each.at, note=each.override, facts=facts, previous_grading=before)
        entries.append(entry)
    Handoff.everywhere.bulk_create(handoffs.values())
    db.update_many([each.lead for each in ready], sorted(fields))
    log.append(entries, "qualify", actor=actor, now=now)
    notifications.notify([(handoff, handoff.offered_at) for handoff in handoffs.values()], actor=actor, now=now)
    return [each if isinstance(each, DomainError) else handoffs[each.lead.pk] for each in judged]


@transaction.atomic
def accept(handoff: Handoff, *, actor: Actor, at: datetime | None = None, owner: Member | None = None) -> Handoff:
    """Accept an offered lead. A rep who accepts out of the queue becomes its owner; an API key may name the owner.

    What the definition of SAL asks for is judged and kept: a lead that misses something may be accepted all the same,
    and the handoff says so. Raise `NotAllowed` with the winner's name when somebody was faster.
    """
    now = timezone.now()
    at = at or now
    lead, handoff = locks.lock_handoff(handoff)
    guards.check_offered(lead, handoff)  # read under the lock: of two who accept at once, one is refused
    if handoff.owner_id is not None or actor.member is None:
        check_worker(actor, handoff)
    elif not actor.can("handoffs.claim"):
        raise Forbidden("Your role does not take leads from the queue.")
    worker = owner or handoff.owner or actor.member
    if worker is None:
        raise Invalid("Nobody owns this handoff yet: say which member accepts it.", field="owner")
    if worker.pk != handoff.owner_id:
        guards.check_taker(worker, lead, field="owner")
        if actor.member is not None and worker.pk != actor.member.pk and not actor.can("handoffs.reassign"):
            raise Forbidden("You can accept a lead for yourself. Ask a sales manager to give it to somebody else.")
    verdict = assessment.verdict(Definition.Kind.SAL, lead, at)
    guards.fire(lead, "accept", at)
    lead.owner = handoff.owner = worker
    handoff.state, handoff.accepted_at, handoff.accepted_by = HandoffState.ACCEPTED, at, actor.member or worker
    handoff.sal_missing = list(verdict.in_the_way)
    handoff.save(update_fields=["state", "accepted_at", "accepted_by", "owner", "sal_missing"])
    _save(lead, now, "owner")
    facts = {**_owner(worker), "verdict": verdict.to_json()}
    _log(lead, handoff, "accept", actor=actor, at=at, now=now, facts=facts)
    return handoff


@transaction.atomic
def return_to_marketing(
    handoff: Handoff,
    *,
    actor: Actor,
    reason: Reason,
    note: str = "",
    revisit_on: date | None = None,
    rating: int | None = None,
    at: datetime | None = None,
) -> Handoff:
    """Return a lead (the move `return`) for a reason, which decides what follows. The rating is 1 to 5.

    Raise `Invalid` when the reason asks for a note or a revisit date and there is none.
    """
    now = timezone.now()
    at = at or now
    lead, handoff = locks.lock_handoff(handoff)
    guards.check_move(lead, "return", handoff)
    check_worker(actor, handoff)
    guards.check_reason(lead, reason, Reason.Kind.RETURN, note)
    guards.check_rating(rating)
    revisit_at = None if reason.disqualifies else guards.revisit_at(reason, revisit_on, at)
    guards.fire(
        lead, "return", at, disqualifies=reason.disqualifies, cool_off_days=reason.cool_off_days, revisit_at=revisit_at
    )
    _close(handoff, HandoffState.RETURNED, at, reason=reason, note=note, rating=rating)
    _save(lead, now, "owner", "returned_at", "cool_off_until", "revisit_at")
    facts = {"revisit_at": _iso(revisit_at), "cool_off_until": _iso(lead.cool_off_until), "rating": rating}
    _log(lead, handoff, "return", actor=actor, at=at, now=now, reason=reason, note=note, facts=facts)
    return handoff


@transaction.atomic
def recall(handoff: Handoff, *, actor: Actor, note: str, at: datetime | None = None) -> Handoff:
    """Take an offered lead back to marketing; `note` is why. Raise `Invalid` without it."""
    now = timezone.now()
    at = at or now
    lead, handoff = locks.lock_handoff(handoff)
    guards.check_move(lead, "recall", handoff)
    guards.check_note(note, "Say why the lead is recalled.")
    guards.fire(lead, "recall", at)
    _close(handoff, HandoffState.RECALLED, at, note=note)
    _save(lead, now, "owner")
    _log(lead, handoff, "recall", actor=actor, at=at, now=now, note=note)
    return handoff


@transaction.atomic
def reassign(
    handoff: Handoff, *, actor: Actor, to: Member | None, note: str = "", at: datetime | None = None
) -> Handoff:
    """Give an open handoff to another member of sales, or (`to=None`) back to the queue. The state is kept."""
    lead, handoff = locks.lock_handoff(handoff)
    guards.check_move(lead, "reassign", handoff)
    if to is None and handoff.state != HandoffState.OFFERED:
        words = "An accepted lead cannot go back to the queue: return it, or give it to another member."
        raise Conflict(words, **guards.state_of(lead))
    return _reassign(lead, handoff, actor=actor, to=to, note=note, at=at)


@transaction.atomic
def claim(handoff: Handoff, *, actor: Actor, at: datetime | None = None) -> Handoff:
    """Take a handoff out of the queue for oneself. Raise `Conflict` with the owner's name when somebody was faster."""
    lead, handoff = locks.lock_handoff(handoff)
    guards.check_move(lead, "reassign", handoff)
    guards.check_unclaimed(lead, handoff)
    if actor.member is None:
        raise Invalid("Only a member can claim a lead. Reassign it to a member instead.", field="owner")
    return _reassign(lead, handoff, actor=actor, to=actor.member, note="Claimed from the queue", at=at)


@transaction.atomic
def promote(handoff: Handoff, *, actor: Actor, at: datetime | None = None) -> Handoff:
    """Make an accepted lead sales-qualified. Raise `Conflict` naming the questions that are not answered yet."""
    now = timezone.now()
    at = at or now
    lead, handoff = locks.lock_handoff(handoff)
    guards.check_move(lead, "promote", handoff)
    check_worker(actor, handoff)
    verdict = assessment.verdict(Definition.Kind.SQL, lead, at)
    guards.check_met(lead, verdict, "SQL", "Fill in what is missing, then promote it.")
    guards.fire(lead, "promote", at)
    handoff.promoted_at = at
    handoff.save(update_fields=["promoted_at"])
    _save(lead, now)
    _log(lead, handoff, "promote", actor=actor, at=at, now=now, facts={"verdict": verdict.to_json()})
    return handoff


@transaction.atomic
def win(handoff: Handoff, *, actor: Actor, amount: Decimal, currency: str = "", at: datetime | None = None) -> Handoff:
    """Close a lead as won. A deal dated before the first contact is accepted and flagged.

    That is for history, which a key brings. Raise `Invalid` when a member dates it before the lead was accepted.
    """
    now = timezone.now()
    at = at or now
    lead, handoff = locks.lock_handoff(handoff)
    guards.check_move(lead, "win", handoff)
    check_worker(actor, handoff)
    guards.check_since_accepted(handoff, actor, at)
    currency = (currency or lead.workspace.currency).upper()
    guards.check_amount(amount, currency)
    guards.fire(lead, "win", at, amount=amount, currency=currency)
    if at < lead.first_contact_at and "won_before_first_contact" not in lead.flags:
        lead.flags = [*lead.flags, "won_before_first_contact"]
    _close(handoff, HandoffState.WON, at)
    _save(lead, now, "won_at", "amount", "currency", "flags")
    facts = {"amount": str(amount), "currency": currency, "flags": lead.flags}
    _log(lead, handoff, "win", actor=actor, at=at, now=now, facts=facts)
    return handoff


@transaction.atomic
def lose(
    handoff: Handoff,
    *,
    actor: Actor,
    reason: Reason,
    note: str = "",
    revisit_on: date | None = None,
    at: datetime | None = None,
) -> Handoff:
    """Close a lead as lost. A revisit date lets the engine recycle it on that day."""
    now = timezone.now()
    at = at or now
    lead, handoff = locks.lock_handoff(handoff)
    guards.check_move(lead, "lose", handoff)
    check_worker(actor, handoff)
    guards.check_reason(lead, reason, Reason.Kind.LOSE, note)
    revisit_at = guards.revisit_at(reason, revisit_on, at)
    guards.fire(lead, "lose", at, reason=reason, revisit_at=revisit_at)
    _close(handoff, HandoffState.LOST, at, reason=reason, note=note)
    _save(lead, now, "lost_at", "lost_reason", "revisit_at")
    facts = {"revisit_at": _iso(revisit_at)}
    _log(lead, handoff, "lose", actor=actor, at=at, now=now, reason=reason, note=note, facts=facts)
    return handoff


@transaction.atomic
def recycle(lead: Lead, *, actor: Actor, note: str = "", at: datetime | None = None) -> Lead:
    """Take a lost lead back into nurture: the engine on the revisit date, or marketing at any time."""
    return _simple(lead, "recycle", actor=actor, note=note, at=at)


@transaction.atomic
def reopen(lead: Lead, *, actor: Actor, note: str, at: datetime | None = None) -> Lead:
    """Take a disqualified or lost lead back into nurture; `note` is why. Raise `Invalid` without it."""
    return _simple(lead, "reopen", actor=actor, note=note, at=at)


@transaction.atomic
def disqualify(lead: Lead, *, actor: Actor, reason: Reason, note: str = "", at: datetime | None = None) -> Lead:
    """Take a lead out for good: it leaves programs and is never enrolled or handed over, unless reopened."""
    now = timezone.now()
    at = at or now
    lead = locks.lock_lead_alone(lead)
    guards.check_move(lead, "disqualify")
    guards.check_reason(lead, reason, Reason.Kind.DISQUALIFY, note)
    handoff = locks.open_handoff(lead)  # by the state before the move
    guards.fire(lead, "disqualify", at)
    if handoff:
        _close(handoff, HandoffState.DISQUALIFIED, at, reason=reason, note=note)
    _save(lead, now, "owner", "revisit_at")
    _log(lead, handoff, "disqualify", actor=actor, at=at, now=now, reason=reason, note=note)
    return lead


# The function of every move in `leads.move_catalogue.MOVES`.
_BY_NAME = (qualify, accept, recall, reassign, promote, win, lose, recycle, reopen, disqualify)
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "return": return_to_marketing,
    **{each.__name__: each for each in _BY_NAME},
}


def _simple(lead: Lead, move: str, *, actor: Actor, note: str, at: datetime | None) -> Lead:
    """Make a move that only changes the lead itself."""
    now = timezone.now()
    at = at or now
    lead = locks.lock_lead_alone(lead)
    guards.check_move(lead, move)
    if Need.WHY in MOVES[move].needs:
        guards.check_note(note, f"Say why the lead is {MOVES[move].past.lower()}.")
    guards.fire(lead, move, at)
    _save(lead, now, "owner", "revisit_at")
    _log(lead, None, move, actor=actor, at=at, now=now, note=note)
    return lead


def _reassign(
    lead: Lead, handoff: Handoff, *, actor: Actor, to: Member | None, note: str, at: datetime | None
) -> Handoff:
    """Change the owner of a locked handoff that may change it."""
    now = timezone.now()
    at = at or now
    if to is not None:
        guards.check_taker(to, lead, field="to")
    before, lead.state_before = handoff.owner, lead.state
    if before == to:
        raise Invalid("The lead has this owner already.", field="to")
    handoff.owner = lead.owner = to
    handoff.save(update_fields=["owner"])
    _save(lead, now, "owner")
    facts = {
        **_owner(to),
        "from": str(before or ""),
        "to": str(to or ""),
        "from_id": before and before.pk,
        "to_id": to and to.pk,
    }
    _log(lead, handoff, "reassign", actor=actor, at=at, now=now, note=note, facts=facts, previous_owner=before)
    notifications.notify([(handoff, at)], actor=actor, now=now)
    return handoff


def _close(handoff: Handoff, state: HandoffState, at: datetime, **fields: Any) -> None:
    handoff.state, handoff.closed_at = state, at
    for name, value in fields.items():
        setattr(handoff, name, value)
    handoff.save(update_fields=["state", "closed_at", *fields])


def _save(lead: Lead, now: datetime, *fields: str) -> None:
    """Write the named fields, the state and the next number of the log; plan when the engine looks at the lead.

    In nurture: at once. Lost: on the revisit date. In sales' care `next_at` stays: the score still fades.
    """
    lead.sequence += 1
    if lead.state == State.NURTURE:
        lead.next_at = now
    elif lead.state == State.LOST:
        lead.next_at = lead.revisit_at
    elif lead.state in (State.WON, State.DISQUALIFIED):
        lead.next_at = None
    lead.save(update_fields=["state", "state_since", "sequence", "next_at", *fields])


def _log(
    lead: Lead, handoff: Handoff | None, move: str, *, actor: Actor, at: datetime, now: datetime, **facts: Any
) -> None:
    """Log a move of one lead; `facts` are those of `log.LogEntry`."""
    log.append([log.LogEntry(lead, handoff, at, **facts)], move, actor=actor, now=now)


def _owner(member: Member | None) -> dict[str, Any]:
    return {"owner": str(member or ""), "owner_id": member and member.pk}


def _iso(when: datetime | None) -> str | None:
    return when.isoformat() if when else None
