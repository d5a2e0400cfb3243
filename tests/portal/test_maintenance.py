"""While the service is worked on people and programs are told so; what tells it stays open."""

from typing import Any

import pytest
from django.test import Client

from messages.models import PhoneMessage
from tests import cast
from tests.integrator import integrator, problem

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def shut(settings: Any) -> None:
    settings.MAINTENANCE = True


@pytest.mark.parametrize("path", ["/", "/mina-sidor/", "/konto/login/", "/admin/", "/no-page/"])
def test_people_are_told_in_both_languages_and_where_to_look(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    page = answer.content.decode()
    assert "stängd en stund för underhåll" in page
    assert "closed for maintenance" in page
    assert "/status/" in page
    assert "inte utfört" not in page
    assert "Content-Security-Policy" in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_nothing_is_asked_of_a_database(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert "inte utfört" in client.post("/kontakt/").content.decode()


def test_a_program_gets_a_problem_and_nothing_is_done(anna: cast.House) -> None:
    before = PhoneMessage.objects.count()
    answer = integrator(anna).post("/api/v1/messages/", {"matter": "Ring"}, format="json")
    problem(answer, 503, "maintenance")
    assert PhoneMessage.objects.count() == before


def test_how_it_is_can_be_read_meanwhile(client: Client) -> None:
    assert client.get("/healthz/").status_code == 200
    page = client.get("/status/", headers={"Accept-Language": "sv"})
    assert page.status_code == 200
    assert "Planerat underhåll pågår" in page.content.decode()
    assert client.get("/status/flode.atom").status_code == 200
    assert client.post("/sprak/", {"language": "en", "next": "/status/"}).status_code == 302


def test_what_was_shut_opens_again(client: Client, settings: Any) -> None:
    settings.MAINTENANCE = False
    assert client.get("/").status_code == 200
