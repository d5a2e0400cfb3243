"""A functional address takes a personal one's place, everywhere it stands at the customer."""

from typing import Any

import pytest
from django.core import mail
from django.urls import reverse

from customers.actions.absences import AbsenceFacts, add_absence
from customers.actions.addresses import where_stands
from customers.actions.invitations import invite
from customers.actions.staff import StaffDetails, add_staff, change_staff
from customers.models import Absence, Customer, StaffMember
from messages.delivery import deliver
from messages.models import Delivery
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
NEW = "order@ankdamm.example"


def page(house: cast.House) -> str:
    return reverse("portal:address_swap", args=[house.customer.number])


def everywhere(house: cast.House) -> str:
    """Put Stina's address wherever an address can stand; return it."""
    old, at = str(house.staff.email), database_now()
    house.customer.email = old.upper()
    house.customer.save()
    notice = f"Mejla {old}, eller x{old} eller {old}.nu."
    details = StaffDetails(name="Bo", answer_notice=notice)
    bo = add_staff(house.customer, details, by=house.member, at=at)
    facts = AbsenceFacts(starts_at=at, text=f"Skriv till {old.title()}.")
    add_absence(bo, facts, by=house.member, at=at)
    return old


def test_it_is_shown_first_and_replaced_on_confirmation(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    change_staff(
        cecilia.staff, StaffDetails(name="C", email=anna.staff.email), by=cecilia.member,
        at=database_now(),
    )  # fmt: skip
    message = cast.message_of(anna, staff=anna.staff)
    old = everywhere(anna)
    browser = sign_in(anna.administrator)
    body = {"old": old, "new": NEW}
    shown = browser.post(page(anna), body).content.decode()
    for part in ("Företagets egen adress", anna.staff.name, "Bo", "väntar på att skickas"):
        assert part in shown
    assert StaffMember.objects.get(pk=anna.staff.pk).email == old, "nothing is done yet"
    said = browser.post(page(anna), body | {"confirmed": "yes"}, follow=True).content.decode()
    assert "4 ställen, 1 väntande meddelande." in said
    assert StaffMember.objects.get(pk=anna.staff.pk).email == NEW
    assert Customer.objects.get(pk=anna.customer.pk).email == NEW
    assert Absence.objects.get().text == f"Skriv till {NEW}."
    bo = next(p for p in StaffMember.objects.of(anna.customer) if p.name == "Bo")
    assert bo.answer_notice == f"Mejla {NEW}, eller x{old} eller {old}.nu."
    assert Delivery.objects.get(message=message).address == NEW
    assert StaffMember.objects.get(pk=cecilia.staff.pk).email == old, "another customer's"
    assert not where_stands(Customer.objects.get(pk=anna.customer.pk), NEW + "x").anywhere
    trail = AuditEntry.objects.filter(verb="customer.address_swapped").values_list()
    assert len(trail) == 1
    assert old not in str(list(trail))


def test_what_waited_is_sent_to_the_new_address_and_what_was_sent_says_where_it_went(
    anna: cast.House, sign_in: Any
) -> None:
    sent = Delivery.objects.get(message=cast.message_of(anna, staff=anna.staff))
    deliver(sent.pk)
    waiting = Delivery.objects.get(message=cast.message_of(anna, staff=anna.staff))
    body = {"old": anna.staff.email, "new": NEW, "confirmed": "yes"}
    sign_in(anna.administrator).post(page(anna), body)
    assert Delivery.objects.get(pk=sent.pk).address == anna.staff.email
    mail.outbox.clear()
    deliver(waiting.pk)
    assert [each.to for each in mail.outbox] == [[NEW]]


def test_it_is_found_in_titles_and_keywords_and_an_invitation_to_it_is_named(
    anna: cast.House, sign_in: Any
) -> None:
    by, at = anna.administrator, database_now()
    old = "kalle@ankdamm.example"
    details = StaffDetails(name="Kalle", title=f"Växel, {old}", keywords=[old.upper(), "order"])
    kalle = add_staff(anna.customer, details, by=by, at=at)
    invite(anna.customer, email=old, name="Kalle", role="reader", by=by, at=at)
    browser, body = sign_in(by), {"old": old, "new": NEW}
    shown = browser.post(page(anna), body).content.decode()
    assert "Titel eller sökord" in shown
    assert "en öppen inbjudan" in shown
    browser.post(page(anna), body | {"confirmed": "yes"})
    kalle = StaffMember.objects.get(pk=kalle.pk)
    assert (kalle.title, kalle.keywords) == (f"Växel, {NEW}", [NEW, "order"])
    assert not where_stands(anna.customer, old).anywhere


def test_it_is_for_administrators_and_the_link_names_a_person_and_no_address(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    assert sign_in(anna.member).get(page(anna)).status_code == 403
    browser = sign_in(anna.administrator)
    filled = browser.get(page(anna), {"person": str(anna.staff.pk)}).content.decode()
    assert anna.staff.email in filled
    for other in (str(cecilia.staff.pk), "x", "\x00", "9" * 5000):
        shown = browser.get(page(anna), {"person": other})
        assert shown.status_code == 200
        assert cecilia.staff.email not in shown.content.decode()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"old": "x", "new": NEW}, "giltig"),
        ({"old": NEW, "new": NEW}, "samma adress"),
        ({"old": "", "new": ""}, "obligatoriskt"),
        ({"old": "nobody@ankdamm.example", "new": NEW}, "ingenstans"),
        ({"old": "a" * 300 + "@x.example", "new": NEW, "confirmed": "yes"}, "254"),
    ],
)
def test_what_cannot_be_is_told(
    anna: cast.House, sign_in: Any, body: dict[str, str], said: str
) -> None:
    answer = sign_in(anna.administrator).post(page(anna), body)
    assert answer.status_code == 200
    assert said in answer.content.decode()
