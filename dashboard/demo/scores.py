"""Score all leads in marketing's care as of today, and spread their next looks over the day to come."""

from collections.abc import Collection
from datetime import datetime, timedelta

from dashboard.demo.world import World
from leadflow import db
from leads.lifecycle import evaluation
from leads.models import Lead
from leads.qualification import assessment
from leads.states import MARKETING_STATES
from nurture import care

BATCH = 250
A_DAY = timedelta(days=1)


def bring_up_to_date(world: World, at: datetime, *, kept: Collection[int]) -> None:
    """Store the scores as of `at`. What meets the definition, or is to be looked at again, is left to the engine.

    Programs take those that they should, but for those `kept` for the present by their ids. The next looks are spread
    over the day to come, as they would be had the leads come one by one.
    """
    found = Lead.objects.of(world.workspace).filter(state__in=MARKETING_STATES)
    waiting = list(found.select_related("account", "campaign", "persona").order_by("pk"))
    for start in range(0, len(waiting), BATCH):
        leads = waiting[start : start + BATCH]
        readings = assessment.read(leads, at)
        settled, fields, known = [], {"next_at"}, {}
        for number, lead in enumerate(leads):
            assessed = assessment.assess(lead, at, reading=readings[lead.pk])
            if assessed.verdict.passed or (lead.revisit_at and lead.revisit_at <= at):
                continue
            fields |= set(assessed.put_on(lead))
            lead.next_at = at + A_DAY * (1 + number / BATCH)
            if lead.revisit_at:
                lead.next_at = min(lead.next_at, lead.revisit_at)
            settled.append(lead)
            known[lead.pk] = assessed.facts
        db.update_many(settled, sorted(fields))
        free = [lead for lead in settled if lead.pk not in kept]
        care.look_after(world.workspace.pk, free, known, revisited=(), at=at)
    evaluation.sweep(at=at)
