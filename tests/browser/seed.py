"""Fill the database of LEADFLOW_VAR with the demo and print, as JSON, how to reach what is in it.

A process of its own, for its settings are those of an installation and not those of the tests:
python -m tests.browser.seed [number of leads [bare]]; bare: the demo alone, as `bin/run` makes it
"""

import json
import sys
from datetime import timedelta
from io import StringIO
from typing import Any

import django

django.setup()

from allauth.account.forms import default_token_generator  # noqa: E402
from allauth.account.utils import user_pk_to_url_str  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.mail import EmailMessage  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from dashboard.demo import cast  # noqa: E402
from leads.activity import answers, follow_ups, returns  # noqa: E402
from leads.lifecycle import moves  # noqa: E402
from leads.models import (  # noqa: E402
    Attribute,
    Campaign,
    Form,
    Handoff,
    Import,
    Lead,
    Persona,
    Pool,
    PoolMember,
    Question,
    Reason,
    RoutingRule,
    Territory,
    Topic,
)
from leads.states import State  # noqa: E402
from nurture import links  # noqa: E402
from nurture.models import Content, Program, Send, Step  # noqa: E402
from sla import agreements  # noqa: E402
from sla.models import Clock  # noqa: E402
from webhooks import endpoints  # noqa: E402
from webhooks.models import Delivery, OutboxEvent  # noqa: E402
from workspaces import invitations, keys  # noqa: E402
from workspaces.actors import Actor  # noqa: E402
from workspaces.models import Member, Workspace  # noqa: E402
from workspaces.roles import Role  # noqa: E402


def main(leads: int, *, bare: bool = False) -> dict[str, Any]:
    """Make the demo and what it has none of. Return `ids` by name, and a `sessions` cookie per role."""
    call_command("migrate", verbosity=0, interactive=False)
    call_command("demo", leads=leads, stdout=StringIO())
    workspace = Workspace.objects.get()
    people = {each.role: _member(workspace, each.email) for each in cast.COLLEAGUES if each.log_in}
    people[Role.VIEWER] = Member.objects.of(workspace).get(role=Role.VIEWER)
    return {
        "sessions": {role: log_in(member) for role, member in people.items()},
        "ids": {}
        if bare
        else _of_sales(workspace, people) | _of_marketing(workspace, people) | _of_settings(workspace, people),
    }


def _member(workspace: Workspace, email: str) -> Member:
    return Member.objects.of(workspace).get(user__email=email)


def log_in(member: Member) -> str:
    """Return the key of a session in which the member is logged in."""
    session = SessionStore()
    session["_auth_user_id"] = str(member.user_id)
    session["_auth_user_backend"] = "allauth.account.auth_backends.AuthenticationBackend"
    session["_auth_user_hash"] = member.user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def _of_sales(workspace: Workspace, people: dict[str, Member]) -> dict[str, Any]:
    """Make one of each through the services: what the demo holds depends on the hour."""
    rep, head = people[Role.SALES], people[Role.MARKETING_MANAGER]
    fresh = iter(Lead.objects.of(workspace).filter(state=State.NEW).exclude(country="").order_by("-pk")[:9])
    reason = {row.kind: row for row in Reason.objects.of(workspace).filter(needs_note=False, needs_revisit=False)}

    def offer(owner: Member | None = rep) -> Handoff:
        return moves.qualify(next(fresh), actor=Actor(member=head), override="Met at the fair", owner=owner)

    def accept() -> Handoff:
        return moves.accept(offer(), actor=Actor(member=rep))

    def promote() -> Handoff:
        accepted = accept()
        for question in Question.objects.of(workspace).filter(code__in=("budget", "authority", "need", "timeline")):
            value = question.choices[0] if question.choices else "A planner"
            answers.record(accepted.lead, actor=Actor(member=rep), question=question, value=value)
        return moves.promote(accepted, actor=Actor(member=rep))

    blamed = Reason.objects.of(workspace).filter(kind="return", needs_revisit=False).exclude(blames="")
    moves.return_to_marketing(offer(), actor=Actor(member=rep), reason=blamed[0], note="Left the company in May")
    answered = moves.return_to_marketing(offer(), actor=Actor(member=rep), reason=blamed[0], note="Left in June")
    returns.answer(answered, actor=Actor(member=head), text="We asked the company for the right person")
    lost = moves.lose(promote(), actor=Actor(member=rep), reason=reason["lose"])
    out = moves.disqualify(next(fresh), actor=Actor(member=head), reason=reason["disqualify"])
    queued = moves.reassign(offer(), actor=Actor(member=people[Role.SALES_MANAGER]), to=None)
    accepted = accept()
    promised = follow_ups.plan(
        accepted.lead, actor=Actor(member=rep), due_at=timezone.now() + timedelta(days=1), note="Call again"
    )
    return {
        "offered": offer().pk,
        "queued": queued.pk,
        "returned": answered.pk,
        "accepted": accepted.pk,
        "qualified": promote().pk,
        "lead": accepted.lead_id,
        "new_lead": next(fresh).pk,
        "disqualified_lead": out.pk,
        "lost_lead": lost.lead_id,
        "follow_up": promised.pk,
        "question": Question.objects.of(workspace).earliest("pk").pk,
    }


def _of_marketing(workspace: Workspace, people: dict[str, Member]) -> dict[str, Any]:
    program = Program.objects.of(workspace).filter(enrolments__sends__isnull=False).distinct().order_by("pk")[0]
    sent = Send.objects.of(workspace).filter(state=Send.State.SENT).latest("pk")
    form = Form.objects.of(workspace).earliest("pk")
    return {
        "program": program.pk,
        "step": Step.objects.of(workspace).filter(program=program, kind="mail").earliest("pk").pk,
        "send": sent.pk,
        "unsubscribe": links.unsubscribe(sent).rstrip("/").rpartition("/")[2],
        "triage": Clock.objects.of(workspace).filter(kind="triage").latest("pk").pk,
        "content": Content.objects.of(workspace).earliest("pk").pk,
        "campaign": Campaign.objects.of(workspace).earliest("pk").pk,
        "import": Import.objects.of(workspace).latest("pk").pk,
        "form": form.pk,
        "form_token": form.token,
        "mail": _local_mail(workspace),
    }


def _local_mail(workspace: Workspace) -> str:
    """Put one mail into the local folder, which the demo's past leaves empty."""
    body = "Hello,\n\nthree ways to plan without spreadsheets.\n"
    head = {"X-Leadflow-Workspace": workspace.slug}
    EmailMessage("Three ways to plan", body, to=["someone@lead.example"], headers=head).send()
    return max(each.name for each in settings.OUTBOX_DIR.iterdir())


def _of_settings(workspace: Workspace, people: dict[str, Member]) -> dict[str, Any]:
    actor = Actor(member=people[Role.ADMIN])
    active = agreements.active(workspace)
    draft = agreements.in_work(workspace) or agreements.draft_next(workspace, actor=actor)
    _, token = invitations.invite(workspace, actor=actor, email="new.colleague@brightwater.example", role=Role.SALES)
    keys.create(workspace, actor=actor, name="Data warehouse", scopes=["read"])
    endpoint, _ = endpoints.create(workspace, actor=actor, url="http://127.0.0.1:9/hooks")
    delivery = Delivery.everywhere.create(
        workspace=workspace,
        endpoint=endpoint,
        event=OutboxEvent.objects.of(workspace).latest("pk"),
        message_id="msg_browser",
    )
    user = people[Role.VIEWER].user
    first = {
        "rule": RoutingRule,
        "territory": Territory,
        "pool": Pool,
        "place": PoolMember,
        "reason": Reason,
        "topic": Topic,
        "persona": Persona,
        "attribute": Attribute,
    }
    assert active is not None
    return {name: model.objects.of(workspace).earliest("pk").pk for name, model in first.items()} | {  # type: ignore[attr-defined]
        "active_version": active.version,
        "draft_version": draft.version,
        "member": people[Role.SALES].pk,
        "endpoint": endpoint.pk,
        "delivery": delivery.pk,
        "invitation": token,
        "reset_uid": user_pk_to_url_str(user),
        "reset_key": default_token_generator.make_token(user),
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if sys.argv[1:] else 600, bare="bare" in sys.argv)))  # noqa: T201
