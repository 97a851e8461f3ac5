"""The person known to a workspace."""

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django_fsm import RETURN_VALUE, FSMField, transition

from leadflow.fields import Document
from leadflow.models import Owned, Timer
from leads import documents
from leads.models.reason import Reason
from leads.move_catalogue import MOVES
from leads.states import State

PROFILE = frozenset({"title", "account_id"})  # a change of these is evidence for another pass
CONTACT = PROFILE | {"email", "phone", "first_name", "last_name", "country"}  # a return for its data blames these


class ConsentState(models.TextChoices):
    UNKNOWN = "unknown", "Not asked"
    OPTED_IN = "opted_in", "Opted in"
    OPTED_OUT = "opted_out", "Opted out"


class Readiness(models.TextChoices):
    """How ready to buy, by the answers given; worst first."""

    NONE = "none", "Not ready"
    SOME = "some", "Some readiness"
    READY = "ready", "Ready"


class Grading(NamedTuple):
    """Hold what a lead is graded: fit and interest as "B2", and readiness."""

    grade: str
    readiness: str


class Lead(Owned, Timer):
    """One person. Only `leads.lifecycle.moves` changes `state`; `next_at` says when the lead is evaluated next."""

    email = models.CharField(max_length=254, blank=True)  # lower case; empty where only another id is known
    first_name = models.CharField(max_length=120, blank=True)
    last_name = models.CharField(max_length=120, blank=True)
    title = models.CharField(max_length=160, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(max_length=80, blank=True)  # a part of the country: a state, a province; code or name
    postal_code = models.CharField(max_length=16, blank=True)
    # computed by `leads.territories`, with why: nobody sets it
    territory = models.ForeignKey(
        "leads.Territory", null=True, blank=True, on_delete=models.SET_NULL, related_name="leads", db_index=False
    )
    territory_why = models.CharField(max_length=500, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    language = models.CharField(max_length=12, blank=True)
    account = models.ForeignKey(  # its index is lead_of_account
        "leads.Account", null=True, blank=True, on_delete=models.SET_NULL, related_name="leads", db_index=False
    )
    persona = models.ForeignKey("leads.Persona", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    source = models.CharField(max_length=80, blank=True)  # blank and "unknown" are two different things
    campaign = models.ForeignKey(
        "leads.Campaign", null=True, blank=True, on_delete=models.SET_NULL, related_name="leads"
    )
    attributes = models.JSONField(default=dict, blank=True)
    consent = models.CharField(max_length=10, choices=ConsentState.choices, default=ConsentState.UNKNOWN)
    flags = models.JSONField(default=list, blank=True)  # "won_before_first_contact" ...: kept facts that look wrong

    state = FSMField(max_length=12, choices=State.choices, default=State.NEW, protected=True)
    state_since = models.DateTimeField(default=timezone.now)
    owner = models.ForeignKey("workspaces.Member", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    passes = models.PositiveSmallIntegerField(default=0)  # how many times it was handed over
    sequence = models.PositiveIntegerField(default=0)  # of its log; the last one used
    revisit_at = models.DateTimeField(null=True, blank=True)
    returned_at = models.DateTimeField(null=True, blank=True)
    cool_off_until = models.DateTimeField(null=True, blank=True)
    # what its return blames, until marketing answered it or the data was corrected; it is not handed over meanwhile
    held_for = models.CharField(max_length=10, choices=Reason.Blame.choices, blank=True)
    # its return says that no program takes it; until it is handed over again, or reopened
    kept_from_nurture = models.BooleanField(default=False)
    # when the title or the company last became otherwise, or what its return had blamed was corrected
    profile_changed_at = models.DateTimeField(null=True, blank=True)

    fit_points = models.IntegerField(default=0)
    fit_grade = models.CharField(max_length=1, blank=True)  # A best
    interest_points = models.IntegerField(default=0)
    interest_level = models.PositiveSmallIntegerField(null=True, blank=True)  # 1 the most interested
    grade = models.CharField(max_length=2, blank=True)  # "B2"
    readiness_points = models.IntegerField(default=0)
    readiness = models.CharField(max_length=5, choices=Readiness.choices, default=Readiness.NONE)
    # they add up to the points, as of scored_at
    score_lines = Document(documents.SCORE_LINES, default=list, blank=True)
    interests = models.JSONField(default=dict, blank=True)  # topic code → points
    scored_at = models.DateTimeField(null=True, blank=True)

    first_contact_at = models.DateTimeField(default=timezone.now)
    last_event_at = models.DateTimeField(null=True, blank=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    won_at = models.DateTimeField(null=True, blank=True)
    lost_at = models.DateTimeField(null=True, blank=True)
    lost_reason = models.ForeignKey("leads.Reason", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    state_before = ""  # not a column: the state before the move under way, for its log row

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "email"], condition=~Q(email=""), name="lead_email_once"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="lead_state_known"),
            models.CheckConstraint(condition=Q(readiness__in=Readiness.values), name="lead_readiness_known"),
            models.CheckConstraint(
                condition=~Q(state=State.WON) | Q(won_at__isnull=False, amount__isnull=False),
                name="lead_won_has_amount",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["mql", "sal", "sql"]) | Q(passes__gt=0), name="lead_offered_has_pass"
            ),
            models.CheckConstraint(
                condition=Q(held_for="") | ~Q(state__in=["mql", "sal", "sql"]), name="lead_held_is_not_with_sales"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "-id"], name="lead_list"),
            models.Index(fields=["account", "-id"], name="lead_of_account"),
            # the columns behind the id: several filters at once, and their count, read this alone
            models.Index(
                fields=["workspace", "state", "-id", "source", "grade", "owner", "campaign"], name="lead_list_by_state"
            ),
            models.Index(
                fields=["workspace", "source", "-id", "state", "grade", "owner", "campaign"], name="lead_list_by_source"
            ),
            models.Index(fields=["workspace", "campaign", "-id"], name="lead_list_by_campaign"),
            models.Index(fields=["workspace", "territory", "-id"], name="lead_list_by_territory"),
            models.Index(fields=["workspace", "owner", "-id"], name="lead_list_by_owner"),
            models.Index(fields=["workspace", "grade", "-id"], name="lead_list_by_grade"),
            models.Index(fields=["workspace", "-first_contact_at", "-id"], name="lead_list_by_contact"),
            # few leads are ever handed over: lists that ask what sales did walk these alone
            models.Index(fields=["workspace", "-id"], condition=Q(passes__gt=0), name="lead_list_handed_over"),
            models.Index(
                fields=["workspace", "-first_contact_at", "-id", "source", "campaign", "state"],
                condition=Q(passes__gt=0),
                name="lead_list_behind_figure",
            ),
            models.Index(
                fields=["workspace", "email"], name="lead_search_email", opclasses=["int8_ops", "varchar_pattern_ops"]
            ),
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False, dead_reason=""), name="lead_sweep"),
            models.Index(fields=["workspace", "won_at"], condition=Q(won_at__isnull=False), name="lead_won_report"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Return what to call the person: the full name, else the e-mail, else the number."""
        return f"{self.first_name} {self.last_name}".strip() or self.email or f"Lead {self.pk}"

    @property
    def grading(self) -> Grading:
        """Return grade and readiness together."""
        return Grading(self.grade, self.readiness)

    def note_changes(self, names: Collection[str], at: datetime) -> tuple[str, ...]:
        """Take in that these columns became otherwise at `at`; return the names of the fields set, without saving.

        A correction of what a return blamed (the person, the ways to reach them, the company) ends the wait for
        marketing's answer.
        """
        corrected = self.held_for == Reason.Blame.DATA and not CONTACT.isdisjoint(names)
        corrected = corrected and self.returned_at is not None and at > self.returned_at
        if not corrected and PROFILE.isdisjoint(names):
            return ()
        self.profile_changed_at = max(at, self.profile_changed_at or at)
        self.held_for = "" if corrected else self.held_for
        return "profile_changed_at", "held_for"

    # The moves, called by `leads.lifecycle.moves` alone, on a locked row; each sets its own fields and saves nothing.

    @transition(field=state, source=MOVES["nurture"].sources, target=State.NURTURE)
    def move_nurture(self, at: datetime) -> None:
        """Enter nurture before the first hand-over."""
        self.state_since = at

    @transition(field=state, source=MOVES["qualify"].sources, target=State.MQL)
    def move_qualify(self, at: datetime) -> None:
        """Open one more pass."""
        self.state_since = at
        self.passes += 1
        self.revisit_at = None
        self.kept_from_nurture = False

    @transition(field=state, source=MOVES["accept"].sources, target=State.SAL)
    def move_accept(self, at: datetime) -> None:
        """Become sales-accepted."""
        self.state_since = at

    @transition(field=state, source=MOVES["return"].sources, target=RETURN_VALUE(State.NURTURE, State.DISQUALIFIED))
    def move_return(self, at: datetime, *, reason: Reason, revisit_at: datetime | None) -> State:
        """Go back to marketing, or out, as the reason says."""
        self.state_since = self.returned_at = at
        self.cool_off_until = at + timedelta(days=reason.cool_off_days)
        self.revisit_at = revisit_at
        self.held_for = reason.blames
        self.kept_from_nurture = reason.not_nurtured
        self.owner = None
        return State.DISQUALIFIED if reason.disqualifies else State.NURTURE

    @transition(field=state, source=MOVES["recall"].sources, target=State.NURTURE)
    def move_recall(self, at: datetime) -> None:
        """Go back to marketing before sales answered."""
        self.state_since = at
        self.owner = None

    @transition(field=state, source=MOVES["promote"].sources, target=State.SQL)
    def move_promote(self, at: datetime) -> None:
        """Become sales-qualified."""
        self.state_since = at

    @transition(field=state, source=MOVES["win"].sources, target=State.WON)
    def move_win(self, at: datetime, *, amount: Decimal, currency: str) -> None:
        """Be won, for an amount."""
        self.state_since = self.won_at = at
        self.amount, self.currency = amount, currency

    @transition(field=state, source=MOVES["lose"].sources, target=State.LOST)
    def move_lose(self, at: datetime, *, reason: Any, revisit_at: datetime | None) -> None:
        """Be lost; a revisit date makes it recyclable."""
        self.state_since = self.lost_at = at
        self.lost_reason = reason
        self.revisit_at = revisit_at

    @transition(field=state, source=MOVES["recycle"].sources, target=State.NURTURE)
    def move_recycle(self, at: datetime) -> None:
        """Go back to marketing after a loss."""
        self.state_since = at
        self.owner = self.revisit_at = None

    @transition(field=state, source=MOVES["disqualify"].sources, target=State.DISQUALIFIED)
    def move_disqualify(self, at: datetime) -> None:
        """Leave for good, unless reopened."""
        self.state_since = at
        self.owner = self.revisit_at = None

    @transition(field=state, source=MOVES["reopen"].sources, target=State.NURTURE)
    def move_reopen(self, at: datetime) -> None:
        """Come back after a disqualification or a loss."""
        self.state_since = at
        self.owner = self.revisit_at = None
        self.kept_from_nurture = False
