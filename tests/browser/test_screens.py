"""Look at every page at both widths and in both themes: it answers, nothing is amiss, nothing is wider than the screen,
and axe-core finds nothing serious by WCAG 2.2 AA.

Screenshots of the upper part are left in var/screens for somebody to look at.
"""

import gzip
import re
from itertools import product
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Visitor
from tests.browser.installation import ROOT
from tests.browser.pages import NO_PAGE, Look, every
from tests.dashboard.addresses import walk

pytestmark = pytest.mark.browser

SCREENS = ROOT / "var" / "screens"
WIDTHS = (1440, 390)
THEMES = ("light", "dark")
# What sticks out, if anything does: it helps whoever mends it.
TOO_WIDE = """() => {
  const limit = window.innerWidth;
  if (document.documentElement.scrollWidth <= limit) return [];
  return [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > limit + 1 && !one.closest(".table-wrap"))
    .slice(0, 5).map((one) => `${one.tagName}.${one.className} ${Math.round(one.getBoundingClientRect().right)}`)
    .concat(`scrollWidth ${document.documentElement.scrollWidth} of ${limit}`);
}"""
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
JUDGE = """async () => {
  const only = {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]};
  const found = await axe.run(document, {runOnly: only, resultTypes: ["violations"]});
  const said = (node) => `${node.html.slice(0, 160)} (${node.any[0]?.message ?? ""})`;
  return found.violations.filter((one) => ["serious", "critical"].includes(one.impact)).map((one) =>
    `${one.id}: ${one.nodes.slice(0, 4).map(said).join(" | ")}`);
}"""
# made by others, served as it comes; what it describes is in pages of ours too
NOT_OURS = {"api-docs"}
BROKEN = """() => [...document.images].filter((one) => one.complete && !one.naturalWidth).map((one) => one.src)"""


# Two classes, because the processes of a run share the tests out by class.
SET_UP = re.compile(r"settings|account|u/|f/|invitations|api|workspace|profile|no/|programs|content|forms|campaigns")


@pytest.mark.parametrize("look", [one for one in every() if not SET_UP.match(one.route)], ids=attrgetter("name"))
class TestWhatIsOpenAllDay:
    def test_a_page_answers_fits_every_screen_and_is_open_to_all(self, look: Look, visitors: Any) -> None:
        look_at(look, visitors(look.role))


@pytest.mark.parametrize("look", [one for one in every() if SET_UP.match(one.route)], ids=attrgetter("name"))
class TestWhatIsSetUpOnce:
    def test_a_page_answers_fits_every_screen_and_is_open_to_all(self, look: Look, visitors: Any) -> None:
        look_at(look, visitors(look.role))


def look_at(look: Look, visitor: Visitor) -> None:
    """Look at one page as one person, at both widths and in both themes."""
    page = visitor.open(look.path(visitor.site.ids), look.status)
    assert page.title().removesuffix(" · Leadflow").strip()
    assert page.evaluate(BROKEN) == []
    ours = look.name not in NOT_OURS
    if ours:
        page.evaluate(AXE)
    wrong = {}
    for width, theme in product(WIDTHS, THEMES):
        visitor.dress(width, theme)
        page.screenshot(path=_file(look, width, theme))
        found = page.evaluate(TOO_WIDE)
        if ours:
            found += page.evaluate(JUDGE)
        if found:
            wrong[f"{width} {theme}"] = found
    assert wrong == {}
    assert visitor.complaints == []


def test_what_is_passed_over_is_still_an_address() -> None:
    assert set(NO_PAGE) - {route for route, _ in walk()} == set()


def test_the_first_page_weighs_less_than_the_budget(visit: Any) -> None:
    visitor = visit("sales")
    bodies: list[bytes] = []
    visitor.page.on("requestfinished", lambda done: bodies.append(done.response().body()))
    visitor.open("/inbox/")
    visitor.page.wait_for_load_state("networkidle")
    # production compresses what is text; a font is compressed already
    weight = sum(min(len(gzip.compress(body)), len(body)) for body in bodies)
    assert weight < 150_000, f"{weight:,} bytes"


def _file(look: Look, width: int, theme: str) -> Path:
    return SCREENS / f"{look.name}-{width}-{theme}.png"
