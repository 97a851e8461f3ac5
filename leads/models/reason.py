"""Why a lead comes back, is lost or is disqualified, and what follows."""

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
    active = models.BooleanField(default=True)
    needs_note = models.BooleanField(default=False)
    needs_revisit = models.BooleanField(default=False, help_text="Ask for the date on which to look again.")
    revisit_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="The date proposed, in days from now."
    )
    cool_off_days = models.PositiveSmallIntegerField(default=0, help_text="Not handed over again before so many days.")
    blames = models.CharField(max_length=10, choices=Blame.choices, blank=True, help_text="Marketing must answer.")
    disqualifies = models.BooleanField(default=False, help_text="The lead is disqualified instead of nurtured.")
    same_rep = models.BooleanField(default=False, help_text="May go to the rep who returned it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "kind", "code"], name="reason_once"),
            models.CheckConstraint(
                condition=Q(disqualifies=False) | Q(kind__in=["return", "disqualify"]),
                name="reason_loss_never_disqualifies",
            ),
        ]

    def __str__(self) -> str:
        return self.label
