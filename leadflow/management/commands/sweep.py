"""Do all the work that is due, once, without Celery."""

from argparse import ArgumentParser
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Do the work that is due now, in all apps or in those named, and say how many rows it was."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("apps", nargs="*", metavar="app", help=", ".join(settings.SWEEP_SECONDS))
        parser.add_argument("--limit", type=int, default=None, help="stop each app after so many rows")

    def handle(self, *args: Any, **options: Any) -> None:
        known = list(settings.SWEEP_SECONDS)
        unknown = sorted(set(options["apps"]) - set(known))
        if unknown:
            self.stderr.write(f"There is no sweep called {unknown[0]}: choose from {', '.join(known)}.")
            raise SystemExit(2)
        for app in options["apps"] or known:
            count = import_module(f"{app}.tasks").run_sweeps(limit=options["limit"])
            self.stdout.write(f"{app}: {count}")
