"""Workspaces and access to them: users, members, invitations and API keys."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac

from leadflow.models import Owned, Timer
from workspaces.roles import Role


class Workspace(models.Model):
    """One customer's tenancy."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, default="EUR")
    postal_address = models.CharField(
        max_length=300, blank=True, help_text="Stands at the foot of every marketing mail."
    )
    sender_name = models.CharField(max_length=120, blank=True)
    sender_email = models.EmailField(blank=True)
    daily_cap = models.PositiveSmallIntegerField(default=1, help_text="Marketing mails to one lead a day, at most.")
    weekly_cap = models.PositiveSmallIntegerField(
        default=3, help_text="Marketing mails to one lead in seven days, at most."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.name


THEMES = [("", "As the system"), ("light", "Light"), ("dark", "Dark")]


class UserManager(BaseUserManager["User"]):
    """Make users whose name is their e-mail."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user; the e-mail is kept in lower case."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user of the installation itself (Django's own rights; no workspace)."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who logs in by e-mail, and may be a member of several workspaces."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    time_zone = models.CharField(max_length=64, blank=True, help_text="Empty: the workspace's.")
    theme = models.CharField(max_length=6, blank=True, choices=THEMES)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_any_case")]

    def __str__(self) -> str:
        return self.name or self.email


class Member(Owned):
    """A user's place in a workspace."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    active = models.BooleanField(default=True)
    away_until = models.DateTimeField(null=True, blank=True, help_text="Routing passes over the member until then.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "user"], name="member_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="member_role_known"),
        ]

    def __str__(self) -> str:
        return str(self.user)


class Invitation(Owned, Timer):
    """An e-mailed offer of membership; `next_at` is when its mail goes (null: gone, or no longer wanted).

    The token itself is not kept: its hash finds the row, and the seed gives the token again to whoever has the
    installation's secret key, which is how a mail can be sent (and sent again) from the row.
    """

    email = models.EmailField()
    role = models.CharField(max_length=20, choices=Role.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    seed = models.CharField(max_length=32)
    message_id = models.CharField(max_length=120)
    mailed_at = models.DateTimeField(null=True, blank=True)
    invited_by = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="+")
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "email"],
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="invitation_open_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["next_at"], condition=Q(next_at__isnull=False, dead_reason=""), name="invitation_mail_sweep"
            )
        ]

    @property
    def token(self) -> str:
        """Return the token, which admits whoever has it: only for the mail to the invited address."""
        return salted_hmac("leadflow.invitation", self.seed, algorithm="sha256").hexdigest()


class ApiKey(Owned):
    """A key of the API: shown once, kept as a prefix (to find it) and a hash (to check it)."""

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16, unique=True)
    hash = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    created_by = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="+")
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
