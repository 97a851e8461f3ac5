"""Make the demo workspace, or print its log-ins again."""

import os
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from dashboard.demo import cast, story
from workspaces.models import User, Workspace

WORDS = (
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "heath",
    "inlet",
    "larch",
    "maple",
    "north",
    "ocean",
    "pearl",
    "quartz",
    "river",
    "slate",
    "thorn",
    "umber",
    "willow",
)


class Command(BaseCommand):
    requires_system_checks = ()  # `up` waits for it; bin/check runs them
    help = "Make the demo workspace: six months of a company that does not exist. Prints the log-ins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there is any workspace")
        parser.add_argument("--log-ins", action="store_true", help="only print the log-ins, if the demo is there")
        parser.add_argument("--leads", type=int, default=story.LEADS, help="about how many leads")

    def handle(self, *args: Any, **options: Any) -> None:
        there = User.objects.filter(email=cast.COLLEAGUES[0].email).exists()
        if options["log_ins"]:
            if there:
                self.print_log_ins(kept_password())
            return
        if options["if_empty"] and Workspace.objects.exists():
            return
        if there:
            raise CommandError("The demo workspace is here already: manage.py demo --log-ins prints its log-ins.")
        prepare_broker()
        password = kept_password() or new_password()
        workspace = story.build(password=password, leads=options["leads"])
        self.stdout.write(f"{workspace} is there. Its agreement counts round the clock, so that clocks always run.")
        if settings.PRODUCTION:  # kept nowhere; `up` prints the log-ins itself, once it runs
            self.print_log_ins(password)

    def print_log_ins(self, password: str) -> None:
        """Print the log-ins."""
        self.stdout.write(f"Log-ins of the demo, all with the password {password or 'that was printed at first'}:")
        for each in cast.COLLEAGUES:
            if each.log_in:
                self.stdout.write(f"  {each.role.label:<18} {each.email}")


def password_file() -> Path:
    """Return where the demo's password is kept in the embedded default."""
    return settings.VAR / "demo-password"


def kept_password() -> str:
    """Return the password of this installation's demo, if it was kept."""
    return password_file().read_text(encoding="ascii").strip() if password_file().exists() else ""


def new_password() -> str:
    """Make a password that can be typed, and keep it where only this installation's user can read it."""
    password = "-".join([*(secrets.choice(WORDS) for _ in range(3)), str(secrets.randbelow(9000) + 1000)])
    if not settings.PRODUCTION:
        handle = os.open(password_file(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(password + "\n")
    return password


def prepare_broker() -> None:
    """Make the folders of the embedded broker, which `up` empties: who wakes a sweep finds a broker."""
    if not settings.REDIS_URL:
        for folder in (settings.BROKER_DIR, settings.BROKER_CONTROL_DIR):
            folder.mkdir(parents=True, exist_ok=True)
