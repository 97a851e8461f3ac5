"""The addresses of the pages, by section; each section's file is beside this one."""

from django.urls import include, path

app_name = "dashboard"
urlpatterns = [
    path("", include("dashboard.urls_public")),
    path("", include("dashboard.urls_sales")),
    path("", include("dashboard.urls_marketing")),
    path("", include("dashboard.urls_agreement")),
    path("settings/", include("dashboard.urls_settings")),
]
