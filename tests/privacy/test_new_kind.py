"""A new model with one declaration is purged, exported, erased, restricted, held, found and listed
in the record without another line. A law that keeps a model keeps it in the same way.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.db import connection
from django.test.utils import override_settings

from customers.actions.covers import About, end_cover, hold, restrict
from customers.models import Customer, Hold, Target
from privacy.erasures.preview import preview
from privacy.erasures.steps import ask_erasure
from privacy.erasures.work import carry_on
from privacy.exports.archive import Archive
from privacy.exports.ask import ask_for_export
from privacy.exports.collect import collect
from privacy.finder import find_caller
from privacy.models import Erasure, Export
from privacy.purging.purge import purge
from privacy.record.article30 import as_data
from smartsvar.checks import check_declarations
from smartsvar.clock import database_now
from smartsvar.personal_data import declared
from smartsvar.shredding.models import Shreddable
from smartsvar.vault.keys import forget_keys
from smartsvar.vault.models import CustomerKey, RecordKey
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

APP = "tests.privacy.new_kind"
ZACHARIAS = About(target=Target.CALLER, caller=cast.PLANTED_NUMBER)
ACCOUNT = About(target=Target.CUSTOMER)


@pytest.fixture(autouse=True)
def kinds(transactional_db: None) -> Iterator[Any]:
    """Install the app, with its tables, for the time of one test."""
    with override_settings(INSTALLED_APPS=[*django_settings.INSTALLED_APPS, APP]):
        models = list(apps.get_app_config("new_kind").get_models())
        with connection.schema_editor() as editor:
            for model in models:
                editor.create_model(model)
        yield {model.__name__: model for model in models}
        with connection.schema_editor() as editor:
            for model in models:
                editor.delete_model(model)


def callback_of(kinds: Any, house: cast.House, *, at: datetime | None = None) -> Any:
    row = kinds["Callback"](customer=house.customer, wanted_at=at or database_now())
    row.caller_number, row.wish = cast.PLANTED_NUMBER, cast.PLANTED_MATTER
    row.save(force_insert=True)
    return row


def invoice_of(kinds: Any, house: cast.House) -> Any:
    row = kinds["Invoice"](customer_id=house.customer.id, fiscal_year_ends=date(2026, 4, 30))
    row.paid_by = "Ankdamms Bygg AB"
    row.save(force_insert=True)
    return row


def asked(house: cast.House) -> dict[str, Any]:
    return {"by": house.administrator, "at": database_now()}


def test_its_declaration_is_true() -> None:
    assert check_declarations(None) == []


def test_it_is_purged(anna: cast.House, kinds: Any) -> None:
    row = callback_of(kinds, anna)
    assert "new_kind.Callback" not in purge(row.due_at - timedelta(seconds=1))
    assert purge(row.due_at)["new_kind.Callback"] == 1
    assert not RecordKey.objects.filter(id=row.key_id).exists()


def test_it_is_exported(anna: cast.House, kinds: Any) -> None:
    callback_of(kinds, anna)
    export = ask_for_export(anna.customer, ZACHARIAS, case=None, **asked(anna))
    collect(export.id)
    ready = Export.objects.select_related("customer").get(id=export.id)
    found = zipfile.ZipFile(io.BytesIO(b"".join(Archive(ready, 1, allowed=lambda: True))))
    (name,) = [each for each in found.namelist() if each.startswith("json/new_kind.Callback")]
    (record,) = json.loads(found.read(name))["records"]
    assert cast.PLANTED_MATTER in json.dumps(record, ensure_ascii=False)


def test_it_is_erased_with_its_caller_alone(
    anna: cast.House, cecilia: cast.House, kinds: Any
) -> None:
    row, other = callback_of(kinds, anna), callback_of(kinds, cecilia)
    erasure = ask_erasure(anna.customer, ZACHARIAS, **asked(anna))
    assert carry_on(erasure.id, database_now()) == "done"
    assert list(kinds["Callback"].objects.all()) == [other]
    assert not RecordKey.objects.filter(id=row.key_id).exists()
    fact = Erasure.objects.get().certificate["fact"]
    assert fact["erased"] == {"new_kind.Callback": 1}


def test_it_is_restricted_and_held_also_what_comes_later(anna: cast.House, kinds: Any) -> None:
    callback_of(kinds, anna)
    mine = kinds["Callback"].objects
    cover = restrict(anna.customer, ZACHARIAS, reason="x", keeps=False, **asked(anna))
    late = callback_of(kinds, anna)
    assert not mine.of(anna.customer).exists()
    end_cover(cover, **asked(anna))
    assert mine.of(anna.customer).count() == 2
    kind = Hold.Kind.LEGAL
    hold(anna.customer, ZACHARIAS, kind=kind, reason="x", ends_at=None, **asked(anna))
    assert "new_kind.Callback" not in purge(late.due_at + timedelta(days=1))


def test_it_is_found_by_its_caller(anna: cast.House, kinds: Any) -> None:
    callback_of(kinds, anna)
    (found,) = find_caller(anna.customer, cast.PLANTED_NUMBER).kinds
    assert (found.model, found.count) == (kinds["Callback"], 1)


def test_it_is_listed_in_the_record() -> None:
    listed = {each["model"]: each for each in as_data()}
    assert listed["new_kind.Callback"]["keep"]["days"] == 28
    assert listed["new_kind.Invoice"]["keep"]["fiscal_years"] == 7


def test_the_books_stay_when_the_account_goes_and_go_when_the_law_says(
    anna: cast.House, kinds: Any
) -> None:
    callback_of(kinds, anna)
    invoice = invoice_of(kinds, anna)
    until = datetime(2033, 12, 31, 23, tzinfo=UTC)
    staying = {line.model: line for line in preview(anna.customer.id, ACCOUNT).staying}
    line = staying[kinds["Invoice"]]
    assert (line.count, str(line.law), line.until) == (1, "the Bookkeeping Act, 7:2", until)
    erasure = ask_erasure(anna.customer, ACCOUNT, **asked(anna))
    assert carry_on(erasure.id, database_now()) == "done"
    assert not Customer.objects.exists()
    assert not kinds["Callback"].objects.exists()
    forget_keys()
    assert kinds["Invoice"].objects.get().paid_by == "Ankdamms Bygg AB"
    assert "new_kind.Invoice" not in purge(until - timedelta(seconds=1))
    assert purge(until)["new_kind.Invoice"] == 1
    assert not RecordKey.objects.filter(id=invoice.key_id).exists()


def test_what_outlives_a_customer_says_by_which_law_and_holds_on_to_no_customer() -> None:
    """Else an account's erasure would leave it without a reason, or never end."""
    found = 0
    for model, said in declared():
        if issubclass(model, Shreddable) and model.key_class == CustomerKey.KeyClass.STATUTORY:
            found += 1
            assert said.law, model._meta.label
            assert "customer" not in {field.name for field in model._meta.concrete_fields}
    assert found >= 2
