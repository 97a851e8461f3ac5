"""Look up, in one statement, all that a set of persons refers to: ids, companies, campaigns, rules, territories."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.db.models import BigIntegerField, CharField, F, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, JSONObject

from leads.models import Account, AnonymousId, Attribute, Campaign, ExternalId, Lead, Persona, Scoring, Territory
from leads.models.definition import Version
from leads.people import identity
from leads.people.freemail import company_domain
from leads.people.persons import Person
from leads.qualification import definitions
from leads.scoring import scoring
from workspaces.models import Workspace

# What a territory goes by.
RULES = ("countries", "regions", "postal_ranges", "industries", "employees_from", "employees_to", "domains")


@dataclass
class References:
    """What is there already of what the persons refer to."""

    leads: dict[identity.Pair, int] = field(default_factory=dict)  # external id → lead
    emails: dict[str, int] = field(default_factory=dict)  # e-mail → lead; it may have another by the time it is locked
    anonymous: dict[str, AnonymousId] = field(default_factory=dict)
    systems: dict[int, set[str]] = field(default_factory=dict)  # lead of an anonymous id → systems that know it
    accounts: dict[str, Account] = field(default_factory=dict)  # by domain
    named_accounts: dict[str, Account] = field(default_factory=dict)  # by name
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    personas: dict[str, Persona] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)  # key → kind
    territories: list[Territory] = field(default_factory=list)  # in the order in which they are tried
    rules: scoring.ScoringRules = field(default_factory=definitions.default_rules)


def domain_of(person: Person) -> str:
    """Return the domain by which the person's company is found, if there is one."""
    return person.domain or company_domain(person.email)


def read(workspace: Workspace, persons: list[Person]) -> References:
    """Read the references of a set of persons (already clean) in one statement."""
    found = References()
    queries = _queries(workspace, persons)
    rows = queries[0].union(*queries[1:], all=True) if len(queries) > 1 else queries[0]
    for kind, a, b, pk, number, c, d in rows:
        if kind == "external":
            found.leads[a, b] = number
        elif kind == "email":
            found.emails[a] = number
        elif kind == "anonymous":
            found.anonymous[a] = AnonymousId(pk=pk, workspace=workspace, value=a, lead_id=number or None)
        elif kind == "system":
            found.systems.setdefault(number, set()).add(a)
        elif kind == "account":
            account = Account(
                pk=pk,
                workspace=workspace,
                domain=a,
                name=b,
                employees=None if number < 0 else number,
                industry=c,
                country=d,
            )
            account._state.adding = False
            found.accounts[a] = account
            found.named_accounts.setdefault(b, account)
        elif kind == "campaign":
            found.campaigns[a] = Campaign(pk=pk, workspace=workspace, code=a)
        elif kind == "persona":
            found.personas[a] = Persona(pk=pk, workspace=workspace, code=a)
        elif kind == "attribute":
            found.attributes[a] = b
        elif kind == "territory":
            found.territories.append(_territory(pk, workspace, a, number, json.loads(c)))
        else:
            found.rules = definitions.read_rules(c)
    found.territories.sort(key=lambda each: (each.position, each.pk))
    return found


def _territory(pk: int, workspace: Workspace, name: str, position: int, rules: dict[str, Any]) -> Territory:
    """Build a territory from its row; SQLite gives the lists within the object as texts."""
    values = {key: json.loads(value) if isinstance(value, str) else value for key, value in rules.items()}
    return Territory(pk=pk, workspace=workspace, name=name, position=position, **values)


def _queries(workspace: Workspace, persons: list[Person]) -> list[QuerySet[Any]]:
    """Return one query per kind of reference that occurs; each has the same seven columns."""
    pairs = {pair for person in persons for pair in person.external_ids}
    emails = {person.email for person in persons} - {""}
    browsers = {person.anonymous_id for person in persons} - {""}
    domains = {domain_of(person) for person in persons} - {""}
    names = {person.company for person in persons if not domain_of(person)} - {""}
    codes = {person.campaign for person in persons} - {""}
    active = Scoring.objects.of(workspace).order_by().filter(status=Version.ACTIVE)
    ruled = Cast(JSONObject(**{name: name for name in RULES}), TextField())
    queries = [
        _columns(active, "scoring", c=Cast("rules", TextField())),
        _columns(Territory.objects.of(workspace).order_by(), "territory", a="name", number="position", c=ruled),
    ]
    if pairs:
        queries.append(
            _columns(identity.external_rows(workspace, pairs), "external", a="system", b="value", number="lead_id")
        )
    if emails:
        holders = Lead.objects.of(workspace).filter(identity.holders(emails, ())).order_by()
        queries.append(_columns(holders, "email", a="email", number="id"))
    if browsers:
        seen = identity.anonymous_rows(workspace, browsers)
        queries.append(_columns(seen, "anonymous", a="value", number="lead_id"))
        if pairs:
            systems = ExternalId.objects.of(workspace).order_by().filter(lead__anonymous_ids__value__in=browsers)
            queries.append(_columns(systems, "system", a="system", number="lead_id"))
    if domains or names:
        size = Coalesce(Cast("employees", BigIntegerField()), Value(-1))  # -1: not known
        facts = {"a": "domain", "b": "name", "number": size, "c": "industry", "d": "country"}
        if domains:
            queries.append(
                _columns(Account.objects.of(workspace).order_by().filter(domain__in=domains), "account", **facts)
            )
        if names:
            queries.append(
                _columns(Account.objects.of(workspace).order_by().filter(name__in=names), "account", **facts)
            )
    if codes:
        queries.append(_columns(Campaign.objects.of(workspace).order_by().filter(code__in=codes), "campaign", a="code"))
    if any(person.persona for person in persons):
        queries.append(_columns(Persona.objects.of(workspace).order_by(), "persona", a="code"))
    if any(person.attributes for person in persons):
        queries.append(_columns(Attribute.objects.of(workspace).order_by(), "attribute", a="key", b="kind"))
    return queries


def _columns(rows: QuerySet[Any], kind: str, *, number: Any = None, **texts: Any) -> QuerySet[Any]:
    nothing = Value("", output_field=CharField())
    columns = [F(texts[name]) if isinstance(texts.get(name), str) else texts.get(name, nothing) for name in "abcd"]
    count = F(number) if isinstance(number, str) else number or Value(0, output_field=BigIntegerField())
    return rows.values_list(Value(kind, output_field=CharField()), columns[0], columns[1], "pk", count, *columns[2:])
