"""What a lead agreed to: the ledger. The present state is kept on the lead, where definitions read it."""

from django.db import models

from leadflow.models import Owned
from leads.models.lead import ConsentState


class Consent(Owned):
    """One opt-in or opt-out, with where it came from, when, and the wording that was shown. Append-only."""

    lead = models.ForeignKey("leads.Lead", on_delete=models.CASCADE, related_name="consents")
    state = models.CharField(max_length=10, choices=ConsentState.choices)
    topic = models.ForeignKey("leads.Topic", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    source = models.CharField(max_length=80)  # "form demo", "import 12", "one-click unsubscribe" ...
    wording = models.TextField(blank=True)
    at = models.DateTimeField()
