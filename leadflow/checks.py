"""Check the configuration: `manage.py check`, and more with --deploy."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register


@register(Tags.compatibility)
def check_sweeps(**kwargs: Any) -> list[CheckMessage]:
    """Refuse a schedule that names an app which is not installed: its rows would never be swept."""
    missing = [name for name in settings.SWEEP_SECONDS if name not in settings.INSTALLED_APPS]
    return [Error(f"SWEEP_SECONDS names {name}, which is not installed.", id="leadflow.E001") for name in missing]


@register(Tags.security, deploy=True)
def check_production(**kwargs: Any) -> list[CheckMessage]:
    """Warn of what works on a laptop and fails people in production."""
    found: list[CheckMessage] = []
    if not settings.PRODUCTION:
        found.append(Warning("LEADFLOW_ENV is embedded.", hint="Set it to production.", id="leadflow.W001"))
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        found.append(Warning("SQLite serves one machine only.", hint="Set DATABASE_URL.", id="leadflow.W002"))
    if not settings.LEADFLOW_URL.startswith("https://"):
        found.append(Warning("Links in mails are plain HTTP.", hint="Set LEADFLOW_URL.", id="leadflow.W003"))
    if settings.EMAIL_BACKEND == "leadflow.outbox.FolderBackend":
        found.append(Warning("Mail reaches nobody.", hint="Set EMAIL_URL.", id="leadflow.W004"))
    if settings.DEFAULT_FROM_EMAIL.rstrip(">").endswith("@localhost"):
        found.append(Warning("DEFAULT_FROM_EMAIL ends in @localhost.", hint="Set another.", id="leadflow.W005"))
    return found
