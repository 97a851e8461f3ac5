"""Gather what the page of one lead shows, in a fixed number of statements."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from leads.conditions import trees
from leads.models import (
    Answer,
    Consent,
    Definition,
    Event,
    ExternalId,
    FollowUp,
    Handoff,
    Lead,
    Question,
)
from leads.models.handoff import OPEN
from leads.qualification import definitions
from leads.queries import lookups
from leads.states import State
from workspaces.models import Workspace

RECENT_EVENTS = 300  # of a lead: what it did lately is read from these


COLLEAGUES = 5


ANSWER = "readiness."  # before a question's code: the name of the fact that its answer is


_NAMES = ("workspace", "first_name", "last_name", "email", "title", "state")


@dataclass(frozen=True)
class Activity:
    """Hold one thing that a lead did lately: how often, and when last."""

    type: str
    name: str
    count: int
    last_at: datetime


@dataclass(frozen=True)
class AskedQuestion:
    """Hold a qualifying question, and the lead's answer if there is one."""

    question: Question
    answer: Answer | None


@dataclass(frozen=True)
class LeadPage:
    """Hold what is known of one lead beside its clocks and its mail."""

    lead: Lead
    handoffs: list[Handoff]  # newest first
    activities: list[Activity]
    asked: list[AskedQuestion]
    follow_ups: list[FollowUp]  # open, what is due first at the top
    colleagues: list[Lead]  # of the same account
    external_ids: list[ExternalId]
    consent: Consent | None  # the newest entry of the ledger
    interests: list[tuple[str, float]]  # topic in words, points
    asked_for: frozenset[str] = frozenset()  # codes of the questions that the SQL definition asks for, of an SAL

    @property
    def handoff(self) -> Handoff | None:
        """Return the newest handoff, open or closed."""
        return self.handoffs[0] if self.handoffs else None

    @property
    def open_handoff(self) -> Handoff | None:
        """Return the handoff under way, if the lead is in sales' care."""
        newest = self.handoff
        return newest if newest is not None and newest.state in OPEN else None

    @property
    def unanswered(self) -> list[Question]:
        """List the questions that nobody has answered yet."""
        return [asked.question for asked in self.asked if asked.answer is None]

    @property
    def missing(self) -> list[Question]:
        """List the questions without an answer that the SQL definition asks for, while the lead is an SAL."""
        return [question for question in self.unanswered if question.code in self.asked_for]


def lead_page(workspace: Workspace | int, pk: int) -> LeadPage:
    """Gather one lead's page in ten statements, an SAL's in eleven. Raise `Missing` for another workspace's."""
    found = lookups.get_lead(workspace, pk)
    answers = {
        answer.question_id: answer for answer in Answer.objects.of(workspace).filter(lead=found).order_by("question")
    }
    questions = Question.objects.of(workspace).filter(active=True).order_by("position", "pk")
    own = lookups.list_handoffs(workspace).filter(lead=found).select_related("return_answer__objection")
    open_ones = FollowUp.objects.of(workspace).filter(lead=found, done_at=None).select_related("member__user")
    colleagues = (
        Lead.objects.of(workspace).filter(account=found.account_id).exclude(pk=pk).order_by("-id").only(*_NAMES)
    )
    labels = lookups.get_topic_labels(workspace)
    return LeadPage(
        lead=found,
        handoffs=list(own.order_by("-pass_number")),
        activities=_activities(found),
        asked=[AskedQuestion(question, answers.get(question.pk)) for question in questions],
        follow_ups=list(open_ones.order_by("due_at")),
        colleagues=list(colleagues[:COLLEAGUES]) if found.account_id else [],
        external_ids=list(ExternalId.objects.of(workspace).filter(lead=found).order_by("pk")),
        consent=Consent.objects.of(workspace).filter(lead=found).order_by("-at", "-pk").first(),
        interests=[(labels.get(code, code), points) for code, points in found.interests.items()],
        asked_for=_asked_for_sql(workspace) if found.state == State.SAL else frozenset(),
    )


def _asked_for_sql(workspace: Workspace | int) -> frozenset[str]:
    """Return the codes of the questions that the agreed SQL definition asks for. One statement."""
    agreed = definitions.active(workspace, Definition.Kind.SQL)
    used = trees.facts_used(agreed.condition) if agreed else ()
    return frozenset(name.removeprefix(ANSWER) for name in used if name.startswith(ANSWER))


def _activities(lead: Lead) -> list[Activity]:
    """Sum up what the lead itself did lately, the most frequent first; one statement, however much it did."""
    rows = Event.objects.of(lead.workspace_id).filter(lead=lead, human=True, clock_skew="").order_by("-occurred_at")
    last: dict[tuple[str, str], datetime] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for type, name, url, when in rows.values_list("type", "name", "url", "occurred_at")[:RECENT_EVENTS]:
        key = (type, name or url)
        counts[key] += 1
        last.setdefault(key, when)
    return [Activity(*key, count, last[key]) for key, count in counts.most_common(6)]
