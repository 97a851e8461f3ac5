"""The addresses of the section: marketing."""

from django.urls import path

from dashboard.views import campaigns, content, forms, imports, leads, overview, programs, returns

urlpatterns = [
    path("overview/", overview.index, name="overview"),
    path("reports/funnel/", overview.funnel, name="funnel_report"),
    path("reports/funnel/csv/", overview.funnel_csv, name="funnel_csv"),
    path("leads/", leads.index, name="leads"),
    path("leads/csv/", leads.download, name="leads_csv"),
    path("leads/many/", leads.many, name="leads_many"),
    path("imports/", imports.index, name="imports"),
    path("imports/new/", imports.new, name="import_new"),
    path("imports/<int:pk>/", imports.one, name="import"),
    path("imports/<int:pk>/progress/", imports.progress, name="import_progress"),
    path("imports/<int:pk>/errors/", imports.errors, name="import_errors"),
    path("returns/", returns.index, name="returns"),
    path("returns/<int:pk>/answer/", returns.answer, name="return_answer"),
    path("programs/", programs.index, name="programs"),
    path("programs/new/", programs.new, name="program_new"),
    path("programs/<int:pk>/", programs.one, name="program"),
    path("programs/<int:pk>/edit/", programs.edit, name="program_edit"),
    path("programs/<int:pk>/turn/", programs.turn, name="program_turn"),
    path("programs/<int:pk>/steps/<int:step_pk>/", programs.preview, name="program_preview"),
    path("content/", content.index, name="content"),
    path("content/new/", content.new, name="content_new"),
    path("content/<int:pk>/", content.edit, name="content_edit"),
    path("campaigns/", campaigns.index, name="campaigns"),
    path("campaigns/new/", campaigns.new, name="campaign_new"),
    path("campaigns/<int:pk>/", campaigns.edit, name="campaign_edit"),
    path("forms/", forms.index, name="forms"),
    path("forms/new/", forms.new, name="form_new"),
    path("forms/<int:pk>/", forms.edit, name="form_edit"),
    path("f/<str:token>/", forms.public, name="form_public"),
]
