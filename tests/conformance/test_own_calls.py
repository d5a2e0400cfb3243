"""A member who is shown its own calls only meets nobody else's, at any address of the customer.

The addresses are read from the resolver: a new page that forgets to ask is found here.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.actions.staff import StaffDetails, add_staff
from customers.models import Member, Role, Sees, StaffMember, User
from messages.models import PhoneMessage
from privacy.models import SignedReceipt
from privacy.tasks import purge_due
from recordings.actions import delete_recording, may_listen, play_recording, still_playable
from recordings.models import Recording
from smartsvar.clock import database_now
from tests import cast
from tests.conformance import tenant_targets
from tests.conformance.routes import Route
from tests.conformance.tenant_table import NAMED, Page
from tests.conformance.tenant_table import TABLE as ROWS
from tests.conformance.tenant_targets import TARGETS
from tests.conformance.test_tenant_matrix import Street

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.production_stack]
HERS, HIS = "Hedvig Hennes-Uppringare", "Hilding Hans-Uppringare"
SHOWN = {tenant_targets.call, tenant_targets.message}
OF_A_CUSTOMER = [
    route for route in NAMED if "number" in route.parameters and isinstance(ROWS[route.name], Page)
]
OF_ONE_CALL = [
    route
    for route in OF_A_CUSTOMER
    if TARGETS.get(route.name) in SHOWN and vars(ROWS[route.name])["least"] != "administrator"
]


@dataclass
class Desk:
    """Two people's calls and messages: what is Stina's own, and what is another's."""

    house: cast.House
    own: list[Any]
    others: list[Any]


def both(house: cast.House, staff: StaffMember | None, caller: str) -> list[Any]:
    facts: dict[str, Any] = {"staff": staff, "caller_name": caller, "call_id": f"samtal {caller}"}
    matter = f"Ärende från {caller}"
    return [cast.call_of(house, **facts), cast.message_of(house, matter=matter, **facts)]


@pytest.fixture
def desk(anna: cast.House) -> Desk:
    """Bertil and Rut are Stina, one after the other, and are shown Stina's calls only."""
    colleague = add_staff(
        anna.customer, StaffDetails(name="Kalle"), by=anna.administrator, at=database_now()
    )
    desk = Desk(
        anna,
        both(anna, anna.staff, HERS),
        [*both(anna, colleague, HIS), *both(anna, None, HIS)],
    )
    for person in (anna.member, anna.reader):
        person.sees, person.staff = Sees.OWN, anna.staff
        person.save()
    return desk


@pytest.fixture
def street(desk: Desk, cecilia: cast.House, sven: User) -> Street:
    return Street(desk.house, cecilia, sven)


def text_of(browser: Client, path: str) -> str:
    response: Any = browser.get(path)
    if response.streaming:
        return b"".join(response.streaming_content).decode(errors="replace")
    text: str = response.content.decode(errors="replace")
    return text


@pytest.mark.parametrize("role", ["member", "reader"])
@pytest.mark.parametrize("route", OF_A_CUSTOMER, ids=str)
def test_no_page_tells_of_anothers_call(
    route: Route, role: str, desk: Desk, street: Street
) -> None:
    text = text_of(street.browser(role), street.address(route, desk.house))
    assert HIS not in text
    assert not [each.pk for each in desk.others if str(each.pk) in text]


@pytest.mark.parametrize("route", OF_ONE_CALL, ids=str)
def test_anothers_call_or_message_is_not_there_and_ones_own_is(
    route: Route, desk: Desk, street: Street
) -> None:
    model = Recording if TARGETS[route.name] is tenant_targets.call else PhoneMessage
    rows = [row for row in [*desk.own, *desk.others] if isinstance(row, model)]
    name = next(name for name in route.parameters if name != "number")
    number = str(desk.house.customer.number)
    for method in ROWS[route.name].ok:
        statuses = [
            getattr(street.browser("member"), method)(
                route.address({"number": number, name: str(row.pk)})
            ).status_code
            for row in reversed(rows)
        ]
        assert statuses[:-1] == [404] * (len(rows) - 1), method
        assert statuses[-1] == ROWS[route.name].ok[method], method


def test_what_is_deleted_is_counted_for_nobody_who_sees_ones_own_only(
    desk: Desk, sign_in: Any
) -> None:
    delete_recording(desk.others[0], by=desk.house.administrator)
    purge_due()
    kept = SignedReceipt.objects.get(customer_id=desk.house.customer.pk)
    cast.message_of(desk.house)
    number = desk.house.customer.number
    page = reverse("privacy:receipts", args=[number])
    files = [
        reverse("privacy:receipt", args=[number, kept.pk]),
        reverse("privacy:receipt_chain", args=[number]),
    ]
    for member, sees in ((desk.house.reader, False), (desk.house.administrator, True)):
        browser = sign_in(member)
        said = browser.get(page)
        assert said.status_code == 200
        assert (bool(said.context["outlook"]), bool(said.context["lines"])) == (sees, sees)
        assert ('id="coming"' in said.content.decode()) == sees
        assert [browser.get(path).status_code for path in files] == [200 if sees else 404] * 2


def test_there_are_such_routes() -> None:
    names = {route.name for route in OF_ONE_CALL}
    assert names >= {"portal:call", "portal:message", "recordings:audio", "phone_messages:delete"}


@pytest.mark.parametrize("page", ["portal:overview", "recordings:list", "phone_messages:list"])
def test_the_lists_show_ones_own(page: str, desk: Desk, sign_in: Any) -> None:
    text = text_of(sign_in(desk.house.reader), reverse(page, args=[desk.house.customer.number]))
    assert HERS in text


def test_counts_count_ones_own(desk: Desk, sign_in: Any) -> None:
    path = reverse("portal:overview", args=[desk.house.customer.number])
    assert sign_in(desk.house.reader).get(path).context["news"].unread == 1
    assert sign_in(desk.house.administrator).get(path).context["news"].unread == 3


def test_an_administrator_is_shown_all_whatever_is_chosen(desk: Desk, sign_in: Any) -> None:
    boss = desk.house.administrator
    boss.sees = Sees.OWN
    boss.save()
    number = desk.house.customer.number
    assert HIS in text_of(sign_in(boss), reverse("recordings:list", args=[number]))


def test_nobody_on_the_register_is_shown_nothing_not_even_what_is_nobodys(desk: Desk) -> None:
    """Also when the person was taken off the register: the link goes, and with it the right."""
    rut = desk.house.reader
    rut.staff = None
    rut.save()
    rut = Member.objects.get(id=rut.id)
    assert not Recording.objects.visible_to(rut).exists()
    assert not any(rut.may_see(row) for row in [*desk.own, *desk.others])


def test_the_two_readings_of_the_rule_agree(desk: Desk, cecilia: cast.House) -> None:
    people = [desk.house.administrator, desk.house.reader, desk.house.member, cecilia.reader]
    everything = [*desk.own, *desk.others]
    for person in people:
        shown = {
            row.pk
            for model in (Recording, PhoneMessage)
            for row in model.objects.visible_to(person)
        }
        assert shown == {row.pk for row in everything if person.may_see(row)}, person.role


def test_anothers_call_is_not_played_either(desk: Desk) -> None:
    """The right is asked where the bytes are opened, whatever door it was."""
    rut, at = desk.house.reader, database_now()
    [own, _], [other, *_] = desk.own, desk.others
    assert (may_listen(own, by=rut), may_listen(other, by=rut)) == (True, False)
    play_recording(own, by=rut, at=at).close()
    assert still_playable(own.pk, by=rut)
    rut.staff = None
    rut.save()
    assert not still_playable(own.pk, by=Member.objects.get(id=rut.id)), "heard while it is taken"


def test_a_key_is_the_customers_and_sees_all(desk: Desk) -> None:
    assert all(may_listen(row, by=desk.house.key) for row in desk.others[::2])


def test_the_trail_tells_of_ones_own_calls_and_deeds_only(desk: Desk, sign_in: Any) -> None:
    boss, rut = desk.house.administrator, desk.house.reader
    number = desk.house.customer.number
    for row in (desk.own[0], desk.others[0]):
        play_recording(row, by=boss, at=database_now() - timedelta(seconds=1)).close()
    path = reverse("portal:trail", args=[number])
    lines = sign_in(rut).get(path).context["lines"]
    linked = {line.link for line in lines if line.link}
    assert linked == {row.get_absolute_url() for row in desk.own}
    assert len(lines) == 4, "received, taken, played by Anna; and that Rut joined"
    assert len(sign_in(boss).get(path).context["lines"]) > len(lines)
    assert rut.role == Role.READER
