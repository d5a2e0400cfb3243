"""A key's row that lies about whose it is: the record lives, and its own customer is told."""

from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from smartsvar.audit.models import AuditEntry
from smartsvar.unreadable import VERB, noticed
from smartsvar.vault.errors import Place, Tampered
from smartsvar.vault.rows import SealedModel
from tests.cast import House, message_of
from tests.conformance.planted import everything_of, found_in, plant
from tests.integrator import integrator, problem
from tests.unreadable.damage import MISLABELLED, Damage
from tests.unreadable.test_damage import (
    LABELS,
    damaged_page,
    in_api,
    on_mina_sidor,
    on_the_trail_once,
    rows_of,
)

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.production_stack]

by_name = pytest.mark.parametrize("damage", MISLABELLED, ids=lambda damage: damage.__name__)


def only_annas(row: SealedModel, anna: House, cecilia: House, alarms: Any) -> None:
    """The alarm names the row; it is on Anna's trail once, and nothing is on Cecilia's."""
    on_the_trail_once(row, anna)
    assert AuditEntry.objects.filter(verb=VERB).count() == 1
    assert not AuditEntry.objects.filter(verb=VERB, customer_id=cecilia.customer.id).exists()
    found = {(line["object"], line["model"], line["customer"]) for line in alarms()}
    assert found == {(str(row.pk), row._meta.label, str(anna.customer.id))}


@by_name
@pytest.mark.parametrize("which", range(3), ids=LABELS)
def test_a_row_is_damaged_at_its_own_customer(
    anna: House, cecilia: House, sign_in: Any, alarms: Any, damage: Damage, which: int
) -> None:
    planted, theirs = plant(anna), plant(cecilia)
    row = rows_of(planted)[which]
    damage(row, rows_of(theirs)[which])
    response = integrator(anna).get(in_api(row))
    problem(response, 500, "damaged")
    page = sign_in(anna.administrator).get(on_mina_sidor(row, anna))
    damaged_page(page)
    for answer in (response, page):
        assert found_in(everything_of(answer), planted.audio) == []
    only_annas(row, anna, cecilia, alarms)


@by_name
@pytest.mark.parametrize("door", ["api", "portal"])
def test_audio_is_unavailable_and_not_deleted(
    anna: House, cecilia: House, sign_in: Any, alarms: Any, damage: Damage, door: str
) -> None:
    planted, theirs = plant(anna), plant(cecilia)
    row = planted.recording
    damage(row, theirs.recording)
    if door == "api":
        response = integrator(anna).get(f"{in_api(row)}audio/")
        problem(response, 503, "audio_unavailable")
    else:
        address = reverse("recordings:audio", args=[anna.customer.number, row.pk])
        response = sign_in(anna.reader).get(address)
        assert response.status_code == 503
    assert found_in(everything_of(response), planted.audio) == []
    only_annas(row, anna, cecilia, alarms)


@pytest.mark.parametrize("label", ["nowhere.Nothing", "nothing", ""])
def test_what_has_a_label_that_nobody_knows_lives(anna: House, alarms: Any, label: str) -> None:
    place = Place(anna.customer.id, label, uuid4())
    assert noticed(Tampered("Damaged.", place=place))
    assert [line["model"] for line in alarms()] == [label]


def test_whoever_reports_knows_the_place_better_than_the_error(
    anna: House, cecilia: House, alarms: Any
) -> None:
    row, theirs = message_of(anna), message_of(cecilia)
    assert noticed(Tampered("Damaged.", place=theirs.place), row.place)
    only_annas(row, anna, cecilia, alarms)
