"""What a page says is so: under a hold, when there is more, to whoever sees a part of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from customers.actions.absences import AbsenceFacts, add_absence
from customers.actions.covers import About, hold
from customers.actions.staff import StaffDetails, add_staff
from customers.models import Hold, Member, Sees, Target
from messages.models import Delivery, PhoneMessage
from recordings.actions import play_recording
from smartsvar.clock import database_now
from smartsvar.portal.figures import figures_for
from smartsvar.shredding.models import Shreddable
from tests import cast
from tests.portal.test_overview import fresh

pytestmark = pytest.mark.django_db(databases="__all__")
FIRST = "portal:overview"


def page(browser: Any, house: cast.House, name: str, *ids: Any) -> str:
    answer = browser.get(reverse(name, args=[house.customer.number, *ids]))
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text


def hold_all(house: cast.House) -> None:
    about, now = About(target=Target.CUSTOMER), database_now()
    hold(
        house.customer, about, kind=Hold.Kind.LEGAL, reason="Tvist", ends_at=None,
        by=house.administrator, at=now,
    )  # fmt: skip


def soon(row: Shreddable) -> None:
    at = database_now() + timedelta(days=2)
    type(row)._base_manager.filter(pk=row.pk).update(due_at=at)


def test_under_a_hold_no_page_announces_a_deletion(anna: cast.House, sign_in: Any) -> None:
    call, message = cast.call_of(anna), cast.message_of(anna)
    soon(call)
    soon(message)
    assert figures_for(fresh(anna.administrator), database_now()).going == 2
    browser = sign_in(anna.administrator)
    pages = [("portal:call", call.id), ("portal:message", message.id)]
    assert not any("Bevaras tills vidare" in page(browser, anna, *each) for each in pages)
    hold_all(anna)
    assert figures_for(fresh(anna.administrator), database_now()).going == 0
    assert all("Bevaras tills vidare" in page(browser, anna, *each) for each in pages)


def test_a_message_is_read_by_whoever_gets_it_and_not_by_a_glance(
    anna: cast.House, sign_in: Any
) -> None:
    message = cast.message_of(anna)
    address = reverse("portal:message", args=[anna.customer.number, message.id])
    browser = sign_in(anna.reader)
    assert browser.head(address).status_code == 200
    message.refresh_from_db()
    assert message.read_at is None
    browser.get(address)
    message.refresh_from_db()
    assert message.read_at is not None


def test_what_was_not_delivered_stays_first_until_somebody_has_handled_it(
    anna: cast.House, sign_in: Any
) -> None:
    lost = cast.message_of(anna)
    lost.deliveries.update(state=Delivery.State.FAILED)
    for _ in range(7):
        cast.message_of(anna)
    page(sign_in(anna.reader), anna, "portal:message", lost.id)
    browser = sign_in(anna.administrator)

    def first() -> Any:
        answer = browser.get(reverse(FIRST, args=[anna.customer.number]))
        return answer.context["inbox"].rows[0].id

    assert first() == lost.id
    PhoneMessage.objects.filter(id=lost.id).update(handled_at=database_now())
    assert first() != lost.id


def test_a_call_that_many_have_listened_to_leads_to_all_of_them(
    anna: cast.House, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smartsvar.portal.views.call.LISTENINGS", 2)
    call, browser = cast.call_of(anna), sign_in(anna.administrator)
    for listener in (anna.reader, anna.member):
        play_recording(call, by=listener, at=database_now())
    link = f"?thing={call.id}"
    assert link not in page(browser, anna, "portal:call", call.id)
    play_recording(call, by=anna.administrator, at=database_now())
    shown = page(browser, anna, "portal:call", call.id)
    assert link in shown
    assert "de senaste 2" in shown
    every = browser.get(reverse("portal:insight", args=[anna.customer.number]) + link)
    assert anna.reader.name in every.content.decode()


def test_when_more_are_away_than_are_named_the_calendar_is_named(
    anna: cast.House, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smartsvar.portal.views.overview.AWAY", 1)
    browser, now = sign_in(anna.administrator), database_now()
    kalle = add_staff(anna.customer, StaffDetails(name="Kalle"), by=anna.member, at=now)
    for person, many in ((anna.staff, False), (kalle, True)):
        add_absence(person, AbsenceFacts(starts_at=now), by=anna.member, at=now)
        assert ("Fler är borta" in page(browser, anna, FIRST)) is many


@pytest.mark.parametrize("name", [FIRST, "portal:events", "recordings:list", "phone_messages:list"])
def test_whoever_is_shown_its_own_alone_is_told_so(
    anna: cast.House, sign_in: Any, name: str
) -> None:
    browser = sign_in(anna.member)
    assert "bara dina egna" not in page(browser, anna, name)
    Member.objects.filter(id=anna.member.id).update(sees=Sees.OWN, staff=anna.staff)
    own = page(browser, anna, name)
    assert "bara dina egna" in own
    assert "Ingen i personalregistret" not in own
    Member.objects.filter(id=anna.member.id).update(staff=None)
    assert "Ingen i personalregistret är kopplad till dig" in page(browser, anna, name)


def test_a_reader_is_given_nothing_to_deal_with(anna: cast.House, sign_in: Any) -> None:
    message, browser = cast.message_of(anna), sign_in(anna.administrator)
    option = f'<option value="{anna.reader.id}"'
    assert option not in page(browser, anna, "portal:message", message.id)
    address = reverse("phone_messages:assign", args=[anna.customer.number, message.id])
    browser.post(address, {"member": str(anna.reader.id)})
    message.refresh_from_db()
    assert message.assigned_to is None
    PhoneMessage.objects.filter(id=message.id).update(assigned_to=anna.reader)
    assert option in page(browser, anna, "portal:message", message.id), "who has it is shown"
