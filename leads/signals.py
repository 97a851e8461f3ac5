"""News that goes up, inside the transaction of the change, to `sla/receivers.py` and `nurture/receivers.py`.

moved      leads of one workspace made a move: move, transitions (their rows of the log, each with its lead, handoff
           or None, and at: when it happened), actor, now (when it was reported)
touched    sales touched a lead: touch, lead, handoff (or None), actor, at, now
planned    a follow-up was promised or done: follow_up, lead, handoff (or None), actor, at, now, by_touch (a touch
           fulfilled it; else it was only marked as done)
consented  leads opted in or out: workspace, consents (the rows of the ledger, with their leads), actor, at
"""

from django.dispatch import Signal

moved = Signal()
touched = Signal()
planned = Signal()
consented = Signal()
