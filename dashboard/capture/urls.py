"""The addresses of imports, campaigns and hosted forms."""

from django.urls import path

from dashboard.capture import campaign_views, form_views, import_views

urlpatterns = [
    path("imports/", import_views.index, name="imports"),
    path("imports/new/", import_views.new, name="import_new"),
    path("imports/<int:pk>/", import_views.one, name="import"),
    path("imports/<int:pk>/progress/", import_views.progress, name="import_progress"),
    path("imports/<int:pk>/errors/", import_views.errors, name="import_errors"),
    path("campaigns/", campaign_views.index, name="campaigns"),
    path("campaigns/new/", campaign_views.new, name="campaign_new"),
    path("campaigns/<int:pk>/", campaign_views.edit, name="campaign_edit"),
    path("forms/", form_views.index, name="forms"),
    path("forms/new/", form_views.new, name="form_new"),
    path("forms/<int:pk>/", form_views.edit, name="form_edit"),
    path("f/<str:token>/", form_views.public, name="form_public"),
]
