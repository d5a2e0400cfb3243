"""The demo's page of components shows the parts of the real pages, and no other place has it."""

from collections.abc import Iterator

import pytest
from django.test import Client, modify_settings, override_settings
from django.urls import include, path

from smartsvar import urls

urlpatterns = [*urls.urlpatterns, path("", include("smartsvar.demo.urls"))]
pytestmark = pytest.mark.django_db


@pytest.fixture
def demo() -> Iterator[None]:
    installed = modify_settings(INSTALLED_APPS={"append": "smartsvar.demo"})
    # The style of the page is the demo's own, and not in the manifest of a service without it.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with installed, override_settings(ROOT_URLCONF=__name__, STORAGES={"staticfiles": plain}):
        yield


def test_every_component_stands_there(demo: None, client: Client) -> None:
    answer = client.get("/design/")
    assert answer.status_code == 200
    used = {template.name for template in answer.templates}
    parts = {
        "notice", "chip", "empty", "table", "chart", "field", "paging", "filter", "foot",
        "language",
    }  # fmt: skip
    assert {f"parts/{part}.html" for part in parts} <= used


def test_it_is_nowhere_but_in_the_demo(client: Client) -> None:
    assert client.get("/design/").status_code == 404
