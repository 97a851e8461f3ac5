"""Format the figures of hand-overs for pages and files: what each is called, its base, and the list behind it.

The base is always hand-overs in a period, by where they stand (`leads.queries.handoff_report`); the funnel, which
counts people, is in `dashboard.wording.figures`. One table of measures makes the report, its CSV and its sorting.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from dashboard.design import words
from dashboard.design.periods import Period
from dashboard.wording.figures import ReportBar, ReportFigure, changed_number, changed_share, handoffs_url
from leads.queries import costs, outcomes
from leads.queries.handoff_report import Figures, Report

TONES = {"waiting": "accent", "promoted": "good", "in_work": "good", "won": "good", "returned": "warn"}
MOST_REASONS = 6  # columns of the table of reasons; the others are added up in one


@dataclass(frozen=True)
class Measure:
    """One count of the report: its name, its words, how it is read, and the filters that list what it counts."""

    name: str
    label: str
    count: Callable[[Figures], int]
    wanted: Mapping[str, str] = field(default_factory=dict)
    share: bool = True  # shown as a part of the hand-overs


MEASURES = {
    each.name: each
    for each in (
        Measure("mql", "Handed over", lambda row: row.handed_over, share=False),
        Measure("waiting", "Waiting", lambda row: row.outcomes["waiting"], {"outcome": "waiting"}),
        Measure("sal", "Accepted", lambda row: row.reached["sal"], {"reached": "sal"}),
        Measure("sal_missed", "Criteria missed", lambda row: row.sal_missed, {"sal": "missed"}),
        Measure("returned", "Returned", lambda row: row.outcomes["returned"], {"outcome": "returned"}),
        Measure("sql", "SQL", lambda row: row.reached["sql"], {"reached": "sql"}),
        Measure("won", "Won", lambda row: row.reached["won"], {"reached": "won"}),
    )
}


@dataclass(frozen=True)
class Cell:
    """Hold one count of a row: the list behind it, the hand-overs it is a part of, and the count of before."""

    label: str
    count: int
    of: int | None
    url: str
    before: str = ""

    @property
    def share(self) -> str:
        """Return the share in words; nothing where there are too few to say so."""
        return words.percent(self.count, self.of) if self.of and self.of >= words.FEW else ""


@dataclass(frozen=True)
class ReportLine:
    """Hold one row of the report. `reasons` are in the order of the report's, those beyond `MOST_REASONS` in one."""

    key: str
    label: str
    row: Figures
    cells: list[Cell]
    reasons: list[Cell]
    cost: Mapping[str, Decimal]

    def cell(self, measure: str) -> Cell:
        """Return the count of a measure by its name."""
        return self.cells[list(MEASURES).index(measure)]

    @property
    def head(self) -> list[Cell]:
        """Return the counts that head a row of reasons."""
        return [self.cell("mql"), self.cell("returned")]

    @property
    def per_mql(self) -> dict[str, Decimal]:
        """Return the cost of one hand-over, by currency."""
        return costs.per(self.cost, self.row.handed_over)

    @property
    def per_sql(self) -> dict[str, Decimal]:
        """Return the cost of one that became sales-qualified."""
        return costs.per(self.cost, self.row.reached["sql"])

    @property
    def per_deal(self) -> dict[str, Decimal]:
        """Return the cost of one that was won."""
        return costs.per(self.cost, self.row.reached["won"])


def report_lines(
    found: Report,
    wanted: Mapping[str, str],
    spent: Mapping[str, Mapping[str, Decimal]],
    names: Mapping[str, str],
    before: Report | None = None,
) -> list[ReportLine]:
    """Return the rows of a report with the lists behind their counts, and with the counts of before where asked.

    What cost something and brought no hand-over is a row as well, called as `names` has it.
    """
    earlier = {row.key: row for row in before.rows} if before else {}

    def was(key: str | None) -> Figures | None:
        return earlier.get(key, Figures()) if before else None

    known = {row.key for row in found.rows}
    idle = [Figures(key, names.get(key, key)) for key in spent if key not in known]
    return [
        _line(found, row, {**wanted, found.by.name: row.key or ""}, spent.get(row.key or "", {}), was(row.key))
        for row in [*found.rows, *idle]
    ]


def total_line(
    found: Report, wanted: Mapping[str, str], spent: Mapping[str, Decimal], before: Report | None
) -> ReportLine:
    """Return the line of all rows together."""
    return _line(found, found.total, wanted, spent, before.total if before else None)


def _line(
    found: Report,
    row: Figures,
    wanted: Mapping[str, str],
    cost: Mapping[str, Decimal],
    was: Figures | None,
) -> ReportLine:
    cells = [
        Cell(
            each.label,
            each.count(row),
            row.handed_over if each.share else None,
            handoffs_url(**{**wanted, **each.wanted}),
            _before(each, was),
        )
        for each in MEASURES.values()
    ]
    returned = row.outcomes["returned"]
    reasons = [
        Cell(found.reasons[code], row.reasons.get(code, 0), returned, handoffs_url(**{**wanted, "reason": code}))
        for code in reason_columns(found)
    ]
    if len(found.reasons) > len(reasons):
        rest = returned - sum(cell.count for cell in reasons)
        reasons.append(Cell("Others", rest, returned, handoffs_url(**{**wanted, "outcome": "returned"})))
    return ReportLine(row.key or "", row.label, row, cells, reasons, cost)


def reason_columns(found: Report) -> list[str]:
    """Return the codes of the reasons that have a column of their own."""
    codes = list(found.reasons)
    return codes if len(codes) <= MOST_REASONS else codes[: MOST_REASONS - 1]


def reason_heads(found: Report) -> list[str]:
    """Return the heads of the columns of reasons."""
    heads = [found.reasons[code] for code in reason_columns(found)]
    return [*heads, "Others"] if len(found.reasons) > len(heads) else heads


def _before(measure: Measure, was: Figures | None) -> str:
    if was is None:
        return ""
    count = measure.count(was)
    many = measure.share and was.handed_over >= words.FEW
    return f"{count:,}, {words.percent(count, was.handed_over)}" if many else f"{count:,}"


def figures(now: Figures, before: Figures | None, period: Period) -> list[ReportFigure]:
    """Return the four figures of the overview, all of them about the hand-overs of the period."""
    days = period.query
    accepted, returned, won = now.reached["sal"], now.outcomes["returned"], now.reached["won"]
    of = f"of {now.handed_over:,} hand-over{'' if now.handed_over == 1 else 's'}"
    return [
        ReportFigure(
            "Handed over",
            f"{now.handed_over:,}",
            handoffs_url(**days),
            "hand-overs to sales",
            "send",
            **changed_number(now.handed_over, before.handed_over if before else None),
        ),
        ReportFigure(
            "Accepted",
            words.percent(accepted, now.handed_over),
            handoffs_url(reached="sal", **days),
            f"{accepted:,} {of}",
            "check",
            **changed_share(accepted, now.handed_over, (before.reached["sal"], before.handed_over) if before else None),
        ),
        ReportFigure(
            "Returned",
            words.percent(returned, now.handed_over),
            handoffs_url(outcome="returned", **days),
            f"{returned:,} {of}",
            "undo-2",
            **changed_share(
                returned,
                now.handed_over,
                (before.outcomes["returned"], before.handed_over) if before else None,
                good=False,
            ),
        ),
        ReportFigure(
            "Won so far",
            words.money_each(now.revenue),
            handoffs_url(reached="won", **days),
            f"{won:,} {of}",
            "trophy",
        ),
    ]


_SENTENCE = {
    "waiting": ("waits for an answer", "wait for an answer"),
    "in_work": ("is in work", "are in work"),
    "promoted": ("is sales-qualified", "are sales-qualified"),
    "won": ("is won", "are won"),
    "lost": ("is lost", "are lost"),
    "returned": ("came back", "came back"),
    "withdrawn": ("was withdrawn", "were withdrawn"),
}


def parts_in_words(now: Figures) -> str:
    """Say where the hand-overs stand, in parts that add up: "3 wait for an answer, 4 are in work and 1 is won"."""
    said = [f"{count:,} {_SENTENCE[name][count != 1]}" for name in outcomes.parts() if (count := now.outcomes[name])]
    return f"{', '.join(said[:-1])} and {said[-1]}" if len(said) > 1 else said[0] if said else ""


def outcome_bars(now: Figures, overdue: int, period: Period) -> list[ReportBar]:
    """Return where the hand-overs stand, as bars that add up to them; overdue is a part of waiting."""
    bars = []
    for name, outcome in outcomes.parts().items():
        count = now.outcomes[name]
        bars.append(ReportBar(outcome.words, count, handoffs_url(outcome=name, **period.query), TONES.get(name, "")))
        if name == "waiting" and overdue:
            behind = handoffs_url(outcome="overdue", **period.query)
            bars.append(ReportBar("of these overdue", overdue, behind, "bad"))
    return bars


def csv_rows(
    lines: Iterable[ReportLine], total: ReportLine, by: str, reasons: Mapping[str, str]
) -> Iterable[list[Any]]:
    """Yield the report as rows of a CSV file: counts, then reasons by code, then money with its currency."""
    heads = [each.label.lower() for each in MEASURES.values()]
    parts = [name for name in outcomes.parts() if name not in ("waiting", "returned", "won")]
    yield [
        by,
        *heads,
        *(outcomes.OUTCOMES[name].words.lower() for name in parts),
        *(f"returned: {code}" for code in reasons),
        "rated",
        "mean rating",
        "cost",
        "revenue",
    ]
    for line in [*lines, total]:
        row = line.row
        yield [
            line.label,
            *(cell.count for cell in line.cells),
            *(row.outcomes[name] for name in parts),
            *(row.reasons.get(code, 0) for code in reasons),
            row.rated,
            "" if row.rating is None else round(row.rating, 2),
            _plain(line.cost),
            _plain(row.revenue),
        ]


def _plain(sums: Mapping[str, Decimal]) -> str:
    return "; ".join(f"{sum} {currency}" for currency, sum in sorted(sums.items()))


def add_up(sums: Iterable[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    """Add sums up, each currency by itself."""
    total: dict[str, Decimal] = {}
    for each in sums:
        for currency, amount in each.items():
            total[currency] = total.get(currency, Decimal(0)) + amount
    return total


@dataclass(frozen=True)
class Comparison:
    """Hold two rows side by side: of each measure both shares and the difference in percentage points."""

    first: ReportLine
    second: ReportLine
    rows: list[tuple[str, Cell, Cell, str]]
    few: bool  # one of them has too few hand-overs to say anything


def compare(first: ReportLine, second: ReportLine) -> Comparison:
    """Compare two rows of a report: counts, shares, reasons of return."""
    pairs = [*zip(first.cells, second.cells, strict=True), *zip(first.reasons, second.reasons, strict=True)]
    rows = [(one.label, one, other, _points(one, other)) for one, other in pairs]
    few = min(first.row.handed_over, second.row.handed_over) < words.FEW
    return Comparison(first, second, rows, few)


def _points(one: Cell, other: Cell) -> str:
    if not one.of or not other.of:
        return ""
    points = round(100 * one.count / one.of - 100 * other.count / other.of, 1)
    return f"{points:+g} points".replace("-", "−") if points else "the same"
