"""The zone of a lead: its own, else where it is, else its account's, else the workspace's."""

from zoneinfo import ZoneInfo

import pytest

from leads.people import countries, zones
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("facts", "zone", "because"),
    [
        ({"time_zone": "Asia/Tokyo", "country": "DE"}, "Asia/Tokyo", "their own time zone"),
        ({"time_zone": "Mars/Olympus", "country": "IE"}, "Europe/Dublin", "Ireland"),
        ({"country": "US", "region": "CA"}, "America/Los_Angeles", "CA, United States"),
        ({"country": "US", "region": "US-CA"}, "America/Los_Angeles", "US-CA, United States"),
        ({"country": "US", "region": "california"}, "America/Los_Angeles", "california, United States"),
        ({"country": "CA", "region": "Québec"}, "America/Toronto", "Québec, Canada"),
        ({"country": "US"}, "America/New_York", "United States: the zone of most of its people"),
        ({"country": "US", "region": "nowhere"}, "America/New_York", "United States: the zone of most of its people"),
    ],
)
def test_the_zone_comes_from_the_lead_first(facts, zone, because, workspace):
    lead = builders.lead(workspace, account=builders.account(workspace, country="AU"), **facts)
    found = zones.explain(lead)
    assert (found.zone, found.because) == (ZoneInfo(zone), because)


def test_then_from_the_account_then_from_the_workspace(workspace):
    workspace.time_zone = "Europe/Berlin"
    lead = builders.lead(workspace, account=builders.account(workspace, country="JP"))
    assert zones.of(lead) == ZoneInfo("Asia/Tokyo")
    assert "where their company is" in zones.explain(lead).because
    assert zones.of(builders.lead(workspace)) == ZoneInfo("Europe/Berlin")


def test_every_country_has_a_zone_that_exists(workspace):
    of_workspace = [
        code
        for code in countries.names()
        if zones.explain(builders.Lead(workspace=workspace, country=code)).because.startswith("the workspace")
    ]
    assert of_workspace == ["BV", "HM"]  # nobody lives there


def test_every_zone_that_a_region_names_belongs_to_its_country():
    for country, regions in zones._by_region().items():
        for region in regions:
            found = zones._of_place(country, region)
            assert found is not None, region
            assert found.because.startswith(region), region
