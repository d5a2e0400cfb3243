"""The API described: the OpenAPI document, and a page that reads well and tries it out."""

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView


@extend_schema(exclude=True)
class SchemaView(SpectacularAPIView):
    """OpenAPI 3.1, as YAML or JSON (?format=json). Open to all: it says nothing of anyone."""

    http_method_names = ["get", "head"]


# Swagger UI styles inline: allowed on this page, and scripts stay our own files.
@method_decorator(csp_update({"style-src": [SELF, UNSAFE_INLINE]}), name="dispatch")
@extend_schema(exclude=True)
class DocsView(SpectacularSwaggerSplitView):
    """The readable page."""

    url_name = "api:schema"
    title = "Smartsvar API"
    http_method_names = ["get", "head"]  # OPTIONS would ask for a page of its own
