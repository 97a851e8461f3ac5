"""Keep a workspace's own words: reasons, questions, topics, personas and custom attributes."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db import models, transaction
from django.forms.models import model_to_dict

from leadflow import db
from leadflow.errors import Conflict, Invalid
from leadflow.models import get_row
from leads.models import Attribute, Persona, Question, Reason, Topic
from leads.models.reason import OPTIONS
from leads.qualification import definitions
from workspaces import edits
from workspaces.actors import Actor
from workspaces.models import Workspace

W = TypeVar("W", Attribute, Persona, Question, Reason, Topic)
# By these the rest of the workspace refers to a word, so they are chosen once.
FIXED: dict[type[models.Model], tuple[str, ...]] = {
    Attribute: ("key", "kind"),
    Persona: ("code",),
    Question: ("code", "kind"),
    Reason: ("kind", "code"),
    Topic: ("code",),
}


# What both sides sign of a word that is in use. An agreement knows it by the members that are fixed.
SIGNED: dict[type[models.Model], tuple[str, ...]] = {
    Reason: ("kind", "code", "label", "position", *OPTIONS),
    Question: ("code", "label", "kind", "choices", "position"),
}
_NAMED_BY: dict[type[models.Model], tuple[str, ...]] = {Reason: ("kind", "code"), Question: ("code",)}


@transaction.atomic
def save(word: W, *, actor: Actor, at: datetime | None = None) -> W:
    """Add or change a word. Locks the workspace.

    Raise `Conflict` for a reason or question in use while an agreement runs: both sides signed it. Raise `Invalid` as
    `check` does.
    """
    check(word)
    if isinstance(word, Question | Reason):
        db.lock(Workspace.objects.only("pk"), word.workspace_id)
        if (word.active or _is_in_use(word)) and definitions.are_agreed(word.workspace_id):
            raise Conflict("Both sides signed this: a change goes into the next agreement.", code="signed")
    return edits.write(word, actor=actor, noun=_noun(word), key=_key(word), at=at)


def check(word: Attribute | Persona | Question | Reason | Topic) -> None:
    """Raise `Invalid` with the field: for a code that is in use, one that changes, or a question without choices."""
    kind = type(word)
    if word.pk is not None:
        stored = get_row(kind.objects.of(word.workspace_id), word.pk, kind._meta.model_name or "word")
        if changed := [name for name in FIXED[kind] if getattr(stored, name) != getattr(word, name)]:
            raise Invalid("This stays as it is once it is in use: add another one instead.", field=changed[0])
    if isinstance(word, Question):
        _check_question(word)
    if isinstance(word, Reason) and word.needs_revisit and word.disqualifies:
        raise Invalid("A lead that is disqualified is not looked at again: choose one of both.", field="disqualifies")
    edits.check(word, _key(word))


def signed_members(word: Question | Reason) -> dict[str, Any]:
    """Return what an agreement says of a word."""
    return model_to_dict(word, SIGNED[type(word)])


def name_in_terms(kind: type[models.Model], copy: Mapping[str, Any]) -> tuple[str, ...]:
    """Return by what an agreement knows a word of a kind."""
    return tuple(copy[member] for member in _NAMED_BY[kind])


@transaction.atomic
def put_in_force(
    workspace: Workspace | int,
    kind: type[Reason] | type[Question],
    signed: Iterable[Mapping[str, Any]],
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """Make the words of a kind in use those that both sides signed: changed, added, and out of use where left out.

    Only what differs is written and audited.
    """
    rows: dict[tuple[str, ...], Any] = {
        tuple(getattr(row, member) for member in _NAMED_BY[kind]): row for row in kind.objects.of(workspace)
    }
    for copy in signed:
        pk = workspace.pk if isinstance(workspace, Workspace) else workspace
        row = rows.pop(name_in_terms(kind, copy), None) or kind(workspace_id=pk, active=False)
        if not row.active or any(getattr(row, member) != value for member, value in copy.items()):
            for member, value in copy.items():
                setattr(row, member, value)
            row.active = True
            edits.write(row, actor=actor, noun=_noun(row), at=at)
    for row in rows.values():
        if row.active:
            row.active = False
            edits.write(row, actor=actor, noun=_noun(row), at=at)


def _noun(word: models.Model) -> str:
    return type(word)._meta.model_name or ""


def _key(word: models.Model) -> str:
    return "key" if isinstance(word, Attribute) else "code"


def _is_in_use(word: Any) -> bool:
    return word.pk is not None and type(word).objects.of(word.workspace_id).filter(pk=word.pk, active=True).exists()


def reasons(workspace: Workspace | int) -> models.QuerySet[Reason]:
    """Return the reasons of a workspace by kind and position, those out of use as well."""
    return Reason.objects.of(workspace).order_by("kind", "position", "code")


def questions(workspace: Workspace | int) -> models.QuerySet[Question]:
    """Return the qualifying questions of a workspace in order, those out of use as well."""
    return Question.objects.of(workspace).order_by("position", "pk")


def _check_question(question: Question) -> None:
    choices = [" ".join(str(choice).split()) for choice in question.choices]
    question.choices = list(dict.fromkeys(choice for choice in choices if choice))
    if question.kind != Question.Kind.CHOICE:
        question.choices = []
    elif len(question.choices) < 2:
        raise Invalid("Give at least two answers to choose from, one a line.", field="choices")
