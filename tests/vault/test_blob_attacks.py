"""Blobs under attack: refused before a wrong byte is served, and the sound part still plays."""

import os
import random

import pytest
from cryptography.cobblestone import Cobblestone256Decryptor
from hypothesis import given, settings
from hypothesis import strategies as some

from smartsvar.vault.blobs import CHUNK, HEADER, SUITE, TAG, BlobReader, plain_size, sealed_size
from smartsvar.vault.errors import Place, Tampered
from tests.vault.places import PURPOSES, key_of, reader_of, seal_blob

PLACE = PURPOSES["blob"].place
STEP = CHUNK + TAG
LONG = os.urandom(5 * 1024 * 1024 + 321)
SEALED = seal_blob(PLACE, LONG)
SHORT = os.urandom(4 * CHUNK + 100)  # a blob of five chunks
NEAR_AN_EDGE = sorted({max(0, n * CHUNK + d) for n in range(6) for d in range(-2, 3)})


def refused(sealed: bytes) -> bool:
    """Read a blob from its beginning; whether it is refused, having served nothing but the truth.

    What was read before the damage came must be the plaintext, byte for byte.
    """
    served = b""
    try:
        reader = reader_of(PLACE, sealed)
        while part := reader.read_range(len(served), CHUNK):
            served += part
    except Tampered:
        return SHORT.startswith(served) or LONG.startswith(served)
    return False


def chunks(sealed: bytes) -> list[bytes]:
    return [sealed[start : start + STEP] for start in range(HEADER, len(sealed), STEP)]


@pytest.mark.parametrize("step", [1000, CHUNK - 1, CHUNK, CHUNK + 1, 100_000])
def test_sizes_around_every_edge_agree_with_pyca_however_they_come_in(step: int) -> None:
    secret, place = key_of(PLACE).blob(PLACE["model"], PLACE["field"], PLACE["row"])
    for size in NEAR_AN_EDGE:
        plain = LONG[:size]
        sealed = seal_blob(PLACE, plain, step)
        assert len(sealed) == sealed_size(size)
        assert plain_size(len(sealed)) == size
        theirs = Cobblestone256Decryptor(secret, place)
        assert theirs.update(sealed[1:]) + theirs.finalize() == plain
        with reader_of(PLACE, sealed) as ours:
            assert ours.read() == plain


def test_one_byte_at_a_time_is_the_same_blob() -> None:
    sealed = seal_blob(PLACE, LONG[: CHUNK + 2], 1)
    assert PURPOSES["blob"].open(PLACE, sealed) == LONG[: CHUNK + 2]


@settings(max_examples=300, deadline=None)
@given(some.integers(0, len(LONG) + CHUNK), some.integers(0, 10 * CHUNK))
def test_any_range_of_a_long_blob_is_the_same_slice(offset: int, size: int) -> None:
    with reader_of(PLACE, SEALED) as reader:
        assert reader.read_range(offset, size) == LONG[offset : offset + size]


@settings(max_examples=100, deadline=None)
@given(
    some.lists(some.tuples(some.integers(0, 5 * CHUNK), some.integers(0, 3 * CHUNK)), max_size=8)
)
def test_reading_here_and_there_is_as_in_a_plain_file(steps: list[tuple[int, int]]) -> None:
    with reader_of(PLACE, seal_blob(PLACE, SHORT)) as reader:
        for offset, size in steps:
            reader.seek(offset)
            assert reader.read(size) == SHORT[offset : offset + size]


def test_a_flipped_bit_anywhere_in_five_megabytes_is_refused_where_it_is_read() -> None:
    chance = random.Random(4711)
    for _ in range(200):
        place = chance.randrange(HEADER, len(SEALED))
        damaged = bytearray(SEALED)
        damaged[place] ^= 1 << chance.randrange(8)
        number = (place - HEADER) // STEP
        with pytest.raises(Tampered):
            reader_of(PLACE, bytes(damaged)).read_range(number * CHUNK, CHUNK)


@pytest.mark.parametrize("place", [*range(HEADER), HEADER, HEADER + CHUNK, HEADER + STEP])
def test_a_flipped_bit_of_header_and_edges_serves_nothing_wrong(place: int) -> None:
    sealed = bytearray(seal_blob(PLACE, SHORT))
    sealed[place] ^= 0x10
    assert refused(bytes(sealed))


def test_the_rest_of_a_blob_with_a_damaged_middle_still_plays() -> None:
    damaged = bytearray(SEALED)
    damaged[HEADER + 100 * STEP + 7] ^= 1
    reader = reader_of(PLACE, bytes(damaged))
    before, after = 100 * CHUNK, 101 * CHUNK
    assert reader.read_range(0, before) == LONG[:before]
    assert reader.read_range(after, len(LONG)) == LONG[after:]
    for offset, size in ((before, 1), (after - 1, 1), (before - 1, 2), (after - 1, 2), (0, after)):
        with pytest.raises(Tampered, match="Chunk 100") as caught:
            reader.read_range(offset, size)
        assert caught.value.place == Place(PLACE["customer"], PLACE["model"], PLACE["row"])
    assert reader.read_range(after, 10) == LONG[after : after + 10], "after a refusal too"


def test_every_truncation_and_extension_is_refused_when_it_is_opened() -> None:
    sealed = seal_blob(PLACE, SHORT)
    edges = {HEADER + n * STEP + d for n in range(6) for d in (-TAG, -1, 0, 1, TAG - 1, TAG)}
    for end in {0, 1, HEADER - 1, *edges} & set(range(len(sealed))):
        with pytest.raises(Tampered):
            reader_of(PLACE, sealed[:end])
    for more in (b"\0", b"x" * TAG, sealed[-TAG:], chunks(sealed)[1], sealed):
        with pytest.raises(Tampered):
            reader_of(PLACE, sealed + more)


def test_chunks_swapped_dropped_and_repeated_are_refused() -> None:
    sealed = seal_blob(PLACE, SHORT)
    head, parts = sealed[:HEADER], chunks(sealed)
    for one in range(5):
        assert refused(head + b"".join(parts[:one] + parts[one + 1 :]))
        assert refused(head + b"".join([*parts[: one + 1], parts[one], *parts[one + 1 :]]))
        for other in range(one + 1, 5):
            order = list(parts)
            order[one], order[other] = order[other], order[one]
            assert refused(head + b"".join(order))


@pytest.mark.parametrize("whose", ["same key and place", "same key, another row", "another key"])
def test_chunks_of_another_blob_are_refused(whose: str) -> None:
    place = dict(PLACE)
    if whose != "same key and place":
        place["row" if "row" in whose else "key"] = PURPOSES["blob"].other["row"]
    sealed, foreign = seal_blob(PLACE, SHORT), seal_blob(place, SHORT)
    head, parts, theirs = sealed[:HEADER], chunks(sealed), chunks(foreign)
    for number in range(5):
        assert refused(head + b"".join([*parts[:number], theirs[number], *parts[number + 1 :]]))
        assert refused(head + b"".join([*parts[:number], *theirs[number:]]))
    assert refused(foreign[:HEADER] + sealed[HEADER:])
    salt_only = foreign[: 1 + 24] + sealed[1 + 24 :]
    assert refused(salt_only)


@pytest.mark.parametrize("part", PLACE)
def test_a_blob_opens_at_its_own_place_only(part: str) -> None:
    sealed = seal_blob(PLACE, SHORT)
    with pytest.raises(Tampered):
        reader_of(PLACE | {part: PURPOSES["blob"].other[part]}, sealed)


@pytest.mark.parametrize(
    "sealed",
    [b"", SUITE, b"\x01" + SEALED[1:HEADER], SEALED[:HEADER], bytes(HEADER + TAG), bytes(200)],
    ids=["empty", "suite only", "another suite", "header only", "zeroes", "more zeroes"],
)
def test_what_is_no_blob_is_refused(sealed: bytes) -> None:
    with pytest.raises(Tampered):
        reader_of(PLACE, sealed)


@pytest.mark.parametrize("suite", [n for n in range(256) if bytes([n]) != SUITE])
def test_an_unknown_suite_is_refused(suite: int) -> None:
    sealed = seal_blob(PLACE, b"hej")
    with pytest.raises(Tampered, match="suite"):
        reader_of(PLACE, bytes([suite]) + sealed[1:])


class Shrinking:
    """A store whose object loses its end after it was opened."""

    def __init__(self, sealed: bytes) -> None:
        self._sealed, self.size = sealed, len(sealed)

    def read_at(self, offset: int, size: int) -> bytes:
        return self._sealed[offset : offset + size]

    def shrink(self, size: int) -> None:
        self._sealed = self._sealed[:size]

    def close(self) -> None:
        """Nothing is open."""


def test_an_object_that_shrinks_while_it_is_read_is_refused() -> None:
    source = Shrinking(seal_blob(PLACE, SHORT))
    reader = BlobReader(source, key_of(PLACE), PLACE["model"], PLACE["field"], PLACE["row"])
    source.shrink(HEADER + 2 * STEP)
    assert reader.read_range(0, 2 * CHUNK) == SHORT[: 2 * CHUNK]
    with pytest.raises(Tampered):
        reader.read_range(0, 3 * CHUNK)
