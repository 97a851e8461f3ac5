"""The vocabulary of the workspace: reasons, questions, topics, personas, attributes."""

from typing import Any

from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import render

from dashboard.settings import rule_forms as forms
from dashboard.shell import editing
from dashboard.shell.access import PageRequest, page
from dashboard.wording import amending
from leadflow.models import get_row
from leads.models import Attribute, Persona, Question, Reason, Topic
from leads.vocabulary import words
from sla import amendments


@page("settings.view")
def reasons(request: PageRequest) -> HttpResponse:
    """List the reasons by kind, with their consequences."""
    standing = amendments.standing(request.workspace)
    found = [(each, standing.of(each)) for each in words.reasons(request.workspace)]
    groups = [(kind, [(each, proposed) for each, proposed in found if each.kind == kind]) for kind in Reason.Kind]
    context = {
        "title": "Reasons",
        "groups": groups,
        "may": request.actor.can("settings.rules"),
        "standing": standing,
        "what_follows": amending.sentence(standing),
    }
    return render(request, "settings/reasons.html", context)


@page("settings.rules")
def reason(request: PageRequest, pk: int | None = None) -> HttpResponse:
    """Add a reason, or change one."""
    return _edit(request, Reason, forms.ReasonForm, pk, "reason", back="reasons")


@page("settings.view")
def questions(request: PageRequest) -> HttpResponse:
    """List the qualifying questions."""
    standing = amendments.standing(request.workspace)
    context = {
        "title": "Questions",
        "rows": [(each, standing.of(each)) for each in words.questions(request.workspace)],
        "standing": standing,
        "what_follows": amending.sentence(standing),
        "may": request.actor.can("settings.rules"),
    }
    return render(request, "settings/questions.html", context)


@page("settings.rules")
def question(request: PageRequest, pk: int | None = None) -> HttpResponse:
    """Add a question, or change one."""
    sentence = "Reps answer it on the lead's page. The definition of SQL lists the answers that a promotion needs. "
    return _edit(request, Question, forms.QuestionForm, pk, "question", back="questions", sentence=sentence)


@page("settings.view")
def vocabulary_page(request: PageRequest) -> HttpResponse:
    """List topics, personas and custom attributes."""
    lists = [
        ("Topics", "topic", "Subjects of interest, carried by content and events.", Topic),
        ("Personas", "persona", "Buyers' roles in the purchase.", Persona),
        ("Attributes", "attribute", "Custom fields of leads, for imports, the API and conditions.", Attribute),
    ]
    context = {
        "title": "Topics, personas and attributes",
        "lists": [
            (label, name, text, list(model.objects.of(request.workspace).order_by("label", "pk")))
            for label, name, text, model in lists
        ],
        "may": request.actor.can("settings.rules"),
    }
    return render(request, "settings/words.html", context)


@page("settings.rules")
def topic(request: PageRequest, pk: int | None = None) -> HttpResponse:
    """Add a topic, or change its words."""
    return _edit(request, Topic, forms.TopicForm, pk, "topic", back="words")


@page("settings.rules")
def persona(request: PageRequest, pk: int | None = None) -> HttpResponse:
    """Add a persona, or change its words."""
    return _edit(request, Persona, forms.PersonaForm, pk, "persona", back="words")


@page("settings.rules")
def attribute(request: PageRequest, pk: int | None = None) -> HttpResponse:
    """Add a custom attribute, or change its words."""
    return _edit(request, Attribute, forms.AttributeForm, pk, "attribute", back="words")


def _edit(
    request: PageRequest, model: type[Any], kind: type[Any], pk: int | None, noun: str, *, back: str, sentence: str = ""
) -> HttpResponse:
    found: Any = get_row(model.objects.of(request.workspace), pk, noun) if pk else model(workspace=request.workspace)
    title = _title(found) if pk else f"Add a{'n' if noun[0] in 'aeiou' else ''} {noun}"
    if model in (Reason, Question):
        standing = amendments.standing(request.workspace)
        sentence += amending.sentence(standing)
        found = standing.show(found) if pk else found
    form = kind(editing.posted(request), instance=found)
    return editing.edit(
        request,
        form,
        lambda: amendments.save_word(form.instance, actor=request.actor),
        title=title,
        done=amending.done(f"The {noun} is saved."),
        back=f"dashboard:{back}",
        sentence=sentence,
    )


def _title(found: Model) -> str:
    return str(getattr(found, "label", found))
