"""A hosted form: a public page that takes leads in."""

from django.db import models

from leadflow.models import Owned


class Form(Owned):
    """A public form, found by its unguessable token."""

    token = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=80)
    heading = models.CharField(max_length=120)
    fields = models.JSONField(default=list)  # names out of `leads.intake.upsert.FORM_FIELDS`; e-mail always
    questions = models.JSONField(default=list, blank=True)  # codes of the qualifying questions that it asks
    event_type = models.CharField(max_length=60, default="form")
    topics = models.JSONField(default=list, blank=True)
    source = models.CharField(max_length=80, default="form")
    campaign = models.ForeignKey("leads.Campaign", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    consent_wording = models.TextField(blank=True)
    thanks = models.CharField(max_length=300, default="Thank you. We will be in touch.")
    active = models.BooleanField(default=True)
