"""A workspace, and a receiver: a real HTTP server that keeps what it got and answers as told."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from webhooks import endpoints
from webhooks.models import Endpoint, OutboxEvent
from workspaces.access import create_workspace
from workspaces.actors import Actor
from workspaces.models import Member, User, Workspace

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class Receiver:
    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)  # one each, then 204
    body: bytes = b""
    before_answer: Callable[[], None] = lambda: None


class Server(ThreadingHTTPServer):
    request_queue_size = 128  # five, the default, is fewer than several sweeps connect with at once


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            kept.before_answer()
            status, headers = kept.answers.pop(0) if kept.answers else (204, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"" if status == 204 else kept.body)

        def log_message(self, *args: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    kept.url = f"http://127.0.0.1:{server.server_port}/hooks"
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    yield kept
    server.shutdown()
    server.server_close()


def make_workspace(name: str) -> tuple[Workspace, Actor]:
    user = User.objects.create_user(f"ada@{name.lower()}.example", "correct horse battery", name="Ada")
    workspace = create_workspace(name, owner=user, at=NOON)
    return workspace, Actor(member=Member.objects.of(workspace).get())


@pytest.fixture
def workspace(db) -> Workspace:
    return make_workspace("Northwind")[0]


@pytest.fixture
def actor(workspace) -> Actor:
    return Actor(member=Member.objects.of(workspace).select_related("user").get())


@pytest.fixture
def endpoint(workspace, actor, receiver) -> Endpoint:
    return endpoints.create(workspace, actor=actor, url=receiver.url, at=NOON)[0]


def record(workspace: Workspace, type: str = "lead.accepted", *, sequence: int = 3) -> None:
    """Add a row as `outbox.record` writes it, with less in it."""
    data = {"lead": {"id": 7, "name": "Zoë 🌱"}}
    OutboxEvent.everywhere.create(workspace=workspace, type=type, at=NOON, data=data, lead_id=7, sequence=sequence)
