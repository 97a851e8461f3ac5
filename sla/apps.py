from django.apps import AppConfig


class SlaConfig(AppConfig):
    name = "sla"

    def ready(self) -> None:
        """Connect the receivers of moves and touches, and add the outcome that a handoff is overdue."""
        from leads.queries import outcomes
        from sla import receivers  # noqa: F401
        from sla.overdue_outcome import overdue

        outcomes.add("overdue", outcomes.Outcome("Overdue at sales", overdue, part_of="waiting"), after="waiting")
