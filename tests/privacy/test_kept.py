"""What is rightly kept past its date is not overdue, and nobody forgets it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from customers.actions.contract import end_contract
from customers.actions.covers import About, end_cover, hold, restrict
from customers.models import ApiKey, Customer, Hold, Invitation, Target, User
from privacy.cases import notices
from privacy.cases.steps import open_case, withdraw
from privacy.models import Case, CaseKind
from privacy.purging.due import derive_again
from privacy.purging.kept import Reason, kept
from privacy.purging.outlook import ON_TIME, outlook
from privacy.purging.purge import purge
from privacy.tasks import remind_of_cases
from smartsvar.audit.actors import SYSTEM
from smartsvar.clock import database_now
from subprocessors.models import Objection
from tests import cast
from tests.conformance.planted import found_in
from tests.mailbox import mails_to, text_of
from tests.privacy.test_purge import age
from tests.subprocessors.register import objected

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

ACCOUNT = About(target=Target.CUSTOMER)
ZACHARIAS = About(target=Target.CALLER, caller=cast.PLANTED_NUMBER)
LONG_AGO = timedelta(days=365 * 2 + 60)  # the contract's end: two years and a good month


@pytest.fixture(autouse=True)
def operators(settings: Any) -> str:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    address = f"drift-{uuid4().hex}@smartsvar.example"
    settings.OPERATORS_EMAIL = [address]
    return address


def leaves(house: cast.House, ago: timedelta = LONG_AGO) -> None:
    """The contract ended so long ago."""
    ended = database_now() - ago
    end_contract(house.customer, ends_at=ended, by=SYSTEM, at=database_now())
    derive_again(house.customer.id)


def purged(at: datetime | None = None) -> datetime:
    """Destroy what may go; return a moment at which what is left would be overdue."""
    at = at or database_now()
    purge(at)
    return at + ON_TIME + timedelta(minutes=1)


def restricted(house: cast.House, *, keeps: bool = False) -> Any:
    by, at = house.administrator, database_now()
    return restrict(house.customer, ZACHARIAS, reason="x", keeps=keeps, by=by, at=at)


def held(house: cast.House, about: About) -> Hold:
    kind, by, at = Hold.Kind.LEGAL, house.administrator, database_now()
    return hold(house.customer, about, kind=kind, reason="x", ends_at=None, by=by, at=at)


def asked(house: cast.House) -> Case:
    by, at = house.administrator, database_now()
    return open_case(house.customer, CaseKind.ERASURE, ZACHARIAS, by=by, at=at)


WAYS: dict[Reason, Any] = {
    Reason.RESTRICTION: restricted,
    Reason.REQUEST: asked,
    Reason.HOLD: lambda house: held(house, ACCOUNT),
}


@pytest.mark.parametrize("reason", WAYS)
def test_an_old_customer_that_must_wait_is_kept_and_not_overdue(
    anna: cast.House, cecilia: cast.House, reason: Reason
) -> None:
    WAYS[reason](anna)
    leaves(anna)
    at = purged()
    assert Customer.objects.filter(id=anna.customer.id).exists()
    assert (outlook(at).overdue, outlook(at, anna.customer).overdue) == (0, 0)
    (line,) = kept(at)
    assert (line.number, line.reasons, line.ended) == (anna.customer.number, [reason], True)
    assert line.rows >= 1
    own = Customer._base_manager.get(id=anna.customer.id)
    assert line.since == own.due_at


def test_what_ended_lets_the_customer_wait_for_its_own_period_and_says_so(
    anna: cast.House, operators: str
) -> None:
    withdraw(asked(anna), by=anna.administrator, at=database_now())
    leaves(anna)
    at = purged()
    assert outlook(at).overdue == 0
    (line,) = kept(at)
    assert (line.rows, line.reasons, line.ends_by_itself) == (1, [Reason.LATER], True)
    remind_of_cases()
    assert mails_to(operators) == [], "nobody can do anything about it"
    last = Case.objects.get().due_at
    assert last is not None
    purge(last)
    assert not Customer._base_manager.exists()


def test_what_has_no_date_is_never_said_to_end_by_itself(anna: cast.House, operators: str) -> None:
    objected(anna.customer)
    leaves(anna)
    Objection._base_manager.update(due_at=None)
    purge(database_now())
    own = Customer._base_manager.get(id=anna.customer.id)
    assert own.due_at is not None
    soon = own.due_at + notices.LONG + timedelta(days=1)
    (line,) = kept(soon)
    assert (line.reasons, line.ends_by_itself) == ([Reason.UNDATED], False)
    notices.remind(soon)
    (letter,) = mails_to(operators)
    assert f"Kund {own.number}: 1 post" in text_of(letter)


def test_what_has_no_date_is_named_beside_a_hold_that_may_end_first(anna: cast.House) -> None:
    objected(anna.customer)
    held(anna, ACCOUNT)
    leaves(anna)
    Objection._base_manager.update(due_at=None)
    (line,) = kept(purged())
    assert line.reasons == [Reason.HOLD, Reason.UNDATED]


def test_a_customer_that_nothing_keeps_is_overdue(anna: cast.House) -> None:
    for model in (ApiKey, Invitation):  # they have time left yet
        model._base_manager.filter(customer=anna.customer).delete()
    leaves(anna)
    at = database_now()
    assert kept(at) == []
    own = outlook(at, anna.customer).overdue
    Customer._base_manager.filter(id=anna.customer.id).update(held=True)
    assert outlook(at, anna.customer).overdue == 0
    Customer._base_manager.filter(id=anna.customer.id).update(held=False)
    assert own > 3
    purge(at)
    assert not Customer._base_manager.exists()


def test_beside_what_is_kept_what_should_have_gone_is_still_overdue(anna: cast.House) -> None:
    asked(anna)
    leaves(anna)
    at = database_now()
    before = outlook(at, anna.customer).overdue
    assert before >= 3, "the members, whom nothing keeps"
    assert outlook(purged(), anna.customer).overdue == 0


def test_a_held_call_of_a_customer_of_today_is_counted_with_its_date(
    anna: cast.House, cecilia: cast.House
) -> None:
    call = cast.call_of(anna)
    age(call, database_now())
    about = About(target=Target.RECORD, object_model=call._meta.label, object_id=call.id)
    cover = held(anna, about)
    restricted(anna)
    held(cecilia, ZACHARIAS)
    at = purged()
    (line,) = kept(at)
    assert (line.number, line.rows, line.since) == (anna.customer.number, 1, call.due_at)
    assert (line.reasons, line.ended) == ([Reason.HOLD], False)
    end_cover(cover, by=anna.administrator, at=at)
    assert kept(at) == []
    assert outlook(at, anna.customer).overdue == 1


def test_what_a_restriction_keeps_and_a_case_keep_are_told_apart(anna: cast.House) -> None:
    age(cast.call_of(anna), database_now())
    restricted(anna, keeps=True)
    at = purged()
    assert [line.reasons for line in kept(at)] == [[Reason.RESTRICTION]]
    by = anna.administrator
    open_case(anna.customer, CaseKind.ACCESS, ZACHARIAS, by=by, at=database_now())
    (line,) = kept(purged())
    assert line.reasons == [Reason.REQUEST, Reason.RESTRICTION]


def test_support_reads_who_why_and_since_when(
    anna: cast.House, sven: User, sign_in: Any, settings: Any
) -> None:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    restricted(anna)
    leaves(anna)
    purge(database_now())
    own = Customer._base_manager.get(id=anna.customer.id)
    browser = sign_in(sven)
    address = reverse("admin:privacy_purgerun_changelist")
    with translation.override("sv"):
        text = " ".join(browser.get(address).content.decode().split())
    assert "Bevaras efter sin tid" in text
    row = text.split(f'<th scope="row">{own.number}</th>', 1)[1].split("</tr>", 1)[0]
    due = timezone.localtime(own.due_at)
    assert row == f"<td>1</td><td>en begränsning</td><td>{due:%Y-%m-%d}</td>"
    assert not found_in(text.encode())


def test_operators_are_told_once_a_day_by_number_when_it_has_lasted(
    anna: cast.House, operators: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    restricted(anna)
    leaves(anna)
    purge(database_now())
    own = Customer._base_manager.get(id=anna.customer.id)
    assert own.due_at is not None
    assert notices.remind(own.due_at + notices.LONG) == 0
    soon = own.due_at + notices.LONG + timedelta(days=1)
    assert notices.remind(soon) == 1
    assert notices.remind(soon) == 0
    (letter,) = mails_to(operators)
    text = text_of(letter)
    assert f"Kund {own.number}: 1 post" in text
    assert "måste besvaras" not in text
    assert letter["Subject"] == "Bevaras efter sin tid"
    assert not found_in(text.encode())
    assert notices.remind(soon + timedelta(days=1)) == 1


def test_a_mail_server_that_is_away_lets_the_next_run_tell(
    anna: cast.House, operators: str, settings: Any
) -> None:
    restricted(anna)
    leaves(anna)
    purge(database_now())
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    assert remind_of_cases() == 0
    settings.EMAIL_PORT = port
    assert remind_of_cases() == 1
    assert len(mails_to(operators)) == 1


def test_a_customer_of_today_is_never_in_that_mail(anna: cast.House, operators: str) -> None:
    age(cast.call_of(anna), database_now() - timedelta(days=60))
    held(anna, ZACHARIAS)
    assert [line.ended for line in kept(database_now())] == [False]
    remind_of_cases()
    assert mails_to(operators) == []
