"""The demo's page of components in a real Chromium, in both languages and themes."""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser

from tests.demo.test_design import demo  # noqa: F401
from tests.journeys.looking import looked_at_everyhow

pytestmark = [
    pytest.mark.django_db(databases="__all__", transaction=True), pytest.mark.usefixtures("demo")
]  # fmt: skip


@pytest.mark.parametrize("language", ["sv", "en"])
def test_it_is_accessible_in_both_themes_and_fits(
    client: Client, chromium: Browser, site: str, language: str
) -> None:
    """Its address exists in the demo alone, so the page is handed to the browser."""
    answer = client.get("/design/", headers={"Accept-Language": language}).content.decode()
    style = (settings.BASE_DIR / "smartsvar/demo/static/demo/design.css").read_text()
    page = chromium.new_context(base_url=site, reduced_motion="reduce").new_page()
    page.route("**/design/", lambda route: route.fulfill(body=answer, content_type="text/html"))
    page.route("**/design.css", lambda route: route.fulfill(body=style, content_type="text/css"))
    page.goto("/design/")
    assert page.get_attribute("html", "lang") == language
    assert page.evaluate("() => getComputedStyle(document.body).margin") == "0px"
    found = looked_at_everyhow(page, f"design {language}")
    page.context.close()
    assert found == []
