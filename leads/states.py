"""The states of a lead. What moves it from one to another is in `leads.move_catalogue`.

A new state needs the migration, its badge (`dashboard.design.tags`), its sentence on the lead's page, the moves to and
from it, and one of the groups below.
"""

from django.db import models


class State(models.TextChoices):
    NEW = "new", "New"
    NURTURE = "nurture", "Nurture"
    MQL = "mql", "MQL"
    SAL = "sal", "SAL"
    SQL = "sql", "SQL"
    WON = "won", "Won"
    LOST = "lost", "Lost"
    DISQUALIFIED = "disqualified", "Disqualified"


MARKETING_STATES = (State.NEW, State.NURTURE)
SALES_STATES = (State.MQL, State.SAL, State.SQL)
CLOSED_STATES = (State.WON, State.LOST, State.DISQUALIFIED)  # nothing is judged any more until somebody moves it
