"""Look up one row of a workspace, or the short lists that forms offer."""

from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from leadflow.models import get_row
from leads.models import (
    Campaign,
    FollowUp,
    Handoff,
    Lead,
    Persona,
    Question,
    Topic,
)
from workspaces.models import Workspace

MOST_SOURCES = 100  # offered in a filter

_OF_LEAD = ("account__owner__user", "campaign", "persona", "territory", "owner__user", "lost_reason")


def get_lead(workspace: Workspace | int, pk: int) -> Lead:
    """Return one lead with its account, campaign, persona, owner and lost reason. Raise `Missing`."""
    return get_row(Lead.objects.of(workspace).select_related("workspace", *_OF_LEAD), pk, "lead")


def get_handoff(workspace: Workspace | int, pk: int) -> Handoff:
    """Return one handoff with its lead and owner. Raise `Missing`."""
    return get_row(list_handoffs(workspace), pk, "handoff")


def list_handoffs(workspace: Workspace | int) -> QuerySet[Handoff]:
    """List the handoffs of a workspace with all that a row of a list shows."""
    return Handoff.objects.of(workspace).select_related(
        "lead__account", "owner__user", "accepted_by__user", "reason", "definition", "campaign"
    )


def get_follow_up(workspace: Workspace | int, pk: int) -> FollowUp:
    """Return one follow-up with its lead. Raise `Missing`."""
    return get_row(FollowUp.objects.of(workspace).select_related("lead"), pk, "follow-up")


def get_question(workspace: Workspace | int, pk: int) -> Question:
    """Return one question that is in use. Raise `Missing`."""
    return get_row(Question.objects.of(workspace).filter(active=True), pk, "question")


def list_unanswered(lead: Lead) -> list[Question]:
    """List the questions in use that a lead has not answered yet. One statement."""
    open_ones = Question.objects.of(lead.workspace_id).filter(active=True).exclude(answers__lead=lead)
    return list(open_ones.order_by("position", "pk"))


def get_topic_labels(workspace: Workspace | int) -> dict[str, str]:
    """Return the words of the workspace's topics by code. One statement."""
    return dict(Topic.objects.of(workspace).values_list("code", "label"))


def get_main_topic(interests: Mapping[str, Any] | None) -> str:
    """Return the code of the strongest topic of a lead's interests, or nothing."""
    return max(interests, key=lambda code: interests[code]) if interests else ""


def list_sources(workspace: Workspace | int) -> list[str]:
    """List the sources that leads have, the blank one as well: one statement, which walks along the index."""
    pk = workspace.pk if isinstance(workspace, Workspace) else workspace
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE found(source) AS ("
            " SELECT min(source) FROM leads_lead WHERE workspace_id = %s"
            " UNION ALL SELECT (SELECT min(source) FROM leads_lead WHERE workspace_id = %s AND source > found.source)"
            " FROM found WHERE found.source IS NOT NULL)"
            " SELECT source FROM found WHERE source IS NOT NULL LIMIT %s",
            [pk, pk, MOST_SOURCES],
        )
        return [source for (source,) in cursor.fetchall()]


def list_campaigns(workspace: Workspace | int) -> QuerySet[Campaign]:
    """List the campaigns, newest first."""
    return Campaign.objects.of(workspace).order_by("-id")


def list_personas(workspace: Workspace | int) -> QuerySet[Persona]:
    """List the personas by label."""
    return Persona.objects.of(workspace).order_by("label")
