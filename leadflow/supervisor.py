"""Keep child processes running, and let none of them outlive this one."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

PR_SET_PDEATHSIG = 1
STEADY_SECONDS = 30.0  # a child that ran for so long starts again at once
LONGEST_WAIT = 30.0


@dataclass
class Child:
    """One program in a process group of its own, so that a Ctrl-C in the terminal reaches only the parent."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    tether: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    restart_at: float = 0.0

    def start(self, env: Mapping[str, str]) -> None:
        """Start the program, tied to the life of this process."""
        parent = os.getpid()
        on_linux = sys.platform == "linux"
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=(lambda: _die_with(parent)) if on_linux else None,
        )
        if not on_linux:
            self.tether = _tether(self.process.pid)

    def signal(self, number: int) -> None:
        """Send a signal to the whole group of the program, if it still runs."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def untie(self) -> None:
        """End the watcher of a program that has ended; its process id may soon be another's."""
        if self.tether:
            self.tether.kill()
            self.tether.wait()
            self.tether = None


@dataclass
class Supervisor:
    """Run children until stopped; start a dead one again after 1, 2, 4 … seconds."""

    children: list[Child]
    env: Mapping[str, str]
    say: Callable[[str], None]
    stopping: bool = field(default=False, init=False)

    def start(self) -> None:
        """Start all children, and take Ctrl-C, SIGTERM and a closed terminal as requests to stop."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        for child in self.children:
            child.start(self.env)

    def _on_signal(self, number: int, frame: object) -> None:
        self.stopping = True

    def watch(self) -> None:
        """Restart what died, once; call it a few times per second."""
        for child in self.children:
            code = child.process.poll() if child.process else None
            if code is None:
                continue
            now = time.monotonic()
            if not child.restart_at:
                child.untie()
                child.failures = 0 if now - child.started > STEADY_SECONDS else child.failures + 1
                wait = min(2.0 ** max(child.failures - 1, 0), LONGEST_WAIT) if child.failures else 0.0
                child.restart_at = now + wait
                self.say(f"The {child.name} process ended ({_reason(code)}); starting it again in {wait:.0f} s.")
            if now >= child.restart_at:
                child.restart_at = 0.0
                child.start(self.env)

    def stop(self, patience: float = 8.0) -> None:
        """End all children: ask, wait up to `patience` seconds, then kill."""
        for child in self.children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + patience
        for child in self.children:
            if child.process:
                try:
                    child.process.wait(max(0.0, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    child.signal(signal.SIGKILL)
                    child.process.wait()
            child.untie()


def _reason(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _die_with(parent: int) -> None:
    """Ask the kernel, in the new child, for SIGTERM when the parent dies; leave at once if it already has."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)


def _tether(group: int) -> subprocess.Popen[bytes]:
    """Start a watcher that ends the group when this process dies, for systems whose kernel does not.

    Its input is a pipe that only this process holds open: `read` returns when that end is gone.
    """
    return subprocess.Popen(
        ["/bin/sh", "-c", f"read line; kill -TERM -{group}"], stdin=subprocess.PIPE, start_new_session=True
    )
