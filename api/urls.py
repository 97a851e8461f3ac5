"""The addresses of the API, of its description and of its problem types."""

from django.urls import include, path

from api import docs, problems

app_name = "api"
urlpatterns = [
    path("v1/", include("api.v1.urls")),
    path("schema/", docs.SchemaDocument.as_view(), name="schema"),
    path("docs/", docs.Swagger.as_view(), name="docs"),
    path("problems/", problems.index, name="problems"),
    path("problems/<slug:code>/", problems.page, name="problem"),
]
