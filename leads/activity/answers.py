"""Record what a lead answered to the qualifying questions."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from leadflow import db
from leadflow.errors import Invalid
from leads import payloads, summaries
from leads.intake import answers
from leads.lifecycle import guards, locks
from leads.models import Answer, Lead, Question
from webhooks import outbox
from webhooks.payloads import ActorSummary
from workspaces.actors import Actor


@transaction.atomic
def record(lead: Lead, *, actor: Actor, question: Question, value: Any, at: datetime | None = None) -> Answer:
    """Keep what the lead answered to a qualifying question, in place of the answer before, and wake the engine.

    While sales cares for the lead, its answers are its owner's to keep (or a sales manager's): they decide whether it
    may be promoted. In marketing's care, and in the queue, whoever edits leads may keep one. Raise `Forbidden`
    otherwise, `Invalid` when the value is not of the question's kind; a choice is accepted in any case of letters.
    """
    now = timezone.now()
    at = at or now
    if question.workspace_id != lead.workspace_id or not question.active:
        raise Invalid("Choose one of the workspace's questions.", field="question")
    value = answers.read(question, value)
    lead, handoff = locks.lock_lead(lead)
    if handoff is not None and handoff.owner_id is not None:
        guards.check_worker(actor, handoff)
    values = {"workspace_id": lead.workspace_id, "value": value, "at": at, **actor.row()}
    kept, _ = db.upsert(Answer.everywhere.all(), values, lead=lead, question=question)
    lead.next_at = now
    lead.save(update_fields=["next_at"])
    answered = payloads.LeadAnswered(
        lead=summaries.read_one(lead.pk),
        actor=ActorSummary.of(actor),
        handoff=summaries.of_handoff(handoff) if handoff else None,
        question=payloads.QuestionSummary(code=question.code, label=question.label),
        value=value,
    )
    outbox.record(lead.workspace_id, answered, at=at)
    return kept
