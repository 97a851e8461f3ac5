"""Invite people by mail, and take them in."""

import hashlib
import secrets
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from leadflow.celery import wake
from leadflow.db import lock
from leadflow.errors import Conflict, Forbidden, Invalid, Missing
from leadflow.models import get_row
from workspaces import audit, mail
from workspaces.actors import Actor
from workspaces.models import Invitation, Member, User, Workspace
from workspaces.roles import Role

VALID_FOR = timedelta(days=7)


def invite(
    workspace: Workspace, *, actor: Actor, email: str, role: str, at: datetime | None = None
) -> tuple[Invitation, str]:
    """Invite an address for seven days and return the invitation with its token; the mail goes with the next sweep.

    An open invitation of the same address is replaced: its link opens nothing any more. Raise `Invalid` for an
    address or role that is none, `Conflict` (`already_member`) when the address is an active member's. Locks the
    workspace, so that two invitations of one address follow one another.
    """
    at = at or timezone.now()
    email = _address(email)
    if role not in Role.values:
        raise Invalid(f"Choose a role among {', '.join(Role.values)}.", field="role")
    with transaction.atomic():
        lock(Workspace.objects.all(), workspace.pk)
        if Member.objects.of(workspace).filter(user__email=email, active=True).exists():
            raise Conflict("This person is a member of the workspace already.", code="already_member", field="email")
        _open(workspace).filter(email=email).update(revoked_at=at, next_at=None)
        invitation = Invitation(
            workspace=workspace,
            email=email,
            role=role,
            seed=secrets.token_hex(16),
            message_id=mail.new_message_id(),
            invited_by=actor.member,
            expires_at=at + VALID_FOR,
            next_at=at,
            created_at=at,
        )
        invitation.token_hash = _hash(invitation.token)
        invitation.save()
        changes = {"role": [None, role]}
        audit.record(workspace, actor=actor, action="member.invited", object_name=email, changes=changes, at=at)
        wake("workspaces.sweep")
    return invitation, invitation.token


def find(token: str, *, at: datetime | None = None) -> Invitation:
    """Return the open invitation of a token, with its workspace, for the page that asks to accept it.

    Raise `Missing` for a token that is none, `Conflict` with a code when the invitation was revoked
    (`invitation_revoked`), accepted (`invitation_used`) or has expired (`invitation_expired`).
    """
    invitation = Invitation.everywhere.select_related("workspace").filter(token_hash=_hash(token)).first()
    if invitation is None:
        raise Missing("This invitation link is not complete. Open it from the mail again.", code="bad_token")
    _check_open(invitation, at or timezone.now())
    return invitation


def accept(token: str, *, user: User, at: datetime | None = None) -> Member:
    """Make a logged-in user a member, with the role of the invitation. Locks the invitation.

    Raise what `find` raises, and `Forbidden` (`invitation_of_another`) when the user's e-mail is not the address
    that was invited. Who was a member before and was deactivated comes back with the new role.
    """
    at = at or timezone.now()
    with transaction.atomic():
        invitation = lock(Invitation.everywhere.select_related("workspace"), find(token, at=at).pk)
        _check_open(invitation, at)
        if user.email.lower() != invitation.email:
            raise Forbidden(
                "This invitation was sent to another address. Log in with the one that received it, "
                "or ask an admin of the workspace to invite this one.",
                code="invitation_of_another",
            )
        member = _join(invitation, user, at)
        invitation.accepted_at, invitation.next_at = at, None
        invitation.save(update_fields=["accepted_at", "next_at"])
        audit.record(
            invitation.workspace_id,
            actor=Actor(member=member),
            action="member.joined",
            object_name=invitation.email,
            changes={"role": [None, member.role]},
            at=at,
        )
    return member


def sign_up(token: str, *, name: str, password: str, at: datetime | None = None) -> Member:
    """Make a user of the invited address, and that user a member. The link came by mail: the address is verified.

    Raise what `find` raises, `Conflict` (`user_exists`) when the address has a user, who should log in and
    accept, and `Invalid` when the password is too weak.
    """
    at = at or timezone.now()
    with transaction.atomic():
        invitation = lock(Invitation.everywhere.all(), find(token, at=at).pk)
        if User.objects.filter(email=invitation.email).exists():
            raise Conflict("There is a user with this address already: log in to accept.", code="user_exists")
        name = " ".join(name.split())[:120]
        try:
            validate_password(password, User(email=invitation.email, name=name))
        except ValidationError as error:
            raise Invalid(" ".join(error.messages), field="password") from error
        user = User.objects.create_user(invitation.email, password, name=name, date_joined=at)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return accept(token, user=user, at=at)


def revoke(invitation: Invitation, *, actor: Actor, at: datetime | None = None) -> None:
    """Take an open invitation back; doing so twice changes nothing. Locks the invitation.

    Raise `Conflict` (`invitation_used`) when it was accepted meanwhile.
    """
    at = at or timezone.now()
    with transaction.atomic():
        locked = lock(Invitation.everywhere.all(), invitation.pk)
        if locked.accepted_at:
            raise Conflict("This invitation was accepted already: deactivate the member.", code="invitation_used")
        if locked.revoked_at is None:
            locked.revoked_at, locked.next_at = at, None
            locked.save(update_fields=["revoked_at", "next_at"])
            audit.record(locked.workspace_id, actor=actor, action="invitation.revoked", object_name=locked.email, at=at)


def pending(workspace: Workspace | int) -> QuerySet[Invitation]:
    """Return the invitations of a workspace that were neither accepted nor revoked, expired ones too, newest first."""
    return _open(workspace).select_related("invited_by__user").order_by("-id")


def get(workspace: Workspace | int, pk: int) -> Invitation:
    """Return one invitation of a workspace. Raise `Missing` for another workspace's."""
    return get_row(Invitation.objects.of(workspace), pk, "invitation")


def _join(invitation: Invitation, user: User, at: datetime) -> Member:
    member, made = Member.everywhere.get_or_create(
        workspace_id=invitation.workspace_id, user=user, defaults={"role": invitation.role, "created_at": at}
    )
    if not made and not member.active:
        member.active, member.role = True, invitation.role
        member.save(update_fields=["active", "role"])
    return member


def _open(workspace: Workspace | int) -> QuerySet[Invitation]:
    return Invitation.objects.of(workspace).filter(accepted_at__isnull=True, revoked_at__isnull=True)


def _check_open(invitation: Invitation, at: datetime) -> None:
    if invitation.revoked_at:
        raise Conflict("This invitation was taken back or replaced by a newer one.", code="invitation_revoked")
    if invitation.accepted_at:
        raise Conflict("This invitation was accepted already: log in.", code="invitation_used")
    if invitation.expires_at <= at:
        raise Conflict(
            "This invitation has expired. Ask an admin of the workspace for a new one.", code="invitation_expired"
        )


def _address(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid("Give an e-mail address, for instance name@example.com.", field="email") from error
    return email


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
