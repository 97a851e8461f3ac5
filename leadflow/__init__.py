"""Leadflow's configuration and kernel. Imports no app."""

from leadflow.celery import app as celery_app

__all__ = ["celery_app"]
