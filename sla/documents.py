"""The stored documents of this app: what each is, its number and the steps that upgrade its older forms.

To change one, see `leadflow.formats`.
"""

from leadflow.formats import Format
from leads import documents as of_leads

HOURS = Format("business hours")  # `sla.worktime.Hours`, with the names of the holidays
DEFINITIONS = Format("definitions", parts=dict.fromkeys(("mql", "sal", "sql"), of_leads.DEFINITION))
# `sla.terms.Terms`: hashed and signed as stored
TERMS = Format(
    "terms of an agreement", parts={"calendar": HOURS, "definitions": DEFINITIONS, "scoring": of_leads.SCORING}
)
