"""What `leadflow.db` does with sets, on real tables."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DataError

from leadflow import db, sweeps
from leads.models import Campaign, Lead
from tests import builders
from tests.builders import MONDAY

pytestmark = pytest.mark.django_db


def test_fields_of_every_kind_are_written_for_many_rows_and_read_back():
    workspace = builders.workspace()
    campaign = Campaign.everywhere.create(workspace=workspace, code="fair", name="Fair")
    one, two, other = (builders.lead(workspace) for _ in range(3))
    wanted = {
        one.pk: (None, [], {}, None, None, "", None, 0),
        two.pk: (
            Decimal("1234567.89"),
            ["odd", "it's \N{SNOWMAN}"],
            {"a": [1, None, {"b": True}]},
            MONDAY,
            campaign.pk,
            "x" * 160,
            3,
            65535,
        ),
    }
    names = ["amount", "flags", "attributes", "won_at", "campaign_id", "title", "interest_level", "sequence"]
    for lead in (one, two):
        for name, value in zip(names, wanted[lead.pk], strict=True):
            setattr(lead, name, value)
    other.title = "not among the rows"
    db.update_many([one, two], [name.removesuffix("_id") for name in names])
    found = {pk: tuple(rest) for pk, *rest in Lead.everywhere.filter(pk__in=wanted).values_list("pk", *names)}
    assert found == wanted
    assert Lead.everywhere.get(pk=other.pk).title == ""


@pytest.mark.postgres
def test_a_text_that_is_too_long_is_refused_and_not_cut():
    lead = builders.lead(builders.workspace())
    lead.title = "x" * 161
    with pytest.raises(DataError):
        db.update_many([lead], ["title"])


def test_a_batch_that_fails_after_it_wrote_is_taken_back_and_its_rows_one_by_one():
    workspace = builders.workspace()
    good, bad, late = (builders.lead(workspace, next_at=MONDAY) for _ in range(3))
    batches = []

    def together(leads, at):
        batches.append(len(leads))
        for lead in leads:
            lead.title, lead.next_at = "Together", None
        db.update_many(leads, ["title", "next_at"])
        raise ValueError("one of them")

    def alone(lead, at):
        assert lead.title == ""  # as it stands in the database, not as the batch left it in memory
        if lead.pk == bad.pk:
            raise ValueError("this one")
        lead.title, lead.next_at = "Alone", None
        lead.save(update_fields=["title", "next_at"])

    assert sweeps.run(Lead, alone, at=MONDAY, together=together) == 3
    assert batches == [3]
    titles = dict(Lead.everywhere.filter(workspace=workspace).values_list("pk", "title"))
    assert titles == {good.pk: "Alone", bad.pk: "", late.pk: "Alone"}
    put_off = Lead.everywhere.get(pk=bad.pk)
    assert (put_off.attempts, put_off.next_at) == (1, MONDAY + timedelta(minutes=2))


def test_a_batch_that_succeeds_forgets_the_tries_before():
    lead = builders.lead(builders.workspace(), next_at=MONDAY, attempts=2)

    def together(leads, at):
        Lead.everywhere.filter(pk__in=[lead.pk for lead in leads]).update(next_at=None)

    assert sweeps.run(Lead, together, at=MONDAY, together=together) == 1
    assert Lead.everywhere.get(pk=lead.pk).attempts == 0
