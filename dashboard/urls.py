"""The addresses of the pages: one file per section."""

from django.urls import include, path

from dashboard.settings import join_views

app_name = "dashboard"
urlpatterns = [
    path("", include("dashboard.shell.urls")),
    path("", include("dashboard.inbox.urls")),
    path("", include("dashboard.leads.urls")),
    path("", include("dashboard.capture.urls")),
    path("", include("dashboard.returns.urls")),
    path("", include("dashboard.reports.urls")),
    path("", include("dashboard.nurture.urls")),
    path("", include("dashboard.agreement.urls")),
    path("", include("dashboard.outbox.urls")),
    path("settings/", include("dashboard.settings.urls")),
    path("invitations/<str:token>/", join_views.join, name="join"),
    path("invitations/<str:token>", join_views.join),
]
