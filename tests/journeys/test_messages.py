"""Bertil hears the middle of a call by keyboard, marks a message as handled, and undoes it."""

import pytest
from playwright.sync_api import Browser, Page

from messages.handling import add_note
from messages.models import PhoneMessage
from recordings.models import Recording
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from tests import cast
from tests.journeys.conftest import sign_in
from tests.journeys.keys import Keys
from tests.journeys.looking import violations

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
SECONDS = 120
AT = "() => document.querySelector('audio').currentTime"


@pytest.fixture
def call(anna: cast.House) -> Recording:
    cast.call_of(anna, audio=cast.tone(3), caller_name="Annan Uppringare")
    return cast.call_of(anna, audio=cast.tone(SECONDS))


def test_bertil_finds_a_call_by_its_caller_and_plays_its_middle_by_keyboard(
    page: Page, anna: cast.House, call: Recording
) -> None:
    keys = Keys(page)
    keys.sign_in(anna.member.user.email, cast.PASSWORD)
    keys.press(page.get_by_role("link", name="Alla händelser"))
    keys.write(page.get_by_label("Sök i namn"), "ödlund zacharias")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="1 träff").wait_for()
    assert "Zacharias" not in page.url
    assert "dlund" not in page.url
    keys.follow(cast.PLANTED_NAME)
    keys.choose(page.get_by_label("Hastighet"), "2")
    wave = keys.to(page.get_by_role("slider"), back=True)
    page.keyboard.press("Home")
    for _ in range(SECONDS // 2 // 5):
        page.keyboard.press("ArrowRight")
    assert wave.get_attribute("aria-valuetext") == "1:00 / 2:00"
    page.keyboard.press("Space")
    page.wait_for_function("() => document.querySelector('audio').currentTime > 60.3")
    assert page.evaluate("() => document.querySelector('audio').playbackRate") == 2
    page.keyboard.press("Space")
    assert page.evaluate(AT) < 110
    assert AuditEntry.objects.filter(object_id=call.id, verb="recording.played").count() == 1


def test_a_link_to_a_moment_opens_the_player_there(
    page: Page, anna: cast.House, call: Recording
) -> None:
    sign_in(page, anna.reader.user.email)
    page.goto(f"/mina-sidor/{anna.customer.number}/samtal/{call.id}/#t=65")
    page.wait_for_function("() => document.querySelector('audio').currentTime === 65")
    link = page.get_by_role("link", name="Länk till det här ögonblicket")
    assert (link.get_attribute("href") or "").endswith("#t=65")
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowLeft")
    assert "(1:00)" in link.inner_text()
    link.click()
    assert page.url.endswith("#t=60")


def test_a_link_to_a_moment_is_followed_through_signing_in(
    page: Page, anna: cast.House, call: Recording
) -> None:
    page.goto(f"/mina-sidor/{anna.customer.number}/samtal/{call.id}/#t=65")
    page.wait_for_url("**/konto/login/**")
    page.fill("input[name=login]", anna.reader.user.email)
    page.fill("input[name=password]", cast.PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"**/samtal/{call.id}/#t=65")
    page.wait_for_function("() => document.querySelector('audio').currentTime === 65")


def test_a_click_in_the_waveform_seeks(page: Page, anna: cast.House, call: Recording) -> None:
    sign_in(page, anna.reader.user.email)
    page.goto(f"/mina-sidor/{anna.customer.number}/samtal/{call.id}/")
    box = page.get_by_role("slider").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
    page.wait_for_function("() => Math.abs(document.querySelector('audio').currentTime - 90) < 2")


def test_a_download_is_a_file_and_a_word_of_its_own_in_the_trail(
    page: Page, anna: cast.House, call: Recording
) -> None:
    sign_in(page, anna.reader.user.email)
    page.goto(f"/mina-sidor/{anna.customer.number}/samtal/{call.id}/")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Ladda ner").click()
    assert taken.value.suggested_filename.endswith(".wav")
    assert taken.value.path().stat().st_size == call.size
    verbs = AuditEntry.objects.filter(object_id=call.id).values_list("verb", flat=True)
    assert "recording.downloaded" in verbs
    assert "recording.played" not in verbs


def test_bertil_marks_a_message_as_handled_by_keyboard_and_undoes_it(
    page: Page, anna: cast.House
) -> None:
    message = cast.message_of(anna)
    sign_in(page, anna.member.user.email)
    page.goto(f"/mina-sidor/{anna.customer.number}/meddelanden/{message.id}/")
    keys = Keys(page)
    keys.press(page.get_by_role("button", name="Markera som hanterat"))
    page.locator("#flashes").get_by_text("Meddelandet är markerat som hanterat.").wait_for()
    message.refresh_from_db()
    assert message.handled_by == anna.member
    keys.press(page.get_by_role("button", name="Ångra: inte hanterat"))
    page.get_by_text("Inte hanterat än.").wait_for()
    message.refresh_from_db()
    assert message.handled_at is None


def test_without_javascript_several_are_marked_a_note_is_written_and_the_sound_has_controls(
    chromium: Browser, site: str, anna: cast.House, call: Recording
) -> None:
    for name in ("Första", "Andra", "Tredje"):
        cast.message_of(anna, caller_name=name)
    context = chromium.new_context(base_url=site, locale="sv-SE", java_script_enabled=False)
    page = context.new_page()
    sign_in(page, anna.member.user.email)
    here = f"/mina-sidor/{anna.customer.number}/"
    page.goto(here + "meddelanden/?state=unhandled")
    for name in ("Första", "Tredje"):
        page.get_by_role("checkbox", name=f"Välj meddelandet från {name}").check()
    page.get_by_label("Markera de valda som").select_option("handled")
    page.get_by_role("button", name="Markera", exact=True).click()
    page.get_by_text("2 meddelanden är markerade.").wait_for()
    assert "state=unhandled" in page.url
    assert {each.caller_name for each in PhoneMessage.objects.handled()} == {"Första", "Tredje"}
    page.get_by_role("link", name="Andra").click()
    page.get_by_label("Anteckning").fill("Ringde upp.")
    page.get_by_role("button", name="Spara anteckningen").click()
    page.get_by_text("Anteckningen är sparad.").wait_for()
    assert page.get_by_text("Ringde upp.").is_visible()
    page.goto(here + f"samtal/{call.id}/")
    assert page.locator("audio[controls]").is_visible()
    assert not page.get_by_label("Hastighet").is_visible(), "what needs the script is not shown"
    context.close()


def test_a_printed_message_has_its_words_and_no_forms(page: Page, anna: cast.House) -> None:
    message = cast.message_of(anna)
    add_note(message, "Ringde upp.", by=anna.member, at=database_now())
    sign_in(page, anna.member.user.email)
    page.goto(f"/mina-sidor/{anna.customer.number}/meddelanden/{message.id}/")
    assert page.get_by_role("button", name="Skriv ut").is_visible()
    page.emulate_media(media="print")
    assert page.get_by_text(cast.PLANTED_MATTER).is_visible()
    assert page.get_by_text("Ringde upp.").is_visible()
    assert not page.get_by_role("button").first.is_visible()
    assert not page.locator("textarea").is_visible()


@pytest.mark.parametrize("width", [320, 1280])
def test_what_a_search_finds_and_what_is_wrong_is_accessible_and_fits(
    page: Page, anna: cast.House, call: Recording, width: int
) -> None:
    message = cast.message_of(anna)
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, anna.member.user.email)
    here = f"/mina-sidor/{anna.customer.number}/"
    for text in ("zacharias", "a"):
        page.goto(here + "handelser/?since=2020-01-01")
        page.get_by_label("Sök i namn").fill(text)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        looked_at(page)
    page.goto(here + "meddelanden/?state=x")
    looked_at(page)
    page.goto(here + f"meddelanden/{message.id}/anteckning")
    with page.expect_navigation():
        page.get_by_role("button", name="Spara anteckningen").click()
    assert page.get_by_label("Anteckning").get_attribute("aria-invalid") == "true"
    assert page.evaluate("() => document.activeElement.name") == "text"
    looked_at(page)


def looked_at(page: Page) -> None:
    assert violations(page) == []
    assert not page.evaluate("() => document.documentElement.scrollWidth > innerWidth"), page.url
