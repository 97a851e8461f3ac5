"""Let leads answer qualifying questions before they are handed over: on the contact form, as they would."""

from datetime import datetime, timedelta
from random import Random

from dashboard.demo import cast, plot
from dashboard.demo.plot import Prospect
from dashboard.demo.world import World
from leads.activity import answers
from leads.models import Lead
from workspaces.actors import engine

BEFORE = timedelta(minutes=15)  # of what takes them over the line
FRESH = timedelta(days=1)
READY_TITLES = 4  # one of so many who do not fit would buy at once


def before_hand_over(world: World, prospect: Prospect, lead: Lead, chance: Random, at: datetime) -> None:
    """Record what a lead that is about to be handed over at `at` answered: some who asked for a demo, nothing."""
    asked = [each for each in prospect.events if each.type == plot.DEMO_REQUEST and each.occurred_at]
    if (
        any(timedelta(0) <= at - each.occurred_at < FRESH for each in asked if each.occurred_at)
        and chance.random() < 0.4
    ):
        return
    answer(world, lead, chance, at - BEFORE, ready=chance.random() < 0.35)


def in_passing(world: World, prospect: Prospect, lead: Lead, at: datetime) -> None:
    """Record what a lead that stays with marketing said; those who would buy at once are among those who do not fit."""
    chance = prospect.chance("asked")
    misfit = (prospect.person.employees or 0) < 50 and prospect.person.industry not in plot.SERVED
    answer(world, lead, chance, at, ready=misfit and chance.randrange(READY_TITLES) == 0)


def answer(world: World, lead: Lead, chance: Random, at: datetime, *, ready: bool) -> None:
    """Record answers that come to some readiness, or to being ready."""
    given = {"budget": chance.choice(("Approved", "Planned")), "need": chance.choice(cast.NEEDS)}
    if ready:
        given |= {
            "authority": chance.choice(("Decides", "Recommends")),
            "timeline": chance.choice(("Within 3 months", "Within 6 months")),
        }
    for code, value in given.items():
        question = world.questions[code]
        answers.record(lead, actor=engine("form Contact"), question=question, value=value, at=at)
