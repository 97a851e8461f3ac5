"""Keep the versions of the agreed definitions and of the scoring: written as drafts, run when activated."""

import json
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Max, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from leadflow import db
from leadflow.errors import Conflict, Invalid
from leads import documents
from leads.conditions import checks
from leads.conditions.fact_catalogue import KNOWN
from leads.models import Definition, Lead, Scoring
from leads.models.definition import Version
from leads.qualification import criteria
from leads.scoring import scoring
from leads.states import MARKETING_STATES
from workspaces import audit
from workspaces.actors import Actor
from workspaces.models import Workspace

V = TypeVar("V", Definition, Scoring)


def active(workspace: Workspace | int, kind: str) -> Definition | None:
    """Return the definition that the engine runs now, if one is agreed."""
    return Definition.objects.of(workspace).filter(kind=kind, status=Version.ACTIVE).first()


def are_agreed(workspace: Workspace | int) -> bool:
    """Return whether an agreement runs: what both sides signed then changes with the next one alone."""
    return Definition.objects.of(workspace).filter(kind=Definition.Kind.MQL, status=Version.ACTIVE).exists()


def active_scoring(workspace: Workspace | int) -> Scoring | None:
    """Return the scoring that the engine runs now."""
    return Scoring.objects.of(workspace).filter(status=Version.ACTIVE).first()


def newest_scoring(workspace: Workspace | int) -> Scoring | None:
    """Return the scoring written last: a draft that waits for signatures, else the one that runs."""
    return Scoring.objects.of(workspace).order_by("-version").first()


def active_rules(workspace: Workspace | int) -> scoring.ScoringRules:
    """Return what the engine scores by now, ready to use. Raise `leadflow.formats.Unreadable` when it cannot be."""
    active = Scoring.objects.of(workspace).filter(status=Version.ACTIVE).order_by()
    texts = list(active.values_list(Cast("rules", TextField()), flat=True))
    return read_rules(texts[0]) if texts else default_rules()


@lru_cache(maxsize=256)
def read_rules(text: str) -> scoring.ScoringRules:
    """Read scoring rules as they are stored, once in a process for each text. Raise `Unreadable` for a newer format."""
    return scoring.ScoringRules.from_stored(documents.SCORING.read(json.loads(text)))


@lru_cache(maxsize=1)
def default_rules() -> scoring.ScoringRules:
    """Return the rules of a workspace that has none of its own yet."""
    return scoring.ScoringRules.from_json(scoring.DEFAULT)


@transaction.atomic
def new_version(
    workspace: Workspace,
    kind: str,
    *,
    actor: Actor,
    condition: dict[str, Any],
    tiers: list[dict[str, Any]] | None = None,
    loop_guard: dict[str, Any] | None = None,
) -> Definition:
    """Write the next version of a definition as a draft. Raise `Invalid` with `errors` that point at each place.

    Tiers and loop guard belong to MQL alone; left out, they are those of the version before.
    """
    versions = Definition.objects.of(_locked(workspace)).filter(kind=kind)
    before = versions.order_by("-version").first()
    data = {"kind": kind, "version": before.version + 1 if before else 1, "condition": condition}
    problems = criteria.validate(data, KNOWN)
    if kind == Definition.Kind.MQL:
        tiers = tiers if tiers is not None else before.tiers if before else criteria.DEFAULT_TIERS
        if loop_guard is None:
            loop_guard = before.loop_guard if before else criteria.DEFAULT_GUARD
        problems += _under("/tiers", criteria.validate_tiers(tiers, KNOWN))
        problems += _under("/loop_guard", criteria.validate_guard(loop_guard))
    elif tiers or loop_guard:
        raise Invalid("Only the definition of MQL has tiers and a loop guard.", field="tiers")
    _refuse(problems, "definition")
    draft = Definition(workspace=workspace, tiers=tiers or [], loop_guard=loop_guard or {}, **data)
    draft.save(force_insert=True)
    _audit(workspace, actor, "definition.drafted", f"{kind.upper()} {draft.version}")
    return draft


@transaction.atomic
def new_scoring(workspace: Workspace, *, actor: Actor, rules: dict[str, Any]) -> Scoring:
    """Write the next version of the scoring as a draft. Raise `Invalid` with `errors` that point at each place."""
    newest = Scoring.objects.of(_locked(workspace)).aggregate(newest=Max("version"))["newest"] or 0
    rules = {**rules, "version": newest + 1}
    _refuse(scoring.validate(rules, KNOWN), "scoring")
    draft = Scoring(workspace=workspace, version=newest + 1, rules=rules)
    draft.save(force_insert=True)
    _audit(workspace, actor, "scoring.drafted", f"Scoring {draft.version}")
    return draft


def activate(definition: Definition, *, at: datetime | None = None) -> Definition:
    """Run a definition from now on, in place of the one before. Raise `Conflict` when it was superseded already."""
    same_kind = Definition.objects.of(definition.workspace_id).filter(kind=definition.kind)
    return _activate(definition, same_kind, at or timezone.now())


@transaction.atomic
def activate_scoring(draft: Scoring, *, actor: Actor, at: datetime | None = None, signed: bool = False) -> Scoring:
    """Run a scoring from now on, in place of the one before; every lead in marketing's care is scored anew.

    `signed`: it stands in the agreement that both sides have just signed. Raise `Conflict` otherwise while one runs.
    """
    _locked(draft.workspace_id)
    if not signed and are_agreed(draft.workspace_id):
        raise Conflict("Both sides signed the scoring that runs: a change goes into the next agreement.", code="signed")
    if Scoring.objects.of(draft.workspace_id).get(pk=draft.pk).status == Version.ACTIVE:
        return draft
    active = _activate(draft, Scoring.objects.of(draft.workspace_id), at or timezone.now())
    _audit(draft.workspace, actor, "scoring.activated", f"Scoring {draft.version}")
    return active


@transaction.atomic
def _activate(row: V, versions: Any, at: datetime) -> V:
    _locked(row.workspace_id)
    row = db.lock(versions, row.pk)
    if row.status == Version.ACTIVE:
        return row
    if row.status == Version.SUPERSEDED:
        raise Conflict("This version was superseded. Write a new one with the same content.")
    versions.filter(status=Version.ACTIVE).update(status=Version.SUPERSEDED)
    row.status, row.activated_at = Version.ACTIVE, at
    row.save(update_fields=["status", "activated_at"])
    # Also those set aside: the rules before may have been what they failed by.
    Lead.objects.of(row.workspace_id).filter(state__in=MARKETING_STATES).update(next_at=at, attempts=0, dead_reason="")
    return row


def _locked(workspace: Workspace | int) -> int:
    """Lock the workspace's row, so that two authors do not take the same number; return its id."""
    pk = workspace.pk if isinstance(workspace, Workspace) else workspace
    db.lock(Workspace.objects.only("pk"), pk)
    return pk


def _under(pointer: str, problems: list[checks.Problem]) -> list[checks.Problem]:
    return [checks.Problem(pointer + problem.pointer, problem.message) for problem in problems]


def _refuse(problems: list[checks.Problem], noun: str) -> None:
    if problems:
        first = problems[0]
        raise Invalid(
            f"The {noun} cannot be used: {first.message}",
            field=first.pointer.strip("/").split("/")[0] or None,
            errors=[problem.to_json() for problem in problems],
        )


def _audit(workspace: Workspace, actor: Actor, action: str, name: str) -> None:
    audit.record(workspace, actor=actor, action=action, object_name=name)
