"""Who is shown what callers said, who they are or who works here leaves a trace, on every door."""

import html

import pytest
from django.core.cache import cache
from django.urls import reverse

from customers.models import User
from smartsvar.audit.models import AuditEntry
from smartsvar.portal.verbs import LOOKS
from tests import cast
from tests.conformance.planted import found_in, plant
from tests.conformance.routes import Route
from tests.conformance.tenant_table import NAMED, TABLE, Api, Page
from tests.conformance.test_tenant_matrix import Street

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.production_stack]

# What leaves no look of its own, each with the words by which the page of looks says so.
UNNOTED = {
    "portal:overview": "the first page",
    "customers:absence_calendar": "the calendar of absences",
    "customers:members": "the pages about members",
    "customers:member_sight": "the pages about members",
    "privacy:agreement": "agreements",
    "portal:grants": "permissions",
    "privacy:restrictions": "restrictions",
    "recordings:grant_call": "forms that name a call by its caller",
    "recordings:delete": "forms that name a call by its caller",
    "phone_messages:delete": "forms that name a call by its caller",
    "phone_messages:note": "forms that name a call by its caller",
    "phone_messages:note_change": "forms that name a call by its caller",
    "phone_messages:note_remove": "forms that name a call by its caller",
    "phone_messages:send_on": "forms that name a call by its caller",
    "privacy:case_add": "people to choose",
    "privacy:export_ask": "people to choose",
    "customers:staff_import_plan": "people to choose",  # from the file that the reader has sent
}

SHOWN = [
    route
    for route in NAMED
    if isinstance(TABLE.get(route.name), Page | Api) and "get" in TABLE[route.name].ok
]


@pytest.fixture
def street(anna: cast.House, cecilia: cast.House, sven: User) -> Street:
    plant(anna)
    return Street(anna, cecilia, sven)


@pytest.mark.parametrize("route", SHOWN, ids=str)
def test_what_is_shown_leaves_a_look(route: Route, street: Street) -> None:
    role = "key" if isinstance(TABLE[route.name], Api) else "administrator"
    address = street.address(route, street.anna)
    before = AuditEntry.objects.filter(verb__in=LOOKS).count()
    cache.clear()
    response = street.browser(role).get(address)
    told = told_by(response.getvalue(), street.anna) if response.status_code == 200 else []
    looked = AuditEntry.objects.filter(verb__in=LOOKS).count() > before
    assert looked or not told or route.name in UNNOTED, told
    assert told or route.name not in UNNOTED, "it shows nothing: strike it from the list"


def told_by(content: bytes, house: cast.House) -> list[str]:
    """Return what is told of callers and of those who work here."""
    said = [house.staff.name, house.staff.email, cast.PLANTED_NAME]
    return found_in(content) + [each for each in said if html.escape(each).encode() in content]


def test_the_page_of_looks_says_what_is_not_noted(street: Street) -> None:
    address = reverse("portal:insight", args=[street.anna.customer.number])
    said = street.browser("administrator").get(address, headers={"Accept-Language": "en"})
    for words in set(UNNOTED.values()):
        assert words in said.content.decode(), words
