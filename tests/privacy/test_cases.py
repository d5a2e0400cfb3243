"""Anna's house uses its rights in the portal; Sven decides at his desk; the letter is shown."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.actions.covers import About, restrict
from customers.actions.staff import StaffDetails, add_staff
from customers.models import Hold, Member, Target, User
from privacy.cases.steps import (
    NotOpen,
    TooLate,
    Ungrounded,
    Unidentified,
    check_identity,
    day_of,
    decide,
    extend,
    open_case,
    withdraw,
)
from privacy.forms.cases import CaseForm
from privacy.models import Case, CaseKind, CaseState
from recordings.models import Recording
from smartsvar.audit.actors import SYSTEM
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.shredding.actions import shred
from tests import cast
from tests.conformance.planted import found_in

pytestmark = pytest.mark.django_db(databases="__all__")

ZACHARIAS = About(target=Target.CALLER, caller=cast.PLANTED_NUMBER)
ACCOUNT = About(target=Target.CUSTOMER)
YES = "Registerutdraget ligger i portalen."


@pytest.fixture
def desk(sven: User, sign_in: Any, settings: Any) -> Client:
    """Sven's browser, signed in with nothing left to prove."""
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    browser: Client = sign_in(sven)
    return browser


def page(name: str, member: Member, *more: Any) -> str:
    return reverse(f"privacy:{name}", args=[member.customer.number, *more])


def step(name: str, case: Case) -> str:
    return reverse(f"admin:privacy_case_{name}", args=[case.id])


def asked(
    house: cast.House, about: About = ZACHARIAS, kind: CaseKind = CaseKind.ACCESS, **more: Any
) -> Case:
    known: dict[str, Any] = {"by": house.administrator, "at": database_now()}
    return open_case(house.customer, kind, about, **(known | more))


def granted(case: Case) -> None:
    by, at = SYSTEM, database_now()
    if case.identified_at is None:
        check_identity(case, "Inloggad", by=by, at=at)
    decide(case, CaseState.GRANTED, ground="Artikel 15.", decision=YES, by=by, at=at)


def verbs(case: Case) -> list[str]:
    found = AuditEntry.objects.filter(object_id=case.id).order_by("at", "id")
    return list(found.values_list("verb", flat=True))


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


def test_anna_asks_sven_decides_and_the_letter_is_shown(
    anna: cast.House, sign_in: Any, desk: Client
) -> None:
    browser = sign_in(anna.administrator)
    form = {"kind": "access", "target": "caller", "caller": "070-174 06 66", "wish": "Allt."}
    answer = browser.post(page("case_add", anna.administrator), form)
    case = Case.objects.get()
    assert answer["Location"] == page("case", anna.administrator, case.id)
    seen = text_of(browser.get(answer["Location"]))
    assert "070-174 06 66" in seen
    assert f"Begäran {case.number}" in seen

    desk.post(step("identity", case), {"how": "Inloggad med lösenord"})
    words = {"state": "granted", "decision": YES, "ground": "Artikel 15."}
    assert YES in text_of(desk.post(step("decide", case), words))
    assert Case.objects.get().open  # seen once more before it goes
    desk.post(step("decide", case), words | {"confirmed": "1"})
    assert Case.objects.get().state == CaseState.GRANTED

    for name in ("case", "case_letter", "case_file"):
        letter = text_of(browser.get(page(name, anna.administrator, case.id)))
        assert YES in letter
        assert "Artikel 15." in letter
        assert "Integritetsskyddsmyndigheten" in letter
    assert verbs(case) == ["case.opened", "case.identified", "case.granted"]


def test_the_letter_is_in_swedish_or_english_as_asked(anna: cast.House, sign_in: Any) -> None:
    case = asked(anna)
    granted(case)
    address = page("case_file", anna.administrator, case.id)
    browser = sign_in(anna.administrator)
    assert "Vi beviljar" in text_of(browser.get(address, {"sprak": "sv"}))
    english = browser.get(address, {"sprak": "en"})
    assert "We grant your request" in text_of(english)
    assert f"smartsvar-{case.number}.html" in english["Content-Disposition"]


def test_a_letter_of_an_open_or_withdrawn_request_does_not_exist(
    anna: cast.House, sign_in: Any
) -> None:
    case, browser = asked(anna), sign_in(anna.administrator)
    for name in ("case_letter", "case_file"):
        assert browser.get(page(name, anna.administrator, case.id)).status_code == 404
    withdraw(case, by=anna.administrator, at=database_now())
    assert browser.get(page("case_letter", anna.administrator, case.id)).status_code == 404


@pytest.mark.parametrize("who", ["administrator", "member", "reader"])
def test_everybody_asks_about_themselves(anna: cast.House, sign_in: Any, who: str) -> None:
    member: Member = getattr(anna, who)
    sign_in(member).post(page("case_add", member), {"kind": "erasure", "target": "member"})
    case = Case.objects.get()
    assert (case.target, case.object_id, case.requester) == ("member", member.id, member.name)


@pytest.mark.parametrize(
    ("who", "target"), [("reader", "caller"), ("reader", "staff"), ("member", "customer")]
)
def test_nobody_asks_beyond_their_role(
    anna: cast.House, sign_in: Any, who: str, target: str
) -> None:
    member: Member = getattr(anna, who)
    form = {
        "kind": "access", "target": target, "caller": cast.PLANTED_NUMBER,
        "person": str(anna.staff.id),
    }  # fmt: skip
    assert sign_in(member).post(page("case_add", member), form).status_code == 200
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"kind": "access", "target": "caller"}, "caller"),
        ({"kind": "access", "target": "caller", "caller": "ring mig"}, "caller"),
        ({"kind": "access", "target": "caller", "caller": "a@b@c"}, "caller"),
        ({"kind": "access", "target": "staff"}, "person"),
        ({"kind": "access", "target": "staff", "person": "x"}, "person"),
        ({"kind": "access", "target": "record"}, "target"),
        ({"kind": "revenge", "target": "customer"}, "kind"),
        ({"kind": "rectification", "target": "customer"}, "wish"),
        ({"kind": "access", "target": "customer", "wish": "a" * 4001}, "wish"),
    ],
)
def test_what_is_missing_or_wrong_is_said_at_its_field(
    anna: cast.House, sign_in: Any, form: dict[str, str], field: str
) -> None:
    response = sign_in(anna.administrator).post(page("case_add", anna.administrator), form)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert not Case.objects.exists()


def test_nobody_buries_support_in_requests(
    anna: cast.House, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("privacy.forms.cases.OPEN_LIMIT", 2)
    form, address = {"kind": "access", "target": "member"}, page("case_add", anna.reader)
    for _ in range(3):
        sign_in(anna.reader).post(address, form)
    assert Case.objects.count() == 2
    withdraw(Case.objects.all()[0], by=anna.reader, at=database_now())
    sign_in(anna.reader).post(address, form)
    assert Case.objects.count() == 3


def test_bertil_sees_neither_ruts_request_nor_the_accounts(anna: cast.House, sign_in: Any) -> None:
    me = About(target=Target.MEMBER, object_id=anna.reader.id)
    ruts = asked(anna, me, by=anna.reader)
    bertils, accounts = asked(anna, by=anna.member), asked(anna, ACCOUNT)
    shown: dict[str, list[Case]] = {
        "reader": [ruts], "member": [bertils], "administrator": [bertils, accounts],
    }  # fmt: skip
    for who, expected in shown.items():
        member: Member = getattr(anna, who)
        listed = text_of(sign_in(member).get(page("cases", member)))
        for case in (ruts, bertils, accounts):
            status = sign_in(member).get(page("case", member, case.id)).status_code
            assert status == (200 if case in expected else 404), (who, case.target)
            assert (str(case.id) in listed) == (case in expected)


def test_who_is_the_subject_of_a_request_sees_it(anna: cast.House, sign_in: Any) -> None:
    case = asked(anna, About(target=Target.MEMBER, object_id=anna.reader.id))
    browser = sign_in(anna.reader)
    assert browser.get(page("case", anna.reader, case.id)).status_code == 200
    # It is not hers to take back: she did not make it.
    assert browser.post(page("case_withdraw", anna.reader, case.id)).status_code == 404
    assert Case.objects.get().open


def test_cecilia_finds_nothing_of_annas_requests(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    case = asked(anna)
    granted(case)
    browser = sign_in(cecilia.administrator)
    for member in (anna.administrator, cecilia.administrator):
        for name in ("case", "case_letter", "case_file", "case_withdraw"):
            assert browser.get(page(name, member, case.id)).status_code == 404
    assert str(case.id) not in text_of(browser.get(page("cases", cecilia.administrator)))


def test_a_restricted_customer_still_asks_and_reads_the_answer(
    anna: cast.House, sign_in: Any
) -> None:
    restrict(
        anna.customer, ACCOUNT, reason="", keeps=False, by=SYSTEM, at=database_now()
    )  # fmt: skip
    browser = sign_in(anna.administrator)
    assert browser.get(reverse("recordings:list", args=[anna.customer.number])).status_code == 403
    browser.post(page("case_add", anna.administrator), {"kind": "access", "target": "customer"})
    case = Case.objects.get()
    granted(case)
    assert YES in text_of(browser.get(page("case_letter", anna.administrator, case.id)))
    assert text_of(browser.get(page("home", anna.administrator)))


def test_anna_takes_a_request_back_after_a_question(anna: cast.House, sign_in: Any) -> None:
    case, browser = asked(anna), sign_in(anna.administrator)
    address = page("case_withdraw", anna.administrator, case.id)
    text_of(browser.get(address))
    assert Case.objects.get().open
    browser.post(address)
    case = Case.objects.get()
    assert (case.state, case.to_tell) == (CaseState.WITHDRAWN, "")
    assert browser.post(address).status_code == 404
    assert verbs(case) == ["case.opened", "case.withdrawn"]


@pytest.mark.parametrize("kind", CaseKind.values)
def test_an_open_request_keeps_what_it_is_about_from_the_purge(anna: cast.House, kind: str) -> None:
    call = cast.call_of(anna)
    case = asked(anna, kind=CaseKind(kind))
    waits = kind in {"access", "portability", "restriction", "objection"}
    held = Recording.objects.filter(id=call.id, held=True)
    assert held.exists() == waits
    granted(case)
    assert not held.exists()
    assert not Hold.objects.filter(ended_at=None).exists()


@pytest.mark.parametrize("kind", CaseKind.values)
def test_what_rut_asks_about_herself_does_not_hinder_anna_from_removing_her(
    anna: cast.House, sign_in: Any, kind: str
) -> None:
    me = About(target=Target.MEMBER, object_model=Member._meta.label, object_id=anna.reader.id)
    asked(anna, me, kind=CaseKind(kind), by=anna.reader)
    assert not Hold.objects.exists()
    remove = reverse("customers:member_remove", args=[anna.customer.number, anna.reader.id])
    sign_in(anna.administrator).post(remove)
    assert not Member.objects.filter(id=anna.reader.id).timely().exists()


def test_what_support_took_in_is_not_annas_to_take_back(
    anna: cast.House, sven: User, sign_in: Any
) -> None:
    callers, bertils = asked(anna, by=sven), asked(anna, by=anna.member)
    by_key = asked(anna, by=anna.key)
    browser = sign_in(anna.administrator)
    for case, mine in ((callers, False), (bertils, True), (by_key, True)):
        address = page("case_withdraw", anna.administrator, case.id)
        shown = text_of(browser.get(page("case", anna.administrator, case.id)))
        assert (address in shown) == mine
        assert browser.post(address).status_code == (302 if mine else 404)
        assert Case.objects.get(id=case.id).open != mine


def test_a_request_about_the_whole_account_keeps_nothing_past_its_time(anna: cast.House) -> None:
    asked(anna, ACCOUNT)
    anna.customer.refresh_from_db()
    assert not anna.customer.held
    assert not Hold.objects.exists()


def test_two_requests_about_one_caller_keep_until_both_are_closed(anna: cast.House) -> None:
    call = cast.call_of(anna)
    first, second = asked(anna), asked(anna)
    withdraw(first, by=anna.administrator, at=database_now())
    assert Recording.objects.filter(id=call.id, held=True).exists()
    granted(second)
    assert Recording.objects.filter(id=call.id, held=False).exists()


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
