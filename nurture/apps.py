from django.apps import AppConfig


class NurtureConfig(AppConfig):
    name = "nurture"

    def ready(self) -> None:
        """Connect the receivers of moves and touches."""
        from nurture import receivers  # noqa: F401
