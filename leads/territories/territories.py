"""Keep the territories of a workspace, and give leads theirs in sets."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import models, transaction
from django.utils import timezone

from leadflow import db
from leadflow.celery import wake
from leadflow.errors import Conflict, Invalid
from leads.models import Lead, RoutingRule, Territory
from leads.people import countries, persons
from leads.territories import matching
from workspaces import edits
from workspaces.actors import Actor
from workspaces.models import Workspace

STEP = 10  # between the positions of two territories
MOST = 200  # territories of a workspace, and entries of a list times ten
PREVIEWED = 5000  # leads that a preview looks at
SAMPLE = 10


@dataclass(frozen=True)
class Preview:
    """Which leads would change their territory: how many of the newest `looked_at`, and some, with what they get."""

    changed: int
    looked_at: int
    sample: list[tuple[Lead, str, str]]  # lead, territory after, why

    @property
    def bounded(self) -> bool:
        """Return whether there are leads that were not looked at."""
        return self.looked_at == PREVIEWED


def of(workspace: Workspace | int) -> models.QuerySet[Territory]:
    """Return the territories in the order in which they are tried."""
    return Territory.objects.of(workspace).order_by("position", "pk")


def counts(workspace: Workspace) -> dict[int | None, int]:
    """Count the leads of each territory by its id; those of none under None. One statement, which an index answers."""
    rows = Lead.objects.of(workspace).order_by().values_list("territory_id").annotate(count=models.Count("pk"))
    return dict(rows)


def place_on(leads: Sequence[Lead], territories: Collection[Territory]) -> list[Lead]:
    """Set territory and why on leads whose accounts are loaded, without saving; return those that changed."""
    changed = []
    for lead in leads:
        found, why = matching.first(territories, matching.place_of(lead, lead.account))
        if (lead.territory_id, lead.territory_why) != (found and found.pk, why):
            lead.territory, lead.territory_why = found, why
            changed.append(lead)
    return changed


def save(territory: Territory, *, actor: Actor, at: datetime | None = None) -> Territory:
    """Add or change a territory; a new one comes last. Leads are placed anew soon. Raise `Invalid` with the field."""
    check(territory)
    with transaction.atomic():
        db.lock(Workspace.objects.all(), territory.workspace_id)  # before positions are read
        stored = Territory.objects.of(territory.workspace_id).filter(pk=territory.pk).first()
        if stored and stored.name != territory.name:
            _refuse_in_use(stored, "name")
        if territory.position is None:
            last = of(territory.workspace_id).aggregate(top=models.Max("position", default=0))["top"]
            territory.position = last + STEP
        row = edits.write(territory, actor=actor, noun="territory", key="name", at=at)
        _look_again(row.workspace_id, at)
    return row


@transaction.atomic
def move(territory: Territory, *, actor: Actor, up: bool) -> None:
    """Let a territory change places with the one above it, or below. Does nothing at the end of the list."""
    db.lock(Workspace.objects.all(), territory.workspace_id)
    ordered = list(of(territory.workspace_id))
    here = next((index for index, each in enumerate(ordered) if each.pk == territory.pk), None)
    if here is None or not 0 <= (there := here - 1 if up else here + 1) < len(ordered):
        return
    ordered[here], ordered[there] = ordered[there], ordered[here]
    for index, each in enumerate(ordered, start=1):
        if each.position != index * STEP:
            each.position = index * STEP
            edits.write(each, actor=actor, noun="territory", key="name")
    _look_again(territory.workspace_id, None)


@transaction.atomic
def remove(territory: Territory, *, actor: Actor) -> None:
    """Remove a territory; its leads go to those below it. Raise `Conflict` while a routing rule asks for it."""
    db.lock(Workspace.objects.all(), territory.workspace_id)
    _refuse_in_use(territory, None)
    edits.remove(territory, actor=actor, noun="territory")
    _look_again(territory.workspace_id, None)


def preview(territory: Territory) -> Preview:
    """Say which of the newest leads would change if the territory were saved so. Raise `Invalid`; changes nothing."""
    check(territory)
    others = [each for each in of(territory.workspace_id) if each.pk != territory.pk]
    here = len(others) if territory.position is None else territory.position
    ordered = sorted([*others, territory], key=lambda each: here if each is territory else each.position)
    if territory.position is None:
        ordered = [*others, territory]
    rows = Lead.objects.of(territory.workspace_id).select_related("account", "territory").order_by("-pk")
    looked_at, changed = 0, 0
    sample: list[tuple[Lead, str, str]] = []
    for lead in rows.defer("attributes", "interests", "score_lines")[:PREVIEWED]:
        looked_at += 1
        found, why = matching.first(ordered, matching.place_of(lead, lead.account))
        same = found is None if lead.territory_id is None else found is not None and found.pk == lead.territory_id
        if not same:
            changed += 1
            if len(sample) < SAMPLE:
                sample.append((lead, found.name if found else "", why))
    return Preview(changed, looked_at, sample)


def check(territory: Territory) -> None:
    """Bring the lists into their normal form. Raise `Invalid` with the field to blame."""
    for name in ("countries", "regions", "postal_ranges", "industries", "domains"):
        given = getattr(territory, name)
        if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
            raise Invalid("Give a list of texts.", field=name)
        kept = list(dict.fromkeys(" ".join(each.split()) for each in given if each.strip()))
        if len(kept) > MOST * 10:
            raise Invalid(f"A list has at most {MOST * 10:,} entries.", field=name)
        for each in kept:
            persons.refuse_unstorable(each, name)
        setattr(territory, name, kept)
    codes = [countries.code_of(each) for each in territory.countries]
    for given, code in zip(territory.countries, codes, strict=True):
        if not code:
            raise Invalid(f"“{given}” is no country. Write its name in English or its ISO code.", field="countries")
    territory.countries = list(dict.fromkeys(codes))
    for range in territory.postal_ranges:
        if problem := matching.range_problem(range):
            raise Invalid(problem, field="postal_ranges")
    for number, domain in enumerate(territory.domains):
        if not persons.DOMAIN.fullmatch(domain.lower()):
            raise Invalid(f"“{domain}” is no domain. Write example.com.", field="domains")
        territory.domains[number] = domain.lower()
    least, most = territory.employees_from, territory.employees_to
    if least is not None and most is not None and most < least:
        raise Invalid("The largest company is smaller than the smallest.", field="employees_to")


def _refuse_in_use(territory: Territory, field: str | None) -> None:
    """Raise where a routing rule asks for the territory by its name."""
    for rule in RoutingRule.objects.of(territory.workspace_id):
        if territory.name in _names(rule.condition):
            words = f"The routing rule “{rule.name}” asks for this territory by its name: change that rule first."
            raise Invalid(words, field=field) if field else Conflict(words)


def _names(condition: object) -> set[str]:
    """Return the names of territories that a condition compares with."""
    if isinstance(condition, list):
        return {name for each in condition for name in _names(each)}
    if not isinstance(condition, dict):
        return set()
    if condition.get("fact") == "territory":
        value = condition.get("value")
        return {str(each) for each in (value if isinstance(value, list) else [value])}
    return {name for each in condition.values() for name in _names(each)}


def _look_again(workspace_id: int, at: datetime | None) -> None:
    """Let the engine place every lead of the workspace anew, in batches that go on where they stopped."""
    Lead.objects.of(workspace_id).update(next_at=at or timezone.now(), attempts=0, dead_reason="")
    wake("leads.sweep")
