"""What is planted shows in no representation of any sealed row, and travels to no worker."""

import copy
import pickle
from typing import Any
from uuid import UUID

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.core import serializers
from django.forms.models import model_to_dict

from recordings.actions import delete_recording
from smartsvar.personal_data import declared
from smartsvar.vault.rows import SealedModel
from tests import cast
from tests.conformance.planted import found_in, plant

pytestmark = pytest.mark.django_db(databases="__all__")

SEALED = [
    model for model, _ in declared() if issubclass(model, SealedModel) and model.sealed_fields()
]
WAYS: dict[str, Any] = {
    "repr": repr,
    "str": str,
    "format": lambda row: f"{row!s} {row!r} {row}",
    "repr of a list": lambda row: repr([row, {"row": row}]),
    "repr of a queryset": lambda row: repr(type(row)._base_manager.all()),
    "pickle": pickle.dumps,
    "pickle of a copy": lambda row: pickle.dumps(copy.copy(row)),
    "state": lambda row: repr(row.__getstate__()),
    "serializer": lambda row: serializers.serialize("json", [row]),
    "dictionary": lambda row: repr(model_to_dict(row)),
    "values": lambda row: repr(list(type(row)._base_manager.values())),
    "error": lambda row: repr(row.place),
}


def rows_of(model: type[SealedModel]) -> list[SealedModel]:
    """Return the model's rows, opened."""
    rows = list(model._base_manager.all())
    for row in rows:
        row.opened()
    return rows


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_an_opened_row_shows_nothing_of_what_it_seals(anna: cast.House, way: Any) -> None:
    plant(anna)
    for model in SEALED:
        rows = rows_of(model)
        assert rows, f"{model._meta.label}: every sealed model has a planted row"
        for row in rows:
            shown = way(row)
            content = shown if isinstance(shown, bytes) else shown.encode()
            assert found_in(content) == [], model._meta.label
            for value in _texts(row):
                assert value.encode() not in content, model._meta.label


def _texts(row: SealedModel) -> list[str]:
    """Every text of the envelope that is long enough not to occur by chance."""
    values = row.opened().values()
    return [value for value in values if isinstance(value, str) and len(value) >= 8]


def test_the_admins_log_names_a_row_by_its_id(anna: cast.House, sven: Any) -> None:
    plant(anna)
    for model in SEALED:
        rows = rows_of(model)
        LogEntry.objects.log_actions(sven.pk, rows, CHANGE)
        names = LogEntry.objects.filter(content_type__model=model._meta.model_name)
        assert {entry.object_repr for entry in names} == {str(row.pk) for row in rows}


def test_workers_are_sent_ids_and_nothing_else(
    anna: cast.House, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[tuple[str, list[str]]] = []

    def note(task: str, args: list[str], **options: Any) -> None:
        sent.append((task, args))
        assert options == {"retry": False}

    monkeypatch.setattr("smartsvar.jobs.current_app.send_task", note)
    with django_capture_on_commit_callbacks(execute=True):
        planted = plant(anna)
        delete_recording(planted.recording, by=anna.administrator)
    assert {task for task, _ in sent} >= {"messages.deliver", "customers.send_invitation"}
    for _, args in sent:
        assert [str(UUID(each)) for each in args] == args
