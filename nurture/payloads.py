"""The event types of programs and suppression: what is sent of each, and how it is recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from leads import summaries
from leads.models import Lead
from leads.payloads import AboutLead
from nurture.models import Enrolment, Suppression
from webhooks import outbox
from webhooks.catalogue import event
from webhooks.payloads import ActorSummary, Group
from workspaces.actors import Actor

BATCH = 1000  # facts held in memory at once: a program that is archived may hold everybody


@dataclass(frozen=True, kw_only=True)
class ProgramSummary:
    """A program, as other things name it."""

    id: int
    name: str


@dataclass(frozen=True, kw_only=True)
class EnrolmentSummary:
    """One lead in one program, once."""

    id: int
    state: Enrolment.State
    holdout: Annotated[bool, "In the control group: its mails are not sent."]
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class AboutEnrolment(AboutLead):
    """The common part of payloads about a lead in a program."""

    program: ProgramSummary
    enrolment: EnrolmentSummary


@event("program.entered", group=Group.PROGRAMS, help="A lead entered a program.")
@dataclass(frozen=True, kw_only=True)
class ProgramEntered(AboutEnrolment):
    """A lead entered a program."""

    why: Annotated[str, "What chose the program."]


@event("program.left", group=Group.PROGRAMS, help="A lead left a program, at its end or before.")
@dataclass(frozen=True, kw_only=True)
class ProgramLeft(AboutEnrolment):
    """A lead left a program: `enrolment.state` says whether at its end."""

    reason: str


@event("lead.suppressed", group=Group.LEADS, help="The address of a lead gets no marketing mail any more.")
@dataclass(frozen=True, kw_only=True)
class LeadSuppressed(AboutLead):
    """The address of a lead was suppressed."""

    email: Annotated[str, "The address."]
    why: Suppression.Why
    note: Annotated[str, "What the mail server or provider said, if it did."]


def record_entered(enrolments: Sequence[Enrolment], *, actor: Actor) -> None:
    """Record that leads of one workspace entered programs, which are loaded, in a fixed number of statements."""
    leads = summaries.read({row.lead_id for row in enrolments})
    author = ActorSummary.of(actor)
    facts = [
        outbox.RecordedEvent(
            ProgramEntered(
                lead=leads[row.lead_id],
                actor=author,
                program=ProgramSummary(id=row.program_id, name=row.program.name),
                enrolment=_summary(row),
                why=row.why.get("words", ""),
            ),
            row.started_at,
        )
        for row in enrolments
    ]
    outbox.record_many(enrolments[0].workspace_id, facts)


def record_left(enrolment_ids: Sequence[int], *, actor: Actor) -> None:
    """Record that enrolments of one workspace ended, as they stand now: three statements for each thousand."""
    author = ActorSummary.of(actor)
    for start in range(0, len(enrolment_ids), BATCH):
        ended = Enrolment.everywhere.select_related("program").filter(pk__in=enrolment_ids[start : start + BATCH])
        rows = list(ended.order_by("pk"))
        leads = summaries.read({row.lead_id for row in rows})
        left = [
            ProgramLeft(
                lead=leads[row.lead_id],
                actor=author,
                program=ProgramSummary(id=row.program_id, name=row.program.name),
                enrolment=_summary(row),
                reason=row.end_reason,
            )
            for row in rows
        ]
        facts = [
            outbox.RecordedEvent(each, row.ended_at or row.started_at) for each, row in zip(left, rows, strict=True)
        ]
        outbox.record_many(rows[0].workspace_id, facts)


def record_suppressed(suppression: Suppression, lead: Lead, *, actor: Actor) -> None:
    """Record that the address of a lead was suppressed."""
    suppressed = LeadSuppressed(
        lead=summaries.read_one(lead.pk),
        actor=ActorSummary.of(actor),
        email=suppression.email,
        why=Suppression.Why(suppression.why),
        note=suppression.note,
    )
    outbox.record(suppression.workspace_id, suppressed, at=suppression.at)


def _summary(enrolment: Enrolment) -> EnrolmentSummary:
    return EnrolmentSummary(
        id=enrolment.pk,
        state=Enrolment.State(enrolment.state),
        holdout=enrolment.holdout,
        started_at=enrolment.started_at,
        ended_at=enrolment.ended_at,
    )
