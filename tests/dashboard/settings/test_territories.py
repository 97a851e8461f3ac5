"""The pages of territories."""

import pytest

from leads.models import Lead, Territory
from tests import builders
from tests.dashboard.desk import html

pytestmark = pytest.mark.django_db
ADD = "/settings/territories/add/"


def test_an_admin_adds_a_territory_by_words_after_a_look_at_what_would_change(desk, admin):
    client = desk.browser(admin)
    lead = builders.lead(desk.workspace, country="AT")
    assert "No territories" in html(client.get("/settings/territories/"))
    facts = {"name": "DACH", "countries": "Germany, at\nSwitzerland", "postal_ranges": "", "regions": ""}
    page = client.post(ADD, {**facts, "preview": "1"})
    assert "country is Austria" in html(page)
    assert not Territory.objects.of(desk.workspace).exists()
    assert client.post(ADD, facts).status_code == 302
    made = Territory.objects.of(desk.workspace).get()
    assert made.countries == ["DE", "AT", "CH"]
    assert "Country: Germany, Austria, Switzerland" in html(client.get("/settings/territories/"))
    lead = Lead.everywhere.get(pk=lead.pk)
    assert lead.next_at is not None


def test_a_wrong_country_is_refused_beside_its_field_and_kept(desk, admin):
    page = desk.browser(admin).post(ADD, {"name": "X", "countries": "Atlantis"})
    assert page.status_code == 422
    assert "“Atlantis” is no country" in html(page)
    assert not Territory.objects.of(desk.workspace).exists()


def test_the_list_of_leads_is_narrowed_to_a_territory_and_to_none(desk, admin):
    client = desk.browser(admin)
    inside = builders.lead(desk.workspace, territory="North", last_name="Inside")
    outside = builders.lead(desk.workspace, last_name="Outside")
    assert Lead.objects.of(desk.workspace).filter(pk__in=[inside.pk, outside.pk]).count() == 2
    page = html(client.get("/leads/?territory=North"))
    assert "Inside" in page
    assert "Outside" not in page
    page = html(client.get("/leads/?territory=-"))
    assert "Outside" in page
    assert "Inside" not in page
