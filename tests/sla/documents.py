"""What the frozen samples of this app mean."""

from datetime import date, time

from sla import documents, terms, worktime
from sla.durations import Duration, days, hours, minutes
from sla.terms import EscalationStep, Marketing, Policy, Terms
from sla.worktime import Hours, Window
from tests.samples import DocumentKind

HOURS = Hours(
    "Europe/Berlin",
    (Window(0, time(9), time(17, 30)), Window(5, time(22), time(0))),
    frozenset({date(2026, 12, 25)}),
)
CALENDAR = {
    "zone": "Europe/Berlin",
    "windows": [
        {"weekday": 0, "start": "09:00", "end": "17:30"},
        {"weekday": 5, "start": "22:00", "end": "24:00"},
    ],
    "holidays": [{"date": "2026-12-25", "name": "Christmas Day"}],
}
TERMS = Terms(
    marketing=Marketing(mqls_per_month=60, complete_percent=90, triage_within=days(2)),
    sales=(
        Policy("hot", hours(1), hours(2), 6, 2, attempts_within=days(10), decide_within=days(10)),
        Policy("standard", hours(4), days(1), 4, 1, attempts_within=days(10), decide_within=days(15)),
    ),
    information=("contact", "name", "source"),
    met_percent=90,
    warn_percent=75,
    escalation_steps=(
        EscalationStep("remind", minutes(0), ("accept", "first_touch")),
        EscalationStep("reassign", hours(4), ("accept",)),
    ),
    reassign_restarts_accept=True,
    review_on=date(2026, 12, 1),
    calendar=CALENDAR,
    definitions={
        "mql": {
            "version": 2,
            "condition": {"fact": "lead.email", "op": "known"},
            "tiers": [{"tier": "hot", "condition": {"fact": "lead.phone", "op": "known"}}, {"tier": "standard"}],
            "loop_guard": {"max_passes": 3},
        }
    },
    scoring={"version": 4, "fit": {"grades": {"A": 60, "B": 40, "C": 20}, "rules": []}, "interest": {"rules": []}},
    reasons=(
        {
            "kind": "return",
            "code": "bad-data",
            "label": "Wrong data",
            "needs_note": False,
            "needs_revisit": False,
            "revisit_days": None,
            "cool_off_days": 3,
            "blames": "data",
            "disqualifies": False,
            "same_rep": True,
        },
    ),
    questions=({"code": "size", "label": "How many?", "kind": "choice", "choices": ["One", "Many"], "position": 1},),
)

KINDS = [
    DocumentKind(
        "sla",
        documents.HOURS,
        {1: HOURS},
        read=worktime.from_stored,
        write=lambda hours: worktime.to_json(hours, {date(2026, 12, 25): "Christmas Day"}),
        classes=(Hours, Window),
    ),
    DocumentKind(
        "sla",
        documents.TERMS,
        {1: TERMS},
        read=terms.from_stored,
        write=Terms.to_json,
        classes=(Terms, Marketing, Policy, EscalationStep, Duration),
        plain_column=True,
    ),
]
