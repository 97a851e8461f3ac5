from django.apps import AppConfig


class SlaConfig(AppConfig):
    name = "sla"

    def ready(self) -> None:
        """Connect the receivers of moves and touches, add what only clocks know of handoffs and leads."""
        from leads.queries import care, outcomes
        from sla import receivers  # noqa: F401
        from sla.awaited_answers import answer_awaited
        from sla.overdue_outcome import overdue

        outcomes.add("overdue", outcomes.Outcome("Overdue at sales", overdue, part_of="waiting"), after="waiting")
        care.add("answer", care.Way("Waits for marketing's answer to its return", answer_awaited))
