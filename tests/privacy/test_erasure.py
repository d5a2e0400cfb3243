"""Erasures: what goes, what stays by law, what a hold keeps; whatever is killed on the way."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from customers.actions.absences import AbsenceFacts, add_absence
from customers.actions.covers import About, end_cover, hold, restrict
from customers.actions.members import LastAdministrator, join
from customers.models import Customer, Hold, Member, Restriction, Session, StaffMember, Target, User
from customers.second_factor import second_factor_of
from messages.handling import add_note
from messages.models import Delivery, PhoneMessage
from privacy.cases.steps import open_case, withdraw
from privacy.erasures import work
from privacy.erasures.preview import Line, preview
from privacy.erasures.steps import AlreadyAsked, TooLate, ask_erasure, cancel
from privacy.erasures.work import carry_on, erase_due
from privacy.models import Case, CaseKind, Erasure, Mentions
from privacy.purging.purge import purge
from recordings.models import Recording
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.ids import new_id
from smartsvar.leases import LostLease
from smartsvar.shredding import actions, ledger
from smartsvar.shredding.models import Receipt
from smartsvar.vault.errors import KeyLost
from smartsvar.vault.keys import Need, create_record_keys, forget_keys, open_key
from smartsvar.vault.models import CustomerKey, RecordKey
from smartsvar.vault.storage import blob_store
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

ACCOUNT = About(target=Target.CUSTOMER)
ZACHARIAS = About(target=Target.CALLER, caller=cast.PLANTED_NUMBER)
OTHER = "+46701740611"


def one(row: Any, target: Target = Target.RECORD) -> About:
    return About(target=target, object_model=row._meta.label, object_id=row.pk)


def ask(house: cast.House, about: About, **choices: Any) -> Erasure:
    return ask_erasure(house.customer, about, by=house.administrator, at=database_now(), **choices)


def erased(house: cast.House, about: About, **choices: Any) -> Erasure:
    """Ask, let a worker do it, and return the row with its certificate."""
    asked = ask(house, about, **choices)
    assert carry_on(asked.id, database_now()) == "done"
    return Erasure.objects.get(id=asked.id)


def held(house: cast.House, about: About) -> Hold:
    return hold(
        house.customer, about, kind=Hold.Kind.LEGAL, reason="Tvist", ends_at=None,
        by=house.administrator, at=database_now(),
    )  # fmt: skip


def lift(cover: Any, house: cast.House) -> None:
    end_cover(cover, by=house.administrator, at=database_now())


def again(erasure: Erasure) -> str:
    """Let a worker look at it after the longest lease."""
    return carry_on(erasure.id, database_now() + timedelta(hours=1))


def content_keys(house: cast.House) -> list[CustomerKey]:
    return list(CustomerKey.objects.filter(customer_id=house.customer.id, key_class="content"))


def test_zacharias_is_erased_and_nobody_else(anna: cast.House, cecilia: cast.House) -> None:
    call, message = cast.call_of(anna), cast.message_of(anna)
    hidden = cast.call_of(anna)
    restrict(anna.customer, one(hidden), reason="x", keeps=False, by=anna.member, at=database_now())
    other, elsewhere = cast.call_of(anna, caller_number=OTHER), cast.call_of(cecilia)
    done = erased(anna, ZACHARIAS)
    assert set(Recording.objects.all()) == {other, elsewhere}
    assert not PhoneMessage.objects.exists()
    assert not Delivery.objects.exists()
    keys = [row.key_id for row in (call, message, hidden)]
    assert not RecordKey.objects.filter(id__in=keys).exists()
    with pytest.raises(FileNotFoundError):
        blob_store().open(call.blob_name)
    certificate = done.certificate["fact"]
    assert certificate["erased"] == {
        "phone_messages.Delivery": 1, "phone_messages.PhoneMessage": 1, "recordings.Recording": 2,
    }  # fmt: skip
    assert certificate["result"] == "done"
    assert done.caller == ""
    assert cast.PLANTED_NUMBER not in str(certificate)


def test_a_caller_is_erased_by_mail_however_it_is_written(anna: cast.House) -> None:
    cast.message_of(anna)
    other = cast.message_of(anna, caller_email="annan@planterad.example")
    erased(anna, About(target=Target.CALLER, caller=cast.PLANTED_EMAIL.upper()))
    assert list(PhoneMessage.objects.all()) == [other]


def test_the_preview_says_what_the_erasure_then_does(anna: cast.House) -> None:
    kept = cast.call_of(anna)
    held(anna, one(kept))
    cast.call_of(anna)
    cast.message_of(anna)
    open_case(anna.customer, CaseKind.ERASURE, ZACHARIAS, by=anna.member, at=database_now())
    found = preview(anna.customer.id, ZACHARIAS)
    going = {line.model._meta.label: line.count for line in found.going}
    assert going == {
        "phone_messages.PhoneMessage": 1,
        "phone_messages.Delivery": 1,
        "recordings.Recording": 1,
    }
    assert [(line.model, line.count) for line in found.held] == [(Recording, 1)]
    (staying,) = found.staying
    assert (staying.model, staying.count, bool(staying.law)) == (Case, 1, True)
    asked = ask(anna, ZACHARIAS)
    assert carry_on(asked.id, database_now()) == "held"
    assert list(Recording.objects.all()) == [kept]
    assert Case.objects.count() == 1


def counted(lines: list[Line]) -> dict[str, int]:
    return {line.model._meta.label: line.count for line in lines}


@pytest.mark.parametrize("whom", ["caller", "member", "staff", "account"])
def test_the_certificate_counts_what_the_preview_counted(
    anna: cast.House, cecilia: cast.House, whom: str
) -> None:
    cast.call_of(anna, staff=anna.staff)
    message = cast.message_of(anna, staff=anna.staff)
    add_note(message, "Ring efter tre", by=anna.member, at=database_now())
    now = database_now()
    away = AbsenceFacts(starts_at=now, ends_at=now + timedelta(days=2), text="Semester")
    add_absence(anna.staff, away, by=anna.administrator, at=now)
    join(cecilia.customer, anna.reader.user, role="reader", name="Rut", at=now)
    about = {
        "caller": ZACHARIAS, "member": one(anna.member, Target.MEMBER),
        "staff": one(anna.staff, Target.STAFF), "account": ACCOUNT,
    }[whom]  # fmt: skip
    before = preview(anna.customer.id, about)
    fact = erased(anna, about).certificate["fact"]
    assert fact["erased"] == counted(before.going)
    beside = {
        "caller": {"phone_messages.Delivery": 1, "phone_messages.MessageNote": 1},
        "member": {"customers.User": 1},
        "staff": {"customers.Absence": 1},
        "account": {"customers.User": 2, "phone_messages.Delivery": 1, "customers.Absence": 1},
    }[whom]
    assert beside.items() <= fact["erased"].items(), "Rut still signs in at Cecilia's"


def test_an_accounts_certificate_says_until_when_it_is_kept_itself(anna: cast.House) -> None:
    done = erased(anna, ACCOUNT)
    kept = {each["model"]: each for each in done.certificate["fact"]["kept"]}
    assert done.due_at is not None
    assert kept["privacy.Erasure"]["until"] == done.due_at.isoformat(timespec="seconds")
    told = AuditEntry.objects.filter(customer_id=anna.customer.id)
    assert kept["audit.AuditEntry"]["count"] == told.count(), "with the entry that it is done"


def test_what_an_open_request_kept_is_not_said_to_be_kept_for_a_claim(anna: cast.House) -> None:
    cast.call_of(anna)
    at = database_now()
    case = open_case(anna.customer, CaseKind.ACCESS, ZACHARIAS, by=anna.member, at=at)
    withdraw(case, by=anna.member, at=at)
    lift(held(anna, ZACHARIAS), anna)
    staying = preview(anna.customer.id, ZACHARIAS).staying
    laws = [str(line.law) for line in staying if line.model is Hold]
    assert len(laws) == 2
    assert ["17.3" in law for law in laws] == ["5.2" not in law for law in laws]
    assert len(set(laws)) == 2


def test_what_a_hold_kept_goes_when_it_ends_and_what_came_since_stays(anna: cast.House) -> None:
    kept = cast.call_of(anna)
    cover = held(anna, one(kept))
    asked = ask(anna, ZACHARIAS)
    assert carry_on(asked.id, database_now()) == "held"
    assert carry_on(asked.id, database_now()) == "", "not before a while"
    later = cast.call_of(anna)
    assert again(asked) == "held"
    lift(cover, anna)
    assert again(asked) == "done"
    assert list(Recording.objects.all()) == [later]
    assert Erasure.objects.get(id=asked.id).certificate["fact"]["erased"] == {
        "recordings.Recording": 1
    }


def test_annas_account_goes_and_what_the_law_wants_stays(
    anna: cast.House, cecilia: cast.House
) -> None:
    cast.call_of(anna, staff=anna.staff)
    cast.message_of(anna, staff=anna.staff)
    theirs = cast.call_of(cecilia)
    invoice, orphan = create_record_keys(
        [
            Need(anna.customer.id, kind, "customers.Customer", new_id())
            for kind in ("statutory", "content")
        ]
    )
    (content,) = content_keys(anna)
    done = erased(anna, ACCOUNT)
    gone = done.certificate["fact"]["erased"]
    assert gone["customers.Customer"] == gone["recordings.Recording"] == 1
    assert gone["customers.Member"] == 3
    assert not Customer.objects.filter(id=anna.customer.id).exists()
    forget_keys()
    assert open_key(invoice.id).id == invoice.id
    with pytest.raises(KeyLost):
        open_key(orphan.id)
    assert content_keys(anna) == []
    assert Recording.objects.get(id=theirs.id).caller_name == cast.PLANTED_NAME
    batches = [batch for name in ledger.listed()[0] for batch in ledger.read([name])]
    assert any(content.id in batch.customer_keys for batch in batches)
    kept = {each["model"]: each for each in done.certificate["fact"]["kept"]}
    assert kept["audit.AuditEntry"]["until"]


def test_the_certificate_outlives_the_customer_and_goes_in_its_own_time(anna: cast.House) -> None:
    done = erased(anna, ACCOUNT)
    forget_keys()
    assert Erasure.objects.get(id=done.id).certificate["fact"]["about"] == "customer"
    assert done.due_at is not None
    assert purge(done.due_at - timedelta(seconds=1)).get("privacy.Erasure") is None
    assert purge(done.due_at)["privacy.Erasure"] == 1
    assert Receipt.objects.get(model="privacy.Erasure").customer_id == anna.customer.id


def test_the_accounts_people_cannot_sign_in_any_more_but_a_member_elsewhere_can(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    both = anna.reader.user
    join(cecilia.customer, both, role="reader", name="Rut", at=database_now())
    sign_in(anna.administrator)
    browser = sign_in(both)
    erased(anna, ACCOUNT)
    emails = set(User.objects.values_list("email", flat=True))
    assert both.email in emails
    assert anna.administrator.user.email not in emails
    assert not EmailAddress.objects.filter(email=anna.member.user.email).exists()
    assert Session.objects.count() == 1
    assert browser.get(f"/mina-sidor/{cecilia.customer.number}/").status_code == 200


def test_bertils_membership_and_sign_in_go_with_his_second_factor(
    anna: cast.House, sign_in: Any
) -> None:
    user = anna.member.user
    with second_factor_of(user):
        TOTP.activate(user, generate_totp_secret())
    browser = sign_in(anna.member)
    person = RecordKey.objects.get(model="customers.User", object_id=user.id)
    erased(anna, one(anna.member, Target.MEMBER))
    assert not Member.objects.filter(id=anna.member.id).exists()
    assert not User.objects.filter(id=user.id).exists()
    assert not Authenticator.objects.exists()
    assert not RecordKey.objects.filter(id=person.id).exists()
    assert not Session.objects.exists()
    assert browser.get(f"/mina-sidor/{anna.customer.number}/").status_code == 302


def test_the_last_administrator_closes_the_account_instead(anna: cast.House) -> None:
    with pytest.raises(LastAdministrator):
        ask(anna, one(anna.administrator, Target.MEMBER))
    assert not Erasure.objects.exists()


def test_who_became_the_last_administrator_meanwhile_stays(anna: cast.House) -> None:
    second = join(
        anna.customer, User.objects.create(email="tva@ankdamm.example"), role="administrator",
        name="Två", at=database_now(),
    )  # fmt: skip
    asked = [ask(anna, one(who, Target.MEMBER)) for who in (anna.administrator, second)]
    assert [carry_on(each.id, database_now()) for each in asked] == ["done", "cancelled"]
    assert Member.objects.filter(id=second.id).exists()


@pytest.mark.parametrize("choice", list(Mentions))
def test_calls_for_an_erased_person_stay_without_the_name_or_go_as_was_chosen(
    anna: cast.House, choice: Mentions
) -> None:
    call = cast.call_of(anna, staff=anna.staff)
    message, other = cast.message_of(anna, staff=anna.staff), cast.message_of(anna)
    about = one(anna.staff, Target.STAFF)
    mentioned = {line.model: line.count for line in preview(anna.customer.id, about).mentioned}
    assert mentioned == {Recording: 1, PhoneMessage: 1}
    done = erased(anna, about, mentions=choice)
    assert not StaffMember.objects.exists()
    left = {row.pk: row.staff_id for m in (Recording, PhoneMessage) for row in m.objects.all()}
    stay = {call.pk: None, message.pk: None} if choice == Mentions.STAY else {}
    assert left == stay | {other.pk: None}
    assert done.certificate["fact"]["still_mentioned"] == {}


def test_a_single_record_goes(anna: cast.House) -> None:
    call, other = cast.call_of(anna), cast.call_of(anna)
    erased(anna, one(call))
    assert list(Recording.objects.all()) == [other]


def test_grace_can_be_taken_back_until_it_ends(anna: cast.House) -> None:
    asked = ask(anna, ACCOUNT, grace_days=3)
    assert Customer.objects.get().closes_at == asked.starts_at
    assert erase_due(asked.starts_at - timedelta(seconds=1)) == 0
    cancel(asked, by=anna.administrator, at=database_now())
    assert Customer.objects.get().closes_at is None
    assert erase_due(asked.starts_at + timedelta(days=1)) == 0
    with pytest.raises(TooLate):
        cancel(asked, by=anna.administrator, at=database_now())


def test_after_the_grace_the_account_goes_to_the_second(anna: cast.House) -> None:
    asked = ask(anna, ACCOUNT, grace_days=99)
    assert asked.starts_at - asked.asked_at == timedelta(days=14)
    assert erase_due(asked.starts_at - timedelta(seconds=1)) == 0
    assert Customer.objects.exists()
    assert erase_due(asked.starts_at) == 1
    assert not Customer.objects.exists()


def test_an_account_that_is_held_in_part_is_not_half_destroyed(anna: cast.House) -> None:
    kept, free = cast.call_of(anna), cast.call_of(anna)
    cover = held(anna, one(kept))
    asked = ask(anna, ACCOUNT)
    assert carry_on(asked.id, database_now()) == "held"
    assert set(Recording.objects.all()) == {kept, free}
    lift(cover, anna)
    assert again(asked) == "done"
    assert not Customer.objects.exists()


def test_the_same_is_not_asked_twice(anna: cast.House) -> None:
    ask(anna, ZACHARIAS)
    with pytest.raises(AlreadyAsked):
        ask(anna, ZACHARIAS)
    ask(anna, About(target=Target.CALLER, caller=OTHER))


class Killed(BaseException):
    """The worker's end: nothing catches it."""


@pytest.mark.parametrize("place", ["intend", "shred_keys", "_finish", "end_sign_ins", "certify"])
def test_an_erasure_that_is_killed_ends_the_same(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    calls = [cast.call_of(anna) for _ in range(3)]
    cast.message_of(anna, staff=anna.staff)
    asked = ask(anna, ACCOUNT)
    where: Any = {"intend": ledger, "end_sign_ins": work, "certify": work}.get(place, actions)

    def kill(*args: object, **kwargs: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(where, place, kill)
        with pytest.raises(Killed):
            carry_on(asked.id, database_now())
    assert carry_on(asked.id, database_now()) == "", "the lease still runs"
    purge(database_now() + timedelta(minutes=20))  # which finishes what was claimed
    assert again(asked) == "done"
    assert not Customer.objects.filter(id=anna.customer.id).exists()
    assert not RecordKey.objects.filter(id__in=[call.key_id for call in calls]).exists()
    assert Erasure.objects.get().certificate["fact"]["erased"]["recordings.Recording"] == 3
    told = AuditEntry.objects.filter(verb="recording.deleted").values_list("object_id", flat=True)
    assert sorted(map(str, told)) == sorted(str(call.id) for call in calls), "each told once"


def test_a_ledger_that_is_away_makes_the_erasure_wait(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.call_of(anna)
    asked = ask(anna, ACCOUNT)

    def full(*args: object, **kwargs: object) -> str:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "intend", full)
        assert carry_on(asked.id, database_now()) == "running"
    assert content_keys(anna), "nothing is destroyed that the ledger does not name"
    assert not Member.objects.of(anna.customer).exists(), "what is claimed is shown to nobody"
    purge(database_now() + timedelta(minutes=6))
    assert again(asked) == "done"


def test_a_worker_that_was_thought_dead_does_not_go_on(anna: cast.House) -> None:
    asked = ask(anna, ZACHARIAS)
    cast.call_of(anna)
    slow = work._take(asked.id, database_now())
    assert slow is not None
    assert again(asked) == "done"
    later = cast.call_of(anna)
    with pytest.raises(LostLease):
        work._work(slow)
    assert list(Recording.objects.all()) == [later]


def test_many_messages_go_in_batches(anna: cast.House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "BATCH", 7)
    for _ in range(20):
        cast.message_of(anna)
    done = erased(anna, ZACHARIAS)
    assert done.certificate["fact"]["erased"] == {
        "phone_messages.Delivery": 20, "phone_messages.PhoneMessage": 20,
    }  # fmt: skip
    assert done.batches.count() == 3


def test_zacharias_restriction_stays_by_law_until_it_is_lifted(anna: cast.House) -> None:
    cast.call_of(anna)
    restrict(anna.customer, ZACHARIAS, reason="x", keeps=False, by=anna.member, at=database_now())
    done = erased(anna, ZACHARIAS)
    assert Restriction.objects.count() == 1
    assert [each["model"] for each in done.certificate["fact"]["kept"]] == ["customers.Restriction"]
    assert UUID(done.certificate["fact"]["customer"]) == anna.customer.id
