"""Erasure in the portal: preview, typed confirmation, banner, taking it back, certificate."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.actions.covers import About, hold, restrict
from customers.models import Customer, Hold, StaffMember, Target
from privacy.erasures.work import carry_on, erase_due
from privacy.models import CaseKind, Erasure, ErasureState
from privacy.receipts import keys
from recordings.models import Recording
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from tests import cast
from tests.privacy import cases

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

SHOWN_NUMBER = "070-174 06 66"


def page(name: str, house: cast.House, *ids: Any) -> str:
    return reverse(f"privacy:{name}", args=[house.customer.number, *ids])


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def browser(anna: cast.House, sign_in: Any) -> Client:
    client: Client = sign_in(anna.administrator)
    client.cookies.load({"language": "en"})
    return client


def test_anna_erases_zacharias_from_the_finder(anna: cast.House, browser: Client) -> None:
    call = cast.call_of(anna)
    cast.message_of(anna)
    found = browser.post(page("find", anna), {"caller": SHOWN_NUMBER})
    assert reverse("portal:call", args=[anna.customer.number, call.id]) in text(found)
    seen = browser.post(page("erase_caller", anna), {"caller": "+46701740666"})
    assert f"Erase {SHOWN_NUMBER}?" in text(seen)
    assert "<strong>1</strong> recording" in text(seen)
    assert not Erasure.objects.exists(), "a preview does nothing"
    wrong = {"caller": SHOWN_NUMBER, "confirm": "070-174 06 67"}
    assert "Type exactly" in text(browser.post(page("erase_caller", anna), wrong))
    assert not Erasure.objects.exists()
    right = wrong | {"confirm": "070-174  06 66"}
    assert browser.post(page("erase_caller", anna), right).status_code == 302
    asked = Erasure.objects.get()
    waiting = text(browser.get(page("erasure", anna, asked.id)))
    assert SHOWN_NUMBER in waiting
    assert carry_on(asked.id, database_now()) == "done"
    done = text(browser.get(page("erasure", anna, asked.id)))
    assert "<strong>1</strong> recording" in done
    assert "70-174" not in done
    assert text(browser.get(page("erasures", anna))).count('class="row-main"') == 5


def test_the_certificate_is_signed_by_the_published_key(anna: cast.House, browser: Client) -> None:
    cast.call_of(anna)
    browser.post(page("erase_caller", anna), {"caller": SHOWN_NUMBER, "confirm": SHOWN_NUMBER})
    asked = Erasure.objects.get()
    carry_on(asked.id, database_now())
    response = browser.get(page("erasure_certificate", anna, asked.id))
    certificate = response.json()
    assert certificate["fact"]["erased"] == {"recordings.Recording": 1}
    names = [key["name"] for key in keys.published()["keys"]]
    assert certificate["fact"]["key"] in names
    assert certificate["signature"]
    assert "attachment" in response["Content-Disposition"]


def test_the_account_waits_with_a_banner_and_is_taken_back(
    anna: cast.House, browser: Client, sign_in: Any
) -> None:
    number = str(anna.customer.number)
    seen = text(browser.get(page("erase_account", anna)))
    assert f"Type {number} to confirm" in seen
    assert "GDPR, article 5.2" in seen
    too_long = browser.post(page("erase_account", anna), {"confirm": number, "grace_days": "15"})
    assert "At most 14 days." in text(too_long)
    browser.post(page("erase_account", anna), {"confirm": number, "grace_days": "3"})
    asked = Erasure.objects.get()
    assert asked.starts_at == asked.asked_at + timedelta(days=3)
    reader = sign_in(anna.reader)
    reader.cookies.load({"language": "en"})
    overview = reverse("portal:overview", args=[number])
    assert "is going to be erased" in text(reader.get(overview))
    assert page("erasures", anna) not in text(reader.get(overview))
    assert page("erasures", anna) in text(browser.get(overview))
    browser.post(page("erasure_cancel", anna, asked.id))
    assert Erasure.objects.get().state == ErasureState.CANCELLED
    assert "is going to be erased" not in text(browser.get(overview))
    late = text(browser.post(page("erasure_cancel", anna, asked.id), follow=True))
    assert "It is too late" in late


def test_who_erases_the_account_learns_which_requests_would_go_unanswered(
    anna: cast.House, cecilia: cast.House, browser: Client
) -> None:
    said = "requests are not answered yet"
    cases.asked(cecilia, kind=CaseKind.ERASURE)
    assert "not answered yet" not in text(browser.get(page("erase_account", anna)))
    first = cases.asked(anna, kind=CaseKind.ERASURE)
    cases.asked(anna, About(target=Target.CUSTOMER), CaseKind.RECTIFICATION)
    seen = text(browser.get(page("erase_account", anna)))
    day = f"{first.answer_by.day} {first.answer_by:%B %Y}"
    assert f"2 {said}" in seen
    assert f"the first by {day}" in seen
    assert page("cases", anna) in seen
    assert said not in text(browser.post(page("erase_caller", anna), {"caller": SHOWN_NUMBER}))
    number = str(anna.customer.number)
    browser.post(page("erase_account", anna), {"confirm": number, "grace_days": "3"})
    assert f"2 {said}" in text(browser.get(page("erasure", anna, Erasure.objects.get().id)))


def test_the_banner_of_an_account_that_a_hold_keeps_says_so_and_hides_no_contract(
    anna: cast.House, browser: Client
) -> None:
    at, number = database_now(), anna.customer.number
    cast.call_of(anna)
    hold(
        anna.customer, About(target=Target.CUSTOMER), kind=Hold.Kind.LEGAL, reason="Tvist",
        ends_at=None, by=anna.administrator, at=at,
    )  # fmt: skip
    browser.post(page("erase_account", anna), {"confirm": str(number), "grace_days": "3"})
    last = at + timedelta(days=40)
    Customer.objects.filter(id=anna.customer.id).update(contract_ended_at=last)
    overview = reverse("portal:overview", args=[number])
    assert "as soon as nothing of it must be kept" not in text(browser.get(overview))
    past = at - timedelta(days=4)
    Erasure.objects.update(starts_at=past)
    Customer.objects.filter(id=anna.customer.id).update(closes_at=past)
    assert carry_on(Erasure.objects.get().id, database_now()) == "held"
    shown = text(browser.get(overview))
    assert "as soon as nothing of it must be kept" in shown
    assert "It begins " not in shown
    assert "The contract's last day" in shown


def test_after_the_account_is_gone_its_pages_are_nobodys(anna: cast.House, browser: Client) -> None:
    number = str(anna.customer.number)
    browser.post(page("erase_account", anna), {"confirm": number, "grace_days": "0"})
    assert erase_due(database_now()) == 1
    assert browser.get(page("erasures", anna)).status_code == 302


def test_a_person_is_confirmed_by_name_and_the_records_that_name_them_are_decided(
    anna: cast.House, browser: Client
) -> None:
    cast.call_of(anna, staff=anna.staff)
    address = page("erase_one", anna, anna.staff.id)
    assert anna.staff.name in text(browser.get(address))
    browser.post(address, {"confirm": anna.staff.name.upper(), "mentions": "go"})
    carry_on(Erasure.objects.get().id, database_now())
    assert not Recording.objects.exists()
    assert not StaffMember.objects.exists()


def test_the_last_administrator_is_told_to_close_the_account(
    anna: cast.House, browser: Client
) -> None:
    address = page("erase_one", anna, anna.administrator.id)
    answer = browser.post(address, {"confirm": anna.administrator.name})
    assert "close the account instead" in text(answer)


def test_what_is_asked_already_is_said(anna: cast.House, browser: Client) -> None:
    cast.call_of(anna)
    answers = {"caller": SHOWN_NUMBER, "confirm": SHOWN_NUMBER}
    assert browser.post(page("erase_caller", anna), answers).status_code == 302
    assert "asked for already" in text(browser.post(page("erase_caller", anna), answers))


def test_nothing_to_erase_has_nothing_to_confirm(anna: cast.House, browser: Client) -> None:
    seen = text(browser.post(page("erase_caller", anna), {"caller": SHOWN_NUMBER}))
    assert "there is nothing here that can be erased" in seen
    assert 'name="confirm"' not in seen


def test_a_hold_and_a_case_are_not_to_be_erased_by_their_ids(
    anna: cast.House, browser: Client
) -> None:
    about = About(target=Target.CUSTOMER)
    placed = hold(
        anna.customer, about, kind=Hold.Kind.LEGAL, reason="x", ends_at=None,
        by=anna.administrator, at=database_now(),
    )  # fmt: skip
    assert browser.get(page("erase_one", anna, placed.id)).status_code == 404
    assert browser.get(page("restrict_one", anna, placed.id)).status_code == 404


def test_a_suspended_customer_can_still_erase(anna: cast.House, browser: Client) -> None:
    cast.call_of(anna)
    whole = About(target=Target.CUSTOMER)
    at = database_now()
    restrict(anna.customer, whole, reason="x", keeps=False, by=anna.administrator, at=at)
    assert browser.get(page("erasures", anna)).status_code == 200
    answers = {"caller": SHOWN_NUMBER, "confirm": SHOWN_NUMBER}
    assert browser.post(page("erase_caller", anna), answers).status_code == 302
    assert carry_on(Erasure.objects.get().id, database_now()) == "done"
    assert not Recording.objects.exists()


def test_who_asked_and_that_it_was_done_are_in_the_trail(anna: cast.House, browser: Client) -> None:
    cast.call_of(anna)
    browser.post(page("erase_caller", anna), {"caller": SHOWN_NUMBER, "confirm": SHOWN_NUMBER})
    carry_on(Erasure.objects.get().id, database_now())
    told = dict(AuditEntry.objects.values_list("verb", "actor_id"))
    assert told["erasure.asked"] == anna.administrator.id
    assert told["recording.deleted"] == anna.administrator.id
    assert told["erasure.done"] is None
