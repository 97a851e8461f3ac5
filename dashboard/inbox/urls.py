"""The addresses of the inbox and the queue."""

from django.urls import path

from dashboard.inbox import download, views

urlpatterns = [
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/csv/", download.download, name="inbox_csv"),
    path("inbox/figures/", views.figures, name="inbox_figures"),
    path("inbox/accept/", views.accept_many, name="inbox_accept"),
    path("queue/", views.queue, name="queue"),
    path("handoffs/<int:pk>/why/", views.why, name="handoff_why"),
]
