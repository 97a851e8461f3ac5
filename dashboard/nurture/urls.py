"""The addresses of programs and content, and those in marketing mail (see `nurture.links`)."""

from django.urls import path

from dashboard.nurture import content_views, program_views, public_views

urlpatterns = [
    path("programs/", program_views.index, name="programs"),
    path("programs/new/", program_views.new, name="program_new"),
    path("programs/<int:pk>/", program_views.one, name="program"),
    path("programs/<int:pk>/edit/", program_views.edit, name="program_edit"),
    path("programs/<int:pk>/order/", program_views.order, name="program_order"),
    path("programs/<int:pk>/turn/", program_views.turn, name="program_turn"),
    path("programs/<int:pk>/steps/<int:step_pk>/", program_views.preview, name="program_preview"),
    path("content/", content_views.index, name="content"),
    path("content/new/", content_views.new, name="content_new"),
    path("content/<int:pk>/", content_views.edit, name="content_edit"),
    path("u/<str:token>/", public_views.unsubscribe_page, name="unsubscribe"),
    path("c/<str:token>/", public_views.click, name="mail_click"),
    path("o/<str:token>.gif", public_views.pixel, name="mail_open"),
]
