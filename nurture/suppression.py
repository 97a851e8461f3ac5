"""Keep the addresses that must get no marketing mail."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from leadflow import db
from leadflow.errors import Missing
from leads.models import Lead
from leads.people import identity, persons
from nurture import enrolments, payloads
from nurture.models import Suppression
from workspaces import audit
from workspaces.actors import Actor, engine
from workspaces.models import Workspace

_MAIL = engine("mail")  # what comes back of a mail: a bounce, a complaint, an unsubscription


@transaction.atomic
def add(
    workspace: Workspace, email: str, *, why: str, note: str = "", actor: Actor = _MAIL, at: datetime | None = None
) -> Suppression:
    """Suppress an address; the first reason stays when it is suppressed already. Its lead leaves all programs.

    The lead is locked first, as everywhere, then what belongs to it.
    """
    at = at or timezone.now()
    email = persons.normal_email(email)
    lead = db.locked(Lead.objects.of(workspace).filter(identity.holders({email}, ()))).first()
    row, is_new = Suppression.objects.of(workspace).get_or_create(
        email=email, defaults={"workspace": workspace, "why": why, "note": note[:300], "at": at}
    )
    if lead is not None:
        if is_new:
            payloads.record_suppressed(row, lead, actor=actor)
        enrolments.exit_all({lead.pk: at}, reason=f"Suppressed: {Suppression.Why(why).label.lower()}", actor=actor)
    return row


def listed(workspace: Workspace | int) -> QuerySet[Suppression]:
    """Return the suppressed addresses of a workspace, each with `lead_id` and `lead_consent` of its lead, if any."""
    lead = Lead.objects.of(OuterRef("workspace_id")).filter(email=OuterRef("email"))
    return Suppression.objects.of(workspace).annotate(
        lead_id=Subquery(lead.values("pk")[:1]), lead_consent=Subquery(lead.values("consent")[:1])
    )


@transaction.atomic
def lift(workspace: Workspace, pk: int, *, actor: Actor, at: datetime | None = None) -> str:
    """Lift a suppression for a member, and return its address. Consent is a thing apart: an opt-out stays one.

    Raise `Missing` when there is none of that id in the workspace.
    """
    row = db.locked(Suppression.objects.of(workspace)).filter(pk=pk).first()
    if row is None:
        raise Missing("There is no such suppression in this workspace. Somebody may have lifted it already.")
    row.delete()
    _audit([row], actor, at or timezone.now())
    return row.email


@transaction.atomic
def forgive(workspace: Workspace, emails: Iterable[str], *, actor: Actor, at: datetime) -> int:
    """Lift the suppressions of addresses whose leads unsubscribed and opted in again since. Return how many.

    An address that bounced or complained stays suppressed: it was not the lead who stopped the mail.
    """
    unsubscribed = Suppression.objects.of(workspace).filter(email__in=emails, why=Suppression.Why.UNSUBSCRIBED)
    rows = list(db.locked(unsubscribed))
    if rows:
        Suppression.objects.of(workspace).filter(pk__in=[row.pk for row in rows]).delete()
        _audit(rows, actor, at)
    return len(rows)


def _audit(rows: list[Suppression], actor: Actor, at: datetime) -> None:
    for row in rows:
        changes = {"why": [row.why, None]}
        audit.record(
            row.workspace_id, actor=actor, action="suppression.lifted", object_name=row.email, changes=changes, at=at
        )


def among(workspace: Workspace, emails: Iterable[str]) -> set[str]:
    """Return those of the addresses that are suppressed, in lower case, in one statement."""
    wanted = {persons.normal_email(email) for email in emails}
    return set(Suppression.objects.of(workspace).filter(email__in=wanted).values_list("email", flat=True))
