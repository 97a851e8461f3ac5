"""Keep the content library, and choose from it the best that a lead has not had yet."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from leadflow import db
from leadflow.errors import Invalid
from leads.models import Lead, Topic
from nurture.models import Content, Seen
from nurture.models.content import Stage
from workspaces import audit
from workspaces.actors import Actor
from workspaces.models import Workspace

EDITABLE = ("title", "kind", "url", "summary", "persona", "stage", "active")
PERSONA_POINTS = 10
STAGE_POINTS = 5
# the buying stage that an interest level speaks for; 1 is the most interested
STAGE_OF_LEVEL = {1: Stage.DECISION, 2: Stage.CONSIDERATION}


@dataclass(frozen=True, slots=True)
class ContentChoice:
    """The content chosen (None: nothing is left), and `why`: {"words", "points", "lines", "unseen"}."""

    content: Content | None
    why: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def add(workspace: Workspace, *, actor: Actor, topics: Sequence[Topic] = (), **fields: Any) -> Content:
    """Add content: title, kind, url, summary, persona, stage, active. Raise `Invalid` with the field to blame."""
    content = Content(workspace=workspace)
    _write(content, topics, fields)
    audit.record(workspace, actor=actor, action="content.added", object_name=content.title)
    return content


@transaction.atomic
def edit(content: Content, *, actor: Actor, topics: Sequence[Topic] | None = None, **fields: Any) -> Content:
    """Change content; `topics`, where given, take the place of those it has."""
    content = db.lock(Content.objects.of(content.workspace_id), content.pk)
    _write(content, topics, fields)
    audit.record(content.workspace_id, actor=actor, action="content.changed", object_name=content.title)
    return content


def _write(content: Content, topics: Sequence[Topic] | None, fields: dict[str, Any]) -> None:
    """Set, check and save; personas and topics must be the workspace's own."""
    if unknown := sorted(set(fields) - set(EDITABLE)):
        raise Invalid(f"Content has no field “{unknown[0]}”.", field=unknown[0])
    for name, value in fields.items():
        setattr(content, name, value.strip() if isinstance(value, str) else value)
    if urlsplit(content.url).scheme not in ("http", "https"):
        raise Invalid("Give an address that begins with https:// or http://.", field="url")
    try:
        content.full_clean(exclude=["workspace"])
    except ValidationError as error:
        field, words = next(iter(error.message_dict.items()))
        raise Invalid(words[0], field=field) from error
    if content.persona and content.persona.workspace_id != content.workspace_id:
        raise Invalid("Choose one of the workspace's personas.", field="persona")
    if any(topic.workspace_id != content.workspace_id for topic in topics or ()):
        raise Invalid("Choose among the workspace's topics.", field="topics")
    content.save()
    if topics is not None:
        content.topics.set(topics)


def best_unseen(lead: Lead, *, stage: str = "", at: datetime) -> ContentChoice:
    """Choose the best content that the lead never had, of one buying stage if it is given. Three statements at most.

    A lead's points on a content's topics count as they are; content written for the lead's persona gets
    `PERSONA_POINTS` more, content of the buying stage that the lead's interest speaks for `STAGE_POINTS`. Content
    for another persona is left out. Of equals, the one added first is chosen.
    """
    unseen = _unseen(lead, stage)
    if not unseen:
        kind = f"{Stage(stage).label.lower()} content" if stage else "content"
        return ContentChoice(None, {"words": f"Nothing left: the lead has had all the {kind} that is meant for it."})
    lines, content = _ranked(lead, unseen)[0]
    words = "; ".join(words for _, words in lines) or "nothing known of the lead speaks for or against it"
    return ContentChoice(
        content,
        {
            "words": f"Best of {len(unseen)} not yet sent: {words}.",
            "points": sum(points for points, _ in lines),
            "lines": [{"points": points, "words": words} for points, words in lines],
            "unseen": len(unseen),
        },
    )


def best_matches(lead: Lead, *, limit: int) -> list[ContentChoice]:
    """Return the content that fits the lead best and that it never had, for sales to use. Three statements at most."""
    return [
        ContentChoice(
            content, {"words": "; ".join(words for _, words in lines), "points": sum(points for points, _ in lines)}
        )
        for lines, content in _ranked(lead, _unseen(lead))[:limit]
    ]


def _unseen(lead: Lead, stage: str = "") -> list[Content]:
    """List the content that the lead never had and that is not written for another persona."""
    library = Content.objects.of(lead.workspace_id).filter(active=True)
    if stage:
        library = library.filter(stage=stage)
    if lead.persona_id:
        library = library.filter(Q(persona=None) | Q(persona=lead.persona_id))
    had = Seen.objects.of(lead.workspace_id).filter(lead=lead).values("content_id")
    return list(library.exclude(pk__in=had).select_related("persona").prefetch_related("topics").order_by("pk"))


def _ranked(lead: Lead, contents: list[Content]) -> list[tuple[list[tuple[int, str]], Content]]:
    """Order content by its points for a lead, the most first; of equals the older."""
    ranked = [(_lines(lead, content), content) for content in contents]
    return sorted(ranked, key=lambda pair: (-sum(points for points, _ in pair[0]), pair[1].pk))


def _lines(lead: Lead, content: Content) -> list[tuple[int, str]]:
    """List the lines that add up to a content's points for a lead."""
    lines = [
        (int(lead.interests[topic.code]), f"interest in {topic.label}")
        for topic in content.topics.all()
        if lead.interests.get(topic.code)
    ]
    if content.persona_id and content.persona_id == lead.persona_id:
        lines.append((PERSONA_POINTS, f"written for {content.persona}"))
    if content.stage == STAGE_OF_LEVEL.get(lead.interest_level or 0, Stage.AWARENESS):
        lines.append((STAGE_POINTS, f"fits the buying stage ({content.get_stage_display().lower()})"))
    return lines
