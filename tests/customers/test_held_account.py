"""Under a hold of the account nothing of the customer's is destroyed, and its day goes on."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.actions.absences import AbsenceFacts, add_absence
from customers.actions.covers import About, hold
from customers.actions.invitations import find_invitation, invitations_of, invite
from customers.models import Hold, Invitation, RegisterFile, Role, StaffMember, Target
from customers.tasks import send_waiting_invitations
from privacy.purging.purge import purge
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from tests import cast
from tests.customers.register_files import MARTA, choices, confirmed, csv_of, names, uploaded, url

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


def held(house: cast.House, about: About) -> Hold:
    return hold(
        house.customer, about, kind=Hold.Kind.LEGAL, reason="Tvist", ends_at=None,
        by=house.administrator, at=database_now(),
    )  # fmt: skip


def stina(house: cast.House) -> About:
    label = StaffMember._meta.label
    return About(target=Target.STAFF, object_model=label, object_id=house.staff.pk)


@pytest.fixture
def under_hold(anna: cast.House) -> cast.House:
    held(anna, About(target=Target.CUSTOMER))
    anna.customer.refresh_from_db()
    return anna


def ninas(house: cast.House) -> tuple[Invitation, str]:
    made = invite(
        house.customer, email="nina@ankdamm.example", name="Nina", role=Role.READER,
        by=house.administrator, at=database_now(),
    )  # fmt: skip
    return made, made.token


def test_an_invitation_is_withdrawn_and_its_link_is_dead(
    under_hold: cast.House, sign_in: Any, client: Client, mailoutbox: list[Any]
) -> None:
    invitation, token = ninas(under_hold)
    path = url(under_hold, "invitation_withdraw", invitation.pk)
    browser = sign_in(under_hold.administrator)
    assert browser.post(path).status_code == 302
    assert Invitation._base_manager.filter(pk=invitation.pk).exists(), "the hold keeps the row"
    assert find_invitation(token) is None
    link = reverse("customers:accept_invitation", args=[token])
    assert client.get(link).status_code == 410
    assert invitation.pk not in [each.pk for each in invitations_of(under_hold.customer)]
    assert invitation.email not in browser.get(url(under_hold, "members")).content.decode()
    assert browser.post(path).status_code == 404, "it is withdrawn already"
    assert AuditEntry.objects.filter(verb="invitation.withdrawn").count() == 1


def test_one_withdrawn_before_its_mail_went_is_never_sent(
    under_hold: cast.House, sign_in: Any, mailoutbox: list[Any]
) -> None:
    invitation, _token = ninas(under_hold)
    Invitation.objects.filter(pk=invitation.pk).update(sent_at=None)
    mailoutbox.clear()
    sign_in(under_hold.administrator).post(url(under_hold, "invitation_withdraw", invitation.pk))
    Invitation.objects.filter(pk=invitation.pk).update(sent_at=None)
    send_waiting_invitations()
    assert [mail for mail in mailoutbox if invitation.email in mail.to] == []
    assert Invitation.objects.get(pk=invitation.pk).sent_at is None, "nor was it tried"


def test_the_same_address_is_invited_again_after_a_withdrawal(
    under_hold: cast.House, sign_in: Any
) -> None:
    invitation, _token = ninas(under_hold)
    browser = sign_in(under_hold.administrator)
    browser.post(url(under_hold, "invitation_withdraw", invitation.pk))
    again = {"email": invitation.email, "name": "Nina", "role": "reader", "sees": "all"}
    assert browser.post(url(under_hold, "members"), again).status_code == 302
    assert invitation.email in [each.email for each in invitations_of(under_hold.customer)]


def test_the_register_is_imported_uploaded_twice_and_thrown_away(
    under_hold: cast.House, sign_in: Any
) -> None:
    browser = sign_in(under_hold.member)
    uploaded(browser, under_hold, csv_of("Bo Ek;;;;;\r\n"))
    path = uploaded(browser, under_hold, csv_of(MARTA))
    assert RegisterFile._base_manager.count() == 1, "the first one went as the second came"
    assert confirmed(browser, path).status_code == 200
    assert names(under_hold) == ["Märta Ek", under_hold.staff.name]
    path = uploaded(browser, under_hold, csv_of("Bo Ek;;;;;\r\n"))
    assert browser.post(path, {"throw_away": "yes"}).status_code == 302
    assert not RegisterFile._base_manager.exists()


def test_an_upload_that_nobody_confirms_ends_within_the_hour_as_ever(
    under_hold: cast.House, sign_in: Any
) -> None:
    uploaded(sign_in(under_hold.member), under_hold, csv_of(MARTA))
    purge(database_now() + timedelta(hours=2))
    assert not RegisterFile._base_manager.exists()
    assert StaffMember._base_manager.filter(pk=under_hold.staff.pk).exists()


def test_a_held_person_is_named_before_an_import_that_removes_is_confirmed(
    anna: cast.House, sign_in: Any
) -> None:
    held(anna, stina(anna))
    browser = sign_in(anna.member)
    path = uploaded(browser, anna, csv_of(MARTA))
    page = browser.post(path, choices(browser.get(path), removes="on"))
    assert [person.name for person in page.context["held"]] == [anna.staff.name]
    assert 'name="confirmed"' not in page.content.decode()
    plan = page.context["plan"].fingerprint
    answer = browser.post(path, choices(page, removes="on", confirmed=plan))
    assert answer.status_code == 200, "nothing is done, and the page says why"
    assert names(anna) == [anna.staff.name]


def test_a_held_persons_removal_is_not_offered(anna: cast.House, sign_in: Any) -> None:
    held(anna, stina(anna))
    browser = sign_in(anna.member)
    path = url(anna, "staff_remove", anna.staff.pk)
    page = browser.get(path).content.decode()
    assert anna.staff.name in page
    assert "button danger" not in page
    answer = browser.post(path)
    assert (answer.status_code, names(anna)) == (409, [anna.staff.name])
    assert anna.staff.name in answer.content.decode()


def test_of_the_chosen_whom_a_hold_keeps_are_left_out_by_name(
    anna: cast.House, sign_in: Any
) -> None:
    browser = sign_in(anna.member)
    browser.post(url(anna, "staff_add"), {"name": "Bo Ek"})
    bo = StaffMember.objects.of(anna.customer).exclude(pk=anna.staff.pk).get()
    held(anna, stina(anna))
    path, both = url(anna, "staff_remove_many"), {"person": [str(bo.pk), str(anna.staff.pk)]}
    page = browser.post(path, both)
    assert page.context["held"] == [anna.staff]
    assert page.context["people"] == [bo]
    assert f'value="{anna.staff.pk}"' not in page.content.decode()
    browser.post(path, both | {"confirmed": "yes"})
    assert names(anna) == [anna.staff.name]
    alone = browser.post(path, {"person": str(anna.staff.pk), "confirmed": "yes"})
    assert 'name="confirmed"' not in alone.content.decode()


def test_an_absence_of_a_held_account_stays(under_hold: cast.House) -> None:
    """What a hold keeps is kept: that the upload is left out of it lets nothing else go."""
    facts = AbsenceFacts(starts_at=database_now())
    absence = add_absence(under_hold.staff, facts, by=under_hold.member, at=database_now())
    assert type(absence)._base_manager.filter(type(absence).holding(), pk=absence.pk).exists()
