"""The demo's mail, read in a browser."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, modify_settings, override_settings
from django.urls import include, path

from smartsvar.demo import views
from smartsvar.letters import letter
from smartsvar.urls import urlpatterns as addresses

urlpatterns = [*addresses, path("", include("smartsvar.demo.urls"))]

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
MAIL = (
    "X-RcptTo: anna@ankdamm.example\r\nFrom: noreply@example.se\r\n"
    "Subject: =?utf-8?q?Meddelande_fr=C3=A5n_<b>Kalle</b>?=\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    "Läs: https://minasidor.example.se/x/?a=1&b=2\r\n<script>alert(1)</script>\r\n"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(views, "MAIL", tmp_path)
    installed = modify_settings(INSTALLED_APPS={"append": "smartsvar.demo"})
    with installed, override_settings(ROOT_URLCONF=__name__):
        yield tmp_path


def test_the_newest_comes_first(folder: Path, client: Client) -> None:
    for number in (1, 2):
        text = MAIL.replace("Kalle", f"Kalle {number}")
        (folder / f"{number:020d}-ab.eml").write_bytes(text.encode())
    page = client.get("/demo/mail/").content.decode()
    assert page.index("Kalle 2") < page.index("Kalle 1")
    assert "anna@ankdamm.example" in page


def test_an_empty_sink_says_so(folder: Path, client: Client) -> None:
    assert "Inga mejl ännu." in client.get("/demo/mail/").content.decode()


def test_a_mails_links_work_and_its_markup_does_not(folder: Path, client: Client) -> None:
    (folder / "00000000000000000001-ab.eml").write_bytes(MAIL.encode())
    answer = client.get("/demo/mail/00000000000000000001-ab/")
    page = answer.content.decode()
    assert 'href="https://minasidor.example.se/x/?a=1&amp;b=2"' in page
    assert "<script>alert" not in page
    assert "<b>Kalle" not in page
    assert "Läs:" in page


def test_its_html_is_shown_as_it_was_sent_and_can_do_nothing(folder: Path, client: Client) -> None:
    written = letter("Hej", "Hej!\n\nSmartsvar\n", to=["anna@ankdamm.example"])
    (folder / "00000000000000000001-ab.eml").write_bytes(written.message().as_bytes())
    (folder / "00000000000000000002-ab.eml").write_bytes(MAIL.encode())
    page = client.get("/demo/mail/00000000000000000001-ab/").content.decode()
    assert "/demo/mail/00000000000000000001-ab/html" in page
    answer = client.get("/demo/mail/00000000000000000001-ab/html")
    assert "<h1" in answer.content.decode()
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert client.get("/demo/mail/00000000000000000002-ab/html").status_code == 404


@pytest.mark.parametrize("name", ["nope", "..%2F..%2Fdemo", "%2e%2e", ".hidden"])
def test_there_is_no_way_out_of_the_folder(name: str, folder: Path, client: Client) -> None:
    (folder.parent / "demo.eml").write_text("secret")
    assert client.get(f"/demo/mail/{name}/").status_code == 404


def test_production_has_no_such_page(client: Client) -> None:
    assert "SMARTSVAR_DEMO" not in os.environ
    assert client.get("/demo/mail/").status_code == 404
