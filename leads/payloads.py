"""The event types of leads and handoffs: what is sent of each. `webhooks.catalogue` says how they are used."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from leads.models import Consent, Lead
from leads.models.lead import ConsentState, Grading, Readiness
from leads.models.touch import Channel, Outcome
from leads.summaries import EvidenceSummary, HandoffSummary, LeadSummary, ReasonSummary
from webhooks.catalogue import event
from webhooks.payloads import ActorSummary, Group, MemberSummary, Payload

Decimals = Annotated[Decimal, "A decimal number in a string, lest a reader round it."]


@dataclass(frozen=True, kw_only=True)
class AboutLead(Payload):
    """What every payload about a lead carries."""

    lead: LeadSummary
    actor: ActorSummary

    def subject(self) -> tuple[int, int]:
        """Return the lead's id and the last number of its log."""
        return self.lead.id, self.lead.sequence


@dataclass(frozen=True, kw_only=True)
class AboutHandoff(AboutLead):
    """What every payload about a handoff carries."""

    handoff: HandoffSummary


@event("lead.created", group=Group.LEADS, help="A lead became known.")
@dataclass(frozen=True, kw_only=True)
class LeadCreated(AboutLead):
    """A lead became known: by API, form, tracking or import."""


@event("lead.updated", group=Group.LEADS, help="Something is known of a lead that was not, or was otherwise.")
@dataclass(frozen=True, kw_only=True)
class LeadUpdated(AboutLead):
    """What is known of a lead changed."""

    changed: Annotated[list[str], "The fields with a new value, as the API names them."]


@event("lead.consent_changed", group=Group.LEADS, help="A known lead opted in to marketing mail, or out of it.")
@dataclass(frozen=True, kw_only=True)
class LeadConsentChanged(AboutLead):
    """A known lead opted in or out. The consent of a new lead is in `lead.created`."""

    consent: ConsentState
    origin: Annotated[str, "Where it was given or withdrawn."]
    wording: Annotated[str, "What the lead agreed to; may be empty."]

    @classmethod
    def of(cls, row: Consent, lead: LeadSummary, actor: ActorSummary) -> "LeadConsentChanged":
        """Say what a row of the ledger says, which changed the consent of its lead."""
        consent = ConsentState(row.state)
        return cls(lead=lead, actor=actor, consent=consent, origin=row.source, wording=row.wording)


@event(
    "lead.grade_changed", group=Group.LEADS, help="The grade of a lead changed: its fit, its interest or its readiness."
)
@dataclass(frozen=True, kw_only=True)
class LeadGradeChanged(AboutLead):
    """The grade of a lead changed, or its readiness."""

    grade: str
    previous: Annotated[str, "Empty: it had none."]
    readiness: Readiness
    previous_readiness: Readiness
    fit_points: int
    interest_points: int
    readiness_points: int

    @classmethod
    def of(cls, lead: Lead, summary: LeadSummary, actor: ActorSummary, *, previous: Grading) -> "LeadGradeChanged":
        """Say of a lead, as it was just scored, that its grade or its readiness was another before."""
        return cls(
            lead=summary,
            actor=actor,
            grade=lead.grade,
            previous=previous.grade,
            readiness=Readiness(lead.readiness),
            previous_readiness=Readiness(previous.readiness),
            fit_points=lead.fit_points,
            interest_points=lead.interest_points,
            readiness_points=lead.readiness_points,
        )


@event("lead.revisit_due", group=Group.LEADS, help="The revisit date of a lead in nurture has come.")
@dataclass(frozen=True, kw_only=True)
class LeadRevisitDue(AboutLead):
    """The revisit date of a lead in marketing's care has come."""

    revisit_at: datetime


@event("lead.recycled", group=Group.LEADS, help="A lost lead came back into nurture.")
@dataclass(frozen=True, kw_only=True)
class LeadRecycled(AboutLead):
    """A lost lead came back into nurture: on its revisit date, or by a member."""

    note: str


@event("lead.disqualified", group=Group.LEADS, help="A lead was disqualified.")
@dataclass(frozen=True, kw_only=True)
class LeadDisqualified(AboutLead):
    """A lead was disqualified: it is out for good, unless it is reopened."""

    handoff: Annotated[HandoffSummary | None, "The one that this closed."]
    reason: ReasonSummary
    note: str


@event("lead.reopened", group=Group.LEADS, help="A disqualified or lost lead was reopened into nurture.")
@dataclass(frozen=True, kw_only=True)
class LeadReopened(AboutLead):
    """A disqualified or lost lead came back into nurture."""

    note: Annotated[str, "Why."]


@event("lead.qualified", group=Group.HANDOVERS, help="Marketing handed a lead over to sales.")
@dataclass(frozen=True, kw_only=True)
class LeadQualified(AboutHandoff):
    """A lead was handed over to sales, with the evidence for it."""

    evidence: EvidenceSummary
    routing_why: Annotated[str, "Why this owner, or why nobody."]


@event("lead.accepted", group=Group.HANDOVERS, help="Sales accepted a lead.")
@dataclass(frozen=True, kw_only=True)
class LeadAccepted(AboutHandoff):
    """Sales accepted a lead."""

    sal_missing: Annotated[list[str], "What the definition of SAL asks for and was not known, in words; mostly empty."]


@event("lead.returned", group=Group.HANDOVERS, help="Sales returned a lead to marketing.")
@dataclass(frozen=True, kw_only=True)
class LeadReturned(AboutHandoff):
    """Sales returned a lead to marketing for a reason, which decides what follows."""

    reason: ReasonSummary
    note: str
    rating: Annotated[int | None, "1 (poor) to 5 (excellent)."]
    revisit_at: datetime | None
    cool_off_until: Annotated[datetime | None, "Not handed over again before."]


@event("lead.recalled", group=Group.HANDOVERS, help="Marketing took an offered lead back.")
@dataclass(frozen=True, kw_only=True)
class LeadRecalled(AboutHandoff):
    """Marketing took a lead back before sales answered."""

    note: Annotated[str, "Why."]


@event("lead.reassigned", group=Group.HANDOVERS, help="A handoff got another owner, or went to the queue.")
@dataclass(frozen=True, kw_only=True)
class LeadReassigned(AboutHandoff):
    """A handoff got another owner; the new one is in `handoff.owner`."""

    previous_owner: Annotated[MemberSummary | None, "Null: it waited in the queue."]
    note: str


@event("lead.promoted", group=Group.HANDOVERS, help="An accepted lead became sales-qualified.")
@dataclass(frozen=True, kw_only=True)
class LeadPromoted(AboutHandoff):
    """An accepted lead became sales-qualified."""

    because: Annotated[list[str], "The criteria of the SQL definition that decided, in words."]


@event("lead.won", group=Group.HANDOVERS, help="A lead was won.")
@dataclass(frozen=True, kw_only=True)
class LeadWon(AboutHandoff):
    """A lead was won, for an amount."""

    amount: Decimals
    currency: Annotated[str, "ISO 4217."]
    flags: Annotated[list[str], "What looks wrong and was kept, e.g. won_before_first_contact."]


@event("lead.lost", group=Group.HANDOVERS, help="A lead was lost.")
@dataclass(frozen=True, kw_only=True)
class LeadLost(AboutHandoff):
    """A lead was lost for a reason."""

    reason: ReasonSummary
    note: str
    revisit_at: Annotated[datetime | None, "It is recycled then."]


@event("handoff.rated", group=Group.HANDOVERS, help="Sales rated the quality of a lead.")
@dataclass(frozen=True, kw_only=True)
class HandoffRated(AboutHandoff):
    """Sales rated the quality of a lead that was handed over."""

    rating: Annotated[int, "1 (poor) to 5 (excellent)."]


@dataclass(frozen=True, kw_only=True)
class TouchSummary:
    """Something sales did to the lead."""

    id: int
    channel: Channel
    outcome: Outcome
    note: str


@dataclass(frozen=True, kw_only=True)
class QuestionSummary:
    """A qualifying question of the workspace."""

    code: str
    label: str


@event("touch.logged", group=Group.ACTIVITY, help="Sales called, wrote to or met a lead.")
@dataclass(frozen=True, kw_only=True)
class TouchLogged(AboutLead):
    """Sales called, wrote to or met a lead."""

    handoff: Annotated[HandoffSummary | None, "The open one, if the touch belongs to it."]
    touch: TouchSummary


@event("lead.answered", group=Group.ACTIVITY, help="A qualifying question was answered.")
@dataclass(frozen=True, kw_only=True)
class LeadAnswered(AboutLead):
    """A qualifying question has a new answer."""

    handoff: Annotated[HandoffSummary | None, "The open one, if there is one."]
    question: QuestionSummary
    value: Annotated[str | int | float | bool, "As the kind of the question has it."]
