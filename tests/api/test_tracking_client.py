"""A client that nobody here wrote, over the wire: segment-analytics-python against a running server."""

import pytest

from leads.models import Event, Lead
from tests import builders
from workspaces import keys
from workspaces.actors import engine

analytics = pytest.importorskip("segment.analytics")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("packed", [False, True])
def test_what_the_segment_client_sends_arrives_once(live_server, packed):
    workspace = builders.workspace()
    secret = keys.create(workspace, actor=engine("test"), name="Server", scopes=["track"])[1]
    failures = []
    client = analytics.Client(
        secret,
        host=live_server.url,
        gzip=packed,
        sync_mode=False,
        max_retries=1,
        on_error=lambda error, items: failures.append(error),
    )
    client.track(anonymous_id="b1", event="Viewed Pricing", properties={"plan": "basic"})
    client.identify("u1", {"email": "ada@acme.example", "firstName": "Ada"}, anonymous_id="b1")
    client.page("u1", name="Home", properties={"url": "https://acme.example/"})
    client.group("u1", "g1", {"name": "Acme"})
    client.alias("b0", "u1")
    client.flush()
    client.join()
    assert failures == []
    lead = Lead.objects.of(workspace).select_related("account").get()
    assert (lead.email, lead.first_name, lead.account.name) == ("ada@acme.example", "Ada", "Acme")
    assert sorted(Event.objects.of(workspace).values_list("type", "lead_id")) == [
        ("page", lead.pk),
        ("viewed_pricing", lead.pk),
    ]


def test_the_segment_client_is_told_of_a_bad_key_once_and_gives_up(live_server):
    failures = []
    client = analytics.Client(
        "lf_0123456789_nobody",
        host=live_server.url,
        max_retries=3,
        sync_mode=False,
        on_error=lambda error, items: failures.append(error),
    )
    client.track("u1", "X")
    client.flush()
    client.join()
    assert [(error.status, error.code) for error in failures] == [(401, "not_authenticated")]
    assert not Event.everywhere.exists()
