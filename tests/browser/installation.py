"""Make an installation in a folder of its own: the embedded default, with the demo in it, served to Chromium."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.services import free_port

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Site:
    """A running Leadflow: its address, its folder, a session cookie per role, and ids of what is in it."""

    url: str
    var: Path
    sessions: dict[str, str]
    ids: dict[str, Any]

    def run(self, *command: str) -> str:
        """Run Python as this installation and return what it prints."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment(self.var, self.url),
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def manage(self, *command: str) -> str:
        """Run a management command of this installation and return what it prints."""
        return self.run("manage.py", *command)


def environment(var: Path, url: str = "") -> dict[str, str]:
    """Return the environment of an embedded installation in `var`, with nothing of the test run in it."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    extra = {"LEADFLOW_URL": url} if url else {}
    return kept | {"LEADFLOW_VAR": str(var), "DJANGO_SETTINGS_MODULE": "leadflow.settings"} | extra


def seed(base: Path, *options: str) -> None:
    """Put the demo into `base`/var, and into `base`/facts.json how to reach what is in it (see `seed`)."""
    var = base / "var"
    shutil.rmtree(var, ignore_errors=True)
    var.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.browser.seed", *options],
        cwd=ROOT,
        env=environment(var),
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (base / "facts.json").write_text(done.stdout)


@contextmanager
def serve(base: Path) -> Iterator[Site]:
    """Serve a copy of a seeded folder."""
    var = Path(tempfile.mkdtemp(prefix="leadflow-site-"))
    shutil.copytree(base / "var", var, dirs_exist_ok=True)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (var / "web.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{port}", "leadflow.wsgi:application"],
            cwd=ROOT,
            env=environment(var, url),
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(f"{url}/healthz", server, var / "web.log")
        yield Site(url, var, **json.loads((base / "facts.json").read_text()))
    finally:
        server.terminate()
        server.wait(timeout=10)
        shutil.rmtree(var, ignore_errors=True)


def chromium_path() -> str | None:
    """Return where Chromium is."""
    return os.environ.get("LEADFLOW_CHROMIUM") or shutil.which("chromium")


def wait_for(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    """Return once `url` answers 200."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            if server.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(log.read_text()) from None
            time.sleep(0.1)
