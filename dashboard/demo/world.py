"""Hold what the story is told with: the workspace, its people and words, and the time line."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from dashboard.demo.cast import COLLEAGUES, Colleague
from leads.models import Question, Reason
from nurture.models import Program
from nurture.scanners import Hit
from workspaces.actors import Actor
from workspaces.models import Member, Workspace

Act = Callable[..., None]


class DemoTimeline:
    """Let things happen in the order of time, up to `end`; what would happen later has not happened."""

    def __init__(self, end: datetime) -> None:
        self.end = end
        self._waiting: list[tuple[datetime, int, Act, tuple[Any, ...]]] = []
        self._numbers = count()

    def plan(self, at: datetime, act: Act, *args: Any) -> bool:
        """Let `act(world, *args, at)` happen at `at`; return whether that lies within the story."""
        if at > self.end:
            return False
        heapq.heappush(self._waiting, (at, next(self._numbers), act, args))
        return True

    def run(self, world: "World") -> None:
        """Let everything happen, and what that plans in its turn."""
        while self._waiting:
            at, _, act, args = heapq.heappop(self._waiting)
            act(world, *args, at)


@dataclass
class World:
    """Name everybody and everything that acts refer to."""

    workspace: Workspace
    members: dict[str, Member]  # by the local part of the address
    reasons: dict[tuple[str, str], Reason]  # by kind and code
    questions: dict[str, Question]
    programs: dict[str, Program]
    timeline: DemoTimeline
    returns: int = 0  # how many so far: the first go through all reasons in turn
    offers: int = 0
    mails: int = 0
    opens: list[tuple[int, Hit]] = field(default_factory=list)  # of mails; written in one set at the end

    def actor(self, local: str) -> Actor:
        """Return a member as an actor, by the local part of the address."""
        return Actor(member=self.members[local])

    def pace(self, member: Member | None) -> float:
        """Return how many times longer than usual a member takes."""
        return next((each.pace for each in COLLEAGUES if self.is_(each, member)), 1.0)

    def is_(self, colleague: Colleague, member: Member | None) -> bool:
        """Return whether a member is that colleague."""
        return member is not None and self.members[colleague.local].pk == member.pk
