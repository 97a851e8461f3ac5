"""The addresses of the tracking endpoint: whole words for servers, single letters for browsers."""

from django.urls import re_path

from api import tracking

urlpatterns = [
    re_path(r"^(?P<kind>batch|identify|track|page|screen|group|alias|[itpsga])$", tracking.endpoint, name="tracking"),
]
