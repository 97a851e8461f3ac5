"""What leads are searched by, apart from the lead, whose row changes far more often than its names do."""

from django.db import models

from leadflow.models import Owned


class SearchText(Owned):
    """A lead's words in the form of `leads.people.search_text.fold`; only that module writes it.

    `account_id` is the lead's company, whose own words are on the company: renaming it rewrites no lead. On
    PostgreSQL `leads.search_index` adds an index over the trigrams of `text`, where the server has them.
    """

    created_at = None  # type: ignore[assignment]  # the lead's
    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.CASCADE, related_name="+", db_index=False)
    lead = models.OneToOneField("leads.Lead", on_delete=models.CASCADE, primary_key=True, related_name="search_text")
    account_id = models.BigIntegerField(null=True)
    text = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["account_id"], name="search_text_by_account")]
