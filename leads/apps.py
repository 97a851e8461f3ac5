from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LeadsConfig(AppConfig):
    name = "leads"

    def ready(self) -> None:
        """Connect the receiver of new workspaces, enter the event types, and add the indexes of searches."""
        from leads import payloads, receivers, search_index  # noqa: F401

        post_migrate.connect(search_index.build, sender=self, dispatch_uid="leads.search_index")
