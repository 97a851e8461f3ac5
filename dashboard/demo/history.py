"""Let sales and marketing do in the past what they do every day: every step through the service that pages use."""

from datetime import datetime, timedelta
from decimal import Decimal
from math import log
from random import Random

from dashboard.demo import asking, cast, drip, plot
from dashboard.demo.plot import Prospect
from dashboard.demo.world import World
from leads.activity import answers, follow_ups, ratings, touches
from leads.intake import events
from leads.lifecycle import moves
from leads.models import Handoff, Lead, Reason
from leads.models.lead import ConsentState
from leads.routing import assign
from leads.states import MARKETING_STATES
from sla import clocks, selectors
from workspaces.actors import Actor, engine
from workspaces.models import Member

# minutes that half of the answers and first touches take at most, by tier; the agreement allows about three times that
ACCEPT_MEDIAN = {"hot": 24, "standard": 165}
TOUCH_MEDIAN = {"hot": 75, "standard": 430}
TRIAGE_MEDIAN = 900
FORGOTTEN = 0.03  # the share of what is offered that nobody answers
RECALLED = 35  # one of so many is taken back by marketing
SECOND_PASS = 0.28  # of what was returned and may come again
CLAIMERS = ("tarina.eskdale", "filis.varnwick", "samon.gavrova")
CHANNELS = ("call", "call", "email", "message", "meeting")


def hand_over(world: World, prospect: Prospect, lead: Lead, at: datetime) -> None:
    """Hand a lead over as the engine does when the definition is met, and let sales answer."""
    asking.before_hand_over(world, prospect, lead, prospect.chance(f"asked {at}"), at)
    handoff = moves.qualify(lead, actor=engine("definition"), at=at)
    chance = prospect.chance(f"pass {handoff.pass_number}")
    if handoff.owner is None:
        delay = _minutes(chance, 140, 0.6)
        world.timeline.plan(at + delay, _claim, prospect, handoff, chance)
    else:
        _await_answer(world, prospect, handoff, chance, at)


def _claim(world: World, prospect: Prospect, handoff: Handoff, chance: Random, at: datetime) -> None:
    """Let somebody take a lead out of the queue; one that all have returned before stays there."""
    if takers := _takers(world, handoff):
        handoff = moves.claim(handoff, actor=world.actor(chance.choice(takers)), at=at)
        _await_answer(world, prospect, handoff, chance, at)


def _takers(world: World, handoff: Handoff) -> list[str]:
    """List who may get a lead that its owner, if it has one, does not answer."""
    kept_from = {handoff.owner_id, *assign.returners([handoff.lead])[handoff.lead_id]}
    return [name for name in CLAIMERS if world.members[name].pk not in kept_from]


def _await_answer(world: World, prospect: Prospect, handoff: Handoff, chance: Random, at: datetime) -> None:
    """Plan whether and when the owner answers. Who does not is relieved by an escalation step."""
    effort, roll = prospect.effort, chance.random()
    delay = _minutes(chance, ACCEPT_MEDIAN[handoff.tier], 0.82, world.pace(handoff.owner))
    act = _send_back
    world.offers += 1
    if world.offers % RECALLED == 9:
        act = _recall
    elif roll < effort.accept:
        act = _accept
    elif roll > 1 - FORGOTTEN:
        delay, act = timedelta(minutes=300 if handoff.tier == "hot" else 720), _relieve
    world.timeline.plan(at + delay, act, prospect, handoff, chance)


def _relieve(world: World, prospect: Prospect, handoff: Handoff, chance: Random, at: datetime) -> None:
    """Reassign what nobody answered, to a colleague who does."""
    if takers := _takers(world, handoff):
        other = world.members[chance.choice(takers)]
        handoff = moves.reassign(handoff, actor=engine("escalation"), to=other, note="Not answered in time", at=at)
        world.timeline.plan(at + _minutes(chance, 40, 0.5), _accept, prospect, handoff, chance)


def _recall(world: World, prospect: Prospect, handoff: Handoff, chance: Random, at: datetime) -> None:
    moves.recall(handoff, actor=world.actor("marketer"), note="Asked us to wait until after the audit", at=at)


def _accept(world: World, prospect: Prospect, handoff: Handoff, chance: Random, at: datetime) -> None:
    """Accept, then try to reach the lead a few times and decide."""
    handoff = moves.accept(handoff, actor=_owner(handoff), at=at)
    when = at + _minutes(chance, TOUCH_MEDIAN[handoff.tier], 0.75, world.pace(handoff.owner) ** 0.5)
    times = []
    for _ in range(chance.choice((2, 2, 3, 3))):
        times.append(when)
        when += timedelta(days=chance.uniform(0.7, 2.6), hours=chance.uniform(0, 4))
    for number, moment in enumerate(times):
        following = times[number + 1] if number + 1 < len(times) else None
        world.timeline.plan(moment, _touch, handoff, chance.random(), following)
    decided = times[-1] + timedelta(days=chance.expovariate(1 / 2.2), hours=1)
    act = _promote if chance.random() < prospect.effort.promote else _send_back
    world.timeline.plan(decided, act, prospect, handoff, chance)


def _touch(world: World, handoff: Handoff, luck: float, following: datetime | None, at: datetime) -> None:
    """Log a touch, and promise the next one; about one promise in eight is kept late."""
    channel = CHANNELS[int(luck * 97) % len(CHANNELS)]
    connected = luck < 0.42 or channel == "meeting"
    outcome = {"call": "left_message" if luck < 0.75 else "no_answer"}.get(channel, "sent")
    note = cast.TOUCH_NOTES[int(luck * 61) % len(cast.TOUCH_NOTES)]
    actor = _owner(handoff)
    touches.log(
        handoff.lead, actor=actor, channel=channel, outcome="connected" if connected else outcome, note=note, at=at
    )
    if following and luck < 0.38:
        promised = following + timedelta(hours=-3 if luck < 0.045 else 5)
        follow_ups.plan(handoff.lead, actor=actor, due_at=promised, note="Call again", at=at)


def _promote(world: World, prospect: Prospect, handoff: Handoff, chance: Random, at: datetime) -> None:
    """Ask what the definition of SQL asks for, rate, promote, and plan the end."""
    given = {
        "budget": chance.choice(("Approved", "Planned", "Planned", "Being asked for")),
        "authority": chance.choice(("Decides", "Recommends", "Recommends")),
        "need": chance.choice(cast.NEEDS),
        "timeline": chance.choice(("Within 3 months", "Within 6 months", "Within a year")),
    }
    actor = _owner(handoff)
    for code, value in given.items():
        answers.record(handoff.lead, actor=actor, question=world.questions[code], value=value, at=at)
    at += timedelta(minutes=5)
    handoff = moves.promote(handoff, actor=actor, at=at)
    if chance.random() < 0.75:
        ratings.rate(handoff, actor=actor, rating=chance.choice((3, 4, 4, 5, 5)), at=at)
    closed = at + timedelta(days=chance.uniform(9, 42))
    world.timeline.plan(at + (closed - at) * 0.5, _touch, handoff, chance.random(), None)
    roll = chance.random()
    if roll < prospect.effort.win:
        world.timeline.plan(closed, _win, prospect, handoff, chance)
    elif roll < 0.88:
        world.timeline.plan(closed, _lose, prospect, handoff, chance)


def _win(world: World, prospect: Prospect, handoff: Handoff, chance: Random, at: datetime) -> None:
    amount = Decimal(round(chance.lognormvariate(log(24_000), 0.55), -2))
    moves.win(handoff, actor=_owner(handoff), amount=amount, currency="EUR", at=at)


def _lose(world: World, prospect: Prospect, handoff: Handoff, chance: Random, at: datetime) -> None:
    code = chance.choices(tuple(cast.LOSSES), tuple(cast.LOSSES.values()))[0]
    reason = world.reasons[Reason.Kind.LOSE, code]
    again = (at + timedelta(days=reason.revisit_days or 120)) if reason.needs_revisit else None
    lost = moves.lose(
        handoff,
        actor=_owner(handoff),
        reason=reason,
        note=cast.LOSS_NOTES.get(code, ""),
        revisit_on=again and again.date(),
        at=at,
    )
    if lost.lead.revisit_at:
        world.timeline.plan(lost.lead.revisit_at, _recycle, lost, reason)


def _recycle(world: World, handoff: Handoff, reason: Reason, at: datetime) -> None:
    lead = moves.recycle(handoff.lead, actor=engine("revisit"), note="The revisit date has come", at=at)
    drip.enter(world, lead, reason, None, at)


def _send_back(world: World, prospect: Prospect, handoff: Handoff, chance: Random, at: datetime) -> None:
    weights = cast.USUAL_REASONS | prospect.effort.blames
    code = chance.choices(tuple(weights), tuple(weights.values()))[0]
    every = tuple(cast.USUAL_REASONS)
    if world.returns % 4 == 0 and world.returns // 4 < len(every):  # so that none is missing, however few there are
        code = every[world.returns // 4]
    return_to_marketing(world, prospect, handoff, code, at)


def return_to_marketing(world: World, prospect: Prospect, handoff: Handoff, code: str, at: datetime) -> None:
    """Return a lead for a reason; marketing answers where it must, and the lead may come again."""
    world.returns += 1
    chance, reason = prospect.chance(f"return {handoff.pass_number}"), world.reasons[Reason.Kind.RETURN, code]
    on = (at + timedelta(days=reason.revisit_days or 90)).date() if reason.needs_revisit else None
    rating = chance.choice((1, 2, 2, 3)) if chance.random() < 0.5 else None
    handoff = moves.return_to_marketing(
        handoff,
        actor=_owner(handoff),
        reason=reason,
        note=cast.RETURN_NOTES.get(code, ""),
        revisit_on=on,
        rating=rating,
        at=at,
    )
    if reason.blames:
        world.timeline.plan(at + _minutes(chance, TRIAGE_MEDIAN, 0.95), _answer, handoff, code)
    if reason.disqualifies:
        return
    drip.enter(world, handoff.lead, reason, handoff, at)
    if chance.random() < SECOND_PASS and handoff.pass_number < 3:
        again = plot.at_work(at + timedelta(days=reason.cool_off_days + chance.uniform(10, 35)), chance)
        world.timeline.plan(again, _come_back, prospect, handoff.lead)


def _answer(world: World, handoff: Handoff, code: str, at: datetime) -> None:
    if selectors.to_triage(world.workspace).filter(handoff=handoff).exists():
        clocks.answer_triage(handoff, actor=world.actor("marketing.manager"), note=cast.ANSWERS[code], at=at)


def _come_back(world: World, prospect: Prospect, lead: Lead, at: datetime) -> None:
    """Let a returned lead show new interest, for which it is handed over again."""
    lead = Lead.objects.of(world.workspace).get(pk=lead.pk)
    if lead.state in MARKETING_STATES and lead.consent != ConsentState.OPTED_OUT:
        topics = tuple(lead.interests)[:2]
        events.record(
            world.workspace, lead, plot.last_step(at, topics, hot=prospect.index % 2 == 0), actor=engine("website")
        )
        hand_over(world, prospect, lead, at)


def _owner(handoff: Handoff) -> Actor:
    member: Member | None = handoff.owner
    assert member is not None  # whoever acts has taken it
    return Actor(member=member)


def _minutes(chance: Random, median: float, spread: float, pace: float = 1.0) -> timedelta:
    return timedelta(minutes=chance.lognormvariate(log(median), spread) * pace)
