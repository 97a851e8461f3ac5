"""What the frozen samples of this app mean."""

from typing import Any

from nurture import documents, steps
from nurture.steps import StepIn
from tests.samples import DocumentKind

PHONE = {"fact": "lead.phone", "op": "known"}


def checked(written: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Return steps written as [{"kind", "config"}], their configurations as stored, once they pass for a program."""
    read = [StepIn(each["kind"], documents.STEP.read(each["config"])) for each in written]
    assert steps.problems(read, attributes=set()) == []
    return [(step.kind, step.config) for step in read]


# The configuration of a step differs by kind: the sample is a program, each step as it was stored.
STEPS = DocumentKind(
    "nurture",
    documents.STEP,
    {
        1: [
            ("mail", {"subject": "News for {{ lead.first_name }}", "body": "Hello {{ lead.first_name }}"}),
            ("wait", {"days": 3}),
            ("wait", {"minutes": 90}),
            ("wait", {"until": "2027-01-04"}),
            ("content", {"stage": "consideration", "subject": "For you", "body": "{{ content.title }}"}),
            ("content", {}),
            ("branch", {"condition": PHONE, "otherwise": 8}),
            ("exit", {"outcome": "Nobody to call"}),
        ]
    },
    read=checked,
    plain_column=True,
)
KINDS = [
    STEPS,
    DocumentKind(
        "nurture",
        documents.ENTRY,
        {
            1: {
                "occasions": ["return", "care"],
                "reasons": ["no-budget"],
                "topics": ["pricing"],
                "condition": PHONE,
                "manual": False,
            }
        },
    ),
    DocumentKind("nurture", documents.EXIT, {1: {"condition": PHONE}}),
    DocumentKind(
        "nurture",
        documents.ENROLMENT,
        {
            1: {
                "by": "Rita Rep",
                "words": "It takes leads returned as “No budget”.",
                "reason": "no-budget",
                "topics": ["pricing"],
                "points": 12.5,
                "skipped": [{"step": 2, "at": "2026-11-02T09:00:00+00:00", "words": "Nothing left."}],
            }
        },
    ),
    DocumentKind(
        "nurture",
        documents.SEND,
        {
            1: {
                "words": "Best of 3 not yet sent: interest in Pricing.",
                "points": 12,
                "lines": [{"points": 12, "words": "interest in Pricing"}],
                "unseen": 3,
                "resent_by": "Mira Marketing",
            }
        },
    ),
]
