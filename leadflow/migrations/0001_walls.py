"""Refuse, in the database, rows that point into another workspace."""

from django.db import migrations

from leadflow.walls import BuildWalls


class Migration(migrations.Migration):
    dependencies = [
        (app, "0001_initial") for app in ("workspaces", "webhooks", "leads", "sla", "nurture", "api")
    ]
    operations = [BuildWalls()]
