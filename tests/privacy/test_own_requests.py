"""What a member asks about itself stays between that member and us: at no door is it told."""

import re
from typing import Any

import pytest
from django.urls import reverse

from customers.actions.account_mails import Letter, queue_mail
from customers.actions.covers import About, hold
from customers.actions.leaving import remove_member
from customers.models import AccountMail, Hold, Member, SignInEvent, Target
from customers.models.sign_in_event import ADDRESS
from privacy.cases.steps import open_case
from privacy.exports.ask import ask_for_export, throw_away
from privacy.exports.collect import collect
from privacy.exports.selection import portions
from privacy.models import Case, CaseKind, CaseState, Erasure, Export, ExportState
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.vault.second_factor import seal_secret
from tests import cast
from tests.privacy.test_exports import archive, everything, records

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

ACCOUNT = About(target=Target.CUSTOMER)
TOLD = ("request about itself", "own data", "collected an export", "checked who", "granted")


def rut(house: cast.House) -> About:
    return About(target=Target.MEMBER, object_model=Member._meta.label, object_id=house.reader.id)


def ruts_export(house: cast.House) -> Export:
    return ask_for_export(house.customer, rut(house), case=None, by=house.reader, at=database_now())


def text_of(browser: Any, name: str, house: cast.House) -> str:
    browser.cookies.load({"language": "en"})
    page = browser.get(reverse(name, args=[house.customer.number])).content.decode()
    return " ".join(re.sub("<[^>]+>", " ", page).split())


def test_anna_cannot_erase_the_export_that_rut_asked_for(anna: cast.House, sign_in: Any) -> None:
    export = ruts_export(anna)
    browser = sign_in(anna.administrator)
    page = reverse("privacy:erase_one", args=[anna.customer.number, export.id])
    assert browser.get(page).status_code == 404
    assert browser.post(page, {"confirm": str(anna.customer.number)}).status_code == 404
    assert not Erasure.objects.exists()
    theirs = ask_for_export(
        anna.customer, ACCOUNT, case=None, by=anna.administrator, at=database_now()
    )
    own = reverse("privacy:erase_one", args=[anna.customer.number, theirs.id])
    assert browser.get(own).status_code == 200, "what she sees she may erase"


def test_the_trail_tells_nobody_but_rut_what_she_asked_about_herself(
    anna: cast.House, sign_in: Any
) -> None:
    export = ruts_export(anna)
    assert collect(export.id) == ExportState.READY
    for who in (anna.administrator, anna.member):
        shown = text_of(sign_in(who), "portal:trail", anna)
        assert not [word for word in TOLD if word in shown]
    shown = text_of(sign_in(anna.reader), "portal:trail", anna)
    assert not [word for word in TOLD if word not in shown]


def test_nor_once_it_is_gone(anna: cast.House, sign_in: Any) -> None:
    export = ruts_export(anna)
    throw_away(export, by=anna.reader)
    Case._base_manager.filter(id__in=[export.case_id]).delete()
    shown = text_of(sign_in(anna.administrator), "portal:trail", anna)
    assert "own data" not in shown
    assert "deleted an export" not in shown
    assert "deleted an export" in text_of(sign_in(anna.reader), "portal:trail", anna)


def test_what_support_does_with_ruts_request_is_ruts_to_read(
    anna: cast.House, sign_in: Any, sven: Any
) -> None:
    open_case(anna.customer, CaseKind.OBJECTION, rut(anna), by=sven, at=database_now())
    assert "request about itself" in text_of(sign_in(anna.reader), "portal:trail", anna)
    assert "request about itself" not in text_of(sign_in(anna.administrator), "portal:trail", anna)


def test_what_anna_asks_for_the_account_is_told_as_before(anna: cast.House, sign_in: Any) -> None:
    ask_for_export(anna.customer, ACCOUNT, case=None, by=anna.administrator, at=database_now())
    assert "asked for an export" in text_of(sign_in(anna.reader), "portal:trail", anna)


def test_the_accounts_export_has_no_trail_of_ruts_request(anna: cast.House) -> None:
    export = ruts_export(anna)
    private = {export.id, export.case_id}
    assert not private & entries_in(anna, ACCOUNT)
    assert not private & entries_in(anna, rut(anna)), "nor one that Anna asks about Rut"
    assert private <= entries_in(anna, rut(anna), owner=anna.reader.id)


def test_ruts_own_export_has_the_addresses_she_signed_in_from_and_no_other(
    anna: cast.House,
) -> None:
    for member, address in ((anna.reader, "203.0.113.9"), (anna.administrator, "203.0.113.7")):
        person = member.user
        SignInEvent.objects.create(
            user=person, kind=SignInEvent.Kind.SIGNED_IN, at=database_now(),
            address=seal_secret(person.pk, ADDRESS + address),
        )  # fmt: skip
    export = ruts_export(anna)
    assert collect(export.id) == ExportState.READY
    (event,) = records(archive(fresh(export)), "customers.SignInEvent")
    assert event["address"] == "203.0.113.9"
    by, at = anna.administrator, database_now()
    for about in (ACCOUNT, rut(anna)):
        theirs = ask_for_export(anna.customer, about, case=None, by=by, at=at)
        assert collect(theirs.id) == ExportState.READY
        found = archive(fresh(theirs))
        assert records(found, "customers.SignInEvent")
        assert b"203.0.113" not in everything(found)


def fresh(export: Export) -> Export:
    found: Export = Export.objects.select_related("customer").get(id=export.id)
    return found


def test_a_mail_about_a_sign_in_is_in_the_exports_of_whose_it_is(anna: cast.House) -> None:
    letter = Letter(
        address=anna.reader.user.email,
        subject="x",
        text="x",
        language="sv",
        person=anna.reader.user,
    )
    row = queue_mail(letter, at=database_now())
    for about in (ACCOUNT, rut(anna)):
        (portion,) = [p for p in portions(anna.customer, about) if p.model is AccountMail]
        assert [each.id for each in portion.rows(database_now())] == [row.id]
    others = About(target=Target.MEMBER, object_model="customers.Member", object_id=anna.member.id)
    (portion,) = [p for p in portions(anna.customer, others) if p.model is AccountMail]
    assert not portion.rows(database_now()).exists()


def entries_in(house: cast.House, about: About, **owner: Any) -> set[Any]:
    found: set[Any] = set()
    for portion in portions(house.customer, about, **owner):
        if portion.model is AuditEntry:
            found |= set(portion.rows(database_now()).values_list("object_id", flat=True))
    return found


@pytest.mark.parametrize("way", ["removed", "removed under a hold"])
def test_what_rut_asked_for_is_not_granted_to_nobody_once_she_is_gone(
    anna: cast.House, way: str
) -> None:
    kept = way == "removed under a hold"
    export, by = ruts_export(anna), anna.administrator
    if kept:
        hold(
            anna.customer, ACCOUNT, kind=Hold.Kind.LEGAL, reason="Tvist", ends_at=None, by=by,
            at=database_now(),
        )  # fmt: skip
    assert remove_member(anna.reader, by=by, at=database_now()) is not kept
    assert collect(export.id) == ExportState.FAILED
    case = Case._base_manager.get(id__in=[export.case_id])
    assert (case.state, case.closed_at is None) == (CaseState.WITHDRAWN, False)
    assert not AuditEntry.objects.filter(verb="case.granted").exists()


def test_who_asks_by_another_right_or_in_another_language_gets_what_was_asked(
    anna: cast.House,
) -> None:
    def ask(**said: Any) -> Export:
        return ask_for_export(
            anna.customer, ACCOUNT, case=None, by=anna.administrator, at=database_now(), **said
        )

    first = ask(language="sv")
    assert ask(language="sv").id == first.id
    moved, english = ask(kind=CaseKind.PORTABILITY, language="sv"), ask(language="en")
    assert len({first.id, moved.id, english.id}) == 3
    assert (moved.case.kind, english.language) == (CaseKind.PORTABILITY, "en")  # type: ignore[union-attr]
