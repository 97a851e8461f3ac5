"""What every answer carries, and what the templates and the outbox promise."""

from email import message_from_bytes, policy

import pytest
from django.conf import settings
from django.core.mail import EmailMessage
from django.http import HttpResponse
from django.template import engines
from django.test import RequestFactory

from leadflow.csp import SecurityHeaders
from leadflow.outbox import FolderBackend


@pytest.mark.django_db
def test_the_health_page_answers_with_a_strict_policy(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    directives = dict(part.split(" ", 1) for part in answer["Content-Security-Policy"].split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == "'self'"
    assert directives["frame-ancestors"] == "'none'"
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_a_view_may_send_a_policy_of_its_own():
    own = {"Content-Security-Policy": "default-src 'self'"}
    answer = SecurityHeaders(lambda request: HttpResponse(headers=own))(RequestFactory().get("/"))
    assert answer["Content-Security-Policy"] == "default-src 'self'"


def test_mail_is_kept_as_whole_files_in_the_order_of_sending(settings, tmp_path):
    settings.OUTBOX_DIR = tmp_path / "outbox"
    mails = [EmailMessage(f"Grüße {n}", "Body", "a@example.com", ["b@example.com"]) for n in range(3)]
    nobody = EmailMessage("To nobody", "Body", "a@example.com", [])
    assert FolderBackend().send_messages([*mails, nobody]) == 3
    files = sorted(settings.OUTBOX_DIR.iterdir())
    assert all(path.suffix == ".eml" for path in files)
    subjects = [message_from_bytes(path.read_bytes(), policy=policy.default)["subject"] for path in files]
    assert subjects == ["Grüße 0", "Grüße 1", "Grüße 2"]


def test_every_template_compiles():
    folder = settings.BASE_DIR / "templates"
    names = [str(path.relative_to(folder)) for path in folder.rglob("*.html")]
    assert names
    for name in names:
        engines["django"].get_template(name)
