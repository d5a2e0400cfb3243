"""Anna's house uses its rights in the portal; Sven decides at his desk; the letter is shown."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.actions.covers import About, restrict
from customers.models import Hold, Member, Target, User
from privacy.cases.steps import (
    withdraw,
)
from privacy.models import Case, CaseKind, CaseState
from recordings.models import Recording
from smartsvar.audit.actors import SYSTEM
from smartsvar.clock import database_now
from tests import cast
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
