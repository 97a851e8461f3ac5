"""Who gets a lead: ordered rules to pools, and the pools' members."""

from django.db import models

from leadflow.fields import Document
from leadflow.models import Owned
from leads import documents


class Pool(Owned):
    """Members of sales who share leads of one sort."""

    class Strategy(models.TextChoices):
        ROUND_ROBIN = "round_robin", "Round robin, by weight"
        LEAST_LOADED = "least_loaded", "Least loaded"

    name = models.CharField(max_length=80)
    strategy = models.CharField(max_length=12, choices=Strategy.choices, default=Strategy.ROUND_ROBIN)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="pool_name_once")]

    def __str__(self) -> str:
        return self.name


class PoolMember(Owned):
    """A member's place in a pool; `credit` is the running weight of smooth weighted round robin."""

    pool = models.ForeignKey(Pool, on_delete=models.CASCADE, related_name="places")
    member = models.ForeignKey("workspaces.Member", on_delete=models.CASCADE, related_name="places")
    weight = models.PositiveSmallIntegerField(default=1)
    capacity = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Open handoffs at most. Empty: no limit."
    )
    credit = models.IntegerField(default=0, editable=False)

    # not columns: `leads.routing` counts for a draw what is open, in the database and with what it gave away since
    open_before: int
    open_handoffs: int
    credit_before: int

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pool", "member"], name="pool_member_once")]


class RoutingRule(Owned):
    """The first rule whose condition holds sends the lead to its pool. An empty condition holds for every lead."""

    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80)
    condition = Document(documents.CONDITION, default=dict, blank=True)
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="rules")
    active = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["workspace", "position"], name="routing_order")]
