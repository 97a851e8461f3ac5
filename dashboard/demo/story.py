"""Tell the whole story: found the company, let six months pass, arrange the present. All or nothing."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from dashboard.demo import asking, company, drip, history, import_file, library, plot, present, scores
from dashboard.demo.plot import Prospect
from dashboard.demo.world import World
from leads.intake import events, upsert
from leads.intake.events import AttributedEvent
from leads.models import Consent, Handoff, Lead
from workspaces.actors import engine as engine_actor
from workspaces.models import Notice, Workspace

LEADS = 2000
MONTHS = 6
FORGOTTEN = timedelta(hours=6)  # notices older than this have been read
ASKED = 11  # of so many leads that stay with marketing, one answered questions
WELCOMED = 40  # of so many leads that opted in, one got the welcome mails


@transaction.atomic
def build(*, password: str, leads: int = LEADS) -> Workspace:
    """Make the demo workspace as it is now: `leads` leads, about a sixth of them handed over.

    Those who log in get `password`. Raise `IntegrityError` when the demo's people are there already.
    """
    at = timezone.now()
    began = at - timedelta(days=30.5 * MONTHS + 5)
    world = company.found(password=password, began=began, at=at)
    prospects = plot.prospects(leads, at=at)
    reserved = present.reserve(prospects, at)
    altered = {each.index: each for each in reserved.all}
    prospects = [altered.get(each.index, each) for each in prospects]
    known = _take_in(world, prospects)
    _plan(world, prospects, known, altered)
    for prospect, minutes in zip(reserved.returning, present.COMES_BACK_IN, strict=False):
        present.send_away(world, prospect, known[prospect.index], minutes)
    for prospect, hours in zip(reserved.in_work, present.IN_WORK_SINCE, strict=False):
        world.timeline.plan(at - timedelta(hours=hours), present.take_on, prospect, known[prospect.index])
    for prospect, (code, hours) in zip(reserved.contested, present.CONTESTED.items(), strict=False):
        world.timeline.plan(at - timedelta(hours=hours + 1), present.contest, prospect, known[prospect.index], code)
    world.timeline.run(world)
    drip.write_opens(world)
    now = timezone.now()
    scores.bring_up_to_date(world, now, kept={known[index].pk for index in altered})
    for prospect in reserved.returning:
        present.show_interest(world, known[prospect.index], now)
    present.offer(world, reserved, known, now)
    present.promise(world, now)
    present.drip_soon(world, now)
    present.go_on_leave(world, now)
    present.leave(world, now)
    _date_notices(world, now)
    return world.workspace


def _date_notices(world: World, now: datetime) -> None:
    """Let notices be as old as what they tell of; what is old was mailed and read."""
    notices = Notice.objects.of(world.workspace)
    offers = {
        notice: int(notice.key.split(":")[1])
        for notice in notices.filter(kind__in=["handoff.offered", "handoff.queued"])
    }
    offered = dict(Handoff.objects.of(world.workspace).filter(pk__in=offers.values()).values_list("pk", "offered_at"))
    for notice, pk in offers.items():
        notice.created_at, notice.next_at = offered[pk], None
        notice.mailed_at = notice.created_at
    notices.bulk_update(offers, ["created_at", "next_at", "mailed_at"])
    notices.filter(created_at__lt=now - FORGOTTEN).update(next_at=None, read_at=F("created_at"))


def _take_in(world: World, prospects: list[Prospect]) -> dict[int, Lead]:
    """Take all leads and what they did in, week by week; those of the bought list as a file. Return them by index."""
    known: dict[int, Lead] = {}
    listed = [each for each in prospects if each.effort.source == "list"]
    import_file.bring(world, listed)
    weeks: dict[str, list[Prospect]] = {}
    for each in prospects:
        if each.effort.source != "list" and each.person.first_contact_at:
            weeks.setdefault(f"{each.person.first_contact_at:%G-%V}", []).append(each)
    website = engine_actor("website")
    for group in weeks.values():
        last = max(each.person.first_contact_at or world.timeline.end for each in group)
        results = upsert.upsert_many(world.workspace, [each.person for each in group], actor=website, at=last)
        for each, result in zip(group, results, strict=True):
            if isinstance(result, upsert.RefusedPerson):
                raise result.error
            known[each.index] = result.lead
    first = Lead.objects.of(world.workspace).filter(pk=OuterRef("lead")).values("first_contact_at")
    Consent.objects.of(world.workspace).update(at=Subquery(first))  # given one by one, not a week at a time
    by_email = {each.person.email: each.index for each in listed}
    for lead in Lead.objects.of(world.workspace).filter(email__in=by_email):
        known[by_email[lead.email]] = lead
    seen = [AttributedEvent(event, known[each.index]) for each in prospects for event in each.events]
    events.record_many(world.workspace, seen, actor=website)
    return known


def _plan(world: World, prospects: list[Prospect], known: dict[int, Lead], kept: dict[int, Prospect]) -> None:
    """Plan when leads are handed over, and who gets the welcome mails."""
    for each in prospects:
        lead = known[each.index]
        if each.qualified_at:
            world.timeline.plan(each.qualified_at, history.hand_over, each, lead)
        elif each.index % ASKED == 0 and each.person.first_contact_at:
            asked = each.person.first_contact_at + timedelta(minutes=2)
            world.timeline.plan(asked, asking.in_passing, each, lead)
        elif each.index not in kept and each.person.consent == "opted_in" and each.index % WELCOMED == 0:
            first = each.person.first_contact_at or world.timeline.end
            world.timeline.plan(first + timedelta(minutes=4), _welcome, lead)


def _welcome(world: World, lead: Lead, at: datetime) -> None:
    drip.put_in(world, world.programs[library.FIRST_STEPS], lead, at)
