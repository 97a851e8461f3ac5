"""Run the whole of Leadflow from one terminal."""

import errno
import fcntl
import os
import shutil
import socket
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from leadflow.supervisor import Child, Supervisor

HEALTH_SECONDS = 60.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Command(BaseCommand):
    help = "Prepare the database and run web, worker and beat until Ctrl-C."
    requires_system_checks = ()  # a second start should be quick; bin/check runs them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
        parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets other machines in")
        parser.add_argument("--no-demo", action="store_true", help="start with no demo workspace")

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run; what hinders it is one sentence on stderr, without Django's name for it."""
        try:
            return super().execute(*args, **options)
        except CommandError as error:
            self.stderr.write(str(error))
            sys.exit(error.returncode)

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        if not 0 < port < 65536:
            raise CommandError(f"There is no port {port}: choose one from 1 to 65535, for instance --port 8000.")
        if settings.PRODUCTION:
            raise CommandError("`up` is for one machine; in production start bin/web, bin/worker and bin/beat.")
        check_port(host, port)
        lock = take_lock(settings.VAR / "up.lock")
        shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
        url = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"
        env = os.environ | {"LEADFLOW_URL": os.environ.get("LEADFLOW_URL") or url}
        # The broker carries no pickles, so a worker that is root (in a container, say) is no news.
        env.setdefault("PYTHONWARNINGS", "ignore:You're running the worker with superuser")
        if host not in LOOPBACK:
            env.setdefault("ALLOWED_HOSTS", "*")
        settings.LEADFLOW_URL = env["LEADFLOW_URL"]

        try:
            self.prepare(demo=not options["no_demo"])
        except KeyboardInterrupt as interrupt:
            raise CommandError(
                "Ended before it was ready; the next start goes on from here.", returncode=130
            ) from interrupt
        connections.close_all()

        supervisor = Supervisor(children(host, port), env, self.say)
        supervisor.start()
        try:
            if self.wait_until_healthy(supervisor, url):
                self.say(f"\nLeadflow runs at {env['LEADFLOW_URL']}  (Ctrl-C ends it)\n")
                if not options["no_demo"]:
                    call_command("demo", log_ins=True, stdout=self.stdout)
                    connections.close_all()
            while not supervisor.stopping:
                supervisor.watch()
                time.sleep(0.2)
        finally:
            self.say("\nStopping.")
            supervisor.stop()
            lock.close()

    def prepare(self, *, demo: bool) -> None:
        """Bring the database to this version and make the demo once; it is made whole or not at all."""
        empty_broker()
        call_command("migrate", verbosity=0, interactive=False)
        if demo and not apps.get_model("workspaces", "Workspace")._base_manager.exists():
            self.say("Making the demo workspace, once. This takes about a minute.")
            call_command("demo", stdout=self.stdout)

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def wait_until_healthy(self, supervisor: Supervisor, url: str) -> bool:
        """Return True when the web process answers, False when asked to stop before."""
        deadline = time.monotonic() + HEALTH_SECONDS
        while not supervisor.stopping:
            if answers(f"{url}/healthz"):
                return True
            if time.monotonic() > deadline:
                raise CommandError(f"The web process did not answer within {HEALTH_SECONDS:.0f} s: see above why.")
            supervisor.watch()
            time.sleep(0.1)
        return False


def children(host: str, port: int) -> list[Child]:
    """Name the three programs. Beat keeps no file: its schedule is a fixed set of ticks."""
    celery = [sys.executable, "-m", "celery", "--app", "leadflow", "--quiet"]
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return [
        Child(
            "web",
            [
                sys.executable,
                "-m",
                "waitress",
                f"--listen={address}",
                "--threads=8",
                "leadflow.wsgi:application",
            ],
        ),
        Child(
            "worker",
            [*celery, "worker", "--pool", "threads", "--concurrency", "2", "--loglevel", "WARNING", *quiet],
        ),
        Child(
            "beat",
            [*celery, "beat", "--scheduler", "celery.beat:Scheduler", "--loglevel", "WARNING", "--pidfile="],
        ),
    ]


def check_port(host: str, port: int) -> None:
    """Raise CommandError with what to do when the web process could not listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CommandError(
                    f"Port {port} is taken: end what uses it, or choose another: bin/run --port {port + 1}"
                ) from error
            raise CommandError(
                f"Cannot listen on {host}:{port} ({error.strerror}): choose others with --host and --port."
            ) from error


def take_lock(path: Path) -> IO[str]:
    """Hold `path` as long as this process lives; raise CommandError when another one holds it.

    Two at once would empty each other's broker folder.
    """
    handle = path.open("a+", encoding="ascii")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        handle.seek(0)
        raise CommandError(
            f"Leadflow already runs from this folder (process {handle.read().strip()}): end it first."
        ) from error
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def empty_broker() -> None:
    """Throw the ticks of an earlier run away; whatever is due is due in the database."""
    if not settings.REDIS_URL:
        for folder in (settings.BROKER_DIR, settings.BROKER_CONTROL_DIR):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)


def answers(url: str) -> bool:
    """Return whether a GET of `url` gives 200 within a second."""
    try:
        with urllib.request.urlopen(url, timeout=1) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
