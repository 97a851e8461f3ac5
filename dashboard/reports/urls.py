"""The addresses of the overview and the reports."""

from django.urls import path

from dashboard.reports import views

urlpatterns = [
    path("overview/", views.index, name="overview"),
    path("reports/funnel/", views.funnel, name="funnel_report"),
    path("reports/funnel/csv/", views.funnel_csv, name="funnel_csv"),
]
