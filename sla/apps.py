from django.apps import AppConfig


class SlaConfig(AppConfig):
    name = "sla"

    def ready(self) -> None:
        """Connect the receivers of moves and touches."""
        from sla import receivers  # noqa: F401
