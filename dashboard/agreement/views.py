"""The agreement: its terms, its versions, drafting, proposing and signing."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.agreement.forms import TermsEditor
from dashboard.shell import editing
from dashboard.shell.access import PageRequest, attempt, page
from dashboard.wording import changes, promises
from leadflow.errors import DomainError, Forbidden, Missing
from sla import agreements
from sla.models import Agreement, Signature
from sla.terms import Terms
from workspaces import access
from workspaces.roles import Role

Status = Agreement.Status
SIGNERS = {Signature.Side.MARKETING: Role.MARKETING_MANAGER, Signature.Side.SALES: Role.SALES_MANAGER}


@page("agreement.view")
def agreement(request: PageRequest) -> HttpResponse:
    """Show the active agreement, or how to get one signed."""
    active = agreements.active(request.workspace)
    context = {"title": "Agreement", "waiting": agreements.in_work(request.workspace)}
    if active is None:
        return render(request, "agreement/none.html", context | {"signers": _signers(request)})
    found = agreements.get(request.workspace, active.version)
    return render(request, "agreement/agreement.html", context | _in_words(found) | {"shown": found, "current": True})


@page("agreement.view")
def versions(request: PageRequest) -> HttpResponse:
    """List every version, the newest first."""
    context = {"title": "Versions of the agreement", "rows": list(agreements.versions(request.workspace))}
    return render(request, "agreement/versions.html", context)


@page("agreement.view")
def version(request: PageRequest, number: int) -> HttpResponse:
    """Show one version; a draft or proposal with its changes and the actions open to the member."""
    found = agreements.get(request.workspace, number)
    active = agreements.active(request.workspace)
    context = {"title": str(found), "shown": found, "active": active, "current": found == active} | _in_words(found)
    if found.status in agreements.IN_WORK:
        before = agreements.terms_of(active) if active else None
        context["changes"] = changes.between(before, _terms(found))
        context["sides"] = _sides(request, found)
    return render(request, "agreement/agreement.html", context)


@require_POST
@page("agreement.edit")
def draft(request: PageRequest) -> HttpResponse:
    """Draft the next version from the newest one."""
    made = attempt(
        request, lambda: agreements.draft_next(request.workspace, actor=request.actor), "The draft is ready to edit."
    )
    if made is None:
        return redirect("dashboard:agreement")
    return redirect("dashboard:agreement_version", made.version)


@page("agreement.edit")
def edit(request: PageRequest, number: int) -> HttpResponse:
    """Change the terms of a draft."""
    found = agreements.get(request.workspace, number)
    if found.status != Status.DRAFT:
        return redirect("dashboard:agreement_version", number)
    editor = TermsEditor(agreements.terms_of(found).to_json(), editing.posted(request))
    if request.method == "POST" and editor.is_valid():
        try:
            agreements.edit(found, actor=request.actor, terms=editor.terms())
        except (Missing, Forbidden):
            raise
        except DomainError as error:
            editor.refuse(error)
        else:
            return redirect("dashboard:agreement_version", number)
    context = {"title": f"Edit {found}", "shown": found, "editor": editor}
    return render(request, "agreement/edit.html", context, status=422 if editor.has_errors else 200)


@require_POST
@page("agreement.edit")
def propose(request: PageRequest, number: int) -> HttpResponse:
    """Freeze a draft for signing."""
    found = agreements.get(request.workspace, number)
    done = f"{found} is proposed. It runs as soon as the heads of both sides have signed."
    attempt(request, lambda: agreements.propose(found, actor=request.actor), done)
    return redirect("dashboard:agreement_version", number)


@require_POST
@page("agreement.edit")
def withdraw(request: PageRequest, number: int) -> HttpResponse:
    """Take a proposal back to a draft."""
    found = agreements.get(request.workspace, number)
    done = f"{found} is a draft again. Signatures under it are void."
    attempt(request, lambda: agreements.withdraw(found, actor=request.actor), done)
    return redirect("dashboard:agreement_version", number)


@require_POST
@page("agreement.view")
def sign(request: PageRequest, number: int) -> HttpResponse:
    """Sign for one side; the second signature makes the version run."""
    side = request.POST.get("side", "")
    if side not in Signature.Side.values or not request.actor.can(f"agreement.sign_{side}"):
        raise Forbidden("The head of a side signs for it: the marketing manager, and the sales manager.")
    found = agreements.get(request.workspace, number)
    shown = request.POST.get("content_hash", "")
    signed = attempt(
        request,
        lambda: agreements.sign(found, actor=request.actor, side=side, content_hash=shown, at=timezone.now()),
        f"You have signed for {side}.",
    )
    running = signed is not None and signed.status == Status.ACTIVE
    return redirect("dashboard:agreement") if running else redirect("dashboard:agreement_version", number)


def _terms(found: Agreement) -> Terms:
    """Return the terms for reading; those of a draft with what proposing it would copy in."""
    return agreements.complete(found) if found.status == Status.DRAFT else agreements.terms_of(found)


def _in_words(found: Agreement) -> dict[str, object]:
    terms = _terms(found)
    return {
        "review": agreements.review(found, timezone.now()),
        "words": promises.say(terms),
        "signatures": sorted(found.signatures.all(), key=lambda s: s.at),
    }


def _sides(request: PageRequest, found: Agreement) -> list[dict[str, object]]:
    """Return both sides with their signature, whether this member may sign, and who could."""
    signed = {signature.side: signature for signature in found.signatures.all()}
    mine = any(signature.member_id == request.member.pk for signature in signed.values())
    last = len(signed) == len(Signature.Side.values) - 1
    return [
        {
            "side": side.value,
            "label": side.label,
            "signature": signed.get(side),
            "may": side not in signed and not mine and request.actor.can(f"agreement.sign_{side}"),
            "last": last,
            "signers": signers,
        }
        for side, signers in _signers(request)
    ]


def _signers(request: PageRequest) -> list[tuple[Signature.Side, list[str]]]:
    """Return who can sign for each side. One statement."""
    heads = list(access.members_of(request.workspace, roles=SIGNERS.values()))
    return [(side, [str(head) for head in heads if head.role == role]) for side, role in SIGNERS.items()]
