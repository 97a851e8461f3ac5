from django.apps import AppConfig


class NurtureConfig(AppConfig):
    name = "nurture"

    def ready(self) -> None:
        """Connect the receivers of moves and touches, and add the filter of leads by program."""
        from leads.queries.lead_filters import add
        from nurture import receivers  # noqa: F401
        from nurture.lead_filters import PROGRAM

        add(PROGRAM, after="topic")
