"""The stored documents of this app: what each is, its number and the steps that upgrade its older forms.

To change one, see `leadflow.formats`.
"""

from leadflow.formats import Format

CONDITION = Format("condition")  # of a definition or a routing rule: a tree, see `leads.conditions`
TIERS = Format("tiers")  # of the MQL definition: a list, see `leads.qualification.criteria.validate_tiers`
LOOP_GUARD = Format("loop guard")  # `leads.qualification.criteria.LoopGuard`
# a version of a definition as an agreement copies it
DEFINITION = Format("definition", parts={"condition": CONDITION, "tiers": TIERS, "loop_guard": LOOP_GUARD})
SCORING = Format("scoring rules")  # `leads.scoring.scoring.ScoringRules`
SCORE_LINES = Format("score lines")  # a list of `leads.scoring.scoring.ScoreLine`
VERDICT = Format("verdict")  # `leads.qualification.criteria.Verdict`
ROUTING = Format("routing choice")  # why a member got a lead, or nobody: `leads.routing.assign.Choice.why`
# what a handoff froze: `leads.qualification.assessment.Assessment.evidence`
EVIDENCE = Format("evidence", parts={"verdict": VERDICT, "score_lines": SCORE_LINES})
# what a row of the log needs to be replayed, by move: `leads.lifecycle.log`
MOVE_FACTS = Format("facts of a move", parts={"verdict": VERDICT, "routing": ROUTING})
