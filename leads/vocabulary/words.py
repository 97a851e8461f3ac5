"""Keep a workspace's own words: reasons, questions, topics, personas and custom attributes."""

from datetime import datetime
from typing import TypeVar

from django.db import models

from leadflow.errors import Invalid
from leadflow.models import get_row
from leads.models import Attribute, Persona, Question, Reason, Topic
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


def save(word: W, *, actor: Actor, at: datetime | None = None) -> W:
    """Add or change a word. A signed agreement keeps the reasons that it was signed with until the next one.

    Raise `Invalid` with the field: for a code that is in use, one that changes, or a question without choices.
    """
    kind = type(word)
    if word.pk is not None:
        stored = get_row(kind.objects.of(word.workspace_id), word.pk, kind._meta.model_name or "word")
        if changed := [name for name in FIXED[kind] if getattr(stored, name) != getattr(word, name)]:
            raise Invalid("This stays as it is once it is in use: add another one instead.", field=changed[0])
    if isinstance(word, Question):
        _check_question(word)
    if isinstance(word, Reason) and word.needs_revisit and word.disqualifies:
        raise Invalid("A lead that is disqualified is not looked at again: choose one of both.", field="disqualifies")
    key = "key" if isinstance(word, Attribute) else "code"
    return edits.write(word, actor=actor, noun=kind._meta.model_name or "", key=key, at=at)


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
