"""Erasures that do not open, sign-ins ended together, and long lists of what a hold keeps."""

import threading
from typing import Any

import pytest
from django.db import connections

from customers import covering
from customers.actions import covers
from customers.actions.covers import About, restrict
from customers.actions.leaving import end_sign_ins
from customers.models import Session, StaffMember, Target, User
from privacy.cases.steps import check_identity, decide, open_case
from privacy.erasures import work
from privacy.erasures.scope import parts_of
from privacy.erasures.steps import AlreadyAsked, TooLate, ask_erasure, cancel
from privacy.erasures.work import carry_on, erase_due
from privacy.models import Case, CaseKind, CaseState, Erasure, ErasureState
from recordings.models import Recording
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.ids import new_id
from tests import cast
from tests.at_once import on_postgres
from tests.conftest import browser
from tests.unreadable.damage import flipped, overwrite

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

ZACHARIAS = About(target=Target.CALLER, caller=cast.PLANTED_NUMBER)
OTHER = About(target=Target.CALLER, caller="+46701740611")


def ask(house: cast.House, about: About) -> Erasure:
    return ask_erasure(house.customer, about, by=house.administrator, at=database_now())


@pytest.fixture
def damaged(anna: cast.House) -> Erasure:
    """An erasure of a caller whose number nobody can read any more."""
    asked = ask(anna, OTHER)
    overwrite(asked, sealed=flipped(bytes(asked.sealed), 20))
    found: Erasure = Erasure.objects.get(id=asked.id)
    return found


def test_one_that_does_not_open_is_alarmed_and_can_be_taken_back(
    anna: cast.House, damaged: Erasure
) -> None:
    assert carry_on(damaged.id, database_now()) == "waiting"
    assert AuditEntry.objects.filter(verb="record.unreadable", object_id=damaged.id).exists()
    cancel(damaged, by=anna.administrator, at=database_now())
    assert Erasure.objects.get(id=damaged.id).state == ErasureState.CANCELLED
    assert erase_due(database_now()) == 0
    with pytest.raises(TooLate):
        cancel(damaged, by=anna.administrator, at=database_now())


def test_one_that_does_not_open_bars_no_other_callers(anna: cast.House, damaged: Erasure) -> None:
    call = cast.call_of(anna)
    ask(anna, ZACHARIAS)
    with pytest.raises(AlreadyAsked):
        ask(anna, ZACHARIAS)
    assert erase_due(database_now()) == 1
    assert not Recording._base_manager.filter(id=call.id).exists()


def test_whatever_is_wrong_with_one_the_next_has_its_turn(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = ask(anna, OTHER), ask(anna, ZACHARIAS)
    real = work._work

    def broken(erasure: Erasure) -> str:
        if erasure.id == first.id:
            raise KeyError("nobody foresaw it")
        return real(erasure)

    monkeypatch.setattr(work, "_work", broken)
    assert erase_due(database_now()) == 1
    assert Erasure.objects.get(id=second.id).state == ErasureState.DONE


def test_no_session_is_opened_however_many_people_leave(
    cecilia: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    leavers = [User.objects.create(email=f"leaver{n}@borta.example") for n in range(3)]
    for person in (*leavers, cecilia.administrator.user):
        browser().force_login(person)
    read: list[Any] = []
    real = Session.get_decoded

    def counted(session: Session) -> dict[str, Any]:
        read.append(session.pk)
        return real(session)

    monkeypatch.setattr(Session, "get_decoded", counted)
    assert end_sign_ins([person.id for person in leavers]) == 3
    assert read == []
    left = [real(each)["_auth_user_id"] for each in Session.objects.all()]
    assert left == [str(cecilia.administrator.user_id)]
    assert end_sign_ins([cecilia.administrator.user_id]) == 0
    assert Session.objects.count() == 1


def test_a_list_of_what_was_held_is_one_parameter(anna: cast.House) -> None:
    about = About(
        target=Target.STAFF, object_model=StaffMember._meta.label, object_id=anna.staff.id
    )
    (part,) = [each for each in parts_of(anna.customer.id, about) if each.model is StaffMember]
    narrowed = part.among([new_id() for _ in range(70_000)] + [anna.staff.id])
    _, parameters = narrowed.rows.query.sql_with_params()
    assert len(parameters) < 10
    assert narrowed.rows.get().pk == anna.staff.pk


@on_postgres
def test_a_decision_and_a_restriction_at_once_do_not_lock_each_other_out(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, by = database_now(), anna.administrator
    case = open_case(anna.customer, CaseKind.ACCESS, ZACHARIAS, by=by, at=at)
    check_identity(case, "Inloggad", by=by, at=at)
    placed, deciding = threading.Event(), threading.Event()
    real, outcome = covering.put_on, dict[str, str]()

    def slow(cover: Any) -> Any:
        placed.set()
        deciding.wait(1)
        return real(cover)

    def attempt(name: str, act: Any) -> None:
        try:
            act()
            outcome[name] = "done"
        except Exception as error:
            outcome[name] = type(error).__name__
        finally:
            connections.close_all()

    def restrict_slowly() -> None:
        restrict(anna.customer, ZACHARIAS, reason="x", keeps=True, by=by, at=at)

    def decide_then() -> None:
        placed.wait(5)
        decide(case, CaseState.GRANTED, ground="g", decision="d", by=by, at=at)

    monkeypatch.setattr(covers, "put_on", slow)
    acts = {"restrict": restrict_slowly, "decide": decide_then}
    threads = [threading.Thread(target=attempt, args=each) for each in acts.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert outcome == {"restrict": "done", "decide": "done"}
    assert Case.objects.get().state == CaseState.GRANTED
