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
if it was late by then, and otherwise neither for nor against; the scoreboard says how many there are, and what ended
them. *Missed* means that the clock ended and what it promised was not done: it counts as not kept, in time or not.

A contested return blames the lead's data or the definition. A return or a loss needs attempts where its reason says so:
silence, and what can be known only by talking to the lead. An offer that is returned so without having been accepted
counts as accepted at that moment. What a promotion met with too few attempts is missed after all when the lead is then
given up for such a reason.

An attempt is a touch, whether or not it connected; touches on one channel within an hour are one attempt. Enough are as
many attempts on as many channels as the tier promises, or one connection. A touch is one that did not connect, a
connection one that did. A follow-up is done by the next touch; one that is marked as done without a touch is dropped.
A clock starts again for a new owner once in a pass: who gets a lead back goes on with the clock that runs.

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
