from django.apps import AppConfig


class LeadflowConfig(AppConfig):
    name = "leadflow"

    def ready(self) -> None:
        from leadflow import checks  # noqa: F401  (registers the system checks)
