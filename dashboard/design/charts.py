"""Draw lines as SVG on the server: they start at zero, are labelled directly and have a table view."""

from collections.abc import Iterator, Sequence
from math import ceil, floor, log10
from typing import Any

from django import template

register = template.Library()

PLOT_LEFT, PLOT_WIDTH, PLOT_TOP, PLOT_HEIGHT = 5.0, 83.0, 4.0, 84.0
LABEL_GAP = 7.0
MOST_TICKS = 8


def nice_ticks(most: float) -> list[float]:
    """Choose three to six round values from 0 to at least `most`."""
    if most <= 0:
        return [0, 1]
    power = 10 ** floor(log10(most / 4))
    step = next(m * power for m in (1, 2, 5, 10) if m * power * 5 >= most)
    step = max(step, 1) if most >= 2 else step
    return [step * index for index in range(ceil(most / step) + 1)]


@register.inclusion_tag("components/line_chart.html")
def line_chart(
    labels: Sequence[str], series: Sequence[dict[str, Any]], title: str, unfinished: Sequence[bool] = ()
) -> dict[str, Any]:
    """Draw up to five series ({name, values}) over shared labels, with a table of the same figures below.

    `unfinished` says which labels are not complete: the lines to and from them are dashed, and the table says so.
    """
    part = list(unfinished) or [False] * len(labels)
    ticks = nice_ticks(max((float(v or 0) for one in series for v in one["values"]), default=0))
    top, last = ticks[-1], max(len(labels) - 1, 1)
    lines = []
    for index, one in enumerate(series, start=1):
        numbers = [float(value or 0) for value in one["values"]]
        points = [f"{100 * i / last:.2f},{100 - 100 * v / top:.2f}" for i, v in enumerate(numbers)]
        end = 100 - 100 * (numbers[-1] if numbers else 0) / top
        runs = list(_runs(points, part))
        lines.append({"name": one["name"], "runs": runs, "series": index, "y": _down(end)})
    _spread(lines)
    every = ceil(len(labels) / MOST_TICKS) or 1
    return {
        "title": title,
        "lines": [line | {"y": f"{line['y']:.1f}"} for line in lines],
        "y_ticks": [{"text": f"{tick:,g}", "y": f"{_down(100 - 100 * tick / top):.1f}"} for tick in ticks],
        "x_ticks": [
            {"text": label, "x": f"{PLOT_LEFT + PLOT_WIDTH * i / last:.1f}"}
            for i, label in enumerate(labels)
            if i % every == 0
        ],
        "names": [one["name"] for one in series],
        "rows": list(zip(labels, part, zip(*(one["values"] for one in series), strict=True), strict=True)),
    }


def _runs(points: Sequence[str], unfinished: Sequence[bool]) -> Iterator[tuple[str, bool]]:
    """Cut a line where its dashes begin or end: yield the points of each run, and whether it is dashed."""
    run, dashed = list(points[:1]), False
    for i in range(1, len(points)):
        if (now := unfinished[i - 1] or unfinished[i]) != dashed and len(run) > 1:
            yield " ".join(run), dashed
            run = [points[i - 1]]
        dashed = now
        run.append(points[i])
    if run:
        yield " ".join(run), dashed


def _down(share: float) -> float:
    return PLOT_TOP + PLOT_HEIGHT * share / 100


def _spread(lines: list[dict[str, Any]]) -> None:
    """Move the names at the ends of the lines apart where they would lie on each other, upward from the lowest."""
    below = PLOT_TOP + PLOT_HEIGHT + LABEL_GAP
    for line in sorted(lines, key=lambda one: -one["y"]):
        line["y"] = min(line["y"], below - LABEL_GAP)
        below = line["y"]
