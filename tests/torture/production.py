"""Start what docker-compose.yml says, without an engine: its commands, its environment, its health checks.

Stand-ins: a fresh database on the PostgreSQL server of the tests for `db`, an SMTP server of this process for `mail`,
and `browsing.Proxy`, which says to `web` what `proxy` would say. All listen on 127.0.0.1.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2
import yaml
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings

from tests.services import free_port, redis_answers

ROOT = Path(__file__).resolve().parents[2]
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
STAND_INS = {"db", "mail", "proxy"}
DOMAIN = "leads.example.test"
# What compose takes from .env.
GIVEN = {"LEADFLOW_DOMAIN": DOMAIN, "SECRET_KEY": "".join(map(chr, range(48, 123))), "POSTGRES_PASSWORD": "unused"}
_VARIABLE = re.compile(r"\$\{(\w+)(?::[-?]([^${}]*))?\}")


def filled(text: str) -> str:
    """Put values into a text of the compose file, as compose does."""
    while _VARIABLE.search(text):  # one stands in another's default
        text = _VARIABLE.sub(lambda found: GIVEN.get(found[1]) or found[2] or "", text)
    return text


def until(true: Callable[[], Any], seconds: float, what: str) -> Any:
    """Wait until something is true and return it; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := true():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds:g} s: {what}")


class Mailbox:
    """Keep every mail that is sent."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self._grew = threading.Condition()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        with self._grew:
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
            self._grew.notify_all()
        return "250 OK"

    def to(self, address: str, subject: str) -> list[EmailMessage]:
        return [mail for mail in list(self.mails) if mail["To"] == address and subject in mail["Subject"]]

    def wait_for(self, address: str, subject: str, seconds: float = 30) -> EmailMessage:
        """Return the first mail to an address with these words in its subject, once it is there."""
        with self._grew:
            assert self._grew.wait_for(lambda: self.to(address, subject), seconds), f"no mail to {address}: {subject}"
            return self.to(address, subject)[0]


class Production:
    """The processes of one installation, each started by what the compose file says of its service."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder, self.database = folder, database
        self.mailbox = Mailbox()
        self._smtp = Controller(self.mailbox, hostname="127.0.0.1", port=free_port())
        self.port, self.redis_port = free_port(), free_port()
        self.redis_url = f"redis://127.0.0.1:{self.redis_port}/0"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def replaced(self) -> dict[str, str]:
        """Return the addresses that are other ones here than between containers."""
        return {
            "DATABASE_URL": self.database,
            "REDIS_URL": self.redis_url,
            "EMAIL_URL": f"smtp://127.0.0.1:{self._smtp.port}",
        }

    def environment(self, service: str) -> dict[str, str]:
        """Return what a process of the service finds in its environment, and nothing of this process but PATH."""
        of_compose = {name: filled(value) for name, value in SERVICES[service].get("environment", {}).items()}
        size = {"WEB_CONCURRENCY": "2", "WORKER_CONCURRENCY": "2"}
        places = {"HOST": "127.0.0.1", "PORT": str(self.port), "STATIC_ROOT": f"{self.folder}/static"}
        own = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "BEAT_FOLDER": f"{self.folder}/beat"}
        return own | places | size | of_compose | self.replaced

    def run(self, service: str, command: list[str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run the service's command, or another one in its place, to the end."""
        return subprocess.run(
            command or SERVICES[service]["command"],
            cwd=ROOT,
            env=self.environment(service),
            capture_output=True,
            text=True,
            timeout=180,  # the migrations, on a machine that is busy
        )

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run manage.py in the environment of the worker, as `docker compose run worker` would."""
        return self.run("worker", [sys.executable, "manage.py", *words])

    def start(self, service: str) -> None:
        command = list(SERVICES[service]["command"])
        if service == "redis":
            command += ["--port", str(self.redis_port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        with (self.folder / f"{service}.log").open("ab") as log:
            self.processes[service] = subprocess.Popen(
                command, cwd=ROOT, env=self.environment(service), stdout=log, stderr=log, start_new_session=True
            )
        if service == "redis":
            until(lambda: redis_answers(self.redis_url), 20, "Redis answers")

    def healthy(self, service: str) -> bool:
        """Run the health check of the service, as the engine does."""
        if service == "web":
            found = re.search(r"^HEALTHCHECK .*\\\n\s*CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
            assert found, "the Dockerfile has no health check"
            command = [word.replace(":8000/", f":{self.port}/") for word in json.loads(found[1])]
        else:
            command = SERVICES[service]["healthcheck"]["test"][1:]
        if service == "redis":
            command = [command[0], "-p", str(self.redis_port), *command[1:]]
        return self.run(service, command).returncode == 0

    def kill(self, service: str) -> None:
        process = self.processes.pop(service)
        process.kill()
        process.wait(10)

    def log(self, service: str) -> str:
        return (self.folder / f"{service}.log").read_text()

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the database past all doors."""
        with closing(psycopg2.connect(self.database)) as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()

    def __enter__(self) -> "Production":
        self._smtp.start()
        try:
            self.start("redis")
            prepared = self.run("prepare")
            assert prepared.returncode == 0, prepared.stderr
            for service in ("web", "worker", "beat"):
                self.start(service)
            until(lambda: self.healthy("web"), 40, "web is healthy")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *ignored: object) -> None:
        """End all, beat first and Redis last, by the process groups that were started here."""
        order = [name for name in ("beat", "worker", "web", "redis") if name in self.processes]
        for name in order[:-1] if "redis" in order else order:
            self.processes[name].send_signal(signal.SIGTERM)
        for name in order:
            process = self.processes.pop(name)
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)
        self._smtp.stop()


@contextmanager
def fresh_database() -> Iterator[str]:
    """Make an empty database on the server that the tests run on; yield its address, and drop it."""
    server = settings.DATABASES["default"]
    host, port = server["HOST"] or "127.0.0.1", server["PORT"] or 5432
    who = f"{quote(server['USER'])}:{quote(server['PASSWORD'])}" if server["PASSWORD"] else quote(server["USER"])
    name, address = f"leadflow_production_{os.getpid()}", f"postgres://{who}@{host}:{port}"
    with closing(psycopg2.connect(f"{address}/postgres")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            cursor.execute(f"CREATE DATABASE {name}")
            try:
                yield f"{address}/{name}"
            finally:
                cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def lacking() -> str:
    """Say what this machine lacks to run production; empty if nothing."""
    return "" if shutil.which("redis-server") and shutil.which("redis-cli") else "needs redis-server and redis-cli"
