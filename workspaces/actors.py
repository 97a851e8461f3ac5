"""Who does a thing: a member, an API key, or the engine itself."""

from dataclasses import dataclass
from typing import Any, Literal

from workspaces import roles
from workspaces.models import ApiKey, Member

Kind = Literal["member", "key", "engine"]


@dataclass(frozen=True)
class Actor:
    """The author of a change, as every service takes it and every log row keeps it."""

    member: Member | None = None
    key: ApiKey | None = None
    engine: str = ""  # which part of the engine: "definition", "escalation", "revisit" ...

    @property
    def kind(self) -> Kind:
        """Return `member`, `key` or `engine`."""
        return "member" if self.member else "key" if self.key else "engine"

    @property
    def name(self) -> str:
        """Return the words that logs and pages show."""
        if self.member:
            return self.member.user.name or self.member.user.email
        return f"API key {self.key.name}" if self.key else f"Leadflow ({self.engine or 'engine'})"

    def can(self, capability: str) -> bool:
        """Return whether the actor has a capability; the engine has all of them."""
        if self.member:
            return roles.can(self.member.role, capability)
        if self.key:
            return any(capability in roles.SCOPES.get(scope, ()) for scope in self.key.scopes)
        return True

    def row(self) -> dict[str, Any]:
        """Return the columns of `workspaces.models.Attributed` for a new row."""
        return {
            "actor_kind": self.kind,
            "actor_member": self.member,
            "actor_key": self.key,
            "actor_name": self.name[:120],
        }


def engine(part: str) -> Actor:
    """Return the engine as an actor, with the part of it that acts."""
    return Actor(engine=part)
