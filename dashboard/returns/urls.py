"""The addresses of returns."""

from django.urls import path

from dashboard.returns import answer_views, views

urlpatterns = [
    path("returns/", views.index, name="returns"),
    path("returns/answers/", answer_views.answers, name="return_answers"),
    path("returns/<int:pk>/answer/", views.answer, name="return_answer"),
    path("returns/<int:pk>/object/", answer_views.object_to, name="return_object"),
    path("returns/<int:pk>/decide/", answer_views.decide, name="return_decide"),
]
