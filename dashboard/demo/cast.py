"""Who and what the demo is about: Brightwater Software, its people, subjects, campaigns, territories."""

from dataclasses import dataclass, field

from workspaces.roles import Role

COMPANY = "Brightwater Software"
DOMAIN = "brightwater.example"
ZONE = "Europe/Berlin"


@dataclass(frozen=True)
class Colleague:
    """One member. `pace` stretches the time a rep takes; only those with `log_in` get a password."""

    local: str
    name: str
    role: Role
    pools: tuple[str, ...] = ()
    pace: float = 1.0
    log_in: bool = False

    @property
    def email(self) -> str:
        """Return the address that the member logs in with."""
        return f"{self.local}@{DOMAIN}"


COLLEAGUES = (
    Colleague("marketer", "Neria Fennlind", Role.MARKETING, log_in=True),
    Colleague("marketing.manager", "Orlena Kellstad", Role.MARKETING_MANAGER, log_in=True),
    Colleague("rep", "Joris Lundow", Role.SALES, ("DACH", "Key accounts"), log_in=True),
    Colleague("sales.manager", "Velia Morvstone", Role.SALES_MANAGER, log_in=True),
    Colleague("admin", "Cason Ulmford", Role.ADMIN, log_in=True),
    Colleague("ridan.rastel", "Ridan Rastel", Role.SALES, ("DACH",), pace=3.5),  # the one who is slow to accept
    Colleague("tarina.eskdale", "Tarina Eskdale", Role.SALES, ("DACH", "Nordics"), pace=0.8),
    Colleague("belen.ostrham", "Belen Ostrham", Role.SALES, ("UK and Ireland", "Nordics")),
    Colleague("filis.varnwick", "Filis Varnwick", Role.SALES, ("UK and Ireland",), pace=0.9),
    Colleague("samon.gavrova", "Samon Gavrova", Role.SALES, ("Benelux and France",), pace=1.1),
    Colleague("zirona.holvsen", "Zirona Holvsen", Role.SALES, ("North America",), pace=0.9),
    Colleague("peline.corlgaard", "Peline Corlgaard", Role.SALES, ("North America", "Key accounts")),
    Colleague("kalian.thorvell", "Kalian Thorvell", Role.VIEWER),
)

# territory → the countries and the time zone of its leads; the last has no rep yet: its leads wait in the queue
TERRITORIES = {
    "DACH": ("DE", "AT", "CH"),
    "UK and Ireland": ("GB", "IE"),
    "Nordics": ("SE", "DK", "NO", "FI"),
    "Benelux and France": ("NL", "BE", "FR"),
    "North America": ("US", "CA"),
    "Iberia": ("ES", "PT"),
}
TERRITORY_WEIGHTS = (38, 20, 13, 13, 12, 4)
ZONES = {
    "DACH": "Europe/Berlin",
    "UK and Ireland": "Europe/London",
    "Nordics": "Europe/Stockholm",
    "Benelux and France": "Europe/Paris",
    "North America": "America/New_York",
    "Iberia": "Europe/Madrid",
    "": "",
}
ELSEWHERE = ("MX", "IN", "ZA", "TR", "AR")  # where Brightwater sells nothing

TOPICS = {
    "demand-planning": "Demand planning",
    "inventory": "Inventory",
    "forecasting": "Forecasting",
    "integrations": "Integrations",
    "reporting": "Reporting",
    "data-security": "Data security",
}
ATTRIBUTES = {
    "planning_tool": ("Planning tool in use", "text"),
    "planners": ("Planners", "number"),
    "renewal_on": ("Contract renewal", "date"),
}
TOOLS = ("Spreadsheets", "An ERP module", "Something of their own", "Nothing")

TITLES = {
    "head": (
        "Head of Planning",
        "Director of Operations",
        "Chief Operating Officer",
        "VP Supply Chain",
        "Head of Procurement",
        "CFO",
    ),
    "lead": ("Planning Manager", "Senior Demand Planner", "Operations Manager", "Team Lead Logistics"),
    "staff": ("Demand Planner", "Buyer", "Analyst", "Controller", "Coordinator"),
    "study": ("Student", "Intern"),
}
PERSONA_OF = {
    "head": ("decision-maker", "finance"),
    "lead": ("champion", "technical-buyer"),
    "staff": ("user",),
    "study": ("",),
}


@dataclass(frozen=True)
class Effort:
    """One campaign and how its leads fare.

    `share` of all leads, `qualified` of them become MQLs; `accept`, `promote`, `win` are shares of the stage before;
    `blames` are the return reasons that it provokes beyond the usual, with their weights.
    """

    code: str
    name: str
    source: str
    cost: int
    months: tuple[float, float]  # before now: begins, ends
    share: float
    qualified: float
    accept: float
    promote: float
    win: float
    event: str = "form"
    blames: dict[str, int] = field(default_factory=dict)
    elsewhere: float = 0.02  # the share of leads outside every territory


EFFORTS = (
    Effort(
        "webinar-forecasting",
        "Webinar series: forecasting without spreadsheets",
        "webinar",
        18500,
        (5.8, 0),
        0.15,
        0.23,
        0.83,
        0.55,
        0.34,
        event="webinar",
    ),
    Effort(
        "search-planning", "Search ads: planning software", "paid search", 42000, (6, 0), 0.21, 0.14, 0.65, 0.35, 0.25
    ),
    Effort(
        "social-worldwide",
        "Sponsored posts, worldwide",
        "paid social",
        31000,
        (4.6, 0.4),
        0.17,
        0.15,
        0.42,
        0.2,
        0.18,
        event="download",
        blames={"wrong-territory": 60, "too-small": 8},
        elsewhere=0.45,
    ),
    Effort(
        "guide-inventory",
        "Guide: an inventory that breathes",
        "content",
        9200,
        (6, 0),
        0.17,
        0.12,
        0.68,
        0.36,
        0.26,
        event="download",
    ),
    Effort("fair-nordhafen", "Nordhafen logistics fair", "event", 27500, (3.4, 2.9), 0.08, 0.18, 0.7, 0.36, 0.26),
    Effort("partner-referrals", "Referrals by partners", "referral", 6000, (6, 0), 0.05, 0.27, 0.78, 0.44, 0.3),
    Effort(
        "list-autumn",
        "Bought list, autumn",
        "list",
        7800,
        (2.2, 1.9),
        0.07,
        0.1,
        0.42,
        0.2,
        0.15,
        blames={"bad-data": 25, "wrong-contact": 25, "not-a-buyer": 8},
    ),
    Effort("", "", "organic", 0, (6, 0), 0.1, 0.12, 0.7, 0.37, 0.26),
)
USUAL_REASONS = {
    "not-ready": 26,
    "no-budget": 14,
    "no-authority": 9,
    "no-need": 9,
    "no-response": 12,
    "wrong-contact": 6,
    "bad-data": 4,
    "duplicate": 3,
    "wrong-territory": 4,
    "not-our-customer": 7,
    "too-small": 4,
    "competitor": 2,
    "not-a-buyer": 3,
}
LOSSES = {"price": 22, "competitor-won": 18, "no-decision": 26, "timing": 14, "missing-feature": 10, "went-silent": 10}
RETURN_NOTES = {
    "no-need": "They plan for one site only and are content with what they have.",
    "wrong-contact": "Moved to another department; asked us to write to planning instead.",
    "bad-data": "The number is not in use and the mail came back.",
    "duplicate": "Same person as the lead that a colleague has in work.",
    "wrong-territory": "Sits where we neither sell nor support.",
    "not-our-customer": "A trading company without stock of its own.",
}
ANSWERS = {
    "wrong-contact": "We asked the company for the right person and corrected the record.",
    "bad-data": "The list's supplier was told; the address is removed.",
    "duplicate": "Joined with the older record.",
    "wrong-territory": "The campaign will be limited to countries that we sell in.",
    "not-our-customer": "Agreed: the definition should ask for stock of their own.",
}
OBJECTIONS = {
    "wrong-contact": "The person you name left the company last year.",
    "bad-data": "I tried the corrected number: it is not in use either.",
    "not-our-customer": "The same definition sent me two more traders this week.",
}
DECISIONS = (
    ("marketing", "The record was right when it was answered."),
    ("sales", "Agreed with the rep: please take it up in the next version of the agreement."),
)
LOSS_NOTES = {
    "competitor-won": "They took the module of their ERP supplier.",
    "missing-feature": "They need planning by batch and expiry date.",
}
NEEDS = (
    "Fewer stock-outs before the season",
    "One forecast instead of five spreadsheets",
    "Lower stock without later deliveries",
    "Reports for the board by the third day",
)
TOUCH_NOTES = (
    "Spoke about their season; they plan by hand today.",
    "Left word with the office.",
    "Sent the customer story they asked about.",
    "They want to see the integration with their ERP.",
    "Agreed to talk again with the head of planning.",
    "",
)
