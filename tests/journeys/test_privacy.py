"""A right is used in a real Chromium, by keyboard, and its answer is read and printed."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from privacy.cases.steps import check_identity, decide
from privacy.models import Case, CaseState
from smartsvar.audit.actors import SYSTEM
from smartsvar.clock import database_now
from tests import cast
from tests.journeys.conftest import sign_in
from tests.journeys.keys import Keys
from tests.journeys.states import requests_of

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


def test_anna_asks_by_keyboard_and_reads_the_answer(page: Page, anna: cast.House) -> None:
    sign_in(page, anna.administrator.user.email)
    page.goto(f"/mina-sidor/{anna.customer.number}/integritet/")
    keys = Keys(page)
    keys.follow("Begäranden")
    keys.follow("Gör en begäran")
    keys.choose(page.get_by_label("Om vem?"), "En uppringare")
    keys.follow("Skicka begäran")
    wrong = page.get_by_label("Uppringarens nummer eller e-post")
    assert wrong.get_attribute("aria-invalid") == "true"
    expect(wrong).to_be_focused()
    keys.write(wrong, "070-174 06 66")
    keys.follow("Skicka begäran")
    page.wait_for_url("**/integritet/arenden/*-*/")

    case = Case.objects.get()
    check_identity(case, "Inloggad", by=SYSTEM, at=database_now())
    decide(
        case, CaseState.GRANTED, ground="Artikel 15.",
        decision="Registerutdraget ligger i portalen.", by=SYSTEM, at=database_now(),
    )  # fmt: skip
    page.reload()
    assert page.get_by_text("Registerutdraget ligger i portalen.").is_visible()
    with page.expect_download() as letter:
        page.get_by_role("link", name="Ladda ner").click()
    saved = letter.value
    assert saved.suggested_filename == f"smartsvar-{case.number}.html"
    assert "Registerutdraget ligger i portalen." in Path(saved.path()).read_text()


def test_the_letter_is_printed_without_the_portal_around_it(page: Page, anna: cast.House) -> None:
    _, _, answered = requests_of(anna)
    sign_in(page, anna.administrator.user.email)
    page.goto(f"/mina-sidor/{anna.customer.number}/integritet/arenden/{answered.id}/brev?sprak=en")
    page.emulate_media(media="print")
    assert page.get_by_text("We do not grant your request.").is_visible()
    assert not page.get_by_role("navigation").first.is_visible()
    assert not page.get_by_role("link", name="In English").is_visible()
