"""Restrictions and holds, where rows are selected and where they are claimed."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from customers.actions.covers import (
    About,
    DeletionUnderWay,
    end_cover,
    hold,
    release_ended,
    restrict,
)
from customers.calling import tenant_models
from customers.models import Customer, Hold, Restriction, StaffMember, Target
from messages.models import Delivery, PhoneMessage
from privacy.purging.purge import purge
from recordings.actions import delete_recording
from recordings.models import Recording
from smartsvar.clock import database_now
from smartsvar.shredding.claims import claim_rows
from smartsvar.shredding.models import Held
from tests import cast
from tests.at_once import at_once, on_postgres

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

ZACHARIAS = About(target=Target.CALLER, caller=cast.PLANTED_NUMBER)
BY_MAIL = About(target=Target.CALLER, caller=cast.PLANTED_EMAIL.upper())
ACCOUNT = About(target=Target.CUSTOMER)
OTHER = "+46701740611"


def restricted(house: cast.House, about: About = ZACHARIAS, *, keeps: bool = False) -> Restriction:
    by, at = house.administrator, database_now()
    return restrict(house.customer, about, reason="Bestrids", keeps=keeps, by=by, at=at)


def held(house: cast.House, about: About, *, ends_at: datetime | None = None) -> Hold:
    by, at = house.administrator, database_now()
    kind = Hold.Kind.LEGAL
    return hold(house.customer, about, kind=kind, reason="Tvist", ends_at=ends_at, by=by, at=at)


def lift(cover: Any, house: cast.House) -> None:
    end_cover(cover, by=house.administrator, at=database_now())


def single(row: Any) -> About:
    return About(target=Target.RECORD, object_model=row._meta.label, object_id=row.pk)


def shown(house: cast.House) -> set[Any]:
    return {
        row.pk for model in (Recording, PhoneMessage) for row in model.objects.of(house.customer)
    }


def long_ago(row: Any) -> None:
    """Make the row due by its own rule."""
    names = [name for name in ("ended_at", "taken_at", "received_at") if hasattr(row, name)]
    for name in names:
        setattr(row, name, database_now() - timedelta(days=400))
    row.save(update_fields=names)


def test_a_restricted_callers_rows_are_hidden_and_nobody_elses(
    anna: cast.House, cecilia: cast.House
) -> None:
    call, message = cast.call_of(anna), cast.message_of(anna)
    other = cast.call_of(anna, caller_number=OTHER)
    elsewhere = cast.call_of(cecilia)
    cover = restricted(anna)
    assert shown(anna) == {other.pk}
    assert shown(cecilia) == {elsewhere.pk}
    lift(cover, anna)
    assert shown(anna) == {call.pk, message.pk, other.pk}


def test_new_calls_of_a_restricted_caller_are_taken_sealed_and_hidden(anna: cast.House) -> None:
    cover = restricted(anna)
    call, message = cast.call_of(anna), cast.message_of(anna)
    assert shown(anna) == set()
    assert Recording.objects.get(id=call.id).caller_name == cast.PLANTED_NAME
    lift(cover, anna)
    assert shown(anna) == {call.pk, message.pk}


def test_a_caller_is_found_by_mail_however_it_is_written(anna: cast.House) -> None:
    message, call = cast.message_of(anna), cast.call_of(anna)
    restricted(anna, BY_MAIL)
    late = cast.message_of(anna, caller_number="")
    assert shown(anna) == {call.pk}
    assert {message.pk, late.pk} == set(
        PhoneMessage.objects.filter(restricted=True).values_list("pk", flat=True)
    )


def test_what_two_cover_stays_covered_until_both_end(anna: cast.House) -> None:
    message = cast.message_of(anna)
    by_number, by_mail = restricted(anna), restricted(anna, BY_MAIL)
    lift(by_number, anna)
    assert shown(anna) == set()
    lift(by_mail, anna)
    assert shown(anna) == {message.pk}


def test_a_whole_account_is_hidden_by_its_own_flag(anna: cast.House) -> None:
    cast.call_of(anna)
    cover = restricted(anna, ACCOUNT)
    cast.message_of(anna)
    assert shown(anna) == set()
    assert not StaffMember.objects.of(anna.customer).exists()
    assert Customer.objects.timely().filter(id=anna.customer.id).exists()
    lift(cover, anna)
    assert len(shown(anna)) == 2


def test_delivery_waits_while_the_caller_is_restricted(anna: cast.House) -> None:
    cast.message_of(anna)
    cover = restricted(anna)
    cast.message_of(anna)
    later = database_now() + timedelta(minutes=1)
    assert not Delivery.objects.waiting(later).exists()
    lift(cover, anna)
    assert Delivery.objects.waiting(later).count() == 2


def test_a_copy_read_before_cannot_undo_a_restriction_or_hold(anna: cast.House) -> None:
    message = cast.message_of(anna)
    restricted(anna)
    held(anna, single(message))
    message.matter = "Ändrat"
    message.save()
    stored = PhoneMessage.objects.get(id=message.id)
    assert (stored.restricted, stored.held, stored.matter) == (True, True, "Ändrat")


def test_the_purge_passes_over_what_was_asked_to_be_kept(anna: cast.House) -> None:
    kept, gone = cast.call_of(anna), cast.call_of(anna, caller_number=OTHER)
    cover = restricted(anna, keeps=True)
    for row in (kept, gone):
        long_ago(row)
    assert purge(database_now()) == {"recordings.Recording": 1}
    assert list(Recording.objects.all()) == [kept]
    lift(cover, anna)
    assert purge(database_now()) == {"recordings.Recording": 1}


def test_a_restriction_alone_does_not_stop_the_purge(anna: cast.House) -> None:
    long_ago(cast.call_of(anna))
    restricted(anna)
    assert purge(database_now()) == {"recordings.Recording": 1}


@pytest.mark.parametrize("whole", [True, False], ids=["account", "record"])
def test_a_hold_stops_purge_and_deletion_until_its_end(anna: cast.House, *, whole: bool) -> None:
    call, now = cast.call_of(anna), database_now()
    held(anna, ACCOUNT if whole else single(call), ends_at=now + timedelta(days=3))
    with pytest.raises(Held):
        delete_recording(call, by=anna.administrator)
    long_ago(call)
    assert purge(database_now()) == {}
    assert release_ended(now + timedelta(days=2)) == 0
    assert release_ended(now + timedelta(days=3)) == 1
    assert purge(database_now()) == {"recordings.Recording": 1}


def test_a_hold_that_comes_after_the_claim_is_refused(anna: cast.House) -> None:
    call = cast.call_of(anna)
    claim_rows(Recording, [call.id], by=anna.member, at=database_now())
    with pytest.raises(DeletionUnderWay):
        held(anna, single(call))
    assert not Hold.objects.exists()


def test_an_ended_cover_is_itself_purged_in_time_and_one_in_force_never(anna: cast.House) -> None:
    lifted, standing = restricted(anna), restricted(anna, BY_MAIL)
    lift(lifted, anna)
    far = database_now() + timedelta(days=365 * 5)
    assert purge(far)["customers.Restriction"] == 1
    assert list(Restriction.objects.all()) == [standing]


@pytest.mark.parametrize("model", list(tenant_models()), ids=lambda model: model._meta.label)
def test_every_declared_model_leaves_restricted_and_held_rows_out(model: Any) -> None:
    now = database_now()
    chosen = {
        "restricted": (model.objects.live(), model.objects.timely()),
        "held": (model.objects.due(now), model.objects.filter(shred_job_id=None, due_at__lte=now)),
    }
    for column, (leaves_out, does_not) in chosen.items():
        assert (model, column) in chosen_by(leaves_out.query.where)
        assert (model, column) not in chosen_by(does_not.query.where), "else this could not fail"


def chosen_by(where: Any) -> set[tuple[Any, str]]:
    """Return the columns, each with its model, that a WHERE clause asks about."""
    found: set[tuple[Any, str]] = set()
    for each in where.children:
        inner = hasattr(each, "children")
        found |= chosen_by(each) if inner else {(each.lhs.target.model, each.lhs.target.column)}
    return found


@on_postgres
def test_a_call_that_comes_while_its_caller_is_being_restricted_is_hidden(
    anna: cast.House,
) -> None:
    """Whichever commits first: no order leaves the new row shown."""
    for tail in range(20, 35):
        number = f"+467017406{tail}"
        at_once(
            partial(cast.message_of, anna, caller_number=number),
            partial(restricted, anna, About(target=Target.CALLER, caller=number)),
        )
        assert shown(anna) == set()
    assert PhoneMessage.objects.filter(restricted=True).count() == 15
