from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"

    def ready(self) -> None:
        """Connect the receiver that gives a new workspace its defaults."""
        from leads import receivers  # noqa: F401
