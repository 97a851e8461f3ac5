"""A workspace in which every event can happen: a signed agreement, a rep, a program, an API key, a lead a CRM knows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import time_machine

from leads.activity import answers, ratings, touches
from leads.intake import upsert
from leads.intake.upsert import Person
from leads.lifecycle import evaluation, moves
from leads.models import Handoff, Lead, Question, Reason
from nurture import enrolments, programs, suppression, unsubscribe
from nurture.models import Program
from nurture.steps import StepIn
from sla import agreements, clocks
from sla import tasks as sla_tasks
from sla.models import Agreement
from tests import builders
from workspaces import keys
from workspaces.actors import Actor
from workspaces.models import Member, Workspace
from workspaces.roles import Role

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Stage:
    """What the actions play with; `key` is the integration, whose echo it must recognise."""

    workspace: Workspace
    marketing: Actor
    manager: Actor
    rep: Member
    key: Actor
    lead: Lead
    draft: Agreement

    def offered(self) -> Handoff:
        """Hand the lead over to the rep."""
        return moves.qualify(self.lead, actor=self.key, override="Met at the fair", owner=self.rep, at=MONDAY)

    def accepted(self) -> Handoff:
        return moves.accept(self.offered(), actor=builders.actor(self.rep), at=MONDAY + HOUR)

    def promoted(self) -> Handoff:
        return moves.promote(self.accepted(), actor=builders.actor(self.rep), at=MONDAY + 2 * HOUR)

    def lost(self) -> Handoff:
        reason = builders.reason(self.workspace, "price", Reason.Kind.LOSE)
        return moves.lose(self.promoted(), actor=builders.actor(self.rep), reason=reason, at=MONDAY + 3 * HOUR)

    def returned(self, code: str = "wrong-territory") -> Handoff:
        return moves.return_to_marketing(
            self.accepted(),
            actor=builders.actor(self.rep),
            reason=builders.reason(self.workspace, code),
            note="They sit in Austria",
            rating=2,
            at=MONDAY + 2 * HOUR,
        )

    def disqualified(self) -> Lead:
        reason = builders.reason(self.workspace, "spam", Reason.Kind.DISQUALIFY)
        return moves.disqualify(self.lead, actor=self.key, reason=reason, at=MONDAY)

    def program(self) -> Program:
        program = programs.create(self.workspace, actor=self.marketing, name="Revive")
        programs.replace_steps(program, actor=self.marketing, steps_in=[StepIn("wait", {"days": 1})])
        return programs.activate(program, actor=self.marketing)

    def signed(self) -> None:
        agreements.propose(self.draft, actor=self.manager, at=MONDAY)
        agreements.sign(self.draft, actor=self.marketing, side="marketing", at=MONDAY)
        agreements.sign(self.draft, actor=self.manager, side="sales", at=MONDAY)


@time_machine.travel(MONDAY - HOUR, tick=False)
def make() -> Stage:
    """Set the stage; everything after it happens from Monday on."""
    workspace = builders.workspace(active=False)
    marketing = builders.actor(builders.member(workspace, Role.MARKETING_MANAGER, "Mira Marketing"))
    manager = builders.actor(builders.member(workspace, Role.SALES_MANAGER, "Sam Sales"))
    admin = builders.actor(Member.objects.of(workspace).get(role=Role.ADMIN))
    key = Actor(key=keys.create(workspace, actor=admin, name="CRM", scopes=["write", "history"])[0])
    person = Person(
        email="priya@northwind.example",
        external_ids=(("crm", "0051"), ("shop", "77")),
        first_name="Priya",
        last_name="Raman",
        company="Northwind",
        source="webinar",
    )
    lead = upsert.upsert(workspace, person, actor=key, at=MONDAY).lead
    draft = agreements.in_work(workspace)
    assert draft is not None
    return Stage(workspace, marketing, manager, builders.member(workspace, Role.SALES, "Rita Rep"), key, lead, draft)


def _create(stage: Stage) -> None:
    person = Person(email="omar@fabrikam.example", external_ids=(("crm", "0052"),), company="Fabrikam")
    upsert.upsert(stage.workspace, person, actor=stage.key, at=MONDAY)


def _update(stage: Stage) -> None:
    upsert.upsert(stage.workspace, Person(email=stage.lead.email, title="Buyer"), actor=stage.key, at=MONDAY)


def _grade(stage: Stage) -> None:
    builders.event(stage.lead, "demo_request", at=MONDAY)
    evaluation.sweep(at=MONDAY + HOUR)


def _revisit(stage: Stage) -> None:
    moves.return_to_marketing(
        stage.accepted(),
        actor=builders.actor(stage.rep),
        reason=builders.reason(stage.workspace, "not-ready"),
        revisit_on=(MONDAY + 30 * DAY).date(),
        at=MONDAY + 2 * HOUR,
    )
    evaluation.sweep(at=MONDAY + 31 * DAY)


def _recycle(stage: Stage) -> None:
    moves.recycle(stage.lost().lead, actor=stage.key, note="They called", at=MONDAY + DAY)


def _reopen(stage: Stage) -> None:
    moves.reopen(stage.disqualified(), actor=stage.key, note="Not spam at all", at=MONDAY + DAY)


def _win(stage: Stage) -> None:
    moves.win(stage.promoted(), actor=stage.key, amount=Decimal("1200.50"), currency="EUR", at=MONDAY + DAY)


def _reassign(stage: Stage) -> None:
    other = builders.member(stage.workspace, Role.SALES, "Otto Other")
    moves.reassign(stage.offered(), actor=stage.manager, to=other, note="On leave", at=MONDAY + HOUR)


def _touch(stage: Stage) -> None:
    stage.accepted()
    facts = {"channel": "call", "outcome": "connected", "note": "Wants a quote"}
    touches.log(stage.lead, actor=stage.key, at=MONDAY + 2 * HOUR, **facts)


def _answer(stage: Stage) -> None:
    question = Question.objects.of(stage.workspace).filter(kind=Question.Kind.CHOICE).first()
    assert question is not None
    answers.record(stage.lead, actor=stage.key, question=question, value=question.choices[0], at=MONDAY)


def _warn(stage: Stage) -> None:
    stage.signed()
    clock = stage.offered().clocks.get()
    sla_tasks.run_sweeps(at=clock.warn_at)


def _breach(stage: Stage) -> None:
    stage.signed()
    clock = stage.offered().clocks.get()
    sla_tasks.run_sweeps(at=clock.due_at)


def _meet(stage: Stage) -> None:
    stage.signed()
    stage.accepted()


def _miss(stage: Stage) -> None:
    stage.signed()
    stage.returned("no-response")


def _answer_return(stage: Stage) -> None:
    stage.signed()
    clocks.answer_triage(stage.returned(), actor=stage.marketing, note="The rule is mended", at=MONDAY + 3 * HOUR)


def _enter(stage: Stage) -> None:
    enrolments.enrol(stage.lead, stage.program(), actor=stage.key, why={"words": "Asked for news"}, at=MONDAY)


def _leave(stage: Stage) -> None:
    _enter(stage)
    moves.qualify(stage.lead, actor=stage.key, override="Met at the fair", owner=stage.rep, at=MONDAY + HOUR)


# One real action for each event type of the catalogue
ACTIONS: dict[str, Callable[[Stage], object]] = {
    "lead.created": _create,
    "lead.updated": _update,
    "lead.consent_changed": lambda stage: unsubscribe.leave(stage.lead, send=None, source="one click", at=MONDAY),
    "lead.grade_changed": _grade,
    "lead.revisit_due": _revisit,
    "lead.recycled": _recycle,
    "lead.disqualified": Stage.disqualified,
    "lead.reopened": _reopen,
    "lead.suppressed": lambda stage: suppression.add(stage.workspace, stage.lead.email, why="bounced", at=MONDAY),
    "lead.qualified": Stage.offered,
    "lead.accepted": Stage.accepted,
    "lead.returned": Stage.returned,
    "lead.recalled": lambda stage: moves.recall(stage.offered(), actor=stage.key, note="Too early", at=MONDAY),
    "lead.reassigned": _reassign,
    "lead.promoted": Stage.promoted,
    "lead.won": _win,
    "lead.lost": Stage.lost,
    "handoff.rated": lambda stage: ratings.rate(stage.accepted(), actor=stage.key, rating=4, at=MONDAY + 2 * HOUR),
    "return.answered": _answer_return,
    "touch.logged": _touch,
    "lead.answered": _answer,
    "clock.warned": _warn,
    "clock.breached": _breach,
    "clock.met": _meet,
    "clock.missed": _miss,
    "program.entered": _enter,
    "program.left": _leave,
    "agreement.activated": Stage.signed,
}


def act(stage: Stage, event: str) -> None:
    """Do what an event type is about, with the wall clock on Monday."""
    with time_machine.travel(MONDAY, tick=False):
        ACTIONS[event](stage)
