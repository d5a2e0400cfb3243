"""Every declared model really goes: by the purge when its time is up, and with its account.

Derived from declared(): a new model must be planted (planted.py), and is then destroyed here.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import Q

from customers.actions.contract import END, end_contract
from customers.actions.covers import About, end_cover
from customers.models import Customer, Hold, Restriction, Target
from privacy.erasures.scope import outlives, owner_of
from privacy.erasures.steps import ask_erasure
from privacy.erasures.work import carry_on
from privacy.models import Erasure, ErasureState
from privacy.purging.due import derive_all
from privacy.purging.purge import purge, shreddable
from smartsvar.audit.actors import SYSTEM
from smartsvar.clock import database_now
from smartsvar.shredding.models import Receipt, Shreddable
from smartsvar.vault.models import RecordKey
from smartsvar.vault.storage import blob_store
from tests import cast
from tests.conformance.planted import plant

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

FAR = timedelta(days=365 * 12)  # longer than any period: bookkeeping's is seven years and a part
MODELS = [model for model, _ in shreddable()]
Ids = dict[type[Shreddable], list[Any]]


def rows() -> Ids:
    return {model: list(model._base_manager.values_list("id", flat=True)) for model in MODELS}


def keys() -> dict[str, int]:
    """Count the record keys of each model's rows."""
    labels = [model._meta.label for model in MODELS]
    return {label: RecordKey.objects.filter(model=label).count() for label in labels}


def blobs() -> set[str]:
    """The names of every sealed object that a row has."""
    return {
        getattr(row, said.blob)
        for model, said in shreddable()
        if said.blob
        for row in model._base_manager.all()
    }


def nothing_is_kept(at: datetime) -> None:
    """Every restriction and hold ends, and with them what they keep."""
    for covers in (Hold.objects, Restriction.objects):
        for cover in covers.in_force().select_related("customer"):
            end_cover(cover, by=SYSTEM, at=at)


def everything_has_begun_to_end(house: cast.House, at: datetime) -> None:
    """What starts a period has happened: the contract ended, requests are closed."""
    nothing_is_kept(at)
    end_contract(Customer.objects.get(id=house.customer.id), ends_at=at, by=SYSTEM, at=at)
    for model, said in shreddable():
        column = said.keep.since
        if column.rsplit(".", 1)[-1] != END:
            model._base_manager.filter(**{column: None}).update(**{column: at})
    derive_all()


def test_the_purge_takes_every_declared_model_with_its_keys_and_its_bytes(
    anna: cast.House,
) -> None:
    plant(anna)
    planted, sealed, at = rows(), blobs(), database_now()
    assert [model._meta.label for model in MODELS if not planted[model]] == []
    everything_has_begun_to_end(anna, at)
    undated = [model._meta.label for model in MODELS if model._base_manager.filter(due_at=None)]
    assert undated == []
    assert purge(at) == {}, "not yet"
    assert rows() == planted
    gone = purge(at + FAR)
    labels = {model._meta.label: len(planted[model]) for model in MODELS}
    assert {label: gone.get(label) for label in labels} == labels
    assert rows() == {model: [] for model in MODELS}
    assert {label: count for label, count in keys().items() if count} == {}
    assert sealed
    assert blob_store().missing(list(sealed)) == sealed
    receipted = Receipt.objects.filter(reason="retention").values_list("model", flat=True)
    assert set(receipted) >= set(labels)


def test_an_accounts_erasure_takes_every_declared_model_but_what_outlives_it(
    anna: cast.House, cecilia: cast.House
) -> None:
    plant(anna)
    sealed, at = blobs(), database_now()
    neighbour = cast.call_of(cecilia)
    nothing_is_kept(at)
    Erasure._base_manager.update(state=ErasureState.DONE, closed_at=at)  # the one that is planted
    about = About(target=Target.CUSTOMER)
    erasure = ask_erasure(anna.customer, about, by=anna.administrator, at=at)
    before = rows()
    assert carry_on(erasure.id, at + timedelta(days=40)) == ErasureState.DONE
    for model in MODELS:
        owner = owner_of(model)
        mine = Q(**{owner: anna.customer.id}) if owner else Q(pk__in=[])
        left = set(model._base_manager.filter(mine).values_list("id", flat=True))
        if outlives(model):
            assert left, model._meta.label
        else:
            assert not left, model._meta.label
        gone = set(before[model]) - set(model._base_manager.values_list("id", flat=True))
        lost = RecordKey.objects.filter(model=model._meta.label, object_id__in=gone)
        assert not lost.exists(), model._meta.label
        assert gone or outlives(model) or not owner, model._meta.label
    assert blob_store().missing([*sealed, neighbour.blob_name]) == sealed
    assert Customer.objects.filter(id=cecilia.customer.id).exists()
