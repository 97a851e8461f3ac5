#!/usr/bin/env python3
"""Run Leadflow's administrative commands."""

import os
import sys


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  (the old one that it is for runs it)
        sys.exit(
            f"Leadflow needs Python 3.11 or later and this is {sys.version.split()[0]}: "
            "install a newer one and start bin/run again."
        )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadflow.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django is not installed for this Python: start bin/run, or use .venv/bin/python.")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
