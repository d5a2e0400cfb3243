"""Every address of the API, below /api/v1/, in the namespace `api`."""

from django.urls import include, path, re_path

from customers.api_docs import DocsView, SchemaView
from customers.problems import unknown_address

app_name = "api"

urlpatterns = [
    path("v1/", include("recordings.api_urls")),
    path("v1/", include("messages.api_urls")),
    path("v1/", include("customers.api_urls")),
    path("v1/", include("privacy.api_urls")),
    path("v1/schema/", SchemaView.as_view(), name="schema"),
    path("v1/docs/", DocsView.as_view(), name="docs"),
    re_path(r"", unknown_address),
]
