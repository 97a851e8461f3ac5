"""Look after the leads in marketing's care: programs take those that are in none, and let go of those that are done.

The engine asks in sets, whenever leads were judged (`leads.signals.evaluated`): because something is known of them that
was not, because time changes their scores, because a revisit date has come, or because a program was activated.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from leads.conditions import trees
from leads.models import Lead
from leads.qualification.lead_facts import Facts
from leads.states import MARKETING_STATES
from nurture import choosing, eligibility, enrolments
from nurture.choosing import Occasion
from nurture.enrolments import Entry
from nurture.models import Enrolment, Suppression
from workspaces.actors import engine

_PROGRAM = engine("program")
GOAL_MET = "Goal met"


def look_after(
    workspace_id: int, leads: Sequence[Lead], known: Mapping[int, Facts], *, revisited: Collection[int], at: datetime
) -> int:
    """End the enrolments of leads whose program's exit condition holds, and enrol those that are in no program.

    The caller has locked the leads, of one workspace. Return how many entered. A fixed number of statements for each
    occasion. Who waits for a revisit date is left alone until then.
    """
    cared_for = [lead for lead in leads if lead.state in MARKETING_STATES]
    if not cared_for:
        return 0
    active = Enrolment.everywhere.filter(lead__in=cared_for, state=Enrolment.State.ACTIVE).select_related("program")
    busy: defaultdict[int, list[Enrolment]] = defaultdict(list)
    for row in active:
        busy[row.lead_id].append(row)
    done = [
        row.pk
        for rows in busy.values()
        for row in rows
        if (tree := row.program.exit.get("condition")) and trees.holds(tree, known[row.lead_id], at)
    ]
    if done:
        enrolments.exit_some(done, reason=GOAL_MET, at=at)
    idle = [lead for lead in cared_for if lead.pk not in busy and (lead.revisit_at is None or lead.revisit_at <= at)]
    free = [lead for lead in idle if not lead.kept_from_nurture and eligibility.of_lead(lead, suppressed=False) is None]
    entered = 0
    for occasion, group in (
        (Occasion.REVISIT, [lead for lead in free if lead.pk in revisited]),
        (Occasion.CARE, [lead for lead in free if lead.pk not in revisited]),
    ):
        if group:
            choices = choosing.choose(workspace_id, group, occasion, known=known, at=at)
            chosen = [(lead, choices[lead.pk]) for lead in group if choices[lead.pk].program]
            suppressed = _suppressed(workspace_id, [lead for lead, _ in chosen])
            entries = [
                Entry(lead, made.program, made.outlook, made.why)
                for lead, made in chosen
                if made.program and lead.email not in suppressed
            ]
            entered += len(enrolments.enrol_many(entries, actor=_PROGRAM, at=at))
    return entered


def _suppressed(workspace_id: int, leads: Sequence[Lead]) -> set[str]:
    if not leads:
        return set()
    rows = Suppression.objects.of(workspace_id).filter(email__in=[lead.email for lead in leads])
    return set(rows.values_list("email", flat=True))
