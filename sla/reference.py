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
## How time is counted

A promise keeps the unit it was made in: minutes, hours or working days. All are counted in the calendar of the
version of the agreement that the clock began under, whatever version runs now; `sla/durations.py` and
`sla/worktime.py` do it.

- **Minutes and hours** are open time. Time that runs out with a window ends at its close: an hour from 16:00 is
  17:00, where the calendar closes at 17:00, and not the next morning.
- **A working day** is a local date with open time, whole, however long it is open. A clock of n working days is due
  on the n-th working day after the one it began on, at the same share of the day: Monday 10:00 and two days are
  Wednesday 10:00; Thursday at the half of its day and one day are the half of a short Friday. One that begins with
  the day, or while the calendar is closed, is due at the close of the n-th day. Holidays are no working days. Where
  all days are equally long, n days are n times their hours; days added one after the other make the same as all at
  once.
- **Late, left and used** are work time too. A clock that was due on Friday at 17:00 is as late on Monday at 9:15 as
  15 minutes are, and its bar stands still while the calendar is closed. `sla/standing.py` measures and words this for
  pages, notices, lists and the API.

The rule for days is that of elapsed business time, as service desks count it, and not that of civil law, in which the
day of the event does not count and the last day counts to its end (in the Union, Regulation 1182/71, article 3): by
that one, "within a working day" would give a lead of Monday morning the whole of Tuesday.

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
