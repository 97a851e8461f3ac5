"""What Brightwater has to say: content, with some holes in the grid, and the programs that send it."""

from typing import Any

from leads.models import Persona, Topic
from nurture import library, programs
from nurture.models import Program
from nurture.steps import StepIn
from workspaces.actors import Actor
from workspaces.models import Workspace

# title, kind, persona (none: everyone), stage, topics
CONTENT = (
    ("What a forecast is for", "article", "", "awareness", ("forecasting",)),
    ("Seven causes of stock-outs", "article", "", "awareness", ("inventory", "demand-planning")),
    ("The planner's week, hour by hour", "article", "user", "awareness", ("demand-planning",)),
    ("Planning by spreadsheet: where it breaks", "guide", "champion", "awareness", ("forecasting", "demand-planning")),
    ("What unsold stock costs", "article", "finance", "awareness", ("inventory", "reporting")),
    ("Five questions for your next planning meeting", "article", "decision-maker", "awareness", ("demand-planning",)),
    ("An inventory that breathes", "guide", "", "consideration", ("inventory",)),
    ("Forecasting without spreadsheets, the recording", "webinar", "", "consideration", ("forecasting",)),
    ("How the connection to an ERP works", "guide", "technical-buyer", "consideration", ("integrations",)),
    ("Where your data lies, and who sees it", "article", "technical-buyer", "consideration", ("data-security",)),
    ("Safety stock: a calculator", "tool", "user", "consideration", ("inventory",)),
    ("Board reports by the third day", "case", "finance", "consideration", ("reporting",)),
    ("Winning your colleagues for one forecast", "guide", "champion", "consideration", ("forecasting", "reporting")),
    ("How a castings maker halved its stock-outs", "case", "decision-maker", "decision", ("inventory",)),
    ("How a freight company plans a peak season", "case", "", "decision", ("demand-planning", "forecasting")),
    ("A tour of the product in nine minutes", "video", "", "decision", ("forecasting", "inventory")),
    ("Security answers for your IT department", "guide", "technical-buyer", "decision", ("data-security",)),
    ("What it costs and what it saves", "tool", "finance", "decision", ("reporting",)),
    ("Twelve weeks from signature to first forecast", "article", "champion", "decision", ("integrations",)),
)
HELLO = 'Hello{% if lead.first_name != "" %} {{ lead.first_name }}{% endif %},\n\n'
BYE = "\n\nKind regards\n{{ workspace.name }}"
CLICKED = {"fact": "events.mail_click.count_30d", "op": "at_least", "value": 1}
ROUND_THE_CLOCK = {"send_from": "00:00", "send_until": "23:59", "send_weekdays": [0, 1, 2, 3, 4, 5, 6]}
FIRST_STEPS = "First steps"


def _mail(subject: str, text: str) -> StepIn:
    return StepIn("mail", {"subject": subject, "body": HELLO + text + BYE})


def _wait(days: int) -> StepIn:
    return StepIn("wait", {"days": days})


def _soon() -> StepIn:
    """Wait a minute, so that whoever returns a lead sees the first mail go."""
    return StepIn("wait", {"minutes": 1})


def _content(stage: str = "") -> StepIn:
    return StepIn("content", {"stage": stage})


# name → fields and steps. All send at any hour, so that the demo shows mails go whenever somebody looks.
PROGRAMS: dict[str, tuple[dict[str, Any], list[StepIn]]] = {
    "Not yet ready": (
        {"entry": {"reasons": ["not-ready", "no-budget"], "topics": []}, "holdout_percent": 15},
        [
            _soon(),
            _mail(
                "When the time is right",
                "thank you for your time. We will not call you every week. Now and then we "
                "send you something that helps with {{ lead.industry | downcase }}: https://www.brightwater.example/blog",
            ),
            _wait(10),
            _content("consideration"),
            _wait(9),
            StepIn("branch", {"condition": CLICKED, "otherwise": 8}),
            _content("decision"),
            _wait(14),
            _content("awareness"),
        ],
    ),
    "Find the right person": (
        {"entry": {"reasons": ["wrong-contact", "no-authority", "bad-data"], "topics": []}},
        [
            _soon(),
            _mail(
                "Who plans at {{ lead.company }}?",
                "may we ask who looks after planning at your company? A line is enough.",
            ),
            _wait(12),
            _content("awareness"),
        ],
    ),
    "Inventory, step by step": (
        {"entry": {"reasons": [], "topics": ["inventory", "demand-planning"]}, "holdout_percent": 10},
        [_soon(), _content("awareness"), _wait(9), _content("consideration"), _wait(9), _content("decision")],
    ),
    "Forecasting, step by step": (
        {"entry": {"reasons": [], "topics": ["forecasting", "reporting"]}, "holdout_percent": 10},
        [_soon(), _content("awareness"), _wait(9), _content("consideration"), _wait(9), _content("decision")],
    ),
    "After a lost deal": (
        {"entry": {"reasons": ["price", "timing", "no-decision", "competitor-won", "went-silent"], "topics": []}},
        [
            _wait(1),
            _mail(
                "What has changed since",
                "last time the moment was not right. This is what is new since: https://www.brightwater.example/new",
            ),
            _wait(14),
            _content("decision"),
        ],
    ),
    FIRST_STEPS: (
        {
            "entry": {
                "occasions": ["care"],
                "condition": {"fact": "consent.marketing", "op": "is", "value": "opted_in"},
            },
            "reentry": "never",
        },
        [
            StepIn("wait", {"minutes": 3}),
            _mail("Welcome", "good to have you with us. A good place to begin: https://www.brightwater.example/tour"),
            _wait(6),
            _content("awareness"),
            _wait(12),
            _content(""),
        ],
    ),
    "Spring survey": (
        {"entry": {"manual": True}},
        [_mail("Three questions", "would you answer three questions? https://www.brightwater.example/survey")],
    ),
}


def fill(workspace: Workspace, actor: Actor) -> None:
    """Add the content."""
    people = {each.code: each for each in Persona.objects.of(workspace)}
    topics = {each.code: each for each in Topic.objects.of(workspace)}
    for title, kind, persona, stage, subjects in CONTENT:
        slug = "-".join("".join(c if c.isalnum() else " " for c in title.lower()).split())
        library.add(
            workspace,
            actor=actor,
            title=title,
            kind=kind,
            url=f"https://www.brightwater.example/library/{slug}",
            summary=f"{title}: what we have learned from planners, in a few minutes.",
            stage=stage,
            persona=people.get(persona),
            topics=[topics[code] for code in subjects],
        )


def start_programs(workspace: Workspace, actor: Actor) -> dict[str, Program]:
    """Write the programs and let them run; the survey stays a draft. Return them by name."""
    for name, (fields, steps) in PROGRAMS.items():
        program = programs.create(workspace, actor=actor, name=name, **fields, **ROUND_THE_CLOCK)
        programs.replace_steps(program, actor=actor, steps_in=steps)
        if name != "Spring survey":
            programs.activate(program, actor=actor)
    rest = Program.objects.of(workspace).get(name="Stay in touch")  # the one that every workspace begins with
    programs.activate(programs.edit(rest, actor=actor, **ROUND_THE_CLOCK), actor=actor)
    programs.put_before(rest, None, actor=actor)  # it takes whom no other does
    return {each.name: each for each in Program.objects.of(workspace)}
