"""The stored documents of this app: what each is, its number and the steps that upgrade its older forms.

To change one, see `leadflow.formats`. A condition that stands inside another document goes by that one's number.
"""

from leadflow.formats import Format

STEP = Format("program step")  # the configuration of a step of any kind: `nurture.steps`
ENTRY = Format("program entry")  # who may enter: `nurture.models.Program`
EXIT = Format("program exit")  # what ends it beside the rules
ENROLMENT = Format("reason of an enrolment")  # why this program, and what was skipped
SEND = Format("reason of a send")  # why this content
