"""The pages for everybody: front page, status, cookies, and what programs ask for."""

from datetime import datetime, time, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import strip_tags

from customers.models import User
from smartsvar.audit.models import AuditEntry
from smartsvar.bulletins.actions import publish
from smartsvar.bulletins.models import Bulletin
from smartsvar.clock import STOCKHOLM, database_now
from smartsvar.portal.views import health
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")
ATOM = "{http://www.w3.org/2005/Atom}"
PAGES = (
    "portal:front", "portal:status", "portal:cookies", "customers:contact", "privacy:policy",
    "privacy:policy_versions", "privacy:terms", "subprocessors:list",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Any) -> None:
    """Sven's second factor has its own tests."""
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False


def announce(sven: User, kind: str, *, begins: int, hours: int | None, **facts: Any) -> Bulletin:
    """Announce something that begins in so many hours (negative: began) and lasts so many."""
    at = database_now()
    start = at + timedelta(hours=begins)
    made = Bulletin(
        kind=kind, starts_at=start, ends_at=start + timedelta(hours=hours) if hours else None,
        title_sv="Byte av brandvägg", title_en="New firewall", text_sv="Samtal besvaras.",
        text_en="Calls are answered.", **facts,
    )  # fmt: skip
    publish(made, by=sven, at=at)
    return made


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_stranger_reads_every_open_page_in_both_languages(
    client: Client, name: str, language: str
) -> None:
    answer = client.get(reverse(name), headers={"Accept-Language": language})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert f'<html lang="{language}">' in page
    for linked in PAGES[1:]:
        assert f'href="{reverse(linked)}"' in page or linked == "privacy:policy_versions"
    assert reverse("api:docs") in page


def test_the_status_page_says_that_the_service_works(client: Client) -> None:
    page = client.get(reverse("portal:status"), headers={"Accept-Language": "en"})
    assert page.context["state"] == "works"
    assert "The service works" in page.content.decode()


def test_a_stranger_learns_that_something_is_wrong_and_not_what(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise OSError("bucket eu-hemlig-17")

    monkeypatch.setitem(health.PARTS, "storage", away)
    cache.delete("status-healthy")
    page = client.get(reverse("portal:status"), headers={"Accept-Language": "en"}).content.decode()
    assert "The service is disturbed" in page
    assert "storage" not in page.lower()
    assert "hemlig" not in page


def test_maintenance_that_was_announced_is_called_by_its_name(client: Client, sven: User) -> None:
    announce(sven, "maintenance", begins=-1, hours=2)
    page = client.get(reverse("portal:status"), headers={"Accept-Language": "sv"})
    assert page.context["state"] == "maintenance"
    assert "Byte av brandvägg" in page.content.decode()


def test_what_is_planned_what_goes_on_and_what_has_been_stand_apart(
    client: Client, sven: User
) -> None:
    planned = announce(sven, "maintenance", begins=48, hours=2)
    ongoing = announce(sven, "disturbance", begins=-2, hours=None)
    ended = announce(sven, "disturbance", begins=-30, hours=3)
    gone = announce(sven, "disturbance", begins=-60, hours=3, taken_back=True)
    context = client.get(reverse("portal:status")).context
    assert list(context["coming"]) == [planned]
    assert context["under_way"] == [ongoing]
    assert context["past"] == [ended]
    assert gone not in context["past"]
    assert context["state"] == "disturbed"
    assert sum(day.minutes for day in context["days"]) == pytest.approx(5 * 60, abs=2)


def test_time_that_two_things_disturbed_is_counted_once_and_no_news_hide_it(
    client: Client, sven: User
) -> None:
    for begins, hours in ((-30 * 24, 2), (-30 * 24 + 1, 3), (-30 * 24 + 1, 1), (-26 * 24, 1)):
        announce(sven, "disturbance", begins=begins, hours=hours)
    for hour in range(60):
        announce(sven, "news", begins=-hour - 1, hours=None)
    days = client.get(reverse("portal:status")).context["days"]
    assert sum(day.minutes for day in days) == pytest.approx(5 * 60, abs=2)


@pytest.mark.parametrize(
    ("ends", "said"), [("04:00", "02:00–04:00"), ("00:30", "02:00–29 november 00:30")]
)
def test_an_end_on_the_same_day_is_said_by_its_hour_alone(ends: str, said: str) -> None:
    start = datetime(2026, 11, 28, 2, tzinfo=STOCKHOLM)
    until = datetime.combine(start, time.fromisoformat(ends), tzinfo=STOCKHOLM)
    end = until if until > start else until + timedelta(days=1)
    told = Bulletin(kind=Bulletin.Kind.MAINTENANCE, starts_at=start, ends_at=end)
    with timezone.override(STOCKHOLM), translation.override("sv"):
        page = render_to_string("parts/bulletin.html", {"each": told})
    assert strip_tags(page.partition("2026 ")[2].partition("</p>")[0]) == said


def test_maintenance_without_an_end_is_refused(sven: User) -> None:
    with pytest.raises(ValidationError):
        announce(sven, "maintenance", begins=5, hours=None)
    assert not Bulletin.objects.exists()


def test_an_announcement_leaves_a_trace(sven: User) -> None:
    made = announce(sven, "news", begins=-1, hours=None)
    made.title_sv = "Rättat"
    publish(made, by=sven, at=database_now())
    verbs = AuditEntry.objects.filter(object_id=made.id).order_by("at", "id")
    assert [entry.verb for entry in verbs] == ["bulletin.published", "bulletin.changed"]


def test_sven_announces_in_the_admin_and_deletes_nothing(sign_in: Any, sven: User) -> None:
    browser = sign_in(sven)
    facts = {
        "kind": "maintenance", "starts_at_0": "2027-03-01", "starts_at_1": "02:00:00",
        "ends_at_0": "2027-03-01", "ends_at_1": "03:00:00", "title_sv": "Natt", "title_en": "Night",
    }  # fmt: skip
    answer = browser.post(reverse("admin:bulletins_bulletin_add"), facts)
    assert answer.status_code == 302
    made = Bulletin.objects.get()
    deletion = reverse("admin:bulletins_bulletin_delete", args=[made.pk])
    assert browser.post(deletion).status_code == 403


def test_the_feed_is_atom_with_every_announcement(client: Client, sven: User) -> None:
    made = announce(sven, "disturbance", begins=-5, hours=1)
    answer = client.get(reverse("portal:status_feed"), headers={"Accept-Language": "en"})
    feed = ElementTree.fromstring(answer.content)
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}id") for entry in entries] == [made.id.urn]
    assert "New firewall" in str(entries[0].findtext(f"{ATOM}title"))


def test_the_feed_tells_of_planned_maintenance_and_of_nothing_else_before_its_time(
    client: Client, sven: User
) -> None:
    planned = announce(sven, "maintenance", begins=5, hours=1)
    for kind in ("news", "disturbance"):
        announce(sven, kind, begins=5, hours=None)
    begun = announce(sven, "news", begins=-1, hours=None)
    feed = ElementTree.fromstring(client.get(reverse("portal:status_feed")).content)
    told = {entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")}
    assert told == {planned.id.urn, begun.id.urn}


def test_the_feed_stands_whatever_an_announcement_holds(client: Client, sven: User) -> None:
    made = announce(sven, "news", begins=-1, hours=None)
    Bulletin.objects.filter(pk=made.pk).update(title_sv="Ny\x0bsida\ufffe", text_sv="a\x0c\nb")
    answer = client.get(reverse("portal:status_feed"), headers={"Accept-Language": "sv"})
    (entry,) = ElementTree.fromstring(answer.content).findall(f"{ATOM}entry")
    assert str(entry.findtext(f"{ATOM}title")).endswith("Nysida")
    assert entry.findtext(f"{ATOM}summary") == "a\nb"


@pytest.mark.parametrize("name", ["title_sv", "title_en", "text_sv", "text_en"])
@pytest.mark.parametrize("sign", ["\x0b", "\u202e", "\ufffe"])
def test_sven_announces_nothing_that_cannot_be_shown(
    sign_in: Any, sven: User, name: str, sign: str
) -> None:
    facts = {
        "kind": "news", "starts_at_0": "2027-03-01", "starts_at_1": "02:00:00",
        "title_sv": "Nytt", "title_en": "New", "text_sv": "Ja", "text_en": "Yes",
    }  # fmt: skip
    answer = sign_in(sven).post(
        reverse("admin:bulletins_bulletin_add"), facts | {name: f"Nytt{sign}här"}
    )
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [name]
    assert not Bulletin.objects.exists()


def test_anna_is_told_on_her_first_page(sign_in: Any, anna: cast.House, sven: User) -> None:
    page = reverse("portal:overview", args=[anna.customer.number])
    browser = sign_in(anna.administrator)
    assert b"Byte av brandv" not in browser.get(page).content
    announce(sven, "maintenance", begins=30, hours=2)
    announce(sven, "maintenance", begins=24 * 30, hours=2)
    assert browser.get(page).content.decode().count("Byte av brandvägg") == 1


def test_the_page_of_cookies_names_what_the_settings_name(client: Client, settings: Any) -> None:
    page = client.get(reverse("portal:cookies"), headers={"Accept-Language": "en"}).content.decode()
    for name in (
        settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME,
        "messages",
    ):  # fmt: skip
        assert f">{name}<" in page
    assert "12 hours" in page


def test_robots_are_kept_out_of_what_asks_for_sign_in(client: Client) -> None:
    text = client.get("/robots.txt").content.decode()
    assert "Disallow: /mina-sidor/" in text
    assert "Disallow: /\n" not in text


def test_whoever_finds_a_hole_finds_us(client: Client, settings: Any) -> None:
    settings.SECURITY_EMAIL = "hal@smartsvar.example"
    text = client.get("/.well-known/security.txt").content.decode()
    assert "Contact: mailto:hal@smartsvar.example\n" in text
    assert "Expires: " in text
    settings.SECURITY_EMAIL = ""
    text = client.get("/.well-known/security.txt").content.decode()
    assert f"Contact: {settings.PUBLIC_URL}/kontakt/\n" in text


def test_an_address_that_leads_nowhere_leads_on(client: Client) -> None:
    answer = client.get("/finns-inte/")
    assert answer.status_code == 404
    assert b'href="/kontakt/"' in answer.content
