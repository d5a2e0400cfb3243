"""The demo's page of components shows the parts of the real pages, and no other place has it."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client, modify_settings, override_settings
from django.urls import include, path

from smartsvar import urls
from smartsvar.demo.design import ELSEWHERE

urlpatterns = [*urls.urlpatterns, path("", include("smartsvar.demo.urls"))]
pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
SAID_OF_LETTERS = {"good": "sent", "": "on its way", "warn": "uncertain", "bad": "not delivered"}


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
    parts = {each.stem for each in (settings.BASE_DIR / "templates/parts").glob("*.html")}
    shown = {part for part in parts if f"parts/{part}.html" in used}
    assert shown | set(ELSEWHERE) == parts, "on the page, or named as no component with a reason"
    assert not shown & set(ELSEWHERE), "named as no component, but there"


def test_a_message_says_what_became_of_it_in_each_way_there_is(demo: None, client: Client) -> None:
    client.cookies.load({"language": "en"})
    page = client.get("/design/").content.decode()
    for chip in ("good", "", "warn", "bad"):
        words = SAID_OF_LETTERS[chip]
        assert f'<span class="{" ".join(["chip", chip]).strip()}">{words}</span>' in page


def test_every_part_that_the_rules_name_stands_there(demo: None, client: Client) -> None:
    rules = (settings.BASE_DIR / "docs/design.md").read_text()
    named = set(re.findall(r"`(parts/[a-z_]+[.]html)`", rules))
    used = {template.name for template in client.get("/design/").templates}
    assert len(named) > 9
    assert named <= used | {f"parts/{part}.html" for part in ELSEWHERE}


def test_it_is_nowhere_but_in_the_demo(client: Client) -> None:
    assert client.get("/design/").status_code == 404
