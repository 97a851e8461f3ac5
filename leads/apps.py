from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"

    def ready(self) -> None:
        """Connect the receiver of new workspaces, and enter the event types into the catalogue."""
        from leads import payloads, receivers  # noqa: F401
