"""Make hosted forms, and take in what somebody typed into one."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from leadflow import db
from leadflow.errors import Invalid, Missing
from leads.intake import answers as qualifying
from leads.intake import events, upsert
from leads.intake.events import EventIn
from leads.intake.upsert import FORM_FIELDS, Person, UpsertResult
from leads.models import Form, Lead, Question
from leads.models.lead import ConsentState
from leads.people import persons
from workspaces import audit
from workspaces.actors import Actor, engine
from workspaces.models import Workspace

LONGEST = 1000  # characters of one answer, as the event keeps it
EDITABLE = (
    "name",
    "heading",
    "fields",
    "questions",
    "topics",
    "source",
    "campaign",
    "consent_wording",
    "thanks",
    "active",
)


@transaction.atomic
def create(workspace: Workspace, *, actor: Actor, **values: Any) -> Form:
    """Make a form with an address that cannot be guessed; `values` are those of `EDITABLE`. Raise `Invalid`."""
    form = Form(workspace=workspace, token=secrets.token_urlsafe(16))
    _write(form, values)
    audit.record(workspace, actor=actor, action="form.created", object_name=form.name)
    return form


@transaction.atomic
def edit(form: Form, *, actor: Actor, **values: Any) -> Form:
    """Change a form; its address stays. Raise `Invalid` with the field to blame."""
    _write(form, values)
    audit.record(form.workspace, actor=actor, action="form.changed", object_name=form.name)
    return form


def find(token: str) -> Form:
    """Return the form of a public address. Raise `Missing` when there is none, or it is closed."""
    found = (
        Form.everywhere.select_related("workspace", "campaign")
        .filter(token=token.replace("\x00", ""), active=True)
        .first()
    )
    if found is None:
        raise Missing("There is no such form, or it is closed.")
    return found


@transaction.atomic
def submit(form: Form, data: Mapping[str, Any], *, at: datetime | None = None) -> UpsertResult:
    """Make or find the lead, and record the form as an event with the answers, in one transaction.

    `data` is by field name, an answer to a qualifying question by `question_field` of its code; `consent` is the box
    beside the form's wording, `anonymous_id` the browser's id if known. Anybody can send a form, so it fills
    what is empty, overwrites nothing and overturns no opt-out;
    the event keeps what was typed and agreed to. Raise `Invalid` with the field to blame, `Missing` when the form is
    closed.
    """
    if not form.active:
        raise Missing("This form is closed.", code="form_closed")
    at = at or timezone.now()
    answers = {name: persons.text(data.get(name), name)[:LONGEST] for name in fields_of(form)}
    if not answers["email"]:
        raise Invalid("Give your e-mail address, so that we can answer.", field="email")
    said = _answers(form, data)
    agreed = bool(form.consent_wording and data.get("consent"))
    facts: dict[str, Any] = {**answers, "employees": persons.employees(answers.get("employees"))}
    person = Person(
        **facts,
        anonymous_id=persons.text(data.get("anonymous_id"), "anonymous_id"),
        source=form.source,
        campaign=form.campaign.code if form.campaign else "",
        consent=ConsentState.OPTED_IN if agreed else "",
        consent_wording=form.consent_wording if agreed else "",
    )
    actor = engine(f"form {form.name}")
    result = upsert.upsert(form.workspace, person, actor=actor, at=at, existing="fill")
    event = EventIn(
        type=form.event_type,
        name=form.name,
        topics=tuple(form.topics),
        properties={name: value for name, value in _properties(answers, said, person).items() if value},
        occurred_at=at,
        campaign=person.campaign,
    )
    events.record(form.workspace, result.lead, [event], actor=actor, at=at, anonymous_id=person.anonymous_id)
    if said:
        lead = db.lock(Lead.objects.of(form.workspace_id), result.lead.pk)
        if qualifying.fill(lead, said, actor=actor, at=at):
            lead.next_at = at
            lead.save(update_fields=["next_at"])
    return result


def question_field(code: str) -> str:
    """Return the name of the field that asks a qualifying question."""
    return f"question_{code}"


def questions_of(form: Form) -> list[Question]:
    """Return the qualifying questions of a form in order, those out of use left out."""
    return qualifying.of_codes(form.workspace_id, form.questions) if form.questions else []


def _answers(form: Form, data: Mapping[str, Any]) -> dict[Question, Any]:
    """Read the answers that were given. Raise `Invalid` with the field of one that cannot be kept."""
    said = {}
    for question in questions_of(form):
        name = question_field(question.code)
        given = persons.text(data.get(name), name)[:LONGEST]
        if not given:
            continue
        try:
            said[question] = qualifying.read(question, given)
        except Invalid as error:
            raise Invalid(error.message, field=name) from error
    return said


def _properties(answers: Mapping[str, Any], said: Mapping[Question, Any], person: Person) -> dict[str, Any]:
    """Return what the event keeps of a submission: what was typed, answered and agreed to."""
    given = {question_field(question.code): str(value) for question, value in said.items()}
    return {**answers, **given, "consent": person.consent_wording}


def fields_of(form: Form) -> list[str]:
    """Return the fields of a form in order; the e-mail is always among them."""
    chosen = [name for name in form.fields if name in FORM_FIELDS]
    return chosen if "email" in chosen else ["email", *chosen]


def _write(form: Form, values: Mapping[str, Any]) -> None:
    if unknown := sorted(set(values) - set(EDITABLE)):
        raise Invalid(f"A form has no field “{unknown[0]}”.", field=unknown[0])
    for name, value in values.items():
        setattr(form, name, value.strip() if isinstance(value, str) else value)
    for name, words in (("name", "a name"), ("heading", "a heading")):
        if not getattr(form, name):
            raise Invalid(f"Give the form {words}.", field=name)
    if strange := [name for name in form.fields if name not in FORM_FIELDS]:
        raise Invalid(f"A form cannot ask for “{strange[0]}”.", field="fields")
    known = {each.code for each in qualifying.of_codes(form.workspace_id, form.questions)} if form.questions else set()
    if strange := [code for code in form.questions if code not in known]:
        raise Invalid(f"There is no question “{strange[0]}” in use.", field="questions")
    form.save()
