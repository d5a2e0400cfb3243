"""A rule that changes: every stored date follows it, whatever dies on the way."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import User
from privacy.models import Derivation, PurgeRun
from privacy.purging import due
from privacy.purging.derivations import derive_changed, fingerprint, pending
from privacy.purging.due import derive_all, differences
from privacy.purging.purge import shreddable
from privacy.tasks import check_due, purge_due
from recordings.models import Recording
from smartsvar.clock import database_now
from smartsvar.keep import Keep
from tests import cast
from tests.privacy.test_purge import age

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
LABEL = "recordings.Recording"
RUNS = "admin:privacy_purgerun_changelist"


@contextmanager
def declared_as(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Iterator[None]:
    """Another version of the code, in which recordings are kept by another rule."""
    said = Recording.personal_data
    keep = dataclasses.replace(said.keep, **changes)
    with monkeypatch.context() as patch:
        patch.setattr(Recording, "personal_data", dataclasses.replace(said, keep=keep))
        yield


def test_a_shorter_period_is_carried_out_by_the_next_run(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = cast.call_of(anna), cast.call_of(anna)
    age(old, database_now() + timedelta(days=20))  # more than two months old
    purge_due()
    assert pending() == []
    with declared_as(monkeypatch, months=2):
        assert pending() == [LABEL]
        assert differences() == {LABEL: 2}
        assert purge_due() == {LABEL: 1}
        assert (differences(), pending()) == ({}, [])
        assert list(Recording.objects.all()) == [new]


def test_a_longer_period_spares_what_is_not_due_any_more(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = cast.call_of(anna)
    purge_due()
    age(call, database_now())
    with declared_as(monkeypatch, months=4):
        assert purge_due() == {}
        assert differences() == {}
    assert Recording.objects.filter(id=call.id).exists()


class Killed(BaseException):
    """kill -9, as far as Python can tell."""


@pytest.mark.parametrize("batches", [0, 1, 2, 3])
def test_killed_after_any_batch_it_goes_on_where_it_was(
    batches: int, anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(7):
        cast.call_of(anna)
    derive_changed()
    monkeypatch.setattr(due, "BATCH", 2)
    real, seen = due._batches, []

    def dies(model: Any, rows: Any) -> Iterator[Any]:
        for number, batch in enumerate(real(model, rows)):
            if model is Recording and number == batches:
                raise Killed
            yield batch

    def counts(model: Any, rows: Any) -> Iterator[Any]:
        for batch in real(model, rows):
            seen.extend(batch if model is Recording else [])
            yield batch

    with declared_as(monkeypatch, months=2):
        with monkeypatch.context() as patch:
            patch.setattr(due, "_batches", dies)
            with pytest.raises(Killed):
                derive_changed()
        assert pending() == [LABEL]
        with monkeypatch.context() as patch:
            patch.setattr(due, "_batches", counts)
            assert derive_changed() == 7 - 2 * batches
        assert len(seen) == 7 - 2 * batches  # what was done is not gone through again
        assert (differences(), pending()) == ({}, [])


def test_a_rule_that_changes_again_on_the_way_begins_anew(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        cast.call_of(anna)
    derive_changed()
    monkeypatch.setattr(due, "BATCH", 1)
    with declared_as(monkeypatch, months=2):
        derive_changed(seconds=-1)
        assert Derivation.objects.get(model=LABEL).cursor is not None
        assert differences() == {LABEL: 3}
    with declared_as(monkeypatch, months=1):
        derive_changed()
        assert (differences(), pending()) == ({}, [])
    derive_changed()  # and back: every date is as it was
    assert (differences(), pending()) == ({}, [])


def test_a_large_table_is_gone_through_a_part_at_a_time(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        cast.call_of(anna)
    derive_changed()
    monkeypatch.setattr(due, "BATCH", 1)
    with declared_as(monkeypatch, months=2):
        counts = [derive_changed(seconds=-1) for _ in range(4)]
        assert counts == [1, 1, 1, 0]
        assert pending() == []


def test_a_run_that_has_not_derived_every_date_is_not_complete_and_the_pages_say_why(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch, sign_in: Any, sven: User, settings: Any
) -> None:
    for _ in range(3):
        age(cast.call_of(anna), database_now() + timedelta(days=20))
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    mine = reverse("privacy:receipts", args=[anna.customer.number])
    pages = [(sign_in(anna.reader), mine), (sign_in(sven), reverse(RUNS))]
    purge_due()
    complete = PurgeRun.last_complete()
    assert complete is not None
    told = [behind(client, address) for client, address in pages]
    assert told == [[], []]
    monkeypatch.setattr(due, "BATCH", 1)
    with declared_as(monkeypatch, months=2):
        with monkeypatch.context() as patch:
            patch.setattr("privacy.tasks.derive_changed", partial(derive_changed, seconds=-1))
            assert purge_due() == {LABEL: 1}
            assert PurgeRun.objects.latest("started_at").undone == 1
            assert PurgeRun.last_complete() == complete, "the dead-man's alarm counts from then"
            told = [behind(client, address) for client, address in pages]
            assert told == [[str(Recording._meta.verbose_name_plural)]] * 2
        assert purge_due() == {LABEL: 2}
        assert PurgeRun.last_complete() != complete
        assert [behind(client, address) for client, address in pages] == [[], []]


def behind(client: Client, address: str) -> list[str]:
    """Return whose dates the page says are being derived anew."""
    answer = client.get(address)
    deriving: list[str] = answer.context["outlook"].deriving
    told = "worked out anew" in answer.content.decode() or "räknas om" in answer.content.decode()
    assert told is bool(deriving)
    return deriving


def test_an_unchanged_rule_costs_one_query(
    anna: cast.House, django_assert_num_queries: Any
) -> None:
    derive_changed()
    with django_assert_num_queries(1):
        assert derive_changed() == 0


def test_the_operators_choice_is_part_of_the_rule(settings: Any) -> None:
    keep = Keep(days=28, least_days=3, chosen_by="SERVICE_CALL_DAYS", since="x")
    settings.SERVICE_CALL_DAYS = 14
    before = fingerprint(keep)
    settings.SERVICE_CALL_DAYS = 7
    assert fingerprint(keep) != before
    settings.SERVICE_CALL_DAYS = 14
    assert fingerprint(keep) == before


def test_every_part_of_a_rule_counts() -> None:
    base = Keep(months=3, since="a", days=1)
    others: list[dict[str, Any]] = [
        {"months": 4}, {"days": 2}, {"since": "b"}, {"capped_by": "c"}, {"shortened_by": "d"},
        {"unfinished": ("state", "x")}, {"unfinished_hours": 3}, {"fiscal_years": 7},
        {"least_days": 1}, {"with_parent": "p"},
    ]  # fmt: skip
    prints = {fingerprint(base), *(fingerprint(dataclasses.replace(base, **o)) for o in others)}
    assert len(prints) == len(others) + 1


def test_a_row_saved_while_dates_are_derived_keeps_its_own_date(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = cast.call_of(anna)
    Recording.objects.filter(id=call.id).update(due_at=database_now())
    real = Recording.derive_due

    def meanwhile(self: Recording) -> Any:
        found = real(self)
        Recording.objects.filter(id=self.id).update(due_at=call.due_at)
        return found - timedelta(days=1) if found else None

    with monkeypatch.context() as patch:
        patch.setattr(Recording, "derive_due", meanwhile)
        derive_all()
    assert Recording.objects.get(id=call.id).due_at == call.due_at


def test_the_nightly_count_finds_nothing_and_puts_right_what_it_finds(anna: cast.House) -> None:
    call = cast.call_of(anna)
    assert check_due() == {}
    Recording.objects.filter(id=call.id).update(due_at=None)
    assert check_due() == {LABEL: 1}
    assert check_due() == {}


def test_every_shreddable_model_is_followed(anna: cast.House) -> None:
    derive_changed()
    followed = set(Derivation.objects.values_list("model", flat=True))
    assert followed == {model._meta.label for model, _ in shreddable()}
