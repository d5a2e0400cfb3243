"""Sven at his desk: identity, time, decision with its ground, letters taken in, and numbers."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.actions.staff import StaffDetails, add_staff
from customers.models import Hold
from privacy.cases.steps import (
    NotOpen,
    TooLate,
    Ungrounded,
    Unidentified,
    check_identity,
    day_of,
    decide,
    extend,
    withdraw,
)
from privacy.forms.cases import CaseForm
from privacy.models import Case, CaseState
from recordings.models import Recording
from smartsvar.audit.actors import SYSTEM
from smartsvar.clock import database_now
from smartsvar.shredding.actions import shred
from tests import cast
from tests.conformance.planted import found_in
from tests.privacy.cases import (
    ACCOUNT,
    YES,
    asked,
    granted,
    page,
    step,
    text_of,
    verbs,
)
from tests.privacy.cases import desk as desk  # a fixture

pytestmark = pytest.mark.django_db(databases="__all__")


def test_a_request_is_decided_once(anna: cast.House) -> None:
    case = asked(anna)
    stale = Case.objects.get(id=case.id)
    granted(case)
    now = database_now()
    with pytest.raises(NotOpen):
        decide(stale, CaseState.REFUSED, ground="Nej.", decision="Nej.", by=SYSTEM, at=now)
    with pytest.raises(NotOpen):
        extend(stale, "Mycket.", by=SYSTEM, at=now)
    with pytest.raises(NotOpen):
        withdraw(stale, by=anna.administrator, at=now)
    assert Case.objects.get().state == CaseState.GRANTED


def test_an_older_copy_of_a_request_undoes_no_words(anna: cast.House) -> None:
    case = asked(anna)
    older = Case.objects.get(id=case.id)
    assert older.identified_how == ""  # opened, and so remembered
    by, at = SYSTEM, database_now()
    check_identity(case, "Inloggad med lösenord", by=by, at=at)
    decide(older, CaseState.GRANTED, ground="Artikel 15.", decision=YES, by=by, at=at)
    assert Case.objects.get().identified_how == "Inloggad med lösenord"


def test_a_refusal_says_why_or_is_none(anna: cast.House, desk: Client) -> None:
    case = asked(anna)
    with pytest.raises(Ungrounded):
        decide(case, CaseState.REFUSED, ground=" ", decision="", by=SYSTEM, at=database_now())
    refused = {"state": "refused", "decision": "Nej.", "ground": "", "confirmed": "1"}
    assert "ground" in desk.post(step("decide", case), refused).context["form"].errors
    assert Case.objects.get().open
    desk.post(step("decide", case), refused | {"ground": "Bokföringslagen 7:2."})
    assert Case.objects.get().state == CaseState.REFUSED


def test_nothing_is_granted_to_somebody_nobody_has_identified(
    anna: cast.House, desk: Client
) -> None:
    case, words = asked(anna), {"decision": YES, "ground": "Artikel 15."}
    with pytest.raises(Unidentified):
        decide(case, CaseState.GRANTED, **words, by=SYSTEM, at=database_now())
    answer = desk.post(step("decide", case), words | {"state": "granted", "confirmed": "1"})
    assert "state" in answer.context["form"].errors
    assert Case.objects.get().open
    desk.post(step("decide", case), words | {"state": "refused", "confirmed": "1"})
    assert Case.objects.get().state == CaseState.REFUSED


@pytest.mark.parametrize("state", [CaseState.GRANTED, CaseState.REFUSED])
def test_no_decision_is_without_a_ground(anna: cast.House, desk: Client, state: CaseState) -> None:
    case = asked(anna)
    check_identity(case, "Inloggad", by=SYSTEM, at=database_now())
    with pytest.raises(Ungrounded):
        decide(case, state, ground=" ", decision=YES, by=SYSTEM, at=database_now())
    words = {"state": state, "decision": YES, "ground": " ", "confirmed": "1"}
    assert "ground" in desk.post(step("decide", case), words).context["form"].errors
    assert Case.objects.get().open


def test_more_time_is_taken_once_and_only_within_the_first_month(anna: cast.House) -> None:
    now = database_now()
    case, late = asked(anna), asked(anna)
    end = (late.answer_by - day_of(now)).days
    with pytest.raises(TooLate):
        extend(late, "Mycket.", by=SYSTEM, at=now + timedelta(days=end + 1))
    extend(late, "Mycket.", by=SYSTEM, at=now + timedelta(days=end))  # its last day
    before = case.answer_by
    extend(case, "Mycket att gå igenom.", by=SYSTEM, at=now)
    assert case.answer_by > before + timedelta(days=50)
    with pytest.raises(TooLate):
        extend(case, "Ännu mer.", by=SYSTEM, at=now)


def test_sven_checks_extends_and_sees_the_time_left(anna: cast.House, desk: Client) -> None:
    case = asked(anna, at=database_now() - timedelta(days=50))
    fresh = asked(anna, ACCOUNT)
    overview = reverse("admin:privacy_case_changelist")
    rows = [row.number for row in desk.get(overview).context["cl"].result_list]
    assert rows == [case.number, fresh.number]  # by time left
    assert "dagar försenad" in text_of(desk.get(overview))
    late = desk.get(overview, {"time": "overdue"}).context["cl"].result_list
    assert [row.number for row in late] == [case.number]

    desk.post(step("identity", fresh), {"how": "Inloggad, uppringd på kundens växel"})
    desk.post(step("extend", fresh), {"reason": "Många samtal."})
    fresh.refresh_from_db()
    assert fresh.state == CaseState.IDENTIFIED
    assert fresh.extended_on is not None
    desk.post(step("extend", case), {"reason": "För sent."})
    case.refresh_from_db()
    assert case.extended_on is None


def test_sven_takes_in_a_letter_from_the_day_it_came(anna: cast.House, desk: Client) -> None:
    address = reverse("admin:privacy_case_take")
    came = day_of(database_now()) - timedelta(days=9)
    form = {
        "customer": str(anna.customer.number), "kind": "access", "target": "caller",
        "caller": cast.PLANTED_NUMBER,
        "requester": "Zacharias", "contact": "Storgatan 1", "received_on": came.isoformat(),
    }  # fmt: skip
    for wrong in ({"customer": "99999"}, {"received_on": "2999-01-01"}, {"caller": "x"},
                  {"received_on": "0001-01-01"}, {"received_on": "2018-05-24"}):  # fmt: skip
        assert list(desk.post(address, form | wrong).context["form"].errors) == [*wrong]
    desk.post(address, form)
    case = Case.objects.get()
    assert (case.received_on, case.opened_by_kind) == (came, "support")
    assert case.caller == cast.PLANTED_NUMBER


@pytest.mark.parametrize("who", ["staff", "member"])
def test_sven_takes_in_a_letter_about_a_person_by_id(
    anna: cast.House, cecilia: cast.House, desk: Client, who: str
) -> None:
    address, person = reverse("admin:privacy_case_take"), getattr(anna, who)
    form = {
        "customer": str(anna.customer.number), "kind": "access", "target": who,
        "object_id": str(person.id), "requester": "Stina", "contact": "Storgatan 1",
        "received_on": day_of(database_now()).isoformat(),
    }  # fmt: skip
    other = anna.member if who == "staff" else anna.staff
    for wrong in (other.id, getattr(cecilia, who).id, ""):
        refused = desk.post(address, form | {"object_id": str(wrong)}).context["form"]
        assert list(refused.errors) == ["object_id"]
    refused = desk.post(address, form | {"target": "customer"}).context["form"]
    assert list(refused.errors) == ["object_id"]
    desk.post(address, form)
    case = Case.objects.get()
    about = (case.target, case.object_model, case.object_id)
    assert about == (who, person._meta.label, person.id)


@pytest.mark.parametrize(
    ("target", "caller", "field"),
    [
        ("caller", "withheld", "caller"), ("caller", "anonymous", "caller"),
        ("customer", "withheld", "caller"), ("caller", "", "caller"),
        ("customer", cast.PLANTED_NUMBER, "caller"), ("", "", "target"), ("record", "", "target"),
    ],
)  # fmt: skip
def test_a_caller_without_a_number_does_not_become_the_whole_account(
    anna: cast.House, desk: Client, target: str, caller: str, field: str
) -> None:
    form = {
        "customer": str(anna.customer.number), "kind": "erasure", "target": target,
        "caller": caller, "requester": "Zacharias", "contact": "Storgatan 1",
        "received_on": day_of(database_now()).isoformat(),
    }  # fmt: skip
    response = desk.post(reverse("admin:privacy_case_take"), form)
    assert list(response.context["form"].errors) == [field]
    assert not Case.objects.exists()


def test_sven_reads_what_is_asked_and_leaves_a_trace_and_learns_no_name(
    anna: cast.House, desk: Client
) -> None:
    case = asked(
        anna, requester=cast.PLANTED_NAME, contact=cast.PLANTED_EMAIL, wish="Rätta titeln."
    )  # fmt: skip
    change = reverse("admin:privacy_case_change", args=[case.id])
    assert "Rätta titeln." not in text_of(desk.get(change))
    assert desk.get(step("read", case)).status_code == 405
    assert verbs(case) == ["case.opened"]
    read = desk.post(step("read", case))
    assert "Rätta titeln." in text_of(read)
    assert verbs(case) == ["case.opened", "case.read"]
    addresses = [change, reverse("admin:privacy_case_changelist"), step("decide", case)]
    for content in [read.content, *(desk.get(address).content for address in addresses)]:
        assert not found_in(content)


def test_the_list_asks_the_database_as_often_for_many_requests_as_for_few(
    anna: cast.House, sign_in: Any
) -> None:
    browser = sign_in(anna.administrator)

    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            text_of(browser.get(page("cases", anna.administrator)))
        return len(seen)

    def ask(times: int) -> None:
        for _ in range(times):
            asked(anna, ACCOUNT)
            granted(asked(anna, ACCOUNT))

    ask(2)
    count()  # the first request of a test process fills caches
    few = count()
    ask(10)
    assert count() == few


def test_whom_a_request_may_be_about_is_sorted_as_swedes_sort(anna: cast.House) -> None:
    for name in ("Örjan", "Älva", "åke", "Zara"):
        details = StaffDetails(name=name)
        add_staff(anna.customer, details, by=anna.administrator, at=database_now())
    choices: Any = CaseForm(member=anna.administrator).fields["person"]
    named = [name for _, name in choices.choices]
    assert named == ["–", anna.staff.name, "Zara", "åke", "Älva", "Örjan"]


def test_a_cases_number_is_never_given_twice_though_the_case_is_gone(
    anna: cast.House, cecilia: cast.House
) -> None:
    numbers = []
    for house in (anna, cecilia, anna):
        case = asked(house)
        numbers.append(case.number)
        withdraw(case, by=house.administrator, at=database_now())
        shred([case], by=SYSTEM)
    assert numbers == [1001, 1002, 1003]


def test_what_a_request_keeps_sven_lets_go_by_answering_alone(
    anna: cast.House, desk: Client
) -> None:
    call = cast.call_of(anna)
    asked(anna)
    placed = Hold.objects.get()
    end = reverse("admin:customers_hold_end", args=[placed.id])
    change = reverse("admin:customers_hold_change", args=[placed.id])
    assert end not in desk.get(change).content.decode()
    assert desk.post(end).status_code == 404
    placed.refresh_from_db()
    assert placed.ended_at is None
    assert Recording.objects.filter(Recording.holding(), id=call.id).exists()


def test_a_request_is_found_by_the_number_that_its_mail_names(
    anna: cast.House, desk: Client
) -> None:
    case = asked(anna)
    change = reverse("admin:privacy_case_change", args=[case.id])
    overview = reverse("admin:privacy_case_changelist")
    for term, found in {case.number: 1, anna.customer.number: 1, case.number + 77: 0}.items():
        shown = desk.get(overview, {"q": str(term)}).content.decode()
        assert shown.count(f'href="{change}') == found, term
