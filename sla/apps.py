from django.apps import AppConfig


class SlaConfig(AppConfig):
    name = "sla"

    def ready(self) -> None:
        """Connect the receivers of moves and touches, and add the outcome that a handoff is overdue."""
        from leads.queries.lead_filters import add_outcome
        from sla import receivers  # noqa: F401
        from sla.lead_filters import overdue

        add_outcome("overdue", "Overdue at sales", overdue, after="waiting")
