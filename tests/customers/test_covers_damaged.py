"""A hold that does not open: what it may keep stays, and nobody else waits for it."""

from typing import Any

import pytest
from django.urls import reverse

from customers.actions.covers import About, end_cover, hold, restrict
from customers.actions.leaving import Unfinished, finish_removals, remove_member
from customers.models import Hold, Member, Restriction, StaffMember, Target, User
from privacy.cases.steps import check_identity, decide, open_case
from privacy.exports import collect as collecting
from privacy.exports.ask import ask_for_export
from privacy.exports.collect import collect_due
from privacy.models import Case, CaseKind, CaseState, ExportState, PurgeRun
from privacy.tasks import purge_due
from recordings.models import Recording
from smartsvar.clock import database_now
from tests import cast
from tests.unreadable.damage import envelope_flipped

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

ZACHARIAS = About(target=Target.CALLER, caller=cast.PLANTED_NUMBER)
OTHER = About(target=Target.CALLER, caller="+46701740611")


def held(house: cast.House, about: About) -> Hold:
    return hold(
        house.customer, about, kind=Hold.Kind.LEGAL, reason="Tvist", ends_at=None,
        by=house.administrator, at=database_now(),
    )  # fmt: skip


def member(person: Member) -> About:
    label = Member._meta.label
    return About(target=Target.MEMBER, object_model=label, object_id=person.id)


@pytest.fixture
def damaged(anna: cast.House) -> Hold:
    """A hold of Anna's about another caller, which nobody can read any more."""
    placed = held(anna, OTHER)
    envelope_flipped(placed, placed)
    return placed


def test_removed_members_go_everywhere_in_spite_of_it(
    anna: cast.House, cecilia: cast.House
) -> None:
    for house in (anna, cecilia):
        kept = held(house, member(house.member))
        assert remove_member(house.member, by=house.administrator, at=database_now()) is False
        end_cover(kept, by=house.administrator, at=database_now())
    broken = held(anna, OTHER)
    envelope_flipped(broken, broken)
    purge_due()
    people = [anna.member.user_id, cecilia.member.user_id]
    assert not User.objects.filter(id__in=people).exists()
    assert list(PurgeRun.objects.values_list("undone", flat=True)) == [0]


def test_one_removal_that_fails_stops_no_other(
    anna: cast.House, cecilia: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for house in (anna, cecilia):
        kept = held(house, member(house.member))
        remove_member(house.member, by=house.administrator, at=database_now())
        end_cover(kept, by=house.administrator, at=database_now())

    def fails(cover: Any, **said: Any) -> None:
        if cover.customer_id == anna.customer.id:
            raise OSError("away")
        end_cover(cover, **said)

    monkeypatch.setattr("customers.actions.leaving.end_cover", fails)
    with pytest.raises(Unfinished):
        finish_removals(database_now())
    assert not User.objects.filter(id=cecilia.member.user_id).exists()


def test_a_request_about_another_caller_is_answered_in_time(
    anna: cast.House, damaged: Hold
) -> None:
    at, by = database_now(), anna.administrator
    case = open_case(anna.customer, CaseKind.ACCESS, ZACHARIAS, by=by, at=at)
    check_identity(case, "Legitimation", by=by, at=at)
    decide(case, CaseState.GRANTED, ground="Artikel 15", decision="Ja", by=by, at=at)
    assert Case.objects.get(id=case.id).closed_at is not None
    assert not Hold.objects.in_force().exclude(id=damaged.id).exists()


def test_a_request_whose_own_hold_does_not_open_is_answered_and_goes_on_being_held(
    anna: cast.House,
) -> None:
    call, at, by = cast.call_of(anna), database_now(), anna.administrator
    case = open_case(anna.customer, CaseKind.ACCESS, ZACHARIAS, by=by, at=at)
    placed = Hold.objects.get(id__in=[case.hold_id])
    envelope_flipped(placed, placed)
    check_identity(case, "Legitimation", by=by, at=at)
    decide(case, CaseState.REFUSED, ground="Artikel 12.5", decision="Nej", by=by, at=at)
    assert Case.objects.get(id=case.id).closed_at is not None
    assert list(Recording._base_manager.filter(held=True)) == [call]


def test_an_export_given_up_closes_its_request_and_the_next_has_its_turn(
    anna: cast.House, cecilia: cast.House, damaged: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = ask_for_export(
        anna.customer, ZACHARIAS, case=None, by=anna.administrator, at=database_now()
    )
    good = ask_for_export(
        cecilia.customer, ZACHARIAS, case=None, by=cecilia.administrator, at=database_now()
    )
    whole = collecting._go_through

    def fails(export: Any) -> None:
        if export.id == bad.id:
            raise ValueError
        whole(export)

    monkeypatch.setattr(collecting, "_go_through", fails)
    for _ in range(5):
        collect_due()
    good.refresh_from_db()
    bad.refresh_from_db()
    assert (bad.state, good.state) == (ExportState.FAILED, ExportState.READY)
    assert Case.objects.get(id__in=[bad.case_id]).closed_at is not None


def test_a_restriction_is_lifted_but_what_the_damaged_one_may_cover_stays_hidden(
    anna: cast.House,
) -> None:
    """Both name one message: the one by its number, the damaged one by its e-mail address."""
    both = cast.message_of(anna, caller_email="z@planterad.example")
    only = cast.message_of(anna, caller_email="")
    at, by = database_now(), anna.administrator
    lifted = restrict(anna.customer, ZACHARIAS, reason="x", keeps=False, by=by, at=at)
    about = About(target=Target.CALLER, caller="z@planterad.example")
    broken = restrict(anna.customer, about, reason="x", keeps=False, by=by, at=at)
    envelope_flipped(broken, broken)
    end_cover(lifted, by=by, at=at)
    shown = type(both).objects.of(anna.customer)
    assert list(shown.values_list("id", flat=True)) == [only.id]
    assert Restriction.objects.get(id=lifted.id).ended_at is not None


def test_anna_lifts_another_restriction_on_the_page(
    anna: cast.House, damaged: Hold, sign_in: Any
) -> None:
    about = About(
        target=Target.STAFF, object_model=StaffMember._meta.label, object_id=anna.staff.id
    )
    by, at = anna.administrator, database_now()
    placed = restrict(anna.customer, about, reason="x", keeps=False, by=by, at=at)
    page = reverse("privacy:restriction_lift", args=[anna.customer.number, placed.id])
    assert sign_in(by).post(page).status_code == 302
    assert Restriction.objects.get(id=placed.id).ended_at is not None
