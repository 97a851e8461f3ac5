"""Run Leadflow as its users do, with the demo in it, and look at it with Chromium.

The server is a process of its own in the embedded default, whatever database the run is on: pages then have the
volume, the content policy and the files that they have in life. The demo is seeded once per run and copied for each
worker.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.installation import FLAGS, Site, chromium_path, seed, serve

LEADS = 240
TALL = 1200
PATIENCE = 15_000  # milliseconds for anything to appear: several servers and browsers share two cores
expect.set_options(timeout=PATIENCE)
# No complaints: a refusal, which a page that is asked for one must give; a part that was given up for a newer one.
EXPECTED = ("Failed to load resource: the server responded with a status of 4", "htmx:afterRequest", "htmx:sendAbort")
SETTLED = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  await frame();
  await Promise.allSettled(document.getAnimations().map((one) => one.finished));
  await frame();
}"""


def folder() -> Path:
    """Return where this run keeps its demo. LEADFLOW_BROWSER_DEMO names one that outlives the run, to seed it once."""
    kept = os.environ.get("LEADFLOW_BROWSER_DEMO")
    return Path(kept or Path(tempfile.gettempdir()) / f"leadflow-browser-{os.environ['LEADFLOW_TEST_RUN']}")


@pytest.fixture(scope="session")
def seeded() -> Path:
    """Return a folder with the demo in it, made by whichever worker of this run is first."""
    base = folder()
    base.mkdir(exist_ok=True)
    with (base / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (base / "facts.json").exists():
            seed(base, str(LEADS))
    return base


@pytest.fixture(scope="session")
def site(seeded: Path) -> Iterator[Site]:
    """Serve a copy of the seeded folder until the session ends."""
    with serve(seeded) as site:
        yield site


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return one Chromium for all tests of a worker."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield browser
        browser.close()


class Visitor:
    """One person's browser. `complaints` is what the console, the policy and the network found wrong."""

    def __init__(self, chromium: Browser, site: Site, role: str = "", **options: Any) -> None:
        self.site = site
        self.context: BrowserContext = chromium.new_context(
            base_url=site.url,
            viewport={"width": options.pop("width", 1440), "height": TALL},
            reduced_motion="reduce",
            **options,
        )
        self.context.set_default_timeout(PATIENCE)
        if role:
            session = {"name": "leadflow_session", "value": site.sessions[role], "url": site.url}
            self.context.add_cookies([session])  # type: ignore[list-item]
        self.complaints: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda said: said.type == "error" and self.note(said.text))
        self.page.on("pageerror", lambda error: self.note(str(error)))
        self.page.on("request", self._foreign)

    def note(self, text: str) -> None:
        """Keep a complaint, unless it is an expected one."""
        if not text.startswith(EXPECTED):
            self.complaints.append(text)

    def _foreign(self, request: Any) -> None:
        if not request.url.startswith((self.site.url, "data:", "blob:", "about:")):
            self.complaints.append(f"asked another host: {request.url}")

    def open(self, path: str, status: int = 200) -> Page:
        """Open a page and return it once its scripts have run."""
        answer = self.page.goto(path, wait_until="load")
        assert answer is not None
        assert answer.status == status, path
        return self.page

    def dress(self, width: int, theme: str = "light") -> None:
        """Make the screen that wide and the system's theme that one, and wait until the page has followed."""
        self.page.set_viewport_size({"width": width, "height": TALL})
        self.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        self.page.evaluate(SETTLED)


@pytest.fixture(scope="session")
def visitors(chromium: Browser, site: Site) -> Iterator[Any]:
    """Return a function that gives each role's browser, kept open for the session; "" is a stranger's."""
    known: dict[str, Visitor] = {}

    def give(role: str) -> Visitor:
        if role not in known:
            known[role] = Visitor(chromium, site, role)
        known[role].complaints.clear()
        return known[role]

    yield give
    for each in known.values():
        each.context.close()


@pytest.fixture
def visit(chromium: Browser, site: Site) -> Iterator[Any]:
    """Return a function that opens a browser of its own for a role; it ends with the test, and nothing was amiss."""
    opened: list[Visitor] = []

    def give(role: str = "", **options: Any) -> Visitor:
        opened.append(Visitor(chromium, site, role, **options))
        return opened[-1]

    yield give
    for each in opened:
        each.context.close()
    assert [complaint for each in opened for complaint in each.complaints] == []


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remove the seeded folder; among workers, only the one that started them does."""
    if not hasattr(session.config, "workerinput") and "LEADFLOW_BROWSER_DEMO" not in os.environ:
        shutil.rmtree(folder(), ignore_errors=True)
