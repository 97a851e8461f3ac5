"""The states of a lead and the moves between them: the table of the product, as data."""

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Move:
    """One row of the table: from where, to where (None: the state is kept, or the reason decides)."""

    name: str
    sources: tuple[State, ...]
    target: State | None


MOVES = {
    move.name: move
    for move in (
        Move("qualify", (State.NEW, State.NURTURE), State.MQL),
        Move("accept", (State.MQL,), State.SAL),
        Move("return", (State.MQL, State.SAL, State.SQL), None),
        Move("recall", (State.MQL,), State.NURTURE),
        Move("reassign", (State.MQL, State.SAL, State.SQL), None),
        Move("promote", (State.SAL,), State.SQL),
        Move("win", (State.SQL,), State.WON),
        Move("lose", (State.SQL,), State.LOST),
        Move("recycle", (State.LOST,), State.NURTURE),
        Move("disqualify", (State.NEW, State.NURTURE, State.MQL, State.SAL), State.DISQUALIFIED),
        Move("reopen", (State.DISQUALIFIED, State.LOST), State.NURTURE),
    )
}


def moves_from(state: str) -> list[str]:
    """Return the names of the moves that the table allows from a state."""
    return [move.name for move in MOVES.values() if state in move.sources]
