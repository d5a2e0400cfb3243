"""What is about an erased person, or names one, by id: it goes, or is said to stay, and why."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from customers.actions.covers import About, end_cover, hold, restrict
from customers.models import Hold, Member, Restriction, StaffMember, Target
from privacy.cases.steps import open_case, withdraw
from privacy.erasures import mentions
from privacy.erasures.preview import preview
from privacy.erasures.steps import ask_erasure
from privacy.erasures.work import carry_on
from privacy.exports.ask import ask_for_export
from privacy.models import Case, CaseKind, Erasure, Export
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

OBJECTED = "Rut invänder"


def stina(anna: cast.House) -> About:
    label = StaffMember._meta.label
    return About(target=Target.STAFF, object_model=label, object_id=anna.staff.id)


def rut(anna: cast.House) -> About:
    return About(target=Target.MEMBER, object_model=Member._meta.label, object_id=anna.reader.id)


def restricted(anna: cast.House, about: About) -> Restriction:
    return restrict(
        anna.customer, about, reason="Stina bestrider", keeps=False, by=anna.administrator,
        at=database_now(),
    )  # fmt: skip


def asked(anna: cast.House, about: About) -> Erasure:
    return ask_erasure(anna.customer, about, by=anna.administrator, at=database_now())


def carried(erasure: Erasure) -> tuple[str, dict[str, Any]]:
    state = carry_on(erasure.id, database_now())
    return state, Erasure.objects.get(id=erasure.id).certificate.get("fact", {})


def counts(lines: list[Any]) -> dict[type, int]:
    return {line.model: line.count for line in lines}


def case_about(anna: cast.House, about: About, **said: Any) -> Case:
    return open_case(
        anna.customer, CaseKind.RECTIFICATION, about, by=anna.administrator, at=database_now(),
        **said,
    )  # fmt: skip


def test_a_request_about_stina_stays_by_law_and_is_listed_until_its_day(anna: cast.House) -> None:
    case = case_about(anna, stina(anna), requester="Stina", wish="fel titel")
    open_stays = {line.model: line for line in preview(anna.customer.id, stina(anna)).staying}
    assert (open_stays[Case].count, open_stays[Case].until) == (1, None)
    withdraw(case, by=anna.administrator, at=database_now())
    due = Case.objects.get().due_at
    stays = {line.model: line for line in preview(anna.customer.id, stina(anna)).staying}
    assert (stays[Case].law, stays[Case].until) == (Case.personal_data.law, due)
    state, fact = carried(asked(anna, stina(anna)))
    kept = {each["model"]: each for each in fact["kept"]}
    assert state == "done"
    assert due is not None
    assert kept[Case._meta.label]["until"] == due.isoformat(timespec="seconds")
    assert kept[Case._meta.label]["law"].startswith("the duty to show that requests are honoured")
    assert kept[AuditEntry._meta.label]["count"] > 0
    assert Case.objects.get().wish == "fel titel"


def test_of_two_requests_one_of_which_is_open_no_day_is_promised(anna: cast.House) -> None:
    case_about(anna, stina(anna))
    withdraw(case_about(anna, stina(anna)), by=anna.administrator, at=database_now())
    stays = {line.model: line for line in preview(anna.customer.id, stina(anna)).staying}
    assert (stays[Case].count, stays[Case].until) == (2, None)


def test_the_restriction_of_an_erased_person_goes_with_the_person(anna: cast.House) -> None:
    restricted(anna, stina(anna))
    other = restricted(anna, rut(anna))
    assert counts(preview(anna.customer.id, stina(anna)).going) == {StaffMember: 1, Restriction: 1}
    state, fact = carried(asked(anna, stina(anna)))
    assert (state, fact["erased"]) == (
        "done", {"customers.StaffMember": 1, "customers.Restriction": 1},
    )  # fmt: skip
    assert list(Restriction.objects.all()) == [other]


def test_while_a_hold_keeps_stina_her_restriction_stays_and_goes_with_her_afterwards(
    anna: cast.House,
) -> None:
    restricted(anna, stina(anna))
    cover = hold(
        anna.customer, stina(anna), kind=Hold.Kind.LEGAL, reason="tvist", ends_at=None,
        by=anna.administrator, at=database_now(),
    )  # fmt: skip
    erasure = asked(anna, stina(anna))
    assert carried(erasure)[0] == "held"
    assert Restriction.objects.in_force().exists()
    end_cover(cover, by=anna.administrator, at=database_now())
    Erasure._base_manager.update(lease_until=None)
    state, fact = carried(erasure)
    assert (state, fact["erased"]["customers.Restriction"]) == ("done", 1)
    kept = {each["model"]: each["law"] for each in fact["kept"]}
    assert "legal claim" in kept["customers.Hold"]
    assert not Restriction.objects.exists()


def test_an_export_about_stina_goes_with_her(anna: cast.House) -> None:
    by, at = anna.administrator, database_now()
    ask_for_export(anna.customer, stina(anna), case=case_about(anna, stina(anna)), by=by, at=at)
    assert counts(preview(anna.customer.id, stina(anna)).going)[Export] == 1
    assert carried(asked(anna, stina(anna)))[0] == "done"
    assert not Export.objects.exists()


def test_what_rut_asked_for_keeps_her_name_by_law_and_is_not_said_to_lose_it(
    anna: cast.House, sign_in: Any
) -> None:
    objection = {"kind": "objection", "target": "member", "wish": OBJECTED}
    number = anna.customer.number
    sign_in(anna.reader).post(reverse("privacy:case_add", args=[number]), objection)
    about_stina = {"requester": anna.reader.name, "by": anna.reader, "at": database_now()}
    open_case(anna.customer, CaseKind.RECTIFICATION, stina(anna), **about_stina)
    found = preview(anna.customer.id, rut(anna))
    assert counts(found.staying)[Case] == 2
    assert Case not in counts(found.mentioned)
    browser = sign_in(anna.administrator)
    browser.cookies.load({"language": "en"})
    shown = browser.get(reverse("privacy:erase_one", args=[number, anna.reader.id]))
    text = " ".join(shown.content.decode().split())
    assert "It stays as it is, also where it says the person's name." in text
    assert "do not say who it was any more" not in text
    state, fact = carried(asked(anna, rut(anna)))
    kept = {each["model"]: each["count"] for each in fact["kept"]}
    assert (state, kept[Case._meta.label], fact["still_mentioned"]) == ("done", 2, {})
    assert {case.requester for case in Case.objects.all()} == {anna.reader.name}


def asking(anna: cast.House, sign_in: Any, identity: Any) -> str:
    browser = sign_in(anna.administrator)
    browser.cookies.load({"language": "en"})
    page = browser.get(reverse("privacy:erase_one", args=[anna.customer.number, identity]))
    return " ".join(page.content.decode().split())


def test_anna_sees_each_record_that_names_stina_before_she_decides(
    anna: cast.House, sign_in: Any
) -> None:
    call, message = cast.call_of(anna, staff=anna.staff), cast.message_of(anna, staff=anna.staff)
    hidden, other = cast.message_of(anna, staff=anna.staff), cast.message_of(anna)
    restricted(
        anna, About(target=Target.RECORD, object_model=hidden._meta.label, object_id=hidden.id)
    )
    shown = asking(anna, sign_in, anna.staff.id)
    for each in (call, message):
        assert f'href="{each.get_absolute_url()}"' in shown
        assert sign_in(anna.administrator).get(each.get_absolute_url()).status_code == 200
    for each in (hidden, other):
        assert each.get_absolute_url() not in shown
    assert "1 more is not listed here." in shown


def test_of_many_records_the_newest_are_listed_and_the_rest_is_a_number(
    anna: cast.House, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mentions, "SHOWN", 3)
    at = database_now()
    rows = [
        cast.message_of(anna, staff=anna.staff, at=at - timedelta(days=day))
        for day in range(5, 0, -1)
    ]
    shown = asking(anna, sign_in, anna.staff.id)
    places = [shown.find(row.get_absolute_url()) for row in rows]
    assert places[:2] == [-1, -1]
    assert places[2] > places[3] > places[4] > 0
    assert "2 more are not listed here." in shown
