"""Anna objects to a subprocessor by keyboard."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from tests import cast
from tests.journeys.conftest import sign_in
from tests.journeys.keys import Keys
from tests.subprocessors.register import announced

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.fixture
def addresses(anna: cast.House) -> dict[str, str]:
    number, notice = anna.customer.number, announced()
    return {
        "notices": reverse("subprocessors:notices", args=[number]),
        "objection": reverse("subprocessors:objection", args=[number, notice.id]),
    }


def test_anna_objects_by_keyboard(page: Page, anna: cast.House, addresses: dict[str, str]) -> None:
    sign_in(page, anna.administrator.user.email)
    page.goto(addresses["objection"])
    keys = Keys(page)
    keys.write(page.get_by_role("textbox"), "Vi vill ha bud.")
    keys.follow("Skicka invändningen")
    page.wait_for_url(f"**{addresses['notices']}")
    assert "Er invändning är mottagen." in page.inner_text("main")
    assert "Vi vill ha bud." in page.inner_text("main")
