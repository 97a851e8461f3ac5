"""Change what both sides sign: in place while nothing is signed, else in the draft of the next agreement.

The settings call these functions, and say where a change went. Each returns the draft that it stands in, which is
opened if there is none, or None when the change runs at once. All lock the workspace, and raise `Conflict` while a
version is proposed: its text is frozen until it is signed or withdrawn.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from leadflow import db
from leadflow.errors import Conflict
from leads.models import Question, Reason
from leads.qualification import definitions
from leads.vocabulary import words
from sla import agreements, calendars
from sla.models import Agreement
from sla.terms import Terms
from workspaces.actors import Actor
from workspaces.models import Workspace

_MEMBER = {Reason: "reasons", Question: "questions"}  # of the terms


@dataclass(frozen=True)
class Standing:
    """Hold what runs and what comes next: without `active` nothing is signed; `terms` are those of the next one."""

    active: Agreement | None
    next: Agreement | None  # in work beside the one that runs
    terms: Terms | None

    def of(self, row: Reason | Question) -> str:
        """Say what the next version does to a reason or question; empty where it does nothing."""
        copy = self._copy(row)
        if self.next is None or (copy is None and not row.active):
            return ""
        if copy is None:
            return f"Out of use with {self.next}"
        if not row.active:
            return f"In use with {self.next}"
        return f"Changes with {self.next}" if copy != words.signed_members(row) else ""

    def show(self, row: Any) -> Any:
        """Set what is proposed on a row that is about to be edited, without saving; other rows stay as they are."""
        if self.next is not None and type(row) in _MEMBER:
            copy = self._copy(row)
            row.active = copy is not None
            for member, value in (copy or {}).items():
                setattr(row, member, value)
        return row

    def hours(self, workspace: Workspace) -> Mapping[str, Any]:
        """Return the business hours that the next version proposes, else those in force."""
        return self.terms.calendar if self.terms else calendars.of(workspace).hours

    def _copy(self, row: Reason | Question) -> Mapping[str, Any] | None:
        return _find(self.terms, row) if self.terms else None


def standing(workspace: Workspace) -> Standing:
    """Read what runs and what is proposed."""
    active = agreements.active(workspace)
    following = agreements.in_work(workspace) if active else None
    return Standing(active, following, agreements.terms_of(following) if following else None)


@transaction.atomic
def save_word(word: Any, *, actor: Actor) -> Agreement | None:
    """Add or change a word of any kind. Of those that both sides sign, one out of use may be changed at once.

    Raise `Invalid` as `words.check` does.
    """
    running = _running(word.workspace_id)
    if running is None or type(word) not in _MEMBER:
        words.save(word, actor=actor)
        return None
    words.check(word)
    proposed = word.active
    if word.pk is None or not type(word).objects.of(word.workspace_id).get(pk=word.pk).active:
        word.active = False  # a word out of use promises nothing, and gives the proposed one its place
        words.save(word, actor=actor)
    member, name = _MEMBER[type(word)], words.name_in_terms(type(word), words.signed_members(word))
    held = getattr(_base(running), member)
    others = [copy for copy in held if words.name_in_terms(type(word), copy) != name]
    edited = sorted([*others, words.signed_members(word)], key=_order) if proposed else others
    return _amend(running, actor, {member: tuple(edited)})


@transaction.atomic
def edit_calendar(workspace: Workspace, *, actor: Actor, hours: Mapping[str, Any]) -> Agreement | None:
    """Replace the business hours, given as for `calendars.read`. Raise `Invalid` as that does."""
    running = _running(workspace.pk)
    if running is None:
        calendars.edit(workspace, actor=actor, hours=hours)
        return None
    return _amend(running, actor, {"calendar": calendars.read(hours)})


@transaction.atomic
def add_holidays(workspace: Workspace, *, actor: Actor, country: str, year: int) -> Agreement | None:
    """Copy the public holidays of a country and year into the calendar. Raise `Invalid` for one that is not known."""
    _running(workspace.pk)  # locks
    hours = calendars.with_holidays(standing(workspace).hours(workspace), country, year)
    return edit_calendar(workspace, actor=actor, hours=hours)


@transaction.atomic
def save_scoring(workspace: Workspace, *, actor: Actor, rules: dict[str, Any]) -> Agreement | None:
    """Write the next version of the scoring. Raise `Invalid` with `errors` that point at each place."""
    running = _running(workspace.pk)
    draft = definitions.new_scoring(workspace, actor=actor, rules=rules)
    if running is None:
        definitions.activate_scoring(draft, actor=actor)
        return None
    return _open(running, actor)


@transaction.atomic
def save_definition(workspace: Workspace, kind: str, *, actor: Actor, **members: Any) -> Agreement | None:
    """Write the next version of a definition, given as for `definitions.new_version`, which says what is raised."""
    running = _running(workspace.pk)
    definitions.new_version(workspace, kind, actor=actor, **members)
    return _open(running, actor) if running else None


def _running(workspace_id: int) -> Agreement | None:
    """Lock the workspace; return the agreement that runs."""
    db.lock(Workspace.objects.only("pk"), workspace_id)
    return agreements.active(workspace_id)


def _base(running: Agreement) -> Terms:
    """Return the terms that a change starts from: those of the draft, else those that run."""
    return agreements.terms_of(agreements.in_work(running.workspace_id) or running)


def _amend(running: Agreement, actor: Actor, held: Mapping[str, Any]) -> Agreement | None:
    """Put a change into the draft; what stands so already opens none."""
    base = _base(running)
    if all(getattr(base, member) == value for member, value in held.items()):
        return agreements.in_work(running.workspace_id)
    return agreements.amend(_open(running, actor), actor=actor, **held)


def _open(running: Agreement, actor: Actor) -> Agreement:
    """Return the draft of the next version, opened if there is none. Raise `Conflict` for one that is proposed."""
    found = agreements.in_work(running.workspace_id)
    if found is not None and found.status == Agreement.Status.PROPOSED:
        raise Conflict(
            f"{found} is proposed, so its text is frozen. Withdraw it to add this change, or make the change once "
            "it is signed.",
            code="agreement_proposed",
        )
    return found or agreements.draft_next(running.workspace_id, actor=actor)


def _find(terms: Terms, row: Reason | Question) -> Mapping[str, Any] | None:
    kind = type(row)
    name = words.name_in_terms(kind, words.signed_members(row))
    copies: Iterable[Mapping[str, Any]] = getattr(terms, _MEMBER[kind])
    return next((copy for copy in copies if words.name_in_terms(kind, copy) == name), None)


def _order(copy: Mapping[str, Any]) -> tuple[Any, ...]:
    return copy.get("kind", "") if copy.get("kind") in Reason.Kind.values else "", copy["position"], copy["code"]
