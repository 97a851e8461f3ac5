"""Write the reference of clocks, docs/clocks.md, from their catalogue."""

from typing import assert_never

from sla import kinds
from sla.kinds import Kind
from sla.targets import MarketingLength, PromisedDate, Target, TierAttempts, TierLength

_PAGE = """\
# Clocks

A clock is one running promise of the agreement. It counts working time of the agreement's calendar. Some time before it
is due the owner is warned; when it is due and the promise is not kept, it is breached and the escalation steps begin. A
breached clock runs on until it ends, so that it shows how late it was.

This page is made from the code: change `sla/kinds.py`, then run `manage.py clock_reference`.

## Kinds

{kinds}
## What starts and ends them

A clock that does not run can only be started. *Cancelled* means that nothing is owed any more: the clock counts as late
if it was late by then, and not at all otherwise. A contested return blames the lead's data or the definition. A touch
is one that did not connect, a connection one that did.

{effects}"""


def page() -> str:
    """Return the whole page, in Markdown."""
    rows = [["Clock", "Code", "Owed by", "Due"], ["---"] * 4]
    rows += [[kind.label, f"`{kind.value}`", kinds.of(kind).side.label, _due(kinds.of(kind).target)] for kind in Kind]
    listed = "".join(f"| {' | '.join(str(cell) for cell in row)} |\n" for row in rows)
    return _PAGE.format(kinds=listed, effects=kinds.table())


def _due(target: Target) -> str:
    """Say by what the agreement sets when a clock is due."""
    match target:
        case TierLength():
            return "after the tier's time"
        case TierAttempts():
            return "after the tier's time for its attempts"
        case MarketingLength():
            return "after marketing's time"
        case PromisedDate():
            return "on the date promised"
        case _:
            assert_never(target)
