"""Kill the Celery worker again and again, and Redis too, while a thousand mails go out over real SMTP."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import connection, connections
from django.utils import timezone
from redis import Redis

from leads.models import Lead
from nurture import ledger, programs
from nurture.models import Enrolment, Program, Send
from nurture.steps import StepIn
from tests import builders
from tests.services import free_port, redis_answers
from tests.torture.production import lacking, until

pytestmark = [pytest.mark.torture, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

MAILS = 1000
KILLS = 10
FLUSH_AT, STOP_AT, STOPPED_SECONDS = 3, 6, 3  # the kills after which Redis is emptied, and goes away for a while
ROOT = Path(__file__).resolve().parents[2]


class Accepting:
    """Accept every mail and keep its Message-ID, in the order of acceptance."""

    def __init__(self) -> None:
        self.accepted: list[str] = []
        self.grew = threading.Condition()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        with self.grew:
            self.accepted.append(message_from_bytes(envelope.content)["Message-ID"])
            self.grew.notify_all()
        return "250 OK"

    def wait_for(self, count: int, seconds: float) -> bool:
        with self.grew:
            return self.grew.wait_for(lambda: len(self.accepted) >= count, seconds)


@pytest.fixture
def mailbox() -> Iterator[Any]:
    handler = Accepting()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    handler.port = controller.port
    yield handler
    controller.stop()


def address_of_database() -> str:
    given = connection.settings_dict
    return (
        f"postgres://{given['USER']}:{given['PASSWORD']}@{given['HOST'] or '127.0.0.1'}:{given['PORT'] or 5432}"
        f"/{given['NAME']}"
    )


class Processes:
    """A private Redis, beat, and two workers of one process each, started by the commands of production."""

    def __init__(self, folder: Path, smtp_port: int) -> None:
        self.folder, self.redis_port = folder, free_port()
        self.redis_url = f"redis://127.0.0.1:{self.redis_port}/0"
        self.env = os.environ | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "DATABASE_URL": address_of_database(),
            "REDIS_URL": self.redis_url,
            "EMAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
            "BEAT_FOLDER": f"{folder}/beat",
            "WORKER_CONCURRENCY": "1",
        }
        self.started = 0
        self.redis: subprocess.Popen[bytes] | None = None
        self.beat: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a command in a group of its own, which `kill` ends as a whole."""
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True)

    def start_redis(self) -> None:
        place = ("--port", str(self.redis_port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", "")
        self.redis = self.start("redis-server", *place)
        until(lambda: redis_answers(self.redis_url), 20, "Redis answers")

    def start_worker(self) -> None:
        self.started += 1
        self.workers.append(self.start("bin/worker", "--hostname", f"torture{self.started}@localhost"))

    def flush_redis(self) -> None:
        with closing(Redis.from_url(self.redis_url)) as server:
            server.flushall()

    def stop_redis(self) -> None:
        assert self.redis
        self.kill(self.redis)
        assert not redis_answers(self.redis_url)

    def kill_worker(self) -> None:
        """Kill the older worker, its pool with it, and start another."""
        self.kill(self.workers.pop(0))
        self.start_worker()

    @staticmethod
    def kill(process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)

    def __enter__(self) -> "Processes":
        self.start_redis()
        self.beat = self.start("bin/beat")
        self.start_worker()
        self.start_worker()
        return self

    def __exit__(self, *ignored: object) -> None:
        for process in (self.beat, *self.workers, self.redis):
            if process:
                self.kill(process)


def plan_mails() -> None:
    """Make a program that may send at any hour, and a thousand leads in it."""
    workspace = builders.workspace(active=False)
    actor = builders.engine()
    program = programs.create(workspace, actor=actor, name="Torture", send_from="00:00", send_until="23:59:59.999999")
    program = programs.edit(program, actor=actor, send_weekdays=list(range(7)))
    mail = StepIn("mail", {"subject": "Hello {{ lead.first_name }}", "body": "Read https://example.test/."})
    programs.replace_steps(program, actor=actor, steps_in=[mail])
    programs.activate(program, actor=actor)
    leads = Lead.everywhere.bulk_create(
        Lead(workspace=workspace, email=f"lead{number}@company.test", first_name=f"L{number}")
        for number in range(MAILS)
    )
    step, now = Program.everywhere.get(pk=program.pk).steps.get(), timezone.now()
    Enrolment.everywhere.bulk_create(
        Enrolment(workspace=workspace, program=program, lead=lead, step=step, started_at=now, next_at=now)
        for lead in leads
    )


def states() -> Counter[str]:
    return Counter(Send.everywhere.values_list("state", flat=True))


def test_a_worker_killed_ten_times_sends_nothing_twice_and_loses_nothing_without_a_word(mailbox, tmp_path):
    """Two workers run at any time, and beat wakes them. Whenever so many more mails were accepted, the older is
    killed with SIGKILL. Redis is emptied at one of these moments, and is away for some seconds at another.
    """
    if missing := lacking():
        pytest.skip(missing)
    plan_mails()
    try:
        with Processes(tmp_path, mailbox.port) as running:
            for kill in range(1, KILLS + 1):
                said = f"the workers do not get on: {states()}, {running.folder}/log"
                assert mailbox.wait_for(kill * (MAILS // (KILLS + 2)), 60), said
                running.kill_worker()
                end_leases()
                if kill == FLUSH_AT:
                    running.flush_redis()
                elif kill == STOP_AT:
                    running.stop_redis()
                    time.sleep(STOPPED_SECONDS)
                    running.start_redis()
            wait_until_done()
            assert running.beat
            assert running.beat.poll() is None
    finally:
        connections.close_all()
    ledger.recover(at=timezone.now() + ledger.STUCK + timedelta(minutes=1))

    after = states()
    accepted = Counter(mailbox.accepted)
    by_id = dict(Send.everywhere.values_list("message_id", "state"))
    assert [each for each, times in accepted.items() if times > 1] == []
    assert after["sent"] + after["unknown"] == MAILS == sum(after.values())
    # A mail that was taken is sent or unknown, and one that was not is never called sent.
    assert all(by_id[each] in ("sent", "unknown") for each in accepted)
    assert all(each in accepted for each, state in by_id.items() if state == "sent")
    # A crash leaves at most the one mail unsure that was under way.
    assert after["unknown"] <= KILLS


def end_leases() -> None:
    """Let all leases run out now, not in ten minutes: those of the dead, and, to be cruel, those of the living."""
    Send.everywhere.filter(state="planned", claimed_at__isnull=False).update(next_at=timezone.now())


def wait_until_done() -> None:
    """Wait until every mail was planned and none is planned any more or under way with a worker that lives."""
    deadline = time.monotonic() + 60
    while Send.everywhere.count() < MAILS or states()["planned"] or states()["sending"] > KILLS:
        assert time.monotonic() < deadline, f"not done: {states()}"
        time.sleep(0.1)
    settled = -1
    while settled != (settled := states()["sent"]):
        time.sleep(0.5)
