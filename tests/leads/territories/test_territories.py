"""Leads get their territory on every path, and get another when what decides changes."""

import pytest

from leadflow.errors import Conflict, Invalid
from leads.intake import upsert
from leads.intake.upsert import Person
from leads.lifecycle import evaluation
from leads.models import Lead, RoutingRule, Territory
from leads.territories import territories
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor(workspace):
    return builders.actor(builders.member(workspace, "admin"))


@pytest.fixture
def made(workspace, actor):
    """Make Ireland and Germany."""
    rows = [
        Territory(workspace=workspace, name=name, countries=[code])
        for name, code in (("Ireland", "IE"), ("Germany", "DE"))
    ]
    return [territories.save(row, actor=actor) for row in rows]


def where(lead: Lead) -> tuple[str, str]:
    lead = Lead.everywhere.get(pk=lead.pk)
    return (lead.territory.name if lead.territory else "", lead.territory_why)


def bring(workspace, actor, **facts) -> Lead:
    return upsert.upsert(workspace, Person(**facts), actor=actor).lead


def test_a_lead_whose_country_changes_is_of_another_territory_at_once(workspace, actor, made):
    lead = bring(workspace, actor, email="a@acme.test", country="IE")
    assert where(lead) == ("Ireland", "country is Ireland")
    bring(workspace, actor, email="a@acme.test", country="DE")
    assert where(lead) == ("Germany", "country is Germany")
    bring(workspace, actor, email="a@acme.test", country="FR")
    assert where(lead) == ("", "")


def test_leads_are_placed_anew_after_a_change_of_the_rules(workspace, actor, made):
    lead = bring(workspace, actor, email="a@acme.test", country="FR")
    evaluation.sweep()
    made[0].countries = ["FR"]
    territories.save(made[0], actor=actor)
    evaluation.sweep()
    assert where(lead) == ("Ireland", "country is France")
    territories.remove(made[0], actor=actor)
    evaluation.sweep()
    assert where(lead) == ("", "")


def test_the_order_decides(workspace, actor, made):
    everything = territories.save(Territory(workspace=workspace, name="Rest"), actor=actor)
    lead = bring(workspace, actor, email="a@acme.test", country="DE")
    assert where(lead)[0] == "Germany"
    territories.move(everything, actor=actor, up=True)
    evaluation.sweep()
    assert where(lead)[0] == "Rest"


def test_all_leads_of_an_account_follow_when_the_account_changes(workspace, actor):
    territories.save(Territory(workspace=workspace, name="Software", industries=["Software"]), actor=actor)
    first = bring(workspace, actor, email="a@acme.test", industry="Retail")
    second = bring(workspace, actor, email="b@acme.test", industry="Software")
    evaluation.sweep()
    assert (where(first)[0], where(second)[0]) == ("Software", "Software")


def test_a_set_of_leads_takes_one_statement_more_however_many_they_are(
    workspace, actor, made, django_assert_num_queries
):
    leads = [builders.lead(workspace, country="IE") for _ in range(20)]
    with django_assert_num_queries(1):
        assert territories.place_on(leads, list(territories.of(workspace))) == leads


def test_a_preview_says_which_leads_would_change_and_changes_nothing(workspace, actor, made):
    lead = bring(workspace, actor, email="a@acme.test", country="FR")
    bring(workspace, actor, email="b@acme.test", country="IE")
    found = territories.preview(Territory(workspace=workspace, name="France", countries=["FR"]))
    assert (found.changed, found.looked_at) == (1, 2)
    assert [(each.pk, after, why) for each, after, why in found.sample] == [(lead.pk, "France", "country is France")]
    assert where(lead) == ("", "")
    assert territories.of(workspace).count() == 2


@pytest.mark.parametrize(
    ("fields", "blamed"),
    [
        ({"countries": ["Atlantis"]}, "countries"),
        ({"postal_ranges": ["9-1"]}, "postal_ranges"),
        ({"domains": ["no domain"]}, "domains"),
        ({"employees_from": 9, "employees_to": 8}, "employees_to"),
        ({"name": "Ireland"}, "name"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(workspace, actor, made, fields, blamed):
    with pytest.raises(Invalid) as refused:
        territories.save(Territory(**{"workspace": workspace, "name": "New", **fields}), actor=actor)
    assert refused.value.field == blamed
    assert territories.of(workspace).count() == 2


def test_what_a_routing_rule_asks_for_is_neither_removed_nor_renamed(workspace, actor, made):
    condition = {"all": [{"fact": "territory", "op": "in", "value": ["Ireland"]}]}
    RoutingRule.objects.of(workspace).update(condition=condition)
    with pytest.raises(Conflict):
        territories.remove(made[0], actor=actor)
    made[0].name = "Éire"
    with pytest.raises(Invalid):
        territories.save(made[0], actor=actor)
    assert list(territories.of(workspace).values_list("name", flat=True)) == ["Ireland", "Germany"]
