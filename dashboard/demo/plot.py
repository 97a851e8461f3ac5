"""Decide who the leads are, what they do and when they are qualified: from a seed and a time, without a database."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

from dashboard.demo import cast
from dashboard.demo.cast import Effort
from dashboard.demo.names import INDUSTRIES, Namer
from leads.intake.events import EventIn
from leads.intake.upsert import Person

SEED = 1707
WORDING = "Yes, Brightwater Software may write to me about planning. I can stop this at any time."
DEMO_REQUEST = "demo_request"
QUALIFYING_DAYS = 14  # at most, from the first contact; what came first has not faded by then
# Companies of these industries and sizes fit; the first six industries are among those served.
SERVED = INDUSTRIES[:6]
SIZES = ((4, 9), (10, 49), (50, 199), (200, 900), (1000, 9000))
SIZE_WEIGHTS = (10, 24, 30, 26, 10)


@dataclass(frozen=True)
class Company:
    """A company that leads work for."""

    name: str
    domain: str
    industry: str
    employees: int
    territory: str
    country: str

    @property
    def fits(self) -> bool:
        """Return whether it is large enough and of an industry that is served."""
        return self.employees >= 50 and self.industry in SERVED


@dataclass(frozen=True)
class Prospect:
    """A lead to be: who it is, what it does, and when (if ever) it meets the definition of an MQL."""

    index: int
    person: Person
    effort: Effort
    events: tuple[EventIn, ...]
    qualified_at: datetime | None
    territory: str = ""  # where it is to be, by its company

    def chance(self, what: str = "") -> Random:
        """Return a source of chance of its own, so that what becomes of one lead changes nothing for another."""
        return Random(f"{SEED}:{self.index}:{what}")


def prospects(count: int, *, at: datetime) -> list[Prospect]:
    """Return `count` prospects of the six months before `at` (aware), by their first contact. Always the same."""
    chance = Random(SEED)
    namer = Namer(chance)
    homes = companies(max(80, count * 3 // 20), namer, chance)
    made = [_prospect(index, homes, namer, chance, at) for index in range(count)]
    return sorted(made, key=lambda each: (_first(each), each.index))


def companies(count: int, namer: Namer, chance: Random) -> list[Company]:
    """Return companies in all territories; about one in eight lies where nothing is sold."""
    made = []
    for number in range(count):
        industry = chance.choices(INDUSTRIES, (24, 20, 14, 10, 8, 8, 6, 5, 5))[0]
        least, most = chance.choices(SIZES, SIZE_WEIGHTS)[0]
        territory = chance.choices(tuple(cast.TERRITORIES), cast.TERRITORY_WEIGHTS)[0] if number % 8 else ""
        country = chance.choice(cast.TERRITORIES[territory] if territory else cast.ELSEWHERE)
        name, domain = namer.company(industry)
        made.append(Company(name, domain, industry, chance.randint(least, most), territory, country))
    return made


def at_work(day: datetime, chance: Random) -> datetime:
    """Return a moment of office hours (Europe's, in UTC) on that day; a weekend day mostly gives the Monday after."""
    if day.weekday() > 4 and chance.random() < 0.85:
        day += timedelta(days=7 - day.weekday())
    minute = min(max(chance.gauss(11.5, 2.4), 6.5), 18.0) * 60
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minute, seconds=chance.randint(0, 59))


def page(name: str, path: str, at: datetime, topics: tuple[str, ...] = ()) -> EventIn:
    """Return the event of somebody who looks at a page of Brightwater's."""
    return EventIn("page", name, f"https://www.{cast.DOMAIN}{path}", topics, occurred_at=at)


def last_step(at: datetime, topics: tuple[str, ...], *, hot: bool) -> list[EventIn]:
    """Return what takes a lead that fits and is interested over the line at `at`."""
    pricing = page("Pricing", "/pricing", at - timedelta(minutes=4), topics)
    if hot:
        return [pricing, EventIn(DEMO_REQUEST, "Ask for a demo", topics=topics, occurred_at=at)]
    guide = EventIn("download", "Guide: from forecast to order", topics=topics, occurred_at=at - timedelta(minutes=9))
    return [guide, pricing, page("Pricing: plans compared", "/pricing/plans", at, topics)]


def _prospect(index: int, homes: list[Company], namer: Namer, chance: Random, at: datetime) -> Prospect:
    effort = chance.choices(cast.EFFORTS, [each.share for each in cast.EFFORTS])[0]
    qualified = chance.random() < effort.qualified
    abroad = chance.random() < effort.elsewhere
    home = _home(homes, chance, abroad=abroad, fits=qualified)
    began, ended = effort.months
    back = timedelta(days=30.4 * (ended + (began - ended) * chance.random()))
    first = min(at_work(at - back, chance), at - timedelta(minutes=5 + index % 50))
    topics = tuple(chance.sample(tuple(cast.TOPICS), chance.choice((1, 1, 2))))
    level = chance.choices(("head", "lead"), (55, 45))[0] if qualified else _level(chance)
    first_name, last_name = namer.person()
    person = Person(
        email=namer.address(first_name, last_name, home.domain),
        first_name=first_name,
        last_name=last_name,
        title=chance.choice(cast.TITLES[level]),
        phone=f"+00 555 {chance.randint(100, 999)} {chance.randint(1000, 9999)}" if chance.random() < 0.6 else "",
        country=home.country if chance.random() < 0.95 else "",
        time_zone=cast.ZONES[home.territory],
        company=home.name,
        domain=home.domain,
        industry=home.industry,
        employees=home.employees,
        source=effort.source if chance.random() < 0.985 else chance.choice(("", "unknown")),
        campaign=effort.code,
        persona=chance.choice(cast.PERSONA_OF[level]) if chance.random() < 0.91 else "",
        attributes=_attributes(chance, first),
        consent=chance.choices(("opted_in", "", "opted_out"), (72, 28, 0 if qualified else 3))[0],
        first_contact_at=first,
    )
    if person.consent:
        person = replace(person, consent_wording=WORDING)
    if not qualified:
        careful = not (home.employees < 50 and level in ("staff", "study"))
        return Prospect(
            index, person, effort, _idle(effort, first, topics, chance, at, careful=careful), None, home.territory
        )
    qualified_at = at_work(first + timedelta(days=min(chance.expovariate(1 / 6), QUALIFYING_DAYS - 3)), chance)
    qualified_at = max(qualified_at, first + timedelta(hours=2))
    early = _early(effort, first, qualified_at, topics)
    whole = [*early, *last_step(qualified_at, topics, hot=chance.random() < 0.38)]
    so_far = tuple(event for event in whole if event.occurred_at and event.occurred_at <= at)
    return Prospect(index, person, effort, so_far, qualified_at if qualified_at <= at else None, home.territory)


def _home(homes: list[Company], chance: Random, *, abroad: bool, fits: bool) -> Company:
    """Choose a company; a few have many leads."""
    wanted = [each for each in homes if bool(each.territory) != abroad and (each.fits or not fits)]
    return wanted[int(len(wanted) * chance.random() ** 1.6)]


def _level(chance: Random) -> str:
    return chance.choices(("head", "lead", "staff", "study"), (16, 24, 52, 8))[0]


def _attributes(chance: Random, first: datetime) -> dict[str, object]:
    if chance.random() < 0.55:
        return {}
    given: dict[str, object] = {"planning_tool": chance.choice(cast.TOOLS), "planners": chance.randint(1, 14)}
    if chance.random() < 0.4:
        given["renewal_on"] = (first + timedelta(days=chance.randint(60, 400))).date().isoformat()
    return given


def _early(effort: Effort, first: datetime, qualified_at: datetime, topics: tuple[str, ...]) -> list[EventIn]:
    """Return what a lead does before it is qualified: less than the definition asks for."""
    between = first + (qualified_at - first) * 0.6
    return [
        page("Home", "/", first - timedelta(minutes=3), topics),
        EventIn(effort.event, effort.name or "Contact form", topics=topics, occurred_at=first, campaign=effort.code),
        page("Customer stories", "/customers", between, topics),
    ]


def _idle(
    effort: Effort, first: datetime, topics: tuple[str, ...], chance: Random, at: datetime, *, careful: bool
) -> tuple[EventIn, ...]:
    """Return what a lead does that never gets qualified: little, or (where the company does not fit) more."""
    done = [
        EventIn(effort.event, effort.name or "Contact form", topics=topics, occurred_at=first, campaign=effort.code)
    ]
    if effort.source == "list":
        done = []
    for number in range(chance.choice((0, 1, 2) if careful else (1, 2, 3, 5, 7))):
        when = first + timedelta(days=chance.uniform(0, 20 + 8 * number))
        name, path = chance.choice((("Home", "/"), ("Product tour", "/tour"), ("Blog", "/blog"), ("Jobs", "/careers")))
        done.append(page(name, path, when, topics))
        if not careful and chance.random() < 0.35:
            done.append(EventIn("download", "Checklist: safety stock", topics=topics, occurred_at=when))
    return tuple(event for event in done if event.occurred_at and event.occurred_at <= at)


def _first(prospect: Prospect) -> datetime:
    first = prospect.person.first_contact_at
    assert first is not None  # every prospect has one
    return first
