"""`bin/run` and `manage.py up`, started as real processes."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings

from leadflow.supervisor import Child, Supervisor
from tests import services

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc, which only Linux has"),
]


def until(true: Callable[[], object], seconds: float = 20.0) -> bool:
    """Wait until a thing is so; return whether it became so."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return False


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children_of(parent: int) -> dict[str, int]:
    """Return the process ids of web, worker and beat below a process."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            ppid = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            words = (entry / "cmdline").read_text().split("\0")
        except OSError:
            continue
        if ppid == parent:
            found |= {name: int(entry.name) for name in ("waitress", "worker", "beat") if name in words}
    return found


@pytest.fixture
def port() -> int:
    return services.free_port()


@pytest.fixture(scope="module")
def var(tmp_path_factory) -> Path:
    """A folder whose database is made by the first start and kept by the next."""
    return tmp_path_factory.mktemp("var")


def environment(var: Path) -> dict[str, str]:
    given = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "LEADFLOW_TEST_POSTGRES", "LEADFLOW_URL")
    return {name: value for name, value in os.environ.items() if name not in given} | {"LEADFLOW_VAR": str(var)}


@dataclass
class Up:
    process: subprocess.Popen[bytes]
    log: Path

    def children(self) -> dict[str, int]:
        return children_of(self.process.pid)


@contextmanager
def up(var: Path, port: int) -> Iterator[Up]:
    """Run `manage.py up` until it says that it runs; end whatever is left of it."""
    log = var / f"up-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--no-demo", f"--port={port}"],
            cwd=settings.BASE_DIR,
            env=environment(var),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    started: dict[str, int] = {}
    try:
        assert until(lambda: "Leadflow runs at" in log.read_text() or process.poll() is not None, 60), log.read_text()
        assert f"http://127.0.0.1:{port}" in log.read_text(), log.read_text()
        started = children_of(process.pid)
        yield Up(process, log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(30)
        for pid in filter(alive, started.values()):
            os.kill(pid, signal.SIGKILL)


def test_a_tick_of_beat_reaches_the_worker_and_old_ticks_are_thrown_away(var, port):
    broker = var / "broker"
    broker.mkdir(exist_ok=True)
    (broker / "1_old.celery.msg").write_text("a tick of last week")
    with up(var, port) as running:
        assert not (broker / "1_old.celery.msg").exists()
        worker = running.children()["worker"]
        os.kill(worker, signal.SIGSTOP)
        assert until(lambda: len(list(broker.glob("*.msg"))) >= 3), "beat writes ticks"
        waiting = set(broker.glob("*.msg"))
        os.kill(worker, signal.SIGCONT)
        assert until(lambda: not any(path.exists() for path in waiting)), "the worker takes them"


def test_a_killed_worker_starts_again_by_itself(var, port):
    with up(var, port) as running:
        killed = running.children()["worker"]
        os.kill(killed, signal.SIGKILL)
        assert until(lambda: running.children().get("worker", killed) != killed)
        assert "The worker process ended (signal 9); starting it again" in running.log.read_text()


def test_one_ctrl_c_ends_all_and_says_so_once(var, port):
    with up(var, port) as running:
        pids = running.children()
        assert set(pids) == {"waitress", "worker", "beat"}
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(20) == 0
        assert not any(map(alive, pids.values()))
        assert running.log.read_text().count("Stopping.") == 1
        assert "Traceback" not in running.log.read_text()


def test_nothing_outlives_a_parent_that_is_killed(var, port):
    with up(var, port) as running:
        pids = running.children()
        running.process.kill()
        assert until(lambda: not any(map(alive, pids.values())))


def test_a_second_start_keeps_the_data(var, port):
    with up(var, port):
        pass
    database = sqlite3.connect(var / "leadflow.sqlite3")
    with database:
        database.execute("INSERT OR REPLACE INTO django_session VALUES ('kept', 'data', '2040-01-01')")
    key = (var / "secret-key").read_text()
    with up(var, port):
        assert database.execute("SELECT session_data FROM django_session WHERE session_key = 'kept'").fetchone()
    database.close()
    assert (var / "secret-key").read_text() == key


def start_in_vain(var: Path, port: int) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", "up", "--no-demo", f"--port={port}"],
        cwd=settings.BASE_DIR,
        env=environment(var),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_taken_port_is_one_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = start_in_vain(tmp_path, port)
    assert said.startswith(f"Port {port} is taken: ")
    assert f"--port {port + 1}" in said
    assert not (tmp_path / "leadflow.sqlite3").exists()


def test_a_port_that_there_is_not_is_one_sentence(tmp_path):
    assert start_in_vain(tmp_path, 80000).startswith("There is no port 80000: choose one from 1 to 65535")


def test_a_second_one_in_the_same_folder_is_one_sentence(var, port):
    with up(var, port) as running:
        assert f"already runs from this folder (process {running.process.pid})" in start_in_vain(var, port + 1)
        assert running.process.poll() is None


@pytest.fixture
def tree(tmp_path) -> Path:
    """A tree that has bin/venv, an empty lock file, and a PATH with no Python on it."""
    (tmp_path / "bin").mkdir()
    shutil.copy(settings.BASE_DIR / "bin/venv", tmp_path / "bin/venv")
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "path").mkdir()
    for name in ("sh", "dirname", "cmp", "cp"):
        (tmp_path / "path" / name).symlink_to(shutil.which(name))
    return tmp_path


def make_venv(tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tree / "bin/venv", "requirements.txt"],
        env={"PATH": str(tree / "path")},
        capture_output=True,
        text=True,
        timeout=120,
    )


def put_python(tree: Path, script: str) -> None:
    (tree / "path/python3").write_text(f"#!/bin/sh\n{script}\n")
    (tree / "path/python3").chmod(0o755)


def test_a_python_that_is_too_old_is_one_sentence(tree):
    put_python(tree, 'case "$*" in --version) echo "Python 3.9.2";; *) exit 1;; esac')
    done = make_venv(tree)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "needs Python 3.11 or later and found Python 3.9.2: install a newer one" in done.stderr
    assert not (tree / ".venv").exists()


def test_no_python_at_all_is_one_sentence(tree):
    done = make_venv(tree)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "found no Python: install" in done.stderr


def test_a_missing_venv_module_is_one_sentence(tree):
    put_python(tree, f'case "$*" in *ensurepip*) exit 1;; esac; exec {sys.executable} "$@"')
    done = make_venv(tree)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "has no venv module: install it" in done.stderr
    assert not (tree / ".venv").exists()


def test_the_packages_are_installed_once_and_again_when_the_lock_changes(tree):
    put_python(tree, f'exec {sys.executable} "$@"')
    assert "Installing the packages" in make_venv(tree).stderr
    assert make_venv(tree).stderr == ""
    (tree / "requirements.txt").write_text("# changed\n")
    assert "Installing the packages" in make_venv(tree).stderr
    assert (tree / ".venv/requirements.txt").read_text() == "# changed\n"


def test_the_watcher_for_other_systems_ends_the_child_with_its_parent(tmp_path):
    script = f"""
import os, sys, time
from leadflow.supervisor import Child
sys.platform = "other"
child = Child("sleeper", ["sleep", "300"])
child.start(os.environ)
open({str(tmp_path / "pid")!r}, "w").write(str(child.process.pid) + chr(10))
time.sleep(300)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=settings.BASE_DIR)
    try:
        assert until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().endswith("\n"))
        child = int((tmp_path / "pid").read_text())
        assert alive(child)
    finally:
        parent.kill()
        parent.wait()
    assert until(lambda: not alive(child))


def test_a_child_that_keeps_failing_is_started_ever_more_slowly():
    said: list[str] = []
    child = Child("failing", ["false"])
    supervisor = Supervisor([child], os.environ, said.append)
    child.start(os.environ)
    for _ in range(3):
        child.process.wait()
        supervisor.watch()
        child.restart_at = time.monotonic()  # as if the wait were over
        supervisor.watch()
    child.process.wait()
    assert [line.rsplit(" in ", 1)[1] for line in said] == ["1 s.", "2 s.", "4 s."]
