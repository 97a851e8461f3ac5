"""The stored documents of this app: what each is, its number and the steps that upgrade its older forms.

To change one, see `leadflow.formats`.
"""

from leadflow.formats import Format

HOURS = Format("business hours")  # `sla.worktime.Hours`, with the names of the holidays
TERMS = Format("terms of an agreement", parts={"calendar": HOURS})  # `sla.terms.Terms`: hashed and signed as stored
