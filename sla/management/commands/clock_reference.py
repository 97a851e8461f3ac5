"""Write docs/clocks.md, or check that it is up to date."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from sla import reference


class Command(BaseCommand):
    """Write the reference of clocks from their catalogue."""

    help = "Write docs/clocks.md from the catalogue of clocks."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Write nothing; fail when the file is out of date.")

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.BASE_DIR / "docs" / "clocks.md"
        page = reference.page()
        if not options["check"]:
            path.write_text(page)
        elif not path.exists() or path.read_text() != page:
            raise CommandError("docs/clocks.md is out of date: run manage.py clock_reference.")
