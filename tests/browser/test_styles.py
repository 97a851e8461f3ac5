"""Hold that the browser understands every declaration of the style sheets and that no rule says a thing twice.

The formatter (see `bin/check`) only sees the form; a misspelt property or value is dropped by browsers without a word.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.installation import ROOT

pytestmark = pytest.mark.browser

COMMENT = re.compile(r"/\*.*?\*/", re.S)
RULE = re.compile(r"([^{};]+)\{([^{}]*)\}")
IMPORTANT = re.compile(r"\s*!important$")
Declaration = tuple[str, str, str]


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page()
    yield page
    page.close()


def declarations(css: str) -> list[Declaration]:
    """List selector, property and value; without custom properties and descriptors, which have no fixed syntax."""
    found = []
    for selector, body in RULE.findall(COMMENT.sub("", css)):
        if selector.strip().startswith("@"):
            continue
        for line in filter(str.strip, body.split(";")):
            name, _, value = line.partition(":")
            if not name.strip().startswith("--"):
                found.append((selector.strip(), name.strip(), IMPORTANT.sub("", value.strip())))
    return found


def unknown(page: Page, css: str) -> list[Declaration]:
    """List the declarations that Chromium would drop."""
    asked = declarations(css)
    kept = page.evaluate("(all) => all.map(([selector, name, value]) => CSS.supports(name, value))", asked)
    return [one for one, known in zip(asked, kept, strict=True) if not known]


def repeated(css: str) -> list[Declaration]:
    """List the declarations whose property stands in the same rule before."""
    again = []
    for selector, body in RULE.findall(COMMENT.sub("", css)):
        seen: set[str] = set()
        for one in declarations(f"{selector}{{{body}}}"):
            if one[1] in seen:
                again.append(one)
            seen.add(one[1])
    return again


@pytest.mark.parametrize("path", sorted((ROOT / "static" / "css").glob("*.css")), ids=lambda path: path.stem)
def test_a_style_sheet_is_understood_and_repeats_nothing(page: Page, path: Path) -> None:
    css = path.read_text()
    assert unknown(page, css) == []
    assert repeated(css) == []


def test_what_is_misspelt_or_said_twice_is_found(page: Page) -> None:
    assert unknown(page, "@media print { a { colour: red; color: red; } }") == [("a", "colour", "red")]
    assert unknown(page, "a,\nb { display: flexx !important; }") == [("a,\nb", "display", "flexx")]
    assert repeated("a { color: red; --x: 1; color: blue; } b { color: red; }") == [("a", "color", "blue")]
