"""Where each address leads: the API, the tracking endpoint, accounts, and the pages."""

from django.conf import settings
from django.urls import include, path

from leadflow import health

urlpatterns = [
    path("healthz", health.healthz),
    path("api/", include("api.urls")),
    path("v1/", include("api.tracking_urls")),
    path("account/", include("allauth.urls")),
    path("", include("dashboard.urls")),
]
# The mail provider reports bounces and complaints here and authenticates with this secret: without one, no address.
if settings.ANYMAIL.get("WEBHOOK_SECRET"):
    urlpatterns.insert(0, path("anymail/", include("anymail.urls")))
