"""Tell every member of a new agreement, in two sentences: that it runs, and what changes for the member's side."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from leads.models import Definition
from sla import information, kinds, targets
from sla.models import Agreement
from sla.sides import Side
from sla.terms import Terms
from workspaces import access, notices
from workspaces.notices import LONGEST_TEXT, Note
from workspaces.roles import Role

URL = "/agreement/"
_SIDES = {
    Role.MARKETING: (Side.MARKETING,),
    Role.MARKETING_MANAGER: (Side.MARKETING,),
    Role.SALES: (Side.SALES,),
    Role.SALES_MANAGER: (Side.SALES,),
}
_ROOM = 24  # characters for what is left out at the end


def announce(agreement: Agreement, before: Terms | None, after: Terms, *, at: datetime) -> None:
    """Notify every active member once, in two statements however many they are. `before` is what ran until now."""
    members: dict[tuple[Side, ...], list[Any]] = {}
    for member in access.members_of(agreement.workspace_id):
        members.setdefault(_SIDES.get(Role(member.role), tuple(Side)), []).append(member)
    key = f"agreement:{agreement.pk}:activated:{agreement.content_hash[:12]}"
    notes = [
        Note(found, "agreement.activated", say(agreement, sides, before, after), key, URL)
        for sides, found in members.items()
    ]
    notices.notify_many(notes, at=at)


def say(agreement: Agreement, sides: Sequence[Side], before: Terms | None, after: Terms) -> str:
    """Say in two sentences, within the length of a notice, that an agreement runs and what changes for some sides."""
    whom = " and ".join(side.value for side in sides)
    first = f"{agreement} is signed by both sides and runs from now on. "
    points = [*(point for side in sides for point in _targets(side, before, after)), *_rules(sides, before, after)]
    if not points:
        return f"{first}Nothing changes for {whom}."
    head = f"{first}{'Promised by' if before is None else 'New for'} {whom}: "
    said, left = head + points[0], points[1:]
    while left and len(said) + len(left[0]) + 2 + _ROOM <= LONGEST_TEXT:
        said += f"; {left.pop(0)}"
    return f"{said}; and {len(left)} more." if left else f"{said}."


def _targets(side: Side, before: Terms | None, after: Terms) -> Iterator[str]:
    """Yield the targets of a side that are new or another, with what they were."""
    old = _promised(side, before) if before else {}
    new = _promised(side, after)
    for label, words in new.items():
        if label not in old:
            yield f"{label} {words}"
        elif old[label] != words:
            yield f"{label} {words} instead of {old[label].removeprefix('within ')}"
    yield from (f"{label}: no longer promised" for label in old if label not in new)


def _promised(side: Side, terms: Terms) -> dict[str, str]:
    """Return the targets of a side in words, by what is promised."""
    said: dict[str, str] = {}
    if side is Side.MARKETING:
        said["leads handed over"] = f"{terms.marketing.mqls_per_month} a month"
        said["complete leads"] = f"{terms.marketing.complete_percent}%"
    for kind in kinds.owed_by(side):
        found, label = kinds.of(kind), _small(kinds.of(kind).promise)
        if targets.by_tier(found.target):
            for policy in terms.sales:
                amount = policy.amount(found.target)
                words = f"{amount} within {terms.target(kind, policy.tier)}".lstrip()
                said[f"{label} ({policy.tier})"] = words
        elif side is Side.MARKETING:
            said[label] = f"within {terms.target(kind, '')}"
    return said


def _rules(sides: Sequence[Side], before: Terms | None, after: Terms) -> Iterator[str]:
    """Yield what else is another: what both sides go by."""
    if before is None:
        return
    for kind in Definition.Kind:
        if _unnumbered(before.definitions.get(kind, {})) != _unnumbered(after.definitions.get(kind, {})):
            yield f"the definition of {kind.label}"
    if _unnumbered(before.scoring) != _unnumbered(after.scoring):
        yield "the scoring"
    if before.calendar != after.calendar:
        yield "business hours or holidays"
    if before.information != after.information:
        yield f"information with every lead: {', '.join(information.LABELS[code] for code in after.information)}"
    for noun, old, new in (
        ("reason", before.reasons, after.reasons),
        ("question", before.questions, after.questions),
    ):
        names = {(each.get("kind"), each["code"]) for each in [*old, *new] if each not in old or each not in new}
        if names:
            yield f"{len(names)} {noun}{'' if len(names) == 1 else 's'}"
    if before.escalation_steps != after.escalation_steps or before.warn_percent != after.warn_percent:
        yield "when owners are warned and managers told"
    if Side.SALES in sides and before.reassign_restarts_accept != after.reassign_restarts_accept:
        yield "the time to accept after a reassignment"


def _unnumbered(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a version without its number: the same text under another number changes nothing."""
    return {name: value for name, value in document.items() if name != "version"}


def _small(words: str) -> str:
    return words[0].lower() + words[1:]
