"""An erasure beside a hold: on what goes with the person, and on what names it."""

from datetime import timedelta

import pytest
from django.db import transaction

from customers.actions.absences import AbsenceFacts, add_absence
from customers.models import Absence, Customer, Hold, StaffMember, Target
from privacy import restricting
from privacy.erasures.preview import preview
from privacy.erasures.work import carry_on
from privacy.models import Erasure, Mentions
from privacy.purging.outlook import outlook
from privacy.receipts import keys
from privacy.receipts.verify import signature_faults
from recordings.models import Recording
from smartsvar.clock import database_now
from smartsvar.shredding.actions import shred
from smartsvar.shredding.claims import claim_due
from smartsvar.shredding.models import Held
from tests import cast
from tests.privacy.test_erasure import ask, held, lift, one

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.fixture
def absence(anna: cast.House) -> Absence:
    at = database_now()
    return add_absence(anna.staff, AbsenceFacts(starts_at=at), by=anna.member, at=at)


def test_a_person_with_a_held_absence_waits_for_the_hold(
    anna: cast.House, absence: Absence
) -> None:
    about = one(anna.staff, Target.STAFF)
    cover = held(anna, one(absence))
    shown = preview(anna.customer.id, about)
    assert StaffMember not in {line.model for line in shown.going}
    assert StaffMember in {line.model for line in shown.held}
    asked = ask(anna, about)
    assert carry_on(asked.id, database_now()) == "held"
    assert StaffMember.objects.filter(id=anna.staff.id).exists()
    lift(cover, anna)
    assert carry_on(asked.id, database_now() + timedelta(hours=1)) == "done"
    assert not StaffMember._base_manager.filter(id=anna.staff.id).exists()
    assert not Absence._base_manager.filter(id=absence.id).exists()


def test_who_is_kept_by_a_held_absence_is_not_overdue(anna: cast.House, absence: Absence) -> None:
    held(anna, one(absence))
    long_ago = database_now() - timedelta(days=800)
    Customer.objects.filter(id=anna.customer.id).update(contract_ended_at=long_ago)
    StaffMember._base_manager.filter(id=anna.staff.id).update(due_at=long_ago)
    assert claim_due(StaffMember, database_now())[0] is None
    assert outlook(database_now()).overdue == 0


def test_a_hold_that_came_between_the_looks_is_seen_under_the_lock(
    anna: cast.House, absence: Absence, monkeypatch: pytest.MonkeyPatch
) -> None:
    held(anna, one(absence))
    monkeypatch.setattr("smartsvar.shredding.claims.kept_along", lambda *_: set())
    with pytest.raises(Held):
        shred([anna.staff], by=anna.member)
    assert StaffMember.objects.filter(id=anna.staff.id).exists()


def test_a_mention_that_a_hold_keeps_is_erased_when_the_hold_ends(anna: cast.House) -> None:
    kept = cast.call_of(anna, staff=anna.staff)
    free = cast.call_of(anna, staff=anna.staff)
    other = cast.call_of(anna)
    cover = held(anna, one(kept))
    asked = ask(anna, one(anna.staff, Target.STAFF), mentions=Mentions.GO)
    assert carry_on(asked.id, database_now()) == "held"
    assert not StaffMember._base_manager.filter(id=anna.staff.id).exists()
    assert set(Recording._base_manager.values_list("id", flat=True)) == {kept.id, other.id}
    lift(cover, anna)
    assert carry_on(asked.id, database_now() + timedelta(hours=1)) == "done"
    assert list(Recording._base_manager.values_list("id", flat=True)) == [other.id]
    fact = Erasure.objects.get(id=asked.id).certificate["fact"]
    assert fact["erased"]["recordings.Recording"] == 2
    assert free.id not in Recording._base_manager.values_list("id", flat=True)


def test_those_in_force_stand_before_however_many_have_ended(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restricting, "MOST", 3)
    last = held(anna, one(cast.call_of(anna)))
    for _ in range(3):
        lift(held(anna, one(cast.call_of(anna))), anna)
    shown = [line.cover.id for line in restricting.listed(anna.customer, Hold)]
    assert shown[0] == last.id


def test_what_is_signed_lies_in_the_time_of_the_key_that_signed() -> None:
    """Also when the key is changed during a run, whose time is the run's beginning."""
    began = database_now() - timedelta(minutes=5)
    keys.rotate(began - timedelta(days=1))
    keys.rotate(database_now())
    with transaction.atomic():
        signed = keys.sign(keys.hold(), {"format": "test"}, began)
    known = {each["name"]: each for each in keys.published()["keys"]}
    assert list(signature_faults(signed, known)) == []


def test_a_key_is_retired_after_whatever_it_signed_last() -> None:
    keys.rotate(database_now() - timedelta(days=1))
    before = database_now() - timedelta(seconds=30)  # a rotation that then waits for the lock
    with transaction.atomic():
        signed = keys.sign(keys.hold(), {"format": "test"}, database_now())
    keys.rotate(before)
    known = {each["name"]: each for each in keys.published()["keys"]}
    assert list(signature_faults(signed, known)) == []
