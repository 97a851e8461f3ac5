"""Draft, propose and sign the agreement. What both sides have signed is what the clocks run by.

draft → proposed → active → superseded. The terms are frozen when they are proposed; the hash of them is signed.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from leadflow import db
from leadflow.errors import Conflict, Forbidden, Invalid, Missing
from sla import announcements, in_force, payloads, reviews
from sla.models import Agreement, Signature
from sla.terms import Terms, default, digest, from_json, from_stored
from webhooks.payloads import ActorSummary
from workspaces import access, audit, notices
from workspaces.actors import Actor
from workspaces.models import Workspace

IN_WORK = (Agreement.Status.DRAFT, Agreement.Status.PROPOSED)


def active(workspace: Workspace | int) -> Agreement | None:
    """Return the agreement that runs, if one is signed. Its terms are read by `terms_of`, from memory as a rule."""
    return Agreement.objects.of(workspace).filter(status=Agreement.Status.ACTIVE).defer("terms").first()


def in_work(workspace: Workspace | int) -> Agreement | None:
    """Return the draft or the proposal, if there is one; there is one at most."""
    return Agreement.objects.of(workspace).filter(status__in=IN_WORK).first()


def terms_of(agreement: Agreement) -> Terms:
    """Read the terms of an agreement; frozen ones are read from the database once in a process."""
    if agreement.status == Agreement.Status.DRAFT:
        return from_stored(agreement.terms)
    return frozen(agreement.pk, agreement.content_hash)


def complete(draft: Agreement) -> Terms:
    """Return the terms of a draft with all that proposing it would copy in: the newest definitions and scoring, and
    what the settings keep, unless the draft holds its own.

    Raise `Conflict` while a definition or the scoring is missing.
    """
    terms = from_stored(draft.terms)
    kept = {} if terms.calendar else in_force.kept_in_settings(draft.workspace_id)
    return replace(terms, **in_force.newest_versions(draft.workspace_id), **kept)


def review(agreement: Agreement | None, at: datetime) -> reviews.Review:
    """Return whether the review of the agreement that runs is due; of any other version nothing is said."""
    if agreement is None or agreement.status != Agreement.Status.ACTIVE:
        return reviews.Review.NONE
    return reviews.state(agreement.review_on, terms_of(agreement), at)


def versions(workspace: Workspace | int) -> QuerySet[Agreement]:
    """Return all versions, the newest first, with their signatures, in two statements."""
    return Agreement.objects.of(workspace).defer("terms").prefetch_related("signatures").order_by("-version")


def get(workspace: Workspace | int, version: int) -> Agreement:
    """Return one version of a workspace. Raise `Missing` for one that there is not."""
    found = Agreement.objects.of(workspace).filter(version=version).prefetch_related("signatures").first()
    if found is None:
        raise Missing("There is no such version of the agreement.")
    return found


@lru_cache(maxsize=256)
def frozen(pk: int, content_hash: str) -> Terms:
    """Read terms that were proposed or signed, by the agreement's id and their hash, once in a process.

    The hash stands in the key because a withdrawn proposal may come back with other terms.
    """
    return from_stored(Agreement.everywhere.values_list("terms", flat=True).get(pk=pk))


@transaction.atomic
def default_draft(workspace: Workspace) -> Agreement:
    """Draft the first agreement of a workspace, with terms to begin from."""
    return Agreement.everywhere.create(workspace=workspace, version=1, terms=default().to_stored())


@transaction.atomic
def draft_next(workspace: Workspace | int, *, actor: Actor) -> Agreement:
    """Draft the next version from the newest one. Raise `Conflict` while another is in work."""
    db.lock(Workspace.objects.only("pk"), _id(workspace))
    newest = db.locked(Agreement.objects.of(workspace)).order_by("-version").first()
    if waiting := in_work(workspace):  # read after the lock: somebody else may have drafted it meanwhile
        raise Conflict(f"{waiting} is in work already ({waiting.get_status_display().lower()}): finish that one first.")
    terms = from_stored(newest.terms) if newest else default()  # so that the draft is of the present format
    version = Agreement.objects.of(workspace).aggregate(top=Max("version", default=0))["top"] + 1
    draft = Agreement(workspace_id=_id(workspace), version=version, terms=_without_versions(terms).to_stored())
    draft.save(force_insert=True)
    _audit(draft, actor, "agreement.drafted")
    return draft


@transaction.atomic
def edit(draft: Agreement, *, actor: Actor, terms: Terms | Mapping[str, Any]) -> Agreement:
    """Replace the terms of a draft, given as `Terms` or in their JSON shape.

    Raise `Invalid` naming the place, `Conflict` once it was proposed.
    """
    draft = _locked(draft, Agreement.Status.DRAFT)
    held, typed = from_stored(draft.terms), terms if isinstance(terms, Terms) else from_json(terms)
    kept = replace(typed, calendar=held.calendar, reasons=held.reasons, questions=held.questions)
    return _put(draft, actor, _without_versions(kept))


@transaction.atomic
def amend(draft: Agreement, *, actor: Actor, **held: Any) -> Agreement:
    """Replace what a draft holds of the settings: `calendar`, `reasons`, `questions`. Raise `Conflict` if proposed."""
    draft = _locked(draft, Agreement.Status.DRAFT)
    return _put(draft, actor, replace(from_stored(draft.terms), **held))


@transaction.atomic
def propose(agreement: Agreement, *, actor: Actor, at: datetime | None = None) -> Agreement:
    """Freeze a draft for signing: copy in what it leaves to others (see `complete`), and hash it all.

    Raise `Invalid` when a tier of the MQL definition has no targets, `Conflict` when it is not a draft.
    """
    at = at or timezone.now()
    agreement = _locked(agreement, Agreement.Status.DRAFT)
    read = from_json(complete(agreement).to_json())  # the draft may be older than the limits of today
    _check_policies(read)
    agreement.terms = read.to_stored()
    agreement.content_hash = digest(agreement.terms)
    agreement.status, agreement.proposed_at, agreement.review_on = Agreement.Status.PROPOSED, at, read.review_on
    agreement.save(update_fields=["terms", "content_hash", "status", "proposed_at", "review_on"])
    _audit(agreement, actor, "agreement.proposed", {"content_hash": ["", agreement.content_hash]})
    _notify_heads(agreement, f"{agreement} is proposed by {actor.name} and waits for both signatures.", "proposed", at)
    return agreement


@transaction.atomic
def sign(
    agreement: Agreement, *, actor: Actor, side: str, content_hash: str | None = None, at: datetime | None = None
) -> Agreement:
    """Sign for one side; the second signature activates. `content_hash` is what the signer had before them.

    Whether the member may sign for that side (`agreement.sign_marketing`, `agreement.sign_sales`) is the caller's to
    check. Raise `Forbidden` for an actor who is no member or has signed for the other side, `Conflict` when the terms
    are not those that were shown or proposed, or that side has signed.
    """
    at = at or timezone.now()
    if side not in Signature.Side.values:
        raise Invalid(f"Choose the side: {' or '.join(Signature.Side.values)}.", field="side")
    agreement = _locked(agreement, Agreement.Status.PROPOSED)
    if actor.member is None or actor.member.workspace_id != agreement.workspace_id:
        raise Forbidden("Only a member of the workspace signs an agreement.")
    if digest(agreement.terms) != agreement.content_hash:
        raise Conflict("The terms are not those that were proposed.", code="hash_mismatch")
    if content_hash is not None and content_hash != agreement.content_hash:
        raise Conflict("The terms have changed since you read them: read them again.", code="hash_mismatch")
    signed = {signature.side: signature for signature in agreement.signatures.all()}
    if side in signed:
        raise Conflict(f"{signed[side].signer} has signed for {side} already.", code="already_signed")
    if any(signature.member_id == actor.member.pk for signature in signed.values()):
        raise Forbidden("You have signed for the other side: each side needs a head of its own.")
    Signature.everywhere.create(
        workspace_id=agreement.workspace_id,
        agreement=agreement,
        side=side,
        member=actor.member,
        signer=actor.name[:120],
        content_hash=agreement.content_hash,
        at=at,
    )
    _audit(agreement, actor, "agreement.signed", {"side": ["", side], "content_hash": ["", agreement.content_hash]})
    if len(signed) + 1 == len(Signature.Side.values):
        _activate(agreement, actor, at)
    return agreement


@transaction.atomic
def withdraw(agreement: Agreement, *, actor: Actor, at: datetime | None = None) -> Agreement:
    """Take a proposal back to a draft; signatures under it are void. Raise `Conflict` when it is not proposed."""
    agreement = _locked(agreement, Agreement.Status.PROPOSED)
    before = agreement.content_hash
    agreement.signatures.all().delete()
    agreement.status, agreement.proposed_at, agreement.content_hash = Agreement.Status.DRAFT, None, ""
    terms = _without_versions(from_stored(agreement.terms))
    if active(agreement.workspace_id) is None:  # nothing is signed: the settings are what is in force, and may change
        terms = replace(terms, calendar={}, reasons=(), questions=())
    agreement.terms = terms.to_stored()
    agreement.save(update_fields=["status", "proposed_at", "content_hash", "terms"])
    _audit(agreement, actor, "agreement.withdrawn", {"content_hash": [before, ""]})
    at = at or timezone.now()
    _notify_heads(agreement, f"{agreement} was withdrawn by {actor.name}.", f"withdrawn:{before[:12]}", at)
    return agreement


def _activate(agreement: Agreement, actor: Actor, at: datetime) -> None:
    """Supersede the agreement that runs, run this one, and put all that it says in force."""
    earlier = Agreement.objects.of(agreement.workspace_id).filter(status=Agreement.Status.ACTIVE)
    before: Terms | None = None
    for old in db.locked(earlier):
        before = terms_of(old)
        old.status, old.superseded_at, old.next_at = Agreement.Status.SUPERSEDED, at, None
        old.save(update_fields=["status", "superseded_at", "next_at"])
    agreement.status, agreement.activated_at = Agreement.Status.ACTIVE, at
    agreement.next_at = reviews.next_notice(agreement.review_on, terms_of(agreement), at)
    agreement.save(update_fields=["status", "activated_at", "next_at"])
    in_force.put(agreement.workspace_id, terms_of(agreement), actor=actor, at=at)
    payloads.record_activated(agreement, actor=ActorSummary.of(actor), at=at)
    announcements.announce(agreement, before, terms_of(agreement), at=at)


def _locked(agreement: Agreement, status: str) -> Agreement:
    """Lock the workspace, then an agreement, and read it afresh. Raise `Conflict` unless it has that status."""
    db.lock(Workspace.objects.only("pk"), agreement.workspace_id)
    agreement = db.lock(Agreement.everywhere.all(), agreement.pk)
    if agreement.status != status:
        raise Conflict(
            f"{agreement} is {agreement.get_status_display().lower()}; this needs one that is {status}.",
            status=agreement.status,
        )
    return agreement


def _put(draft: Agreement, actor: Actor, edited: Terms) -> Agreement:
    """Store the terms of a locked draft; record what changed."""
    before = from_stored(draft.terms).to_json()
    draft.terms, draft.review_on = edited.to_stored(), edited.review_on
    draft.save(update_fields=["terms", "review_on"])
    changes = {name: [before[name], value] for name, value in edited.to_json().items() if before[name] != value}
    _audit(draft, actor, "agreement.edited", changes)
    return draft


def _check_policies(read: Terms) -> None:
    """Raise `Invalid` unless every tier that a lead can get has its targets."""
    known = {policy.tier for policy in read.sales}
    lacking = [entry["tier"] for entry in read.definitions["mql"]["tiers"] if entry["tier"] not in known]
    if lacking:
        raise Invalid(f"The tier {lacking[0]} of the MQL definition has no targets: add them.", field="sales")


def _without_versions(terms: Terms) -> Terms:
    """Leave out what is copied in anew when a draft is proposed."""
    return replace(terms, definitions={}, scoring={})


def _id(workspace: Workspace | int) -> int:
    return workspace.pk if isinstance(workspace, Workspace) else workspace


def _audit(agreement: Agreement, actor: Actor, action: str, changes: dict[str, list[Any]] | None = None) -> None:
    audit.record(agreement.workspace_id, actor=actor, action=action, object_name=str(agreement), changes=changes)


def _notify_heads(agreement: Agreement, text: str, step: str, at: datetime) -> None:
    """Notify the managers of both sides."""
    heads = access.members_of(agreement.workspace_id, roles=reviews.HEADS)
    key = f"agreement:{agreement.pk}:{step}:{agreement.content_hash[:12]}"
    notices.notify(heads, kind=f"agreement.{step.split(':')[0]}", text=text, url=announcements.URL, key=key, at=at)
