"""Write what intake has decided, in one statement for each kind of row that occurs."""

from leadflow import db
from leads import conditions, payloads, summaries
from leads.intake.plan import Slot, Slots
from leads.models import Campaign, Consent, ExternalId, Transition
from leads.people import identity, search_text
from leads.qualification import facts
from leads.scoring import scoring
from leads.scoring.scoring import Score
from leads.signals import consented
from webhooks import outbox
from webhooks.payloads import ActorSummary, Payload
from workspaces.actors import Actor

NOT_COLUMNS = {"external_ids"}


def write(slots: Slots, *, actor: Actor) -> bool:
    """Write the slots and tell whether any lead is new or changed. Raise `identity.Raced` on a lost race.

    The caller holds the transaction and the locks.
    """
    made = [slot for slot in slots.slots if slot.created]
    updated = [slot for slot in slots.slots if slot.changed and not slot.created]
    _write_references(slots)
    _write_new(slots, made)
    _write_updates(slots, updated)
    _write_ids(slots)
    _write_search_text(slots, made, updated)
    _write_log(slots, made, updated, actor)
    return bool(made or updated)


def _write_references(slots: Slots) -> None:
    """Make the companies and campaigns that are new, and bring the known companies up to date."""
    companies = [*slots.known.accounts.values(), *slots.known.named_accounts.values()]
    for company in companies:
        company.search_text = search_text.words_of(company.name, company.domain)
    _insert(sorted((row for row in companies if row.pk is None), key=lambda row: (row.domain, row.name)), "domain")
    campaigns: list[Campaign] = [row for row in slots.known.campaigns.values() if row.pk is None]
    _insert(sorted(campaigns, key=lambda row: row.code), "code")
    if slots.touched_accounts:
        rows = [slots.touched_accounts[pk] for pk in sorted(slots.touched_accounts)]
        db.update_many(rows, ["name", "industry", "employees", "search_text"])
    for slot in slots.slots:
        for name in ("account", "campaign"):
            if row := slot.lead._state.fields_cache.get(name):
                setattr(slot.lead, name, row)  # again, now that it has an id


def _write_new(slots: Slots, made: list[Slot]) -> None:
    _score(slots, made)
    _insert(sorted((slot.lead for slot in made), key=lambda lead: lead.email), "email")


def _score(slots: Slots, made: list[Slot]) -> None:
    """Score the fit of new leads, which have done nothing yet; the engine looks at them next.

    In a list many people are alike in all that the rules ask for, so those are scored once.
    """
    rules = slots.known.rules
    asked = sorted({name for rule in rules.fit for name in conditions.facts_used(rule.condition)})
    scores: dict[str, Score] = {}
    for slot in made:
        named = [f"{system}:{value}" for system, value in slot.external_ids]
        known = facts.known(slot.lead, external_ids=named, answers={})
        alike = repr([known.get(name) for name in asked])
        if alike not in scores:
            scores[alike] = scoring.score(rules, known, (), slots.now)
        lead, score = slot.lead, scores[alike]
        lead.fit_points, lead.fit_grade = score.fit_points, score.fit_grade
        lead.interest_points, lead.interest_level = score.interest_points, score.interest_level
        lead.grade, lead.scored_at = score.grade, slots.now
        lead.score_lines = [line.to_json() for line in score.lines]


def _write_updates(slots: Slots, updated: list[Slot]) -> None:
    if not updated:
        return
    fields = {"sequence", "next_at"}
    for slot in updated:
        slot.lead.sequence += 1
        slot.lead.next_at = slots.now
        fields |= set(slot.changed) - NOT_COLUMNS
    db.update_many([slot.lead for slot in updated], sorted(fields))


def _write_ids(slots: Slots) -> None:
    rows = [
        ExternalId(workspace=slots.workspace, lead=slot.lead, system=system, value=value)
        for slot in slots.slots
        for system, value in slot.external_ids
    ]
    _insert(sorted(rows, key=lambda row: (row.system, row.value)), "system", "value")
    if slots.browsers:
        identity.attach(slots.workspace, slots.browsers, slots.known.anonymous, now=slots.now)


def _write_search_text(slots: Slots, made: list[Slot], updated: list[Slot]) -> None:
    """Keep the words of the leads that are new, or of which some changed; the ids of the latter are read again."""
    again = [slot.lead for slot in updated if search_text.SEARCHED & set(slot.changed)]
    ids: dict[int, list[str]] = search_text.ids_of(again)
    ids |= {slot.lead.pk: [value for _, value in slot.external_ids] for slot in made}
    search_text.write(slots.workspace, [*(slot.lead for slot in made), *again], ids)


def _write_log(slots: Slots, made: list[Slot], updated: list[Slot], actor: Actor) -> None:
    consents: list[Consent] = []
    for slot in slots.slots:
        for row in slot.consents:
            row.lead, row.source = slot.lead, actor.name[:80]
            consents.append(row)
    _insert(consents)
    known = {slot.lead.pk for slot in updated}
    if again := [row for row in consents if row.lead_id in known]:  # a new lead has nothing to take back
        consented.send(None, workspace=slots.workspace, consents=again, actor=actor, at=slots.at)
    log = [
        Transition(
            workspace=slots.workspace,
            lead=slot.lead,
            sequence=1,
            move="create",
            to_state=slot.lead.state,
            at=slot.lead.first_contact_at,
            recorded_at=slots.now,
            **actor.row(),
        )
        for slot in made
    ]
    _insert(log)
    _record(slots, made, updated, actor)


def _record(slots: Slots, made: list[Slot], updated: list[Slot], actor: Actor) -> None:
    """Record it for outside in one statement, after one that reads the ids and owners of the leads that were known."""
    author = ActorSummary.of(actor)
    known = summaries.read([slot.lead.pk for slot in updated]) if updated else {}
    sent: list[Payload] = [
        payloads.LeadCreated(lead=summaries.of_new(slot.lead, slot.external_ids), actor=author) for slot in made
    ]
    for slot in updated:
        lead = known[slot.lead.pk]
        changed = [name.removesuffix("_id") for name in slot.changed]
        sent.append(payloads.LeadUpdated(lead=lead, actor=author, changed=changed))
        sent += [payloads.LeadConsentChanged.of(row, lead, author) for row in slot.consents]
    outbox.record_many(slots.workspace, [outbox.Fact(each, slots.at) for each in sent])


def _insert(rows: list, *key: str) -> None:
    """Insert rows that must all be new. Raise `identity.Raced` when one of them was there already."""
    if len(db.insert_new(rows, key=key)) < len(rows):
        raise identity.Raced
