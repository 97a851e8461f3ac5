"""Why a lead comes back, is lost or is disqualified, and what follows.

To add an option: the field, with the label and help that the form shows, and its row in `OPTIONS`. The settings, the
API, the signed terms and the words follow; what it does is in `leads.lifecycle`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q

from leadflow.models import Owned


class Reason(Owned):
    """A workspace's code for a return, a loss or a disqualification."""

    class Kind(models.TextChoices):
        RETURN = "return", "Return"
        LOSE = "lose", "Loss"
        DISQUALIFY = "disqualify", "Disqualification"

    class Blame(models.TextChoices):
        NOBODY = "", "Nobody"
        DATA = "data", "The lead's data"
        DEFINITION = "definition", "The definition"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    code = models.SlugField(max_length=60)
    label = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField("In use", default=True)
    needs_note = models.BooleanField("Asks for a note", default=False)
    needs_revisit = models.BooleanField(
        "Asks for a revisit date", default=False, help_text="Ask for the date on which to look again."
    )
    revisit_days = models.PositiveSmallIntegerField(
        "Looked at again after so many days", null=True, blank=True, help_text="The date proposed, in days from now."
    )
    cool_off_days = models.PositiveSmallIntegerField(
        "Cool-off in days", default=0, help_text="Not handed over again before so many days."
    )
    blames = models.CharField(
        max_length=10,
        choices=Blame.choices,
        blank=True,
        help_text="Data or definition: marketing must answer, on a clock.",
    )
    disqualifies = models.BooleanField(
        "Disqualifies the lead", default=False, help_text="The lead is disqualified instead of nurtured."
    )
    needs_attempts = models.BooleanField(
        "Needs the agreed attempts",
        default=False,
        help_text="It counts as a missed promise while sales made fewer attempts than agreed and reached nobody.",
    )
    same_rep = models.BooleanField(
        "The same rep may get it again", default=False, help_text="May go to the rep who returned it."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "kind", "code"], name="reason_once"),
            models.CheckConstraint(
                condition=Q(disqualifies=False) | Q(kind__in=["return", "disqualify"]),
                name="reason_loss_never_disqualifies",
            ),
            models.CheckConstraint(
                condition=Q(needs_attempts=False) | Q(blames="", kind__in=["return", "lose"]),
                name="reason_blame_needs_no_attempts",
                violation_error_message="A reason that blames the data or the definition needs no attempts of sales.",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def leads_to(self) -> str:
        """Return what the reason leads to, in words."""
        return leads_to(vars(self))


@dataclass(frozen=True)
class Option:
    """One option of a reason: `words` says what its value leads to, or nothing.

    It counts in reasons of `kinds`, and for a lead that is disqualified only `when_out`. What is `asked` of whoever
    makes the move is said by the form of the move itself, where the words leave it out.
    """

    words: Callable[[Any], str]
    kinds: tuple[str, ...] = (Reason.Kind.RETURN,)
    asked: bool = False
    when_out: bool = True


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


_ANY = tuple(Reason.Kind)
_LATER = (Reason.Kind.RETURN, Reason.Kind.LOSE)
OPTIONS: dict[str, Option] = {
    "needs_note": Option(lambda on: "asks for a note" if on else "", _ANY, asked=True),
    "needs_revisit": Option(lambda on: "asks for a revisit date" if on else "", _LATER, asked=True, when_out=False),
    "revisit_days": Option(
        lambda days: f"looked at again after {_days(days)}" if days else "", _LATER, asked=True, when_out=False
    ),
    "cool_off_days": Option(lambda days: f"not handed over again for {_days(days)}" if days else ""),
    "blames": Option(lambda whom: "marketing answers, on a clock" if whom else ""),
    "disqualifies": Option(lambda on: ""),  # where the lead goes is said first
    "needs_attempts": Option(
        lambda on: "needs the agreed attempts, or somebody reached" if on else "", _LATER, asked=True
    ),
    "same_rep": Option(lambda on: "may go to the same rep" if on else "goes to another rep next time", when_out=False),
}


def leads_to(reason: Mapping[str, Any], *, asked: bool = True) -> str:
    """Return in words what a reason leads to, given as its row or as its copy in an agreement.

    A copy that was signed before an option came up says nothing of it. Without `asked` what the reason asks of whoever
    makes the move is left out.
    """
    kind = reason["kind"]
    out = kind == Reason.Kind.DISQUALIFY or bool(reason["disqualifies"])
    said = ["the lead is disqualified" if out else "back to nurture" if kind == Reason.Kind.RETURN else ""]
    said += [
        option.words(reason[name])
        for name, option in OPTIONS.items()
        if name in reason and kind in option.kinds and (asked or not option.asked) and (option.when_out or not out)
    ]
    text = ", ".join(filter(None, said)) or "nothing more"
    return text[0].upper() + text[1:]
