"""Set Brightwater's workspace up: people, words, territories, campaigns, forms, the agreement that both heads sign."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal

from allauth.account.models import EmailAddress

from dashboard.demo import cast, library
from dashboard.demo.world import DemoTimeline, World
from leads.intake import forms
from leads.models import (
    Attribute,
    Campaign,
    Pool,
    PoolMember,
    Question,
    Reason,
    RoutingRule,
    Territory,
    Topic,
)
from leads.routing import pools
from leads.territories import territories
from leads.vocabulary import words
from sla import agreements, calendars, durations, kinds, worktime
from sla.effects import Cause
from sla.models import Escalation, Signature
from sla.terms import EscalationStep, Marketing, Policy, Terms
from webhooks import endpoints
from workspaces import access, invitations, keys
from workspaces.actors import Actor
from workspaces.models import AuditEntry, Member, User, Workspace
from workspaces.roles import Role


def found(*, password: str, began: datetime, at: datetime) -> World:
    """Make the workspace as it was when the story begins; those who log in get `password`."""
    owner = next(each for each in cast.COLLEAGUES if each.role == Role.ADMIN)
    users = {each.local: _user(each, password) for each in cast.COLLEAGUES}
    workspace = access.create_workspace(cast.COMPANY, owner=users[owner.local], time_zone=cast.ZONE, at=began)
    people = _members(workspace, users, began)
    admin = Actor(member=people[owner.local])
    workspace = access.change_workspace(
        workspace,
        actor=admin,
        at=began,
        currency="EUR",
        postal_address="Brightwater Software, 1 Quay Lane, Nordhafen",
        sender_name=cast.COMPANY,
        sender_email=f"hello@{cast.DOMAIN}",
    )
    marketer = Actor(member=people["marketing.manager"])
    _write_words(workspace, marketer, began)
    _share_territories(workspace, people, Actor(member=people["sales.manager"]), began)
    _run_campaigns(workspace, at)
    _offer_forms(workspace, marketer)
    _agree(workspace, people, began=began, at=at)
    library.fill(workspace, marketer)
    programs = library.start_programs(workspace, marketer)
    _open_to_others(workspace, admin, at)
    AuditEntry.objects.of(workspace).filter(created_at__gt=at).update(created_at=began)  # that was then
    reasons = Reason.objects.of(workspace)
    return World(
        workspace=workspace,
        members=people,
        reasons={(each.kind, each.code): each for each in reasons},
        questions={each.code: each for each in Question.objects.of(workspace)},
        programs=programs,
        timeline=DemoTimeline(at),
    )


def _user(colleague: cast.Colleague, password: str) -> User:
    user = User.objects.create_user(colleague.email, password if colleague.log_in else None, name=colleague.name)
    EmailAddress.objects.create(user=user, email=colleague.email, verified=True, primary=True)
    return user


def _members(workspace: Workspace, users: dict[str, User], began: datetime) -> dict[str, Member]:
    for each in cast.COLLEAGUES:
        Member.objects.of(workspace).get_or_create(
            user=users[each.local], defaults={"workspace": workspace, "role": each.role, "created_at": began}
        )
    found = Member.objects.of(workspace).select_related("user", "workspace")
    return {each.user.email.partition("@")[0]: each for each in found}


def _write_words(workspace: Workspace, actor: Actor, began: datetime) -> None:
    for code, label in cast.TOPICS.items():
        words.save(Topic(workspace=workspace, code=code, label=label), actor=actor, at=began)
    for key, (label, kind) in cast.ATTRIBUTES.items():
        words.save(Attribute(workspace=workspace, key=key, label=label, kind=kind), actor=actor, at=began)
    question = Question(
        workspace=workspace,
        code="sites",
        label="How many sites do they plan for?",
        kind=Question.Kind.NUMBER,
        position=9,
    )
    words.save(question, actor=actor, at=began)


def _share_territories(workspace: Workspace, people: dict[str, Member], actor: Actor, began: datetime) -> None:
    """Set the territories up, a pool for each, and rules to them; Iberia has nobody yet: its leads wait in line."""
    for name, countries in cast.TERRITORIES.items():
        territory = Territory(workspace=workspace, name=name, countries=list(countries))
        territories.save(territory, actor=actor, at=began)
    names = dict.fromkeys([*cast.TERRITORIES, *(pool for each in cast.COLLEAGUES for pool in each.pools)])
    made: dict[str, Pool] = {}
    for name in names:
        strategy = Pool.Strategy.LEAST_LOADED if name == "North America" else Pool.Strategy.ROUND_ROBIN
        pool = Pool(workspace=workspace, name=name, strategy=strategy)
        made[name] = pools.save_pool(pool, actor=actor, at=began)
    for each in cast.COLLEAGUES:
        for name in each.pools:
            weight = 2 if each.local == "rep" else 1
            place = PoolMember(workspace=workspace, pool=made[name], member=people[each.local], weight=weight)
            pools.save_place(place, actor=actor, at=began)
    large = {"fact": "account.employees", "op": "at_least", "value": 3000}
    conditions = {"Key accounts": large}
    conditions |= {name: {"fact": "territory", "op": "is", "value": name} for name in cast.TERRITORIES}
    for number, (name, condition) in enumerate(conditions.items(), start=1):
        rule = RoutingRule(workspace=workspace, position=number, name=name, condition=condition, pool=made[name])
        pools.save_rule(rule, actor=actor, at=began)
    everything = Pool.objects.of(workspace).get(name="Sales")  # the pool that every workspace begins with
    for local in ("peline.corlgaard", "belen.ostrham"):
        place = PoolMember(workspace=workspace, pool=everything, member=people[local])
        pools.save_place(place, actor=actor, at=began)


def _run_campaigns(workspace: Workspace, at: datetime) -> None:
    for each in cast.EFFORTS:
        if each.code:
            begins, ends = (at - timedelta(days=30.4 * months) for months in each.months)
            Campaign.objects.of(workspace).create(
                workspace=workspace,
                code=each.code,
                name=each.name,
                source=each.source,
                cost=Decimal(each.cost),
                starts_on=begins.date(),
                ends_on=ends.date() if each.months[1] else None,
            )


def _offer_forms(workspace: Workspace, actor: Actor) -> None:
    wording = "Brightwater Software may write to me about planning. I can stop this at any time."
    forms.create(
        workspace,
        actor=actor,
        name="Ask for a demo",
        heading="See it with your own numbers",
        fields=["email", "first_name", "last_name", "title", "company", "country"],
        source="website",
        topics=["forecasting"],
        consent_wording=wording,
        thanks="Thank you. We will call you within the day.",
    )
    forms.create(
        workspace,
        actor=actor,
        name="Guide: an inventory that breathes",
        heading="Read the guide",
        fields=["email", "first_name", "last_name", "company"],
        source="content",
        topics=["inventory"],
        campaign=Campaign.objects.of(workspace).get(code="guide-inventory"),
        consent_wording=wording,
        thanks="Thank you. The guide is on its way to you.",
    )


def _agree(workspace: Workspace, people: dict[str, Member], *, began: datetime, at: datetime) -> None:
    """Sign the first agreement when the story begins, and the one that runs now three months later.

    Its calendar is open round the clock: whoever looks at the demo, at whatever hour, sees clocks that run.
    """
    heads = {
        Signature.Side.MARKETING: Actor(member=people["marketing.manager"]),
        Signature.Side.SALES: Actor(member=people["sales.manager"]),
    }
    always = tuple(worktime.Window(day, time(0), time(0)) for day in range(7))
    hours = worktime.to_json(worktime.Hours(cast.ZONE, always))
    calendars.edit(workspace, actor=heads[Signature.Side.SALES], hours=hours)
    second = began + (at - began) / 2
    for when, terms in ((began, _terms(began + timedelta(days=90))), (second, _terms(at + timedelta(days=40)))):
        draft = agreements.in_work(workspace) or agreements.draft_next(workspace, actor=heads[Signature.Side.MARKETING])
        if when == began:
            hot, standard = terms.sales
            longer = replace(standard, decide_within=durations.days(14))
            fewer = replace(terms.marketing, mqls_per_month=50)
            terms = replace(terms, met_percent=85, marketing=fewer, sales=(hot, longer))
        draft = agreements.edit(draft, actor=heads[Signature.Side.MARKETING], terms=terms)
        draft = agreements.propose(draft, actor=heads[Signature.Side.MARKETING], at=when)
        for hour, (side, head) in enumerate(heads.items()):
            draft = agreements.sign(draft, actor=head, side=side, at=when + timedelta(hours=hour))


def _terms(review: datetime) -> Terms:
    hours, days = durations.hours, durations.days
    return Terms(
        marketing=Marketing(mqls_per_month=60, complete_percent=90, triage_within=days(2)),
        sales=(
            Policy("hot", hours(1), hours(4), attempts=3, channels=2, attempts_within=days(8), decide_within=days(9)),
            Policy(
                "standard", hours(8), days(1), attempts=3, channels=2, attempts_within=days(10), decide_within=days(11)
            ),
        ),
        information=("contact", "name", "title", "account", "country", "source", "persona"),
        met_percent=90,
        warn_percent=75,
        escalation_steps=(
            EscalationStep(Escalation.Action.REMIND, durations.minutes(0)),
            EscalationStep(Escalation.Action.NOTIFY_MANAGER, hours(1)),
            EscalationStep(Escalation.Action.REASSIGN, hours(12), kinds.met_by(Cause.ACCEPT)),
        ),
        reassign_restarts_accept=True,
        review_on=review.date(),
    )


def _open_to_others(workspace: Workspace, admin: Actor, at: datetime) -> None:
    """Have a key, an invitation and an endpoint, so that the settings show some of each."""
    keys.create(workspace, actor=admin, name="CRM", scopes=["read", "write"], at=at - timedelta(days=88))
    invitation, _ = invitations.invite(
        workspace, actor=admin, email=f"lioena.dornwell@{cast.DOMAIN}", role=Role.SALES, at=at - timedelta(days=1)
    )
    type(invitation).everywhere.filter(pk=invitation.pk).update(next_at=None, mailed_at=at)  # its mail went yesterday
    endpoint, _ = endpoints.create(
        workspace,
        actor=admin,
        url=f"https://crm.{cast.DOMAIN}/hooks/leadflow",
        types=["lead.accepted", "lead.won"],
        description="The CRM's own hooks",
        at=at,
    )
    endpoints.pause(endpoint, actor=admin, reason="Until the CRM is moved")
