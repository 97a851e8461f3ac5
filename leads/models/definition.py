"""The agreed definitions and the scoring model, by version. Immutable once active."""

from django.db import models
from django.db.models import Q

from leadflow.fields import Document
from leadflow.models import Owned
from leads import documents


class Version(models.TextChoices):
    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    SUPERSEDED = "superseded", "Superseded"


class Definition(Owned):
    """The agreed condition for MQL, SAL or SQL (see `leads.conditions`).

    The MQL definition also holds the tiers (ordered, first match) and the loop guard's limits.
    """

    class Kind(models.TextChoices):
        MQL = "mql", "MQL"
        SAL = "sal", "SAL"
        SQL = "sql", "SQL"

    kind = models.CharField(max_length=3, choices=Kind.choices)
    version = models.PositiveIntegerField()
    condition = Document(documents.CONDITION, default=dict)
    tiers = Document(documents.TIERS, default=list, blank=True)
    loop_guard = Document(documents.LOOP_GUARD, default=dict, blank=True)
    status = models.CharField(max_length=10, choices=Version.choices, default=Version.DRAFT)
    activated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "kind", "version"], name="definition_version_once"),
            models.UniqueConstraint(
                fields=["workspace", "kind"], condition=Q(status="active"), name="definition_active_once"
            ),
        ]


class Scoring(Owned):
    """The rules of fit and interest (see `leads.scoring`), by version."""

    version = models.PositiveIntegerField()
    rules = Document(documents.SCORING, default=dict)
    status = models.CharField(max_length=10, choices=Version.choices, default=Version.DRAFT)
    activated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "version"], name="scoring_version_once"),
            models.UniqueConstraint(fields=["workspace"], condition=Q(status="active"), name="scoring_active_once"),
        ]
