"""The policy, the appendix and the subprocessors, for eyes and keyboards, wide and narrow."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from smartsvar.clock import database_now
from subprocessors.notices import today
from tests import cast
from tests.journeys.conftest import sign_in
from tests.journeys.test_pages import violations
from tests.subprocessors.register import agreed, announced, engaged, objected

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

PHONE, DESK = {"width": 320, "height": 640}, {"width": 1280, "height": 900}


@pytest.fixture
def addresses(anna: cast.House) -> dict[str, str]:
    """Anna's pages, with two companies, a notice and an objection on them."""
    day = today(database_now())
    agreed(engaged(starts_on=day), signed_on=day)
    engaged("Ankcloud Inc.", starts_on=day, country="US", safeguard="SCC 2021/914, module 3")
    objected(anna.customer)
    notice = announced()
    number = anna.customer.number
    return {
        "policy": reverse("privacy:policy"),
        "list": reverse("subprocessors:list"),
        "agreement": reverse("privacy:agreement", args=[number]),
        "notices": reverse("subprocessors:notices", args=[number]),
        "objection": reverse("subprocessors:objection", args=[number, notice.id]),
    }


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_each_page_fits_and_is_accessible(
    page: Page, anna: cast.House, addresses: dict[str, str], size: Any
) -> None:
    page.set_viewport_size(size)
    sign_in(page, anna.administrator.user.email)
    for name, address in addresses.items():
        page.goto(address)
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], name


def test_anna_objects_by_keyboard(page: Page, anna: cast.House, addresses: dict[str, str]) -> None:
    sign_in(page, anna.administrator.user.email)
    page.goto(addresses["objection"])
    page.focus("textarea")
    page.keyboard.type("Vi vill ha bud.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{addresses['notices']}")
    assert "Er invändning är mottagen." in page.inner_text("main")
    assert "Vi vill ha bud." in page.inner_text("main")
