"""The pictures' command refuses an export that is not as its own schema says."""

import json
from pathlib import Path

import pytest

from tests import cast
from tools.opened_export import NotAsPromised, checked

SCHEMA = {"type": "object", "properties": {"records": {"items": {"type": "integer"}}}}


def unpacked(folder: Path, records: list[object]) -> Path:
    (folder / "json").mkdir()
    (folder / "schema.json").write_text(json.dumps(SCHEMA))
    (folder / "json" / "calls-001.json").write_text(json.dumps({"records": records}))
    return folder


def test_an_export_that_is_as_its_schema_says_is_taken(tmp_path: Path) -> None:
    checked(unpacked(tmp_path, [1, 2]))


def test_a_record_that_is_not_is_named_by_its_place_and_not_quoted(tmp_path: Path) -> None:
    with pytest.raises(NotAsPromised, match=r"calls-001\.json .* \$\.records\[1\]") as refused:
        checked(unpacked(tmp_path, [1, cast.PLANTED_NAME]))
    assert cast.PLANTED_NAME not in str(refused.value)


def test_an_export_without_json_is_refused(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, [])
    (folder / "json" / "calls-001.json").unlink()
    with pytest.raises(NotAsPromised):
        checked(folder)
