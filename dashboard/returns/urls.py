"""The addresses of returns."""

from django.urls import path

from dashboard.returns import views

urlpatterns = [
    path("returns/", views.index, name="returns"),
    path("returns/<int:pk>/answer/", views.answer, name="return_answer"),
]
