"""Write what intake has decided, in one statement for each kind of row that occurs."""

from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import prefetch_related_objects

from leadflow import db
from leadflow.celery import wake
from leads import payloads, summaries
from leads.conditions import trees
from leads.intake.plan import PlannedChange, PlannedChanges
from leads.models import Campaign, Consent, ExternalId, Lead, Transition
from leads.people import identity, search_text
from leads.qualification import lead_facts
from leads.scoring import scoring
from leads.scoring.scoring import Score
from leads.signals import consented
from leads.territories import territories
from webhooks import outbox
from webhooks.payloads import ActorSummary, Payload
from workspaces.actors import Actor
from workspaces.models import Workspace

NOT_COLUMNS = {"external_ids"}
DECIDE = {"country", "region", "postal_code", "account_id"}  # what of a lead decides about its territory


def write(plan: PlannedChanges, *, actor: Actor) -> bool:
    """Write the planned changes and return whether any lead is new or changed. Raise `identity.Raced` on a lost race.

    The caller holds the transaction and the locks.
    """
    made = [change for change in plan.changes if change.created]
    updated = [change for change in plan.changes if change.changed and not change.created]
    _write_references(plan)
    _place(plan, made, updated)
    _write_new(plan, made)
    _write_updates(plan, updated)
    _write_ids(plan)
    _write_search_text(plan, made, updated)
    _write_log(plan, made, updated, actor)
    return bool(made or updated)


def _write_references(plan: PlannedChanges) -> None:
    """Make the companies and campaigns that are new, and bring the known companies up to date."""
    companies = [*plan.known.accounts.values(), *plan.known.named_accounts.values()]
    for company in companies:
        company.search_text = search_text.words_of(company.name, company.domain)
    _insert(sorted((row for row in companies if row.pk is None), key=lambda row: (row.domain, row.name)), "domain")
    campaigns: list[Campaign] = [row for row in plan.known.campaigns.values() if row.pk is None]
    _insert(sorted(campaigns, key=lambda row: row.code), "code")
    if plan.touched_accounts:
        rows = [plan.touched_accounts[pk] for pk in sorted(plan.touched_accounts)]
        db.update_many(rows, ["name", "industry", "employees", "search_text"])
    for change in plan.changes:
        for name in ("account", "campaign"):
            if row := change.lead._state.fields_cache.get(name):
                setattr(change.lead, name, row)  # again, now that it has an id


def _place(plan: PlannedChanges, made: list[PlannedChange], updated: list[PlannedChange]) -> None:
    """Give the leads that are new, or moved, their territories; other leads of a changed account are looked at anew."""
    moved = [change for change in updated if DECIDE & set(change.changed)]
    if not made and not moved:
        return
    rules = plan.known.territories
    if not rules:
        return
    prefetch_related_objects([change.lead for change in moved], "account")
    placed = {id(lead) for lead in territories.place_on([change.lead for change in [*made, *moved]], rules)}
    for change in moved:
        if id(change.lead) in placed:
            change.changed |= {"territory_id": None, "territory_why": None}
    if touched := list(plan.touched_accounts):
        transaction.on_commit(partial(_look_again, plan.workspace, touched, plan.now))


@transaction.atomic
def _look_again(workspace: Workspace, accounts: list[int], at: datetime) -> None:
    """Let the engine look at all leads of companies that changed, once the change is there.

    After it, in a transaction of its own: it locks leads by id, and the one that changed the companies holds some.
    """
    rows = Lead.objects.of(workspace).filter(account__in=accounts)
    ids = list(db.locked(rows).values_list("pk", flat=True))
    Lead.objects.of(workspace).filter(pk__in=ids).update(next_at=at, attempts=0, dead_reason="")
    wake("leads.sweep")


def _write_new(plan: PlannedChanges, made: list[PlannedChange]) -> None:
    _score(plan, made)
    _insert(sorted((change.lead for change in made), key=lambda lead: lead.email), "email")


def _score(plan: PlannedChanges, made: list[PlannedChange]) -> None:
    """Score the fit of new leads, which have done nothing yet; the engine looks at them next.

    In a list many people are alike in all that the rules ask for, so those are scored once.
    """
    rules = plan.known.rules
    asked = sorted({name for rule in (*rules.fit, *rules.readiness) for name in trees.facts_used(rule.condition)})
    scores: dict[str, Score] = {}
    for change in made:
        named = [f"{system}:{value}" for system, value in change.external_ids]
        known = lead_facts.known(change.lead, external_ids=named, answers={})
        alike = repr([known.get(name) for name in asked])
        if alike not in scores:
            scores[alike] = scoring.score(rules, known, (), plan.now)
        lead, score = change.lead, scores[alike]
        lead.fit_points, lead.fit_grade = score.fit_points, score.fit_grade
        lead.interest_points, lead.interest_level = score.interest_points, score.interest_level
        lead.readiness_points, lead.readiness = score.readiness_points, score.readiness
        lead.grade, lead.scored_at = score.grade, plan.now
        lead.score_lines = [line.to_json() for line in score.lines]


def _write_updates(plan: PlannedChanges, updated: list[PlannedChange]) -> None:
    if not updated:
        return
    fields = {"sequence", "next_at"}
    for change in updated:
        change.lead.sequence += 1
        change.lead.next_at = plan.now
        fields |= set(change.changed) - NOT_COLUMNS
        fields |= set(change.lead.note_changes(change.changed, plan.at))
    db.update_many([change.lead for change in updated], sorted(fields))


def _write_ids(plan: PlannedChanges) -> None:
    rows = [
        ExternalId(workspace=plan.workspace, lead=change.lead, system=system, value=value)
        for change in plan.changes
        for system, value in change.external_ids
    ]
    _insert(sorted(rows, key=lambda row: (row.system, row.value)), "system", "value")
    if plan.browsers:
        identity.attach(plan.workspace, plan.browsers, plan.known.anonymous, now=plan.now)


def _write_search_text(plan: PlannedChanges, made: list[PlannedChange], updated: list[PlannedChange]) -> None:
    """Keep the words of the leads that are new, or of which some changed; the ids of the latter are read again."""
    again = [change.lead for change in updated if search_text.SEARCHED & set(change.changed)]
    ids: dict[int, list[str]] = search_text.ids_of(again)
    ids |= {change.lead.pk: [value for _, value in change.external_ids] for change in made}
    search_text.write(plan.workspace, [*(change.lead for change in made), *again], ids)


def _write_log(plan: PlannedChanges, made: list[PlannedChange], updated: list[PlannedChange], actor: Actor) -> None:
    # Consents and log rows name their lead by its id, so they are inserted after the leads.
    consents: list[Consent] = []
    for change in plan.changes:
        for row in change.consents:
            row.lead, row.source = change.lead, actor.name[:80]
            consents.append(row)
    _insert(consents)
    known = {change.lead.pk for change in updated}
    if again := [row for row in consents if row.lead_id in known]:  # a new lead has nothing to withdraw
        consented.send(None, workspace=plan.workspace, consents=again, actor=actor, at=plan.at)
    log = [
        Transition(
            workspace=plan.workspace,
            lead=change.lead,
            sequence=1,
            move="create",
            to_state=change.lead.state,
            at=change.lead.first_contact_at,
            recorded_at=plan.now,
            **actor.row(),
        )
        for change in made
    ]
    _insert(log)
    _record(plan, made, updated, actor)


def _record(plan: PlannedChanges, made: list[PlannedChange], updated: list[PlannedChange], actor: Actor) -> None:
    """Record the outbox events in one statement, after one that reads the ids and owners of the known leads."""
    author = ActorSummary.of(actor)
    known = summaries.read([change.lead.pk for change in updated]) if updated else {}
    sent: list[Payload] = [
        payloads.LeadCreated(lead=summaries.of_new(change.lead, change.external_ids), actor=author) for change in made
    ]
    for change in updated:
        lead = known[change.lead.pk]
        changed = [name.removesuffix("_id") for name in change.changed]
        sent.append(payloads.LeadUpdated(lead=lead, actor=author, changed=changed))
        sent += [payloads.LeadConsentChanged.of(row, lead, author) for row in change.consents]
    outbox.record_many(plan.workspace, [outbox.RecordedEvent(each, plan.at) for each in sent])


def _insert(rows: list[Any], *key: str) -> None:
    """Insert rows that must all be new. Raise `identity.Raced` when one of them was there already."""
    if len(db.insert_new(rows, key=key)) < len(rows):
        raise identity.Raced
