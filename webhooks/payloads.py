"""The parts of every payload: the base class, who acted, which member is meant, and how it becomes JSON."""

from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Annotated, Any, ClassVar, cast

from workspaces.actors import Actor, Kind
from workspaces.models import Attributed, Member

INTERNAL = {"internal": True}  # metadata of a field that serves the outbox and is not sent


class Group(StrEnum):
    """Under which heading forms and docs show an event type, in this order."""

    LEADS = "Leads"
    HANDOVERS = "Hand-overs"
    ACTIVITY = "Sales activity"
    CLOCKS = "Clocks"
    PROGRAMS = "Programs"
    AGREEMENTS = "Agreements"


@dataclass(frozen=True)
class EventType:
    """One kind of fact for outside. `version` goes up when a member of the payload is removed or changes its meaning;
    a new member alone does not raise it."""

    name: str
    payload: "type[Payload]"
    help: str
    group: Group
    version: int


@dataclass(frozen=True, kw_only=True)
class Payload:
    """The `data` of one event type. A subclass becomes an event type by `webhooks.catalogue.event`."""

    event: ClassVar[EventType]

    def subject(self) -> tuple[int | None, int]:
        """Return the id of the lead that this is about, and the last number of its log; None and 0 for others."""
        return None, 0


@dataclass(frozen=True, kw_only=True)
class ActorSummary:
    """The one who did it. An integration recognises its own changes by the kind `key` and the id of its key."""

    kind: Annotated[Kind, "A member, an API key, or Leadflow itself."]
    id: Annotated[int | None, "Of the member or the key; null for the engine."]
    name: str

    @classmethod
    def of(cls, actor: Actor) -> "ActorSummary":
        """Summarise the author of a change."""
        author = actor.member or actor.key
        return cls(kind=actor.kind, id=author.pk if author else None, name=actor.name)

    @classmethod
    def of_row(cls, row: Attributed) -> "ActorSummary":
        """Summarise the author that a row names."""
        return cls(kind=cast(Kind, row.actor_kind), id=row.actor_member_id or row.actor_key_id, name=row.actor_name)


@dataclass(frozen=True, kw_only=True)
class MemberSummary:
    """A member of the workspace."""

    id: int
    name: str
    email: str

    @classmethod
    def of(cls, member: Member | None) -> "MemberSummary | None":
        """Summarise a member, whose user should be loaded; None stays None."""
        if member is None:
            return None
        return cls(id=member.pk, name=member.user.name, email=member.user.email)


def to_json(value: Any) -> Any:
    """Return a payload as JSON: times in UTC with a Z, decimals as strings, without the internal fields."""
    if value is None or type(value) in (str, int, bool):  # most are
        return value
    if is_dataclass(value):
        sent = [each for each in fields(value) if not each.metadata.get("internal")]
        return {each.name: to_json(getattr(value, each.name)) for each in sent}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return [to_json(each) for each in value]
    return value


def instant(moment: datetime) -> str:
    """Return an aware time as ISO 8601; UTC ends in Z."""
    return moment.isoformat().replace("+00:00", "Z")
