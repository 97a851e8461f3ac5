"""Decide, in memory, what a set of persons changes: one planned change for each lead that the set names or makes."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from leadflow.errors import Invalid
from leads.intake.references import References, domain_of
from leads.models import Account, Campaign, Consent, Lead
from leads.models.lead import ConsentState
from leads.people import identity, persons
from leads.people.persons import PLAIN, Person
from workspaces.models import Workspace

Existing = Literal["overwrite", "fill", "keep"]
CLOCK_SKEW = timedelta(days=1)  # a date in a zone east of UTC has begun before it has here
ONCE = {"source"}  # describes the first contact


@dataclass(eq=False)
class PlannedChange:
    """One lead of the set, with what is to be written for it."""

    lead: Lead
    created: bool
    changed: dict[str, None] = field(default_factory=dict)  # in order
    external_ids: list[identity.Pair] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)


class PlannedChanges:
    """The leads of one set, found again by any key that an earlier person of the set brought."""

    def __init__(
        self,
        workspace: Workspace,
        known: References,
        leads: list[Lead],
        *,
        now: datetime,
        at: datetime,
        existing: Existing,
    ) -> None:
        self.workspace, self.known, self.now, self.at, self.existing = workspace, known, now, at, existing
        self.browsers: dict[str, Lead] = {}  # anonymous ids to give away
        self.touched_accounts: dict[int, Account] = {}
        self._index: identity.Index[PlannedChange] = identity.Index(
            email_of=lambda change: change.lead.email, systems_of=self._systems_of
        )
        self._changes: dict[int, PlannedChange] = {}
        by_id = {lead.pk: self._add(PlannedChange(lead, created=False)) for lead in leads}
        self._index.external |= {pair: by_id[lead_id] for pair, lead_id in known.leads.items()}
        self._index.anonymous |= {value: by_id[row.lead_id] for value, row in known.anonymous.items() if row.lead_id}

    @property
    def changes(self) -> list[PlannedChange]:
        """Return the changes in the order in which they came up."""
        return list(self._changes.values())

    def take(self, person: Person) -> tuple[PlannedChange, bool, tuple[str, ...]]:
        """Decide on one clean person: its planned change, whether this person makes the lead, and what changes.

        Raise `Conflict` or `Invalid` before anything is decided.
        """
        change = self._find(person)
        attributes = persons.attributes(person.attributes, self.known.attributes)
        self._refuse(person)
        created = change is None
        if change is None:
            if not person.email and not person.external_ids:
                raise Invalid("Give an e-mail or an external id: nothing else says who this is.", field="email")
            change = self._add(PlannedChange(self._new_lead(person), created=True))
        elif self.existing == "overwrite":
            _check_wording(person, change.lead)
        changed: tuple[str, ...] = ()
        if created or self.existing != "keep":
            changed = self._apply(person, attributes, change, fill=not created and self.existing == "fill")
        return change, created, () if created else changed

    def _find(self, person: Person) -> PlannedChange | None:
        found = self._index.find(identity.Ids(person.email, person.external_ids, person.anonymous_id))
        if len(found) > 1:
            raise identity.conflict(change.lead for change in found)
        return found[0] if found else None

    def _systems_of(self, change: PlannedChange) -> set[str]:
        return {system for system, _ in change.external_ids} | self.known.systems.get(change.lead.pk or 0, set())

    def _refuse(self, person: Person) -> None:
        if person.persona and person.persona not in self.known.personas:
            names = ", ".join(sorted(self.known.personas)) or "none yet; add it in the settings first"
            raise Invalid(f"There is no persona “{person.persona}”. Known: {names}.", field="persona")
        if person.first_contact_at and person.first_contact_at > self.now + CLOCK_SKEW:
            words = "The first contact lies in the future. Give the time at which it was."
            raise Invalid(words, field="first_contact_at")

    def _new_lead(self, person: Person) -> Lead:
        began = min(self.at, person.first_contact_at or self.at)
        return Lead(
            workspace=self.workspace,
            created_at=self.now,
            first_contact_at=began,
            state_since=began,
            sequence=1,
            next_at=self.now,
        )

    def _apply(
        self, person: Person, attributes: dict[str, Any], change: PlannedChange, *, fill: bool
    ) -> tuple[str, ...]:
        lead, before = change.lead, dict(change.changed)
        change.changed = {}
        for name in PLAIN:
            self._set(change, name, getattr(person, name), fill=fill or name in ONCE)
        self._set(change, "email", person.email, fill=fill)
        merged = {**lead.attributes, **attributes}
        if fill:
            merged = {**attributes, **lead.attributes}
        self._set(change, "attributes", merged, fill=False)
        if person.persona and not (fill and lead.persona_id):
            self._set(change, "persona_id", self.known.personas[person.persona].pk, fill=False)
            lead.persona = self.known.personas[person.persona]
        if person.campaign and not lead.campaign_id and lead.campaign is None:
            lead.campaign = self._campaign(person.campaign)
            change.changed["campaign_id"] = None
        if person.first_contact_at and person.first_contact_at < lead.first_contact_at:
            self._set(change, "first_contact_at", person.first_contact_at, fill=False)
        self._company(person, change, fill=fill)
        self._consent(person, change, fill=fill)
        self._ids(person, change)
        mine = tuple(name.removesuffix("_id") for name in change.changed)
        change.changed = {**before, **change.changed}
        return mine

    def _set(self, change: PlannedChange, name: str, value: Any, *, fill: bool) -> None:
        known = getattr(change.lead, name)
        if value and value != known and not (fill and known):
            setattr(change.lead, name, value)
            change.changed[name] = None

    def _campaign(self, code: str) -> Campaign:
        return self.known.campaigns.setdefault(code, Campaign(workspace=self.workspace, code=code, name=code))

    def _company(self, person: Person, change: PlannedChange, *, fill: bool) -> None:
        """Find or make the account, and keep what is new of it.

        A new lead brings its account's facts along; those that are known are overwritten by who may overwrite.
        """
        domain, name = domain_of(person), person.company
        if not domain and not name:
            return
        accounts = self.known.accounts if domain else self.known.named_accounts
        account = accounts.get(domain or name)
        if account is None:
            account = Account(workspace=self.workspace, domain=domain, name=name or domain, country=person.country)
            accounts[domain or name] = account
        careful = fill or self.existing != "overwrite"
        facts = {"name": name, "industry": person.industry, "employees": person.employees}
        for field_name, value in facts.items():
            known = getattr(account, field_name)
            nameless = field_name == "name" and known == account.domain
            if value not in (None, "") and value != known and (not careful or nameless or known in (None, "")):
                setattr(account, field_name, value)
                if account.pk:
                    self.touched_accounts[account.pk] = account
                    change.changed["account_id"] = None
        moves = account.pk is None or account.pk != change.lead.account_id
        if moves and not (fill and change.lead.account_id):
            change.lead.account = account
            change.changed["account_id"] = None

    def _consent(self, person: Person, change: PlannedChange, *, fill: bool) -> None:
        """Write down a new consent. What anybody can send never overturns an opt-out: it may be a stranger's."""
        lead = change.lead
        if not person.consent or person.consent == lead.consent:
            return
        if fill and lead.consent == ConsentState.OPTED_OUT:
            return
        lead.consent = person.consent
        change.changed["consent"] = None
        change.consents.append(
            Consent(
                workspace=self.workspace, lead=lead, state=person.consent, wording=person.consent_wording, at=self.at
            )
        )

    def _ids(self, person: Person, change: PlannedChange) -> None:
        for pair in person.external_ids:
            if pair not in self._index.external:
                change.external_ids.append(pair)
                change.changed["external_ids"] = None
        browser = person.anonymous_id
        if browser and browser not in self._index.anonymous:
            self.browsers[browser] = change.lead
            self._index.anonymous[browser] = change
        self._add(change)

    def _add(self, change: PlannedChange) -> PlannedChange:
        self._changes[id(change)] = change
        if change.lead.email:
            self._index.emails[change.lead.email] = change
        for pair in change.external_ids:
            self._index.external[pair] = change
        return change


def _check_wording(person: Person, lead: Lead) -> None:
    """Raise `Invalid` on an opt-in after an opt-out without the wording that the lead agreed to."""
    opts_in = person.consent == ConsentState.OPTED_IN
    if opts_in and lead.consent == ConsentState.OPTED_OUT and not person.consent_wording:
        words = "This lead opted out of marketing mail. Give the wording that it agreed to since."
        raise Invalid(words, field="consent_wording")
