"""News from this room to those above it."""

from django.dispatch import Signal

# A workspace was made: sent with sender=Workspace, workspace=, at=, inside the transaction that makes it.
# Receivers in leads, sla and nurture (in this order) set their defaults up; one that raises undoes the whole.
created = Signal()
