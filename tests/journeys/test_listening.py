"""Anna finds a call, plays it and seeks; what travels over the wire is looked at."""

from typing import Any

import pytest
from playwright.sync_api import Page, Response

from recordings.actions import delete_recording
from recordings.models import Recording
from smartsvar.audit.models import AuditEntry
from tests import cast
from tests.journeys.conftest import sign_in

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

LIMIT = 256 * 1024
SECONDS = 120
LONG = 1800  # a browser reads some megabytes ahead: what it has not read, it must ask for


class Wire:
    """The answers that carried audio."""

    def __init__(self, page: Page) -> None:
        self.answers: list[tuple[int, int, int]] = []  # status, first byte, last byte
        page.on("response", self._note)

    def _note(self, response: Response) -> None:
        if response.url.endswith("/ljud"):
            span = response.headers.get("content-range", "bytes 0-0/0").split(" ")[1].split("/")[0]
            first, _, last = span.partition("-")
            self.answers.append((response.status, int(first or 0), int(last or 0)))


@pytest.fixture
def call(anna: cast.House) -> Recording:
    return cast.call_of(anna, audio=cast.tone(SECONDS))


def play(page: Page) -> Any:
    return page.evaluate("() => document.querySelector('audio').play()")


def test_anna_finds_the_call_plays_it_and_seeks_to_its_end(page: Page, anna: cast.House) -> None:
    call = cast.call_of(anna, audio=cast.tone(LONG))
    sign_in(page, anna.reader.user.email)
    page.goto(f"/mina-sidor/{anna.customer.number}/samtal/")
    page.get_by_text(cast.PLANTED_NAME).first.click()
    page.wait_for_selector("audio")
    wire = Wire(page)
    play(page)
    page.wait_for_function("() => document.querySelector('audio').currentTime > 0.3")
    early = len(wire.answers)
    page.evaluate(f"() => {{ document.querySelector('audio').currentTime = {0.9 * LONG} }}")
    page.wait_for_function(
        f"() => document.querySelector('audio').currentTime > {0.9 * LONG + 0.3}"
    )
    assert {status for status, _, _ in wire.answers} == {206}
    assert all(last - first < LIMIT for _, first, last in wire.answers)
    at_90 = 0.9 * call.size
    assert all(last < at_90 for _, _, last in wire.answers[:early])
    assert any(first <= at_90 <= last for _, first, last in wire.answers[early:])
    assert AuditEntry.objects.filter(object_id=call.id, verb="recording.played").count() == 1


def test_the_waveform_seeks_by_keyboard(page: Page, anna: cast.House, call: Recording) -> None:
    sign_in(page, anna.member.user.email)
    page.goto(f"/mina-sidor/{anna.customer.number}/samtal/{call.id}/")
    wave = page.get_by_role("slider")
    wave.focus()
    page.keyboard.press("End")
    page.keyboard.press("PageDown")
    page.keyboard.press("Space")
    page.wait_for_function(
        f"() => Math.abs(document.querySelector('audio').currentTime - {0.9 * SECONDS}) < 3"
    )


def test_a_recording_deleted_while_it_plays_stops_and_says_why(
    page: Page, anna: cast.House
) -> None:
    call = cast.call_of(anna, audio=cast.tone(LONG))
    sign_in(page, anna.member.user.email)
    page.goto(f"/mina-sidor/{anna.customer.number}/samtal/{call.id}/")
    play(page)
    page.wait_for_function("() => document.querySelector('audio').currentTime > 0.3")
    wire = Wire(page)
    delete_recording(call, by=anna.administrator)
    page.evaluate(f"() => {{ document.querySelector('audio').currentTime = {0.9 * LONG} }}")
    page.wait_for_selector("[role=alert]:visible")
    assert 404 in {status for status, _, _ in wire.answers}


def test_cecilia_gets_404_for_annas_call_in_the_browser(
    page: Page, anna: cast.House, cecilia: cast.House, call: Recording
) -> None:
    sign_in(page, cecilia.administrator.user.email)
    for path in ("", "ljud"):
        answer = page.goto(f"/mina-sidor/{anna.customer.number}/samtal/{call.id}/{path}")
        assert answer is not None
        assert answer.status == 404
