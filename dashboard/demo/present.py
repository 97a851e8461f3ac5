"""Arrange the present: what waits for an answer, falls due, goes out and comes back while somebody looks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dashboard.demo import asking, cast, history, library, plot
from dashboard.demo.plot import Prospect
from dashboard.demo.world import World
from dashboard.settings import handing_on_views
from leadflow import db
from leadflow.errors import Conflict
from leads.activity import answers, follow_ups, touches
from leads.intake import events
from leads.lifecycle import handing_on, moves
from leads.models import Account, Handoff, HandoffState, Lead
from nurture import enrolments
from nurture.models import Enrolment
from workspaces import members
from workspaces.actors import Actor, engine

Left = Mapping[str, tuple[float, ...]]
# minutes that are left to accept, of hot leads (an hour in all) and of standard ones (eight hours)
OF_THE_REP: Left = {"hot": (1.2, 4.0, 16.5, 29, 44, 57), "standard": (35, 210, 425)}
OF_OTHERS: Left = {"hot": (2.6, 24, 50), "standard": (122, 300, 460)}
OF_NOBODY: Left = {"hot": (33,), "standard": (95, 260, 430)}  # they wait in the queue
TARGET = {"hot": 60, "standard": 480}
COMES_BACK_IN = (4.5, 9.0)  # minutes until the cool-off of a returned lead with new interest ends
IN_WORK_SINCE = (3.2, 21, 46, 70)  # hours since leads that the rep works on were offered
CONTESTED = {"wrong-contact": 5, "not-our-customer": 27}  # hours since returns that wait for an answer
COOL_OFF = timedelta(days=14)  # of the reason "not ready"
MAILS_IN = (50, 110, 240, 480)  # seconds until a drip mail is due
FOLLOW_UPS_IN = (12, 55, 150, 310)  # minutes
KNOWN_FOR = {"in_work": timedelta(days=4), "contested": timedelta(days=3), "returning": timedelta(days=25)}
MINE, NOBODY = {"DACH"}, {"Iberia"}


@dataclass(frozen=True)
class Reserved:
    """Hold who is kept for the present: offered to the rep, others, nobody; in work; just returned; coming back."""

    mine: list[Prospect]
    others: list[Prospect]
    nobody: list[Prospect]
    in_work: list[Prospect]
    contested: list[Prospect]
    returning: list[Prospect]

    @property
    def all(self) -> list[Prospect]:
        """Return them all."""
        return [*self.mine, *self.others, *self.nobody, *self.in_work, *self.contested, *self.returning]


def reserve(prospects: list[Prospect], at: datetime) -> Reserved:
    """Choose from those who never get qualified and fit, the youngest first that were known long enough at `at`."""
    fitting = (
        each
        for each in reversed(prospects)
        if each.qualified_at is None
        and each.person.consent != "opted_out"
        and (each.person.employees or 0) in range(50, 2999)
        and each.person.industry in plot.SERVED
        and each.territory
    )
    wanted = {
        "mine": _count(OF_THE_REP),
        "others": _count(OF_OTHERS),
        "nobody": _count(OF_NOBODY),
        "in_work": len(IN_WORK_SINCE),
        "contested": len(CONTESTED),
        "returning": len(COMES_BACK_IN),
    }
    found: dict[str, list[Prospect]] = {name: [] for name in wanted}
    domains: set[str] = set()
    for each in fitting:
        place = _place(each, at, full={name for name in wanted if len(found[name]) == wanted[name]})
        fresh = place not in ("mine", "others") or each.person.domain not in domains
        if place and fresh:
            domains.add(each.person.domain)
            title = cast.TITLES["head"][len(found[place]) % 6]
            person = replace(each.person, title=title, persona="decision-maker", country=_country(each))
            found[place].append(replace(each, person=person))
    return Reserved(**found)


def _place(prospect: Prospect, at: datetime, *, full: set[str]) -> str:
    """Name the place that a prospect can take: one of its territory that is not full and that it is old enough for."""
    territory = prospect.territory
    kinds = (
        ("mine", "in_work", "contested", "returning")
        if territory in MINE
        else ("nobody",)
        if territory in NOBODY
        else ("others",)
    )
    age = at - (prospect.person.first_contact_at or at)
    return next((kind for kind in kinds if kind not in full and age > KNOWN_FOR.get(kind, timedelta(hours=10))), "")


def send_away(world: World, prospect: Prospect, lead: Lead, minutes: float) -> None:
    """Plan that a lead is handed over three weeks ago and returned so that its cool-off ends in so many minutes."""
    returned = world.timeline.end - COOL_OFF + timedelta(minutes=minutes)
    world.timeline.plan(returned - timedelta(days=4), _try_once, prospect, lead)


def _try_once(world: World, prospect: Prospect, lead: Lead, at: datetime) -> None:
    events.record(world.workspace, lead, plot.last_step(at, ("inventory",), hot=True), actor=engine("website"))
    handoff = moves.qualify(lead, actor=engine("definition"), at=at, override="", owner=world.members["rep"])
    handoff = moves.accept(handoff, actor=world.actor("rep"), at=at + timedelta(minutes=50))
    touches.log(
        lead,
        actor=world.actor("rep"),
        channel="call",
        outcome="connected",
        note="Asked us to call in two weeks",
        at=at + timedelta(hours=3),
    )
    world.timeline.plan(at + timedelta(days=4), _back_off, prospect, handoff)


def _back_off(world: World, prospect: Prospect, handoff: Handoff, at: datetime) -> None:
    history.return_to_marketing(world, prospect, handoff, "not-ready", at)


def contest(world: World, prospect: Prospect, lead: Lead, code: str, at: datetime) -> None:
    """Let the rep return a lead for a reason that asks marketing for an answer, which is not there yet."""
    events.record(world.workspace, lead, plot.last_step(at, ("reporting",), hot=True), actor=engine("website"))
    rep = world.actor("rep")
    handoff = moves.qualify(lead, actor=engine("definition"), at=at, owner=rep.member)
    reason = world.reasons["return", code]
    moves.return_to_marketing(
        handoff, actor=rep, reason=reason, note=cast.RETURN_NOTES[code], at=at + timedelta(minutes=40)
    )


def take_on(world: World, prospect: Prospect, lead: Lead, at: datetime) -> None:
    """Let the rep take a lead on; all but the newest were called.

    One in two was reached and answered a question or two; the others wait for the next attempt.
    """
    events.record(world.workspace, lead, plot.last_step(at, ("inventory",), hot=True), actor=engine("website"))
    rep = world.actor("rep")
    handoff = moves.qualify(lead, actor=engine("definition"), at=at, owner=rep.member)
    moves.accept(handoff, actor=rep, at=at + timedelta(minutes=25))
    if at < world.timeline.end - timedelta(hours=12):
        called = at + timedelta(minutes=140)
        if prospect.index % 2:
            touches.log(lead, actor=rep, channel="call", outcome="no_answer", at=called)
            touches.log(lead, actor=rep, channel="email", outcome="sent", at=called + timedelta(minutes=5))
            return
        touches.log(lead, actor=rep, channel="call", outcome="connected", note=cast.TOUCH_NOTES[3], at=called)
        for code, value in (("need", cast.NEEDS[prospect.index % 4]), ("timeline", "Within 6 months")):
            answers.record(lead, actor=rep, question=world.questions[code], value=value, at=called)


def show_interest(world: World, lead: Lead, at: datetime) -> None:
    """Let a returned lead look at prices again: the engine hands it over once its cool-off is over."""
    done = plot.last_step(at - timedelta(hours=2), ("inventory", "forecasting"), hot=True)
    events.record(world.workspace, lead, done, actor=engine("website"))


def offer(world: World, reserved: Reserved, known: dict[int, Lead], at: datetime) -> None:
    """Hand leads over so that their accept clocks fall due one after the other from now on."""
    accounts = [pk for each in reserved.mine if (pk := known[each.index].account_id) is not None]
    rep = world.members["rep"]
    Account.objects.of(world.workspace).filter(pk__in=accounts).update(owner=rep)  # who gets the account's leads
    places = ((reserved.mine, OF_THE_REP), (reserved.others, OF_OTHERS), (reserved.nobody, OF_NOBODY))
    for prospects, left in places:
        for prospect, (tier, minutes) in zip(prospects, _each(left), strict=False):
            when = at - timedelta(minutes=TARGET[tier] - minutes)
            lead = Lead.objects.of(world.workspace).get(pk=known[prospect.index].pk)
            topics = tuple(lead.interests)[:1] or ("forecasting",)
            steps = plot.last_step(when, topics, hot=tier == "hot")
            if tier == "standard":  # enough for the definition, too little for the tier above
                steps = [replace(steps[0], type="webinar", name="Webinar: one forecast for all"), steps[1]]
            events.record(world.workspace, lead, steps, actor=engine("website"))
            asking.answer(world, lead, prospect.chance("asked"), when - asking.BEFORE, ready=tier == "hot")
            _hand_over(world, lead, when)


def _hand_over(world: World, lead: Lead, at: datetime) -> None:
    """Hand a lead over by the definition, else, where the dice gave it too little interest, manually with a reason."""
    try:
        moves.qualify(lead, actor=engine("definition"), at=at)
    except Conflict:
        moves.qualify(lead, actor=world.actor("marketer"), at=at, override="Asked about prices after the webinar")


def promise(world: World, at: datetime) -> None:
    """Let the rep have promised calls for today."""
    rep = world.members["rep"]
    accepted = Handoff.objects.of(world.workspace).filter(owner=rep, state=HandoffState.ACCEPTED)
    free = accepted.exclude(lead__follow_ups__done_at__isnull=True, lead__follow_ups__isnull=False)
    for handoff, minutes in zip(free.select_related("lead").order_by("-accepted_at"), FOLLOW_UPS_IN, strict=False):
        follow_ups.plan(
            handoff.lead,
            actor=Actor(member=rep),
            due_at=at + timedelta(minutes=minutes),
            note="Call as agreed",
            at=max(at - timedelta(hours=20), handoff.accepted_at or at),
        )


def drip_soon(world: World, at: datetime) -> None:
    """Let some of the leads that the engine just took in get their first mail in a minute or so, the others later."""
    program = world.programs[library.FIRST_STEPS]
    first = program.steps.first()
    entered = Enrolment.objects.of(world.workspace).filter(program=program, state="active", step=first)
    rows = list(entered.select_related("program").order_by("-lead"))
    for enrolment, seconds in zip(rows, MAILS_IN, strict=False):
        enrolments.advance(enrolment, at - timedelta(minutes=3) + timedelta(seconds=seconds))
        if seconds == max(MAILS_IN):  # this mail stands in the ledger already, planned
            enrolments.advance(enrolment, at + timedelta(seconds=seconds))
    later = rows[len(MAILS_IN) :]
    for number, enrolment in enumerate(later, start=1):  # not all at once: a day's mails are those of a day
        enrolment.next_at = at + timedelta(days=10) * number / len(later)
    db.update_many(later, ["next_at"])


def go_on_leave(world: World, at: datetime) -> None:
    """Let routing pass over one colleague for some days."""
    members.set_away(
        world.members["samon.gavrova"], actor=world.actor("sales.manager"), until=at + timedelta(days=4), at=at
    )


def leave(world: World, at: datetime) -> None:
    """Let one colleague be gone, whose leads nobody has yet: the sales manager is told, and finds them in the inbox."""
    admin = world.actor("admin")
    gone = members.deactivate(world.members["filis.varnwick"], actor=admin, at=at)
    handing_on.notify_left(gone, actor=admin, url=handing_on_views.address(gone), at=at)


def _country(prospect: Prospect) -> str:
    return prospect.person.country or cast.TERRITORIES[prospect.territory][0]


def _count(left: Left) -> int:
    return sum(len(each) for each in left.values())


def _each(left: Left) -> Iterator[tuple[str, float]]:
    return ((tier, minutes) for tier, values in left.items() for minutes in values)
