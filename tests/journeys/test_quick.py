"""Lists change without a load, and the same without JavaScript; the browser keeps nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from customers.models import Member
from messages.models import PhoneMessage
from tests import cast
from tests.journeys.conftest import sign_in
from tests.journeys.looking import violations

pytestmark = [
    pytest.mark.django_db(databases="__all__", transaction=True),
    pytest.mark.either_stack,
]
STAY = "() => { window.stayed = true }"
STAYED = "() => window.stayed === true"
FOCUSED = "text => document.activeElement.innerText === text"  # a moment after a change
KEPT = "() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]"


@pytest.fixture
def inbox(anna: cast.House) -> list[PhoneMessage]:
    return [cast.message_of(anna, caller_name=f"Ring {place:02}") for place in range(30)]


@pytest.fixture
def bertil(page: Page, anna: cast.House, inbox: list[PhoneMessage]) -> Page:
    """Bertil on the list of messages, on a page that would tell if it were loaded anew."""
    page.set_default_timeout(10_000)
    sign_in(page, anna.member.user.email)
    page.goto(f"/mina-sidor/{anna.customer.number}/meddelanden/")
    quickened(page)
    return page


@pytest.fixture
def plain(
    chromium: Browser, site: str, anna: cast.House, inbox: list[PhoneMessage]
) -> Iterator[Page]:
    """The same without JavaScript."""
    context = chromium.new_context(base_url=site, locale="sv-SE", java_script_enabled=False)
    page = context.new_page()
    sign_in(page, anna.member.user.email)
    page.goto(f"/mina-sidor/{anna.customer.number}/meddelanden/")
    yield page
    context.close()


def quickened(page: Page) -> None:
    """Come near what is quick; from then on the page would tell if it were loaded anew."""
    assert not page.evaluate("() => 'htmx' in window"), "a first view does without"
    page.locator("[hx-boost]").first.dispatch_event("pointerover")
    page.wait_for_function("() => 'htmx' in window")
    page.evaluate(STAY)


def rows(page: Page) -> int:
    return page.locator("a.row.letter").count()


def test_a_filter_and_the_next_page_come_without_a_load_and_back_goes_back(bertil: Page) -> None:
    page = bertil
    page.locator("summary", has_text="Filt").first.click()
    page.get_by_label("Bara olästa").check()
    page.get_by_role("button", name="Visa").press("Enter")
    page.wait_for_url("**/meddelanden/?*unread=on*")
    page.wait_for_function(FOCUSED, arg="Meddelanden")
    assert page.locator("p.vh[role=status]").inner_text() == page.title()
    assert rows(page) == 25
    page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
    page.get_by_role("link", name="Äldre").press("Enter")
    page.wait_for_url("**older=*")
    page.wait_for_function("() => document.querySelectorAll('a.row.letter').length === 5")
    assert page.evaluate("() => scrollY") < 100
    assert "unread=on" in page.url
    assert page.locator("#language input[name=next]").input_value() in page.url
    assert page.evaluate(STAYED)
    assert page.evaluate(KEPT) == [], "addresses and pages of customers are kept nowhere"
    assert violations(page) == []
    page.go_back()
    page.wait_for_function("() => document.querySelectorAll('a.row.letter').length === 25")
    assert "unread=on" in page.url
    assert "older" not in page.url
    page.go_back()
    page.wait_for_function("() => !document.querySelector('details.filter').open")
    assert page.url.endswith("/meddelanden/")
    page.wait_for_load_state()
    page.evaluate("() => history.forward()")
    page.wait_for_function("() => document.querySelector('details.filter')?.open")
    assert page.get_by_label("Bara olästa").is_checked()


def test_marking_keeps_the_place_and_says_so_and_is_undone(
    bertil: Page, inbox: list[PhoneMessage]
) -> None:
    page = bertil
    for name in ("Ring 29", "Ring 28"):
        page.get_by_role("checkbox", name=f"Välj meddelandet från {name}").check()
    page.get_by_label("Markera de valda som").select_option("handled")
    page.get_by_role("button", name="Markera", exact=True).press("Enter")
    page.get_by_text("2 meddelanden är markerade.").wait_for()
    page.wait_for_function(FOCUSED, arg="2 meddelanden är markerade.")
    assert PhoneMessage.objects.handled().count() == 2
    assert violations(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".chip.good", has_text="Hanterat").first.wait_for(state="detached")
    assert PhoneMessage.objects.handled().count() == 0
    assert page.evaluate(STAYED)


def test_marking_one_and_assigning_it_leave_the_player_alone(page: Page, anna: cast.House) -> None:
    cast.call_of(anna, audio=cast.tone(30), call_id="a-call")
    message = cast.message_of(anna, call_id="a-call")
    page.set_default_timeout(10_000)
    sign_in(page, anna.member.user.email)
    page.goto(f"/mina-sidor/{anna.customer.number}/meddelanden/{message.id}/")
    quickened(page)
    page.get_by_role("slider").press("Space")
    page.wait_for_function("() => document.querySelector('audio').currentTime > 0.2")
    page.get_by_role("button", name="Markera som hanterat").press("Enter")
    page.get_by_role("button", name="Ångra: inte hanterat").wait_for()
    page.wait_for_function(FOCUSED, arg="Hantering")
    assert "markerat som hanterat" in page.locator("p.vh[role=status]").inner_text()
    page.locator("#id_member").select_option(label=anna.member.name)
    page.locator(".assigning button").press("Enter")
    page.locator("#flashes", has_text=anna.member.name).wait_for()
    assert page.evaluate("() => !document.querySelector('audio').paused")
    assert page.evaluate(STAYED)
    message.refresh_from_db()
    assert message.assigned_to == anna.member


def test_whoever_was_signed_out_in_between_is_asked_to_sign_in(
    bertil: Page, anna: cast.House
) -> None:
    page = bertil
    page.context.clear_cookies()
    page.get_by_role("link", name="Äldre").press("Enter")
    page.wait_for_url("**/konto/login/**")
    assert page.locator("input[name=password]").is_visible()
    assert page.locator("nav.nav-wide").count() == 0
    page.fill("input[name=login]", anna.member.user.email)
    page.fill("input[name=password]", cast.PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**older=*")
    assert rows(page) == 5


def test_a_refusal_is_shown_whole(bertil: Page, anna: cast.House) -> None:
    page = bertil
    Member.objects.filter(pk=anna.member.pk).update(role="reader")
    page.get_by_role("checkbox", name="Välj meddelandet från Ring 29").check()
    page.get_by_role("button", name="Markera", exact=True).press("Enter")
    page.locator(".error-code").wait_for()
    assert page.locator(".error-code").inner_text().startswith("403")
    assert page.locator("#marking").count() == 0


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_went_wrong_with_a_list_is_shown_whole(bertil: Page, status: int) -> None:
    page = bertil
    body = "<title>Fel</title><h1>Det gick inte</h1>"
    page.route("**older=*", lambda route: route.fulfill(status=status, body=body))
    page.get_by_role("link", name="Äldre").press("Enter")
    page.get_by_role("heading", name="Det gick inte").wait_for()
    assert page.title() == "Fel"


def test_without_a_network_the_page_stays_and_says_so(bertil: Page) -> None:
    page = bertil
    page.context.set_offline(offline=True)
    page.get_by_role("link", name="Äldre").press("Enter")
    page.get_by_text("Tjänsten svarar inte.").wait_for()
    assert rows(page) == 25
    page.context.set_offline(offline=False)
    page.get_by_role("link", name="Äldre").press("Enter")
    page.wait_for_url("**older=*")
    assert page.get_by_text("Tjänsten svarar inte.").count() == 0


def test_without_javascript_the_same_links_and_forms_do_the_same(plain: Page) -> None:
    page = plain
    page.locator("summary", has_text="Filt").first.click()
    page.get_by_label("Bara olästa").check()
    page.get_by_role("button", name="Visa").click()
    page.wait_for_url("**unread=on*")
    page.get_by_role("link", name="Äldre").click()
    page.wait_for_url("**older=*")
    assert rows(page) == 5
    assert "unread=on" in page.url
    page.get_by_role("checkbox", name="Välj meddelandet från Ring 00").check()
    page.get_by_role("button", name="Markera", exact=True).click()
    page.get_by_text("1 meddelande är markerat.").wait_for()
    with page.expect_navigation():
        page.get_by_role("button", name="Ångra").click()
    assert PhoneMessage.objects.handled().count() == 0
    assert "older=" in page.url


def test_what_htmx_gets_is_what_everybody_gets(anna: cast.House, sign_in: Any) -> None:
    """So nothing varies by its headers, and there is no second way to a page."""
    client, here = sign_in(anna.member), f"/mina-sidor/{anna.customer.number}/meddelanden/"
    cast.message_of(anna)
    asked = [client.get(here, headers=headers) for headers in ({}, {"HX-Request": "true"})]
    assert [each.headers["Cache-Control"] for each in asked] == ["no-store", "no-store"]
    plain, quick = (without_tokens(each.content.decode()) for each in asked)
    assert plain == quick


def without_tokens(page: str) -> list[str]:
    return [line for line in page.splitlines() if "csrfmiddlewaretoken" not in line]
