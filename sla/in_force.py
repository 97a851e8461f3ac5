"""What is in force beside the terms themselves: read it for a proposal, and write what was signed into its place.

In force are the rows that run: the active definitions and scoring, the reasons and questions in use, the calendar.
While an agreement runs, nothing but `put` changes them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.forms.models import model_to_dict

from leadflow.errors import Conflict
from leads.models import Definition, Question, Reason, Scoring
from leads.qualification import definitions
from leads.vocabulary import words
from sla import calendars
from sla.terms import Terms, digest
from workspaces.actors import Actor

_OF_DEFINITION = ("version", "condition", "tiers", "loop_guard")


def newest_versions(workspace_id: int) -> dict[str, Any]:
    """Copy the newest definitions and scoring: the drafts that wait for signatures, else those that run.

    Raise `Conflict` while one is missing.
    """
    newest = {row.kind: row for row in Definition.objects.of(workspace_id).order_by("version")}
    if missing := [label for kind, label in Definition.Kind.choices if kind not in newest]:
        raise Conflict(f"There is no definition of {', '.join(missing)} yet: write it first.", code="no_definition")
    scoring = definitions.newest_scoring(workspace_id)
    if scoring is None:
        raise Conflict("There is no scoring yet: write it first.", code="no_scoring")
    return {
        "definitions": {kind: model_to_dict(row, _OF_DEFINITION) for kind, row in newest.items()},
        "scoring": {**scoring.rules, "version": scoring.version},
    }


def kept_in_settings(workspace_id: int) -> dict[str, Any]:
    """Copy the calendar, and the reasons and questions in use."""
    return {
        "calendar": calendars.of(workspace_id).hours,
        "reasons": tuple(words.signed_members(row) for row in words.reasons(workspace_id) if row.active),
        "questions": tuple(words.signed_members(row) for row in words.questions(workspace_id) if row.active),
    }


def put(workspace_id: int, signed: Terms, *, actor: Actor, at: datetime) -> None:
    """Let everything that was signed run from now on. Raise `Conflict` for a version that is not the one signed."""
    scoring = Scoring.objects.of(workspace_id).get(version=signed.scoring["version"])
    _check_same({**scoring.rules, "version": scoring.version}, signed.scoring, "scoring")
    definitions.activate_scoring(scoring, actor=actor, at=at, signed=True)
    for kind, named in signed.definitions.items():
        version = Definition.objects.of(workspace_id).get(kind=kind, version=named["version"])
        _check_same(model_to_dict(version, _OF_DEFINITION), named, f"definition of {kind.upper()}")
        definitions.activate(version, at=at)
    words.put_in_force(workspace_id, Reason, signed.reasons, actor=actor, at=at)
    words.put_in_force(workspace_id, Question, signed.questions, actor=actor, at=at)
    calendars.put_in_force(workspace_id, signed.calendar, actor=actor)


def _check_same(stored: Mapping[str, Any], signed: Mapping[str, Any], noun: str) -> None:
    if digest(stored) != digest(signed):
        raise Conflict(f"The {noun} has changed since: withdraw and propose again.")
