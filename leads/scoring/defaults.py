"""Give the scoring that a new business-to-business workspace begins with, to be edited."""

from typing import Any

_TITLES_OF_HEADS = [
    "chief",
    "ceo",
    "cto",
    "cfo",
    "cio",
    "cmo",
    "coo",
    "founder",
    "owner",
    "president",
    "vp",
    "director",
    "head",
]
_INDUSTRIES = [
    "software",
    "manufacturing",
    "logistics",
    "retail",
    "financial services",
    "professional services",
    "telecommunications",
    "healthcare",
]
_COUNTRIES = [
    "AT",
    "AU",
    "BE",
    "BR",
    "CA",
    "CH",
    "CZ",
    "DE",
    "DK",
    "ES",
    "FI",
    "FR",
    "GB",
    "IE",
    "IT",
    "NL",
    "NO",
    "NZ",
    "PL",
    "PT",
    "SE",
    "SG",
    "US",
]

DEFAULT: dict[str, Any] = {
    "version": 1,
    "fit": {
        "grades": {"A": 60, "B": 40, "C": 20},
        "rules": [
            {
                "label": "Heads a company or a department",
                "points": 25,
                "condition": {"fact": "lead.title", "op": "has_any", "value": _TITLES_OF_HEADS},
            },
            {
                "label": "Leads a team",
                "points": 15,
                "condition": {
                    "all": [
                        {
                            "fact": "lead.title",
                            "op": "has_any",
                            "value": ["manager", "lead", "principal", "senior"],
                        },
                        {"not": {"fact": "lead.title", "op": "has_any", "value": _TITLES_OF_HEADS}},
                    ]
                },
            },
            {
                "label": "Studies or looks for work",
                "points": -20,
                "condition": {
                    "fact": "lead.title",
                    "op": "has_any",
                    "value": ["student", "intern", "job seeker"],
                },
            },
            {
                "label": "Company of 200 people or more",
                "points": 25,
                "condition": {"fact": "account.employees", "op": "at_least", "value": 200},
            },
            {
                "label": "Company of 50 to 199 people",
                "points": 15,
                "condition": {
                    "all": [
                        {"fact": "account.employees", "op": "at_least", "value": 50},
                        {"fact": "account.employees", "op": "less_than", "value": 200},
                    ]
                },
            },
            {
                "label": "Company of fewer than 10 people",
                "points": -10,
                "condition": {"fact": "account.employees", "op": "less_than", "value": 10},
            },
            {
                "label": "Industry we serve",
                "points": 15,
                "condition": {"fact": "account.industry", "op": "has_any", "value": _INDUSTRIES},
            },
            {
                "label": "Country we sell in",
                "points": 15,
                "condition": {
                    "any": [
                        {"fact": "lead.country", "op": "in", "value": _COUNTRIES},
                        {"fact": "account.country", "op": "in", "value": _COUNTRIES},
                    ]
                },
            },
            {
                "label": "Writes from a free-mail address",
                "points": -15,
                "condition": {"fact": "lead.free_mail", "op": "is", "value": True},
            },
        ],
    },
    "interest": {
        "levels": {"1": 60, "2": 30, "3": 10},
        "rules": [
            {
                "label": "Asked for a demo",
                "event_type": "demo_request",
                "points": 60,
                "half_life_days": 45,
                "within_days": 180,
                "cap": 80,
            },
            {
                "label": "Took part in a webinar",
                "event_type": "webinar",
                "points": 20,
                "half_life_days": 30,
                "cap": 40,
            },
            {"label": "Sent a form", "event_type": "form", "points": 15, "half_life_days": 30, "cap": 30},
            {
                "label": "Downloaded content",
                "event_type": "download",
                "points": 10,
                "half_life_days": 30,
                "cap": 30,
            },
            {
                "label": "Looked at pricing",
                "event_type": "page",
                "name_contains": "pricing",
                "points": 10,
                "half_life_days": 14,
                "cap": 30,
            },
            {
                "label": "Clicked in a mail",
                "event_type": "mail_click",
                "points": 5,
                "half_life_days": 14,
                "cap": 20,
            },
            {"label": "Read pages", "event_type": "page", "points": 2, "half_life_days": 14, "cap": 15},
            {
                "label": "Looked for a job with us",
                "event_type": "page",
                "name_contains": "careers",
                "points": -10,
                "half_life_days": 60,
                "within_days": 180,
                "cap": 20,
            },
            {
                "label": "Unsubscribed",
                "event_type": "unsubscribe",
                "points": -30,
                "half_life_days": 90,
                "within_days": 180,
                "cap": 30,
            },
        ],
    },
    "readiness": {
        "levels": {"ready": 60, "some": 20},
        "rules": [
            {
                "label": "Has a budget, or plans one",
                "points": 25,
                "condition": {"fact": "readiness.budget", "op": "in", "value": ["Approved", "Planned"]},
            },
            {
                "label": "Is asking for a budget",
                "points": 10,
                "condition": {"fact": "readiness.budget", "op": "is", "value": "Being asked for"},
            },
            {
                "label": "Has a part in the decision",
                "points": 20,
                "condition": {"fact": "readiness.authority", "op": "in", "value": ["Decides", "Recommends"]},
            },
            {
                "label": "Says what it is needed for",
                "points": 10,
                "condition": {"fact": "readiness.need", "op": "known"},
            },
            {
                "label": "Decides within 6 months",
                "points": 25,
                "condition": {
                    "fact": "readiness.timeline",
                    "op": "in",
                    "value": ["Within 3 months", "Within 6 months"],
                },
            },
            {
                "label": "Decides later than in a year",
                "points": -10,
                "condition": {"fact": "readiness.timeline", "op": "is", "value": "Later"},
            },
        ],
    },
}
