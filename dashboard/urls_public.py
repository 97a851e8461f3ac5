"""The addresses in marketing mail (see `nurture.links`)."""

from django.urls import path

from dashboard.views import public

urlpatterns = [
    path("u/<str:token>/", public.unsubscribe_page, name="unsubscribe"),
    path("c/<str:token>/", public.click, name="mail_click"),
    path("o/<str:token>.gif", public.pixel, name="mail_open"),
]
