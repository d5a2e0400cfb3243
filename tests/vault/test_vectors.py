"""What was sealed once opens for good: vectors, and what every part of a context prevents."""

import hashlib
import json
from typing import Any

import pytest

from smartsvar.vault import context as contexts
from smartsvar.vault.context import context
from smartsvar.vault.errors import Tampered
from tests.vault import make_vectors
from tests.vault.make_vectors import FILE, blob_bytes, parsed, plain_of
from tests.vault.places import PURPOSES, ROOT, Place, index_of, key_of

KEPT: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
WHERE = ("smartsvar.vault.handles.context", "smartsvar.vault.index.context")


@pytest.fixture(autouse=True)
def _fixed_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smartsvar.vault.handles.root_named", {ROOT.name: ROOT}.__getitem__)


def opens(name: str) -> bool:
    """Whether today's code opens the kept vector, to the kept plaintext."""
    kept = KEPT["sealed"][name]
    try:
        found = PURPOSES[name].open(parsed(kept["place"]), bytes.fromhex(kept["sealed"]))
    except Tampered:
        return False
    return found == bytes.fromhex(kept["plain"])


def without(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave one part out of every context; part 0 is the purpose."""
    for place in WHERE:
        monkeypatch.setattr(place, lambda *parts: context(*parts[:part], *parts[part + 1 :]))


def every_part() -> list[tuple[str, int]]:
    return [
        (name, part) for name, purpose in PURPOSES.items() for part in range(len(purpose.place) + 1)
    ]


@pytest.mark.parametrize("name", PURPOSES)
def test_what_was_sealed_once_opens(name: str) -> None:
    kept = KEPT["sealed"][name]
    assert context(name, *parsed(kept["place"]).values()).hex() == kept["context"]
    assert opens(name)


@pytest.mark.parametrize("kept", KEPT["blobs"], ids=lambda kept: kept["size"])
def test_a_blob_of_every_edge_opens(kept: dict[str, Any]) -> None:
    place, plain = PURPOSES["blob"].place, plain_of(kept["size"])
    sealed = blob_bytes(place, plain)
    assert hashlib.sha256(sealed).hexdigest() == kept["sha256"]
    assert PURPOSES["blob"].open(place, sealed) == plain


def test_a_blind_index_is_what_it_was() -> None:
    assert index_of("caller_number", "+46701740666").hex() == KEPT["index"]["index"]


def test_the_code_would_write_the_same_vectors_again() -> None:
    assert make_vectors.vectors() == KEPT


@pytest.mark.parametrize(("name", "part"), every_part())
def test_without_any_one_part_nothing_kept_opens(
    name: str, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(part, monkeypatch)
    assert not opens(name)


@pytest.mark.parametrize("part", range(3))
def test_without_any_one_part_an_index_is_another(
    part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(part, monkeypatch)
    assert index_of("caller_number", "+46701740666").hex() != KEPT["index"]["index"]


@pytest.mark.parametrize("name", PURPOSES)
def test_without_the_systems_name_nothing_kept_opens(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contexts, "_HEAD", b"")
    assert not opens(name)


def swapped(place: Place, other: Place, part: int) -> Place:
    """Return the place with one part (counted from 1) of the other."""
    name = list(place)[part - 1]
    return place | {name: other[name]}


def gets_through(name: str, part: int) -> bool:
    """Move what is sealed at one place to another that differs in one part; does it open there?"""
    purpose, plain = PURPOSES[name], b"x" * 32
    moved = swapped(purpose.place, purpose.other, part)
    sealed = purpose.seal(purpose.place, plain)
    if name == "second-factor":  # a token names its key, so whoever moves it writes the other name
        sealed = sealed.replace(purpose.place["key"].hex.encode(), moved["key"].hex.encode())
    try:
        return purpose.open(moved, sealed) == plain
    except Tampered:
        return False


@pytest.mark.parametrize(("name", "part"), [pair for pair in every_part() if pair[1]])
def test_every_part_stops_a_move_that_nothing_else_would_stop(
    name: str, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not gets_through(name, part)
    without(part, monkeypatch)
    assert gets_through(name, part), "the part is what stopped it"


def test_a_rows_envelope_is_no_second_factor_at_the_same_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = PURPOSES["second-factor"].place
    key = key_of(place)

    def moved() -> bytes:
        sealed = key.seal_row(b"secret", place["model"], place["person"])
        return key.open_second_factor(sealed, place["model"], place["person"])

    with pytest.raises(Tampered):
        moved()
    without(0, monkeypatch)
    assert moved() == b"secret"
