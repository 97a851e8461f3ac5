"""Format the counts and the performance of a rep as the four figures and the sentence of the inbox."""

from collections.abc import Sequence
from typing import Any

from dashboard.design.tags import percent
from sla.durations import Unit
from sla.inbox import AcceptTarget, Counts, Performance
from sla.words import length


def sentence(counts: Counts, targets: Sequence[AcceptTarget], *, own: bool) -> str:
    """Describe how many leads wait, and within what time by the agreements their clocks began under."""
    if not counts.waiting:
        return "No leads wait for your answer." if own else "No leads wait for an answer."
    many = "1 lead waits" if counts.waiting == 1 else f"{counts.waiting:,} leads wait"
    said = f"{many} for {'your' if own else 'an'} answer."
    if counts.late:
        said += f" {counts.late:,} {'is' if counts.late == 1 else 'are'} overdue."
    if targets:
        said += f" The agreement asks for one within {_targets(targets)}."
    return said


def figures(counts: Counts, performance: Performance | None, *, own: bool, query: str) -> list[dict[str, Any]]:
    """Give the four figures, each with the address of the rows behind it; `query` keeps the member chosen.

    Without performance, three of them show that they are being loaded.
    """
    shown: list[dict[str, Any]] = [
        {
            "label": "Waiting for you" if own else "Waiting for an answer",
            "value": f"{counts.waiting:,}",
            "note": _urgent(counts),
            "url": f"?tab=waiting{query}",
            "icon": "inbox",
        },
        {"label": "Median time to accept", "url": f"?tab=accepted{query}", "icon": "clock"},
        {"label": "SLA met, 30 days", "url": f"?tab=promises{query}", "icon": "shield-check"},
        {"label": "Accepted that became SQL", "url": f"?tab=accepted{query}", "icon": "target"},
    ]
    measured = [{"value": "…", "note": "takes a moment longer"}] * 3 if performance is None else _measured(performance)
    return [shown[0], *(figure | more for figure, more in zip(shown[1:], measured, strict=True))]


def _measured(performance: Performance) -> list[dict[str, Any]]:
    """Give the values of the three figures that are measured over time."""
    return [
        _accept_time(performance),
        {
            "value": _share(performance.kept.in_time, performance.kept.decided),
            "note": f"target {performance.kept_target:g}%"
            if performance.kept_target
            else "nothing was promised in 30 days",
            **_points(performance.kept.share, performance.kept_before.share),
        },
        {
            "value": _share(performance.promoted, performance.accepted),
            "note": "of those accepted in 30 days",
            **_points(
                _rate(performance.promoted, performance.accepted),
                _rate(performance.promoted_before, performance.accepted_before),
            ),
        },
    ]


def _urgent(counts: Counts) -> str:
    soon = counts.within_hour - counts.late
    said = [f"{counts.late:,} overdue"] if counts.late else []
    said += [f"{soon:,} due within the hour"] if soon else []
    return ", ".join(said) or "none due within the hour"


def _targets(targets: Sequence[AcceptTarget]) -> str:
    """Say the time to accept: once when it is the same for all, else with the tier that each is for.

    A version that no longer runs is named beside what began under it.
    """
    if len({target.within for target in targets}) == 1:
        return f"{targets[0].within}{_of_working_time(targets)}"
    several = len({target.version for target in targets}) > 1
    latest = {(target.tier, target.within): target for target in reversed(targets)}  # the newest version comes first
    said = []
    for target in reversed(latest.values()):
        version = f", by agreement {target.version}" if target.superseded and several else ""
        said.append(f"{target.within} ({target.tier}{version})")
    all_by = f", by agreement {targets[0].version}" if targets[0].superseded and not several else ""
    return f"{' or '.join(said)}{_of_working_time(targets)}{all_by}"


def _of_working_time(targets: Sequence[AcceptTarget]) -> str:
    """Say in what minutes and hours are counted; working days say it themselves."""
    return " of working time" if any(target.within.unit is not Unit.DAYS for target in targets) else ""


def _accept_time(performance: Performance) -> dict[str, Any]:
    now, before = performance.accept_median, performance.accept_median_before
    figure: dict[str, Any] = {
        "value": "–" if now is None else length(now, None),
        "note": "of working time, 30 days",
    }
    if performance.accept_targets:
        figure["note"] = f"target {_targets(performance.accept_targets)}"
    if now is not None and before and round(abs(now - before) / before, 2):
        faster = now < before
        share = abs(now - before) / before
        figure |= {
            "change": f"{share:.0%} {'faster' if faster else 'slower'}",
            "change_tone": "good" if faster else "bad",
            "change_up": not faster,
        }
    return figure


def _points(now: float | None, before: float | None) -> dict[str, Any]:
    """Give the change of a percentage, in points."""
    if now is None or before is None or round(now - before, 1) == 0:
        return {}
    up = now > before
    return {"change": f"{abs(now - before):.1f} points", "change_tone": "good" if up else "bad", "change_up": up}


def _rate(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def _share(part: int, whole: int) -> str:
    return percent(part, whole)
