"""The search for planted strings finds each of them in every writing, wherever it lies."""

import base64
import os

import pytest

from drill.planted import Searcher
from drill.plants import Plants, writings
from drill.search import PIECE, Needles

TEXTS = ["Fjällö Åkmur-Östtof", "+447700900123"]


def planted() -> Plants:
    plants = Plants(7)
    for _ in range(25):
        plants.name(), plants.phrase(), plants.address(), plants.number()
    return plants


def test_plants_are_unique_and_come_again_from_the_seed() -> None:
    assert len(set(planted().given)) == 100
    assert planted().given == planted().given


@pytest.mark.parametrize("text", TEXTS)
def test_every_writing_is_found_between_noise(text: str) -> None:
    for writing in writings(text):
        data = os.urandom(1001) + writing + os.urandom(500)
        assert Searcher([text, "Någon helt annan"]).look("here", data) == {text}


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
def test_base64_is_found_at_every_alignment(before: str) -> None:
    data = base64.b64encode(f'{before}{{"caller": "{TEXTS[0]}"}}'.encode())
    assert Searcher(TEXTS).look("here", data) == {TEXTS[0]}


def test_a_number_is_found_as_it_is_dialled() -> None:
    assert Searcher(TEXTS).look("here", b"tel 07700900123.") == {TEXTS[1]}
    assert Searcher(TEXTS).look("here", b"tel 07700900124.") == set()


def test_a_needle_across_two_pieces_is_found() -> None:
    needle = b"exactly this one"
    data = bytes(PIECE - 5) + needle + bytes(100)
    assert Needles([needle]).found_in(data) == {needle}


def test_a_needle_that_chance_would_find_is_refused() -> None:
    with pytest.raises(ValueError, match="by chance"):
        Needles([b"short"])


def test_what_was_found_where_is_remembered() -> None:
    searcher = Searcher(TEXTS)
    searcher.look("logs", TEXTS[0].encode())
    searcher.look("storage", bytes(10))
    assert searcher.found == {"logs": {TEXTS[0]}}
    assert searcher.bytes.total() == len(TEXTS[0].encode()) + 10
