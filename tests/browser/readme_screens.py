"""Make the screenshots of the README from a fresh demo: python -m tests.browser.readme_screens

They go to docs/images, as wide as a laptop's screen.
"""

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.installation import FLAGS, ROOT, chromium_path, seed, serve

IMAGES = ROOT / "docs" / "images"
SHOWN = {"inbox": ("sales", "/inbox/"), "overview": ("marketing", "/overview/"), "agreement": ("viewer", "/agreement/")}


def main() -> None:
    """Seed, serve, and photograph."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as base, sync_playwright() as playwright:
        seed(Path(base), "2000", "bare")
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        with serve(Path(base)) as site:
            for name, (role, path) in SHOWN.items():
                context = browser.new_context(viewport={"width": 1440, "height": 860}, reduced_motion="reduce")
                context.add_cookies([{"name": "leadflow_session", "value": site.sessions[role], "url": site.url}])
                page = context.new_page()
                page.goto(site.url + path, wait_until="networkidle")
                page.screenshot(path=IMAGES / f"{name}.png")
                context.close()
        browser.close()


if __name__ == "__main__":
    main()
