"""The addresses of the overview and the reports."""

from django.urls import path

from dashboard.reports import handoff_views, views

urlpatterns = [
    path("overview/", views.index, name="overview"),
    path("handoffs/", handoff_views.index, name="handoffs"),
    path("handoffs/csv/", handoff_views.index_csv, name="handoffs_csv"),
    path("reports/handoffs/", handoff_views.report, name="handoff_report"),
    path("reports/handoffs/csv/", handoff_views.report_csv, name="handoff_report_csv"),
    path("reports/funnel/", views.funnel, name="funnel_report"),
    path("reports/funnel/csv/", views.funnel_csv, name="funnel_csv"),
]
