"""Summarise leads and handoffs for the outside, in the terms of other systems: external ids, e-mail, company, owner."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from django.conf import settings

from leads.models import Handoff, HandoffState, Lead, Reason
from leads.models.lead import ConsentState, Readiness
from leads.states import State
from webhooks.payloads import INTERNAL, MemberSummary

LINES = 5  # of the score, those that weigh most


@dataclass(frozen=True, kw_only=True)
class ExternalIdSummary:
    """The id of a lead in another system."""

    system: Annotated[str, "Which system, e.g. crm."]
    value: str


@dataclass(frozen=True, kw_only=True)
class LeadSummary:
    """The lead as it was when the fact was recorded."""

    id: int
    external_ids: Annotated[list[ExternalIdSummary], "Its ids in other systems, by system."]
    email: Annotated[str, "In lower case; empty where only another id is known."]
    name: Annotated[str, "The full name, else the e-mail, else its number."]
    company: Annotated[str | None, "The name of its account."]
    owner: Annotated[MemberSummary | None, "The member of sales who works it."]
    state: State
    grade: Annotated[str, "Fit A to D and interest 1 to 4, e.g. B2; empty before it was scored."]
    readiness: Annotated[Readiness, "By its answers to the qualifying questions."]
    source: Annotated[str, "Where it came from first."]
    consent: Annotated[ConsentState, "To marketing mail."]
    url: Annotated[str, "Its page in Leadflow."]
    sequence: int = field(default=0, metadata=INTERNAL)


@dataclass(frozen=True, kw_only=True)
class HandoffSummary:
    """One pass of the lead from marketing to sales."""

    id: int
    pass_number: Annotated[int, "How many times the lead was handed over, this time included."]
    state: HandoffState
    tier: Annotated[str, "The class of the agreement, which decides the targets."]
    grade: Annotated[str, "The lead's when it was handed over."]
    readiness: Annotated[Readiness, "The lead's when it was handed over."]
    owner: Annotated[MemberSummary | None, "Null: it waits, or waited, in the queue."]
    offered_at: datetime
    accepted_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class ScoreLineSummary:
    """What some of the points were given for."""

    kind: Annotated[str, "fit, interest or readiness."]
    label: str
    points: int
    detail: str


@dataclass(frozen=True, kw_only=True)
class EvidenceSummary:
    """Why the lead was handed over, frozen at that moment. The page behind `url` shows all of it."""

    because: Annotated[list[str], "The criteria of the definition that decided, in words."]
    score_lines: Annotated[list[ScoreLineSummary], f"The {LINES} that weigh most."]
    fit_points: int
    interest_points: int
    readiness_points: int
    tier_why: Annotated[str, "Why it got its tier."]
    override: Annotated[str | None, "Why a person handed it over against the verdict."]
    url: str


@dataclass(frozen=True, kw_only=True)
class ReasonSummary:
    """A reason of the workspace's own list."""

    code: str
    label: str


_COLUMNS = (
    "pk",
    "email",
    "first_name",
    "last_name",
    "state",
    "grade",
    "readiness",
    "source",
    "consent",
    "sequence",
    "account__name",
    "owner_id",
    "owner__user__name",
    "owner__user__email",
    "external_ids__system",
    "external_ids__value",
)


def read(lead_ids: Collection[int]) -> dict[int, LeadSummary]:
    """Summarise leads by their ids as they are in this transaction, in one statement however many they are.

    Outer joins: a lead comes once for each external id, and once with none.
    """
    rows = Lead.everywhere.filter(pk__in=set(lead_ids)).order_by("pk", "external_ids__system", "external_ids__value")
    found: dict[int, LeadSummary] = {}
    for row in rows.values(*_COLUMNS):
        if row["pk"] not in found:
            found[row["pk"]] = _from_row(row)
        if row["external_ids__system"] is not None:
            pair = ExternalIdSummary(system=row["external_ids__system"], value=row["external_ids__value"])
            found[row["pk"]].external_ids.append(pair)
    return found


def read_one(lead_id: int) -> LeadSummary:
    """Summarise one lead as `read` does. Raise `KeyError` when there is none."""
    return read([lead_id])[lead_id]


def of_new(lead: Lead, external_ids: Iterable[tuple[str, str]]) -> LeadSummary:
    """Summarise a lead that was just made, without reading: its account is loaded, and nobody owns it yet."""
    pairs = [ExternalIdSummary(system=system, value=value) for system, value in sorted(external_ids)]
    company = lead.account.name if lead.account else None
    return _summary(lead, external_ids=pairs, company=company, owner=None)


def of_handoff(handoff: Handoff) -> HandoffSummary:
    """Summarise a handoff, whose owner should be loaded with its user."""
    return HandoffSummary(
        id=handoff.pk,
        pass_number=handoff.pass_number,
        state=HandoffState(handoff.state),
        tier=handoff.tier,
        grade=handoff.grade,
        readiness=Readiness(handoff.readiness),
        owner=MemberSummary.of(handoff.owner),
        offered_at=handoff.offered_at,
        accepted_at=handoff.accepted_at,
    )


def of_evidence(handoff: Handoff) -> EvidenceSummary:
    """Summarise the frozen evidence of a handoff."""
    evidence = handoff.evidence
    weighty = sorted(evidence["score_lines"], key=lambda line: -abs(line["points"]))[:LINES]
    return EvidenceSummary(
        because=list(evidence["verdict"]["because"]),
        score_lines=[
            ScoreLineSummary(kind=line["kind"], label=line["label"], points=line["points"], detail=line["detail"])
            for line in weighty
        ],
        fit_points=evidence["fit"]["points"],
        interest_points=evidence["interest"]["points"],
        readiness_points=evidence["readiness"]["points"],
        tier_why=evidence["tier_why"],
        override=evidence["override"],
        url=page_of(handoff.lead_id),
    )


def of_reason(reason: Reason) -> ReasonSummary:
    """Summarise a reason."""
    return ReasonSummary(code=reason.code, label=reason.label)


def page_of(lead_id: int) -> str:
    """Return the address of a lead's page."""
    return f"{settings.LEADFLOW_URL}/leads/{lead_id}/"


def _from_row(row: dict[str, Any]) -> LeadSummary:
    owner = None
    if row["owner_id"]:
        owner = MemberSummary(id=row["owner_id"], name=row["owner__user__name"], email=row["owner__user__email"])
    columns = ("pk", "email", "first_name", "last_name", "state", "grade", "readiness", "source", "consent", "sequence")
    lead = Lead(**{name: row[name] for name in columns})
    return _summary(lead, external_ids=[], company=row["account__name"], owner=owner)


def _summary(
    lead: Lead, *, external_ids: list[ExternalIdSummary], company: str | None, owner: MemberSummary | None
) -> LeadSummary:
    return LeadSummary(
        id=lead.pk,
        external_ids=external_ids,
        email=lead.email,
        name=lead.name,
        company=company,
        owner=owner,
        state=State(lead.state),
        grade=lead.grade,
        readiness=Readiness(lead.readiness),
        source=lead.source,
        consent=ConsentState(lead.consent),
        url=page_of(lead.pk),
        sequence=lead.sequence,
    )
