"""The OpenAPI document, and the page that reads and tries it."""

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny


class SchemaDocument(SpectacularAPIView):
    """The OpenAPI document; it holds nothing of any workspace, so everybody may read it."""

    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = []


class Swagger(SpectacularSwaggerSplitView):
    """The Swagger page; its script comes from an address of its own, as the Content-Security-Policy demands."""

    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = []
    url_name = "api:schema"
    template_name = "api/swagger.html"
