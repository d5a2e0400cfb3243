"""All who answer for an account are told by mail that it is to be erased, or is not after all."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress

from customers.actions.covers import About, hold, restrict
from customers.actions.leaving import remove_member
from customers.actions.members import join
from customers.models import Customer, Hold, Member, Target, User
from privacy.erasures import notices
from privacy.erasures.steps import ask_erasure, cancel
from privacy.erasures.work import carry_on
from privacy.models import Erasure, ErasureNotice
from privacy.purging.purge import purge
from privacy.tasks import tell_erasure, tell_erasures
from smartsvar import jobs, mail
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.vault.models import RecordKey
from tests import cast
from tests.conformance.planted import found_in
from tests.mailbox import mails_to, text_of
from tests.unreadable.damage import flipped, overwrite

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

ACCOUNT = About(target=Target.CUSTOMER)
ZACHARIAS = About(target=Target.CALLER, caller=cast.PLANTED_NUMBER)


@pytest.fixture(autouse=True)
def server(settings: Any) -> None:
    """A mail server that is real."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"


def ask(house: cast.House, about: About = ACCOUNT, days: int = 3) -> Erasure:
    by, at = house.administrator, database_now()
    return ask_erasure(house.customer, about, by=by, at=at, grace_days=days)


def own_of(house: cast.House) -> str:
    found: str = Customer.objects.get(id=house.customer.id).email
    return found


def chief_of(house: cast.House) -> str:
    return house.administrator.user.email


def mails_of(address: str) -> list[str]:
    return [f"{letter['Subject']}\n{text_of(letter)}" for letter in mails_to(address)]


def first() -> tuple[ErasureNotice, datetime]:
    notice = ErasureNotice.objects.all()[0]
    assert notice.due_at is not None
    return notice, notice.due_at


@pytest.fixture
def second(anna: cast.House) -> Member:
    """Another administrator of Anna's, who did not ask."""
    email = f"delagare-{uuid4().hex}@ankdamms.example"
    user = User.objects.create(email=email, password=cast.hashed_password())
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return join(anna.customer, user, role="administrator", name="Delägaren", at=database_now())


def test_every_administrator_and_the_account_are_told_and_nobody_else(
    anna: cast.House, cecilia: cast.House, second: Member
) -> None:
    cast.call_of(anna)
    asked = ask(anna)
    tell_erasures()
    tell_erasures()
    page = f"/mina-sidor/{anna.customer.number}/integritet/radera/{asked.id}/"
    for address in (chief_of(anna), second.user.email, own_of(anna)):
        (letter,) = mails_of(address)
        assert page in letter
        assert str(anna.customer.number) in letter
        assert "Den börjar" in letter
        assert not found_in(letter.encode())
        for name in (anna.administrator.name, second.name, anna.staff.name):
            assert name not in letter
    for address in (anna.member.user.email, anna.reader.user.email, chief_of(cecilia)):
        assert mails_to(address) == []
    assert AuditEntry.objects.filter(verb="erasure.told", object_id=asked.id).count() == 3


def test_they_are_told_when_it_is_taken_back(anna: cast.House) -> None:
    Customer.objects.filter(id=anna.customer.id).update(language="en")
    anna.customer.refresh_from_db()
    asked = ask(anna)
    tell_erasures()
    cancel(asked, by=anna.administrator, at=database_now())
    tell_erasures()
    first, then = mails_of(own_of(anna))
    assert "It begins on" in first
    assert "has been taken back. Nothing has been erased." in then


def test_what_is_taken_back_before_the_mail_went_is_told_once(anna: cast.House) -> None:
    cancel(ask(anna), by=anna.administrator, at=database_now())
    tell_erasures()
    (letter,) = mails_of(chief_of(anna))
    assert "återtagits" in letter
    assert not ErasureNotice.objects.filter(settled_at=None).exists()


def test_a_callers_erasure_is_told_to_nobody(anna: cast.House) -> None:
    cast.call_of(anna)
    cancel(ask(anna, ZACHARIAS), by=anna.administrator, at=database_now())
    assert not ErasureNotice.objects.exists()


def test_an_account_that_goes_at_once_is_told_of_though_nothing_is_left_of_it(
    anna: cast.House, settings: Any
) -> None:
    chief, own, port = chief_of(anna), own_of(anna), settings.EMAIL_PORT
    settings.EMAIL_PORT = 1
    asked = ask(anna, days=0)
    tell_erasures()
    assert carry_on(asked.id, database_now()) == "done"
    assert not Customer._base_manager.filter(id=anna.customer.id).exists()
    kept = {each["model"]: each for each in done(asked)["kept"]}
    assert kept["privacy.ErasureNotice"]["count"] == 2
    settings.EMAIL_PORT = port
    tell_erasures()
    for address in (chief, own):
        (letter,) = mails_of(address)
        assert "Den börjar genast" in letter


def done(asked: Erasure) -> Any:
    return Erasure.objects.get(id=asked.id).certificate["fact"]


def test_the_address_leaves_the_row_with_the_mail_and_the_row_goes_in_its_time(
    anna: cast.House,
) -> None:
    ask(anna)
    keys = list(ErasureNotice.objects.values_list("key_id", flat=True))
    assert {row.address for row in ErasureNotice.objects.all()} == {chief_of(anna), own_of(anna)}
    tell_erasures()
    rows = list(ErasureNotice.objects.all())
    assert {row.address for row in rows} == {""}
    due = rows[0].due_at
    assert due is not None
    assert "privacy.ErasureNotice" not in purge(due - timedelta(seconds=1))
    assert purge(due)["privacy.ErasureNotice"] == 2
    assert not RecordKey.objects.filter(id__in=keys).exists()


def test_a_mail_that_nobody_takes_goes_unsent_in_the_same_time(
    anna: cast.House, settings: Any
) -> None:
    ask(anna, days=14)
    notice, due = first()
    settings.EMAIL_PORT = 1
    assert tell_erasure(str(notice.id)) == mail.NO_CONNECTION
    assert notices.tell(notice.id, due) == ""
    assert purge(due)["privacy.ErasureNotice"] == 2


def test_the_worker_is_nudged_once_for_each_mail(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(jobs, "_send", lambda task, ids: sent.append((task, ids)))
    ask(anna)
    nudged = {ids[0] for task, ids in sent if task == "privacy.tell_erasure"}
    assert nudged == {str(pk) for pk in ErasureNotice.objects.values_list("id", flat=True)}


def test_a_worker_that_dies_while_sending_is_followed_by_another(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(anna)
    now = database_now()
    mine = next(row for row in ErasureNotice.objects.all() if row.address == chief_of(anna))

    def die(write: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(mail, "send", die)
        with pytest.raises(KeyboardInterrupt):
            notices.tell(mine.id, now)
    soon = now + timedelta(minutes=1)
    assert notices.tell(mine.id, soon) == ""  # the lease holds: somebody may be at it
    assert mails_to(chief_of(anna)) == []
    notices.tell(mine.id, now + notices.LEASE + timedelta(seconds=1))
    assert len(mails_to(chief_of(anna))) == 1


def test_what_is_refused_for_one_address_does_not_keep_the_others_from_theirs(
    anna: cast.House,
) -> None:
    User.objects.filter(id=anna.administrator.user_id).update(email="krånglig\n@ankdamms.example")
    ask(anna)
    tell_erasures()
    assert len(mails_to(own_of(anna))) == 1


def test_a_suspended_account_is_told_too(anna: cast.House) -> None:
    by, at = anna.administrator, database_now()
    restrict(anna.customer, ACCOUNT, reason="x", keeps=False, by=by, at=at)
    ask(anna)
    tell_erasures()
    assert len(mails_to(chief_of(anna))) == 1


def test_an_own_address_that_does_not_open_is_alarmed_and_the_administrator_told(
    anna: cast.House,
) -> None:
    row = Customer._base_manager.get(id=anna.customer.id)
    overwrite(row, sealed=flipped(bytes(row.sealed), 20))
    anna.customer = Customer._base_manager.get(id=anna.customer.id)
    ask(anna)
    tell_erasures()
    assert len(mails_to(chief_of(anna))) == 1
    assert AuditEntry.objects.filter(verb="record.unreadable", object_id=row.id).exists()


def test_what_does_not_open_of_a_notice_is_alarmed_and_ends_it(anna: cast.House) -> None:
    ask(anna)
    notice, _ = first()
    overwrite(notice, sealed=flipped(bytes(notice.sealed), 20))
    tell_erasures()
    assert AuditEntry.objects.filter(verb="record.unreadable", object_id=notice.id).exists()
    assert not ErasureNotice.objects.filter(settled_at=None).exists()
    assert AuditEntry.objects.filter(verb="erasure.told").count() == 1


def test_an_administrator_who_was_removed_under_a_hold_is_told_nothing(
    anna: cast.House, second: Member
) -> None:
    hold(
        anna.customer, About(target=Target.CUSTOMER), kind=Hold.Kind.LEGAL, reason="Tvist",
        ends_at=None, by=anna.administrator, at=database_now(),
    )  # fmt: skip
    assert remove_member(second, by=anna.administrator, at=database_now()) is False
    ask(anna)
    told = {notice.address for notice in ErasureNotice.objects.all()}
    assert told == {chief_of(anna), own_of(anna)}
