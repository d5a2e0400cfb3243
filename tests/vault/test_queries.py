"""Every way of asking the database for a sealed value is refused, and says what to do instead."""

import copy
import pickle
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import FieldError
from django.db import connections
from django.db.models import Case, Count, Exists, F, Max, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Lower
from django.test.utils import CaptureQueriesContext

from customers.models import ApiKey, StaffMember, User
from messages.models import Delivery, PhoneMessage
from recordings.models import Recording
from smartsvar.vault import keys
from smartsvar.vault.errors import SealedFieldError
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")

# As Any: mypy's plugin refuses these questions by itself.
rows: Any = Recording.objects
texts: Any = PhoneMessage.objects
people: Any = StaffMember.objects
deliveries: Any = Delivery.objects
keys_of_systems: Any = ApiKey.objects

ASKED: dict[str, Any] = {
    "filter": lambda: rows.filter(caller_name="x"),
    "filter by lookup": lambda: rows.filter(caller_name__icontains="x"),
    "filter by null": lambda: rows.filter(caller_name__isnull=True),
    "exclude": lambda: rows.exclude(caller_number="x"),
    "get": lambda: rows.get(call_id="x"),
    "Q": lambda: rows.filter(Q(caller_name="x") | Q(size=1)),
    "not Q": lambda: rows.filter(~Q(caller_name="x")),
    "complex_filter": lambda: rows.complex_filter({"caller_name": "x"}),
    "filter by F": lambda: rows.filter(size=F("caller_name")),
    "order_by": lambda: rows.order_by("caller_name"),
    "order_by, descending": lambda: rows.order_by("-caller_name"),
    "order_by F": lambda: list(rows.order_by(F("caller_name").desc())),
    "latest": lambda: rows.latest("caller_name"),
    "earliest": lambda: rows.earliest("caller_name"),
    "values": lambda: rows.values("caller_name"),
    "values_list": lambda: rows.values_list("peaks"),
    "values_list, flat": lambda: rows.values_list("caller_name", flat=True),
    "values of F": lambda: rows.values(found=F("caller_name")),
    "values of a function": lambda: rows.values(found=Lower("caller_name")),
    "annotate": lambda: rows.annotate(found=F("caller_name")),
    "annotate under its name": lambda: rows.annotate(caller_name=Value("x")),
    "alias": lambda: rows.alias(found=F("caller_name")),
    "annotate with a case": lambda: rows.annotate(
        found=Case(When(caller_name="x", then=1), default=0)
    ),
    "aggregate": lambda: rows.aggregate(Count("caller_name")),
    "aggregate under its name": lambda: rows.aggregate(found=Max("caller_name")),
    "aggregate with a filter": lambda: rows.aggregate(
        found=Count("pk", filter=Q(caller_name="x"))
    ),
    "only": lambda: rows.only("caller_name"),
    "defer": lambda: rows.defer("peaks"),
    "distinct on": lambda: rows.distinct("caller_name"),
    "dates": lambda: rows.dates("caller_name", "day"),
    "in_bulk": lambda: rows.in_bulk(["x"], field_name="caller_name"),
    "update": lambda: rows.update(caller_name="x"),
    "update the envelope": lambda: rows.update(sealed=b"x"),
    "update the key": lambda: rows.update(key_id=None),
    "update from it": lambda: rows.update(size=F("caller_name")),
    "bulk_update": lambda: rows.bulk_update([], ["caller_name"]),
    "bulk_update the envelope": lambda: rows.bulk_update([], ["sealed"]),
    "bulk_create over old rows": lambda: rows.bulk_create(
        [], update_conflicts=True, unique_fields=["id"], update_fields=["caller_name"]
    ),
    "bulk_create over old envelopes": lambda: rows.bulk_create(
        [], update_conflicts=True, unique_fields=["id"], update_fields=["sealed"]
    ),
    "get_or_create": lambda: rows.get_or_create(caller_name="x"),
    "update_or_create": lambda: rows.update_or_create(caller_name="x", defaults={"size": 1}),
    "of a subquery": lambda: rows.filter(pk__in=rows.filter(caller_name="x")),
    "from outside": lambda: list(
        texts.filter(Exists(rows.filter(call_id=OuterRef("matter"))))
    ),
    "a subquery's values": lambda: texts.annotate(found=Subquery(rows.values("caller_name")[:1])),
    "through a relation: filter": lambda: texts.filter(staff__name="x"),
    "through a relation: exclude": lambda: texts.exclude(staff__name__startswith="x"),
    "through a relation: order_by": lambda: texts.order_by("staff__name"),
    "through a relation: values": lambda: texts.values("staff__name"),
    "through a relation: values_list": lambda: texts.values_list("customer__company_name"),
    "through a relation: F": lambda: texts.annotate(found=F("staff__name")),
    "through a relation: aggregate": lambda: texts.aggregate(Count("staff__name")),
    "through a relation: only": lambda: texts.only("staff__name"),
    "through a relation: distinct": lambda: texts.distinct("staff__name"),
    "through two relations": lambda: deliveries.filter(message__staff__name="x"),
    "back through a relation": lambda: texts.filter(deliveries__address="x"),
    "of a row's own rows": lambda: texts.model(pk=uuid4()).deliveries.filter(address="x"),
    "of the base manager": lambda: rows.model._base_manager.filter(caller_name="x"),
}  # fmt: skip


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_a_question_for_a_sealed_value_is_refused(anna: cast.House, ask: Any) -> None:
    with pytest.raises(SealedFieldError, match=r"sealed\. [A-Z]\w+ .+\.$"):
        ask()


def test_the_refusal_names_the_blind_index_where_there_is_one() -> None:
    with pytest.raises(SealedFieldError, match="blind index caller_index"):
        rows.filter(caller_number="+46701740615")
    with pytest.raises(SealedFieldError, match="Open the rows"):
        rows.filter(caller_name="Zacharias")


def test_what_is_not_sealed_is_asked_as_ever(anna: cast.House) -> None:
    call = cast.call_of(anna, staff=anna.staff)
    assert rows.filter(size__gt=0, customer__number=anna.customer.number).get() == call
    assert rows.values_list("size", flat=True).get() == call.size
    assert rows.annotate(twice=F("size") + F("size")).get().twice == 2 * call.size
    assert rows.order_by("staff", "-started_at").first() == call
    assert rows.in_bulk([call.pk]) == {call.pk: call}
    assert rows.only("size").get().size == call.size
    assert rows.update(size=F("size") + 1) == 1


def test_get_or_create_seals_what_it_creates(anna: cast.House) -> None:
    lookup = {"customer": anna.customer, "id": uuid4()}
    made, new = people.get_or_create(**lookup, defaults={"name": "Åsa Ödman"})
    again, newer = people.get_or_create(**lookup, defaults={"name": "Någon annan"})
    assert (new, newer) == (True, False)
    assert made == again
    assert people.get(id=made.id).name == "Åsa Ödman"


def test_update_or_create_seals_what_it_changes(anna: cast.House) -> None:
    people.update_or_create(id=anna.staff.id, defaults={"title": "Chef"})
    found = people.get(id=anna.staff.id)
    assert (found.title, found.name) == ("Chef", anna.staff.name)


@pytest.mark.parametrize("first", ["message", "person"])
@pytest.mark.parametrize("how", ["select_related", "prefetch_related"])
def test_what_a_list_brings_along_opens_with_the_same_key_query(
    anna: cast.House, how: str, first: str
) -> None:
    for _ in range(5):
        cast.message_of(anna, staff=anna.staff)
    keys.forget_keys()
    found = list(getattr(texts.of(anna.customer), how)("staff", "customer"))
    with CaptureQueriesContext(connections["keys"]) as queries:
        if first == "person":
            assert {row.staff.name for row in found} == {anna.staff.name}
        assert {row.matter for row in found} == {cast.PLANTED_MATTER}
        assert {row.staff.name for row in found} == {anna.staff.name}
        assert {row.customer.company_name for row in found} == {"Ankdamms Bygg AB"}
    assert len(queries) == 1


def test_a_prefetched_list_opens_with_the_same_key_query(anna: cast.House) -> None:
    for _ in range(5):
        cast.message_of(anna)
    keys.forget_keys()
    found = list(texts.of(anna.customer).prefetch_related("deliveries"))
    with CaptureQueriesContext(connections["keys"]) as queries:
        for row in found:
            assert [each.address for each in row.deliveries.all()] == [anna.customer.email]
            assert row.matter == cast.PLANTED_MATTER
    assert len(queries) == 1


def test_from_a_model_that_seals_nothing_there_is_no_way_either() -> None:
    with pytest.raises(FieldError):
        User.objects.filter(memberships__name="x")
    with pytest.raises(FieldError):
        list(keys_of_systems.order_by("customer__company_name"))


def opened(anna: cast.House) -> Any:
    row = texts.select_related("staff", "customer").get(
        id=cast.message_of(anna, staff=anna.staff).id
    )
    assert row.matter == cast.PLANTED_MATTER
    assert row.staff.name
    return row


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_of_an_opened_row_holds_only_ciphertext(anna: cast.House, protocol: int) -> None:
    row = opened(anna)
    dumped = pickle.dumps(row, protocol)
    for word in (cast.PLANTED_MATTER, cast.PLANTED_NAME, cast.PLANTED_NUMBER, anna.staff.name):
        assert word.encode() not in dumped
    assert pickle.loads(dumped).matter == cast.PLANTED_MATTER
    assert row.__dict__["_open_envelope"], "the row itself stays open"


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy])
def test_a_copy_opens_its_envelope_itself(anna: cast.House, make: Any) -> None:
    row = opened(anna)
    twin = make(row)
    assert "_open_envelope" not in twin.__dict__
    assert "ring" not in twin.__dict__
    assert twin.matter == cast.PLANTED_MATTER


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy, pickle.dumps])
def test_unsealed_changes_cannot_be_carried_away(anna: cast.House, make: Any) -> None:
    row = opened(anna)
    row.matter = "Nytt ärende"
    with pytest.raises(TypeError, match="unsealed"):
        make(row)
    row.save()
    assert make(row)


def test_a_pickled_list_holds_only_ciphertext(anna: cast.House) -> None:
    opened(anna)
    found = texts.all()
    assert [row.matter for row in found] == [cast.PLANTED_MATTER]
    dumped = pickle.dumps(found)
    assert cast.PLANTED_MATTER.encode() not in dumped
    assert [row.matter for row in pickle.loads(dumped)] == [cast.PLANTED_MATTER]
