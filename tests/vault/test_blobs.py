"""Sealed blobs against pyca's own reader, at every boundary, and under attack."""

import io
import os
from uuid import UUID

import pytest
from cryptography.cobblestone import Cobblestone256Decryptor

from smartsvar.vault.blobs import (
    CHUNK,
    HEADER,
    SUITE,
    TAG,
    BlobReader,
    BlobSealer,
    FileRanges,
    sealed_size,
)
from smartsvar.vault.errors import Tampered
from smartsvar.vault.keys import DataKey

KEY = DataKey(UUID(int=1), UUID(int=2), bytes(range(64)))
PLACE = ("recordings.Recording", "audio", UUID(int=3))
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 3 * CHUNK + 17]


def seal(plaintext: bytes, key: DataKey = KEY, step: int = 7000) -> bytes:
    sealer = BlobSealer(key, *PLACE)
    parts = [sealer.update(plaintext[i : i + step]) for i in range(0, len(plaintext), step)]
    return b"".join(parts) + sealer.finish()


def read(sealed: bytes, key: DataKey = KEY, place: tuple[str, str, UUID] = PLACE) -> bytes:
    with BlobReader(FileRanges(io.BytesIO(sealed)), key, *place) as blob:
        return blob.read()


@pytest.mark.parametrize("size", SIZES)
def test_our_reader_agrees_with_pyca(size: int) -> None:
    plaintext = os.urandom(size)
    sealed = seal(plaintext)
    assert len(sealed) == sealed_size(size)
    secret, place = KEY.blob(*PLACE)
    theirs = Cobblestone256Decryptor(secret, place)
    assert theirs.update(sealed[1:]) + theirs.finalize() == plaintext
    assert read(sealed) == plaintext


@pytest.mark.parametrize("size", SIZES[1:])
def test_any_range_is_the_same_slice(size: int) -> None:
    plaintext = os.urandom(size)
    blob = BlobReader(FileRanges(io.BytesIO(seal(plaintext))), KEY, *PLACE)
    edges = sorted(
        {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, size // 2, size - 1, size} & set(range(size + 1))
    )
    for start in edges:
        for length in (0, 1, 2, CHUNK - 1, CHUNK, CHUNK + 1, size):
            assert blob.read_range(start, length) == plaintext[start : start + length]


def test_every_single_bit_of_a_small_blob_counts() -> None:
    sealed = seal(b"hej")
    for position in range(len(sealed) * 8):
        flipped = bytearray(sealed)
        flipped[position // 8] ^= 1 << position % 8
        with pytest.raises(Tampered):
            read(bytes(flipped))


@pytest.mark.parametrize(
    "cut", [0, 1, HEADER - 1, HEADER, HEADER + TAG - 1, HEADER + CHUNK + TAG, -1]
)
def test_a_truncated_blob_is_refused_when_opened(cut: int) -> None:
    sealed = seal(os.urandom(3 * CHUNK + 5))
    with pytest.raises(Tampered):
        BlobReader(FileRanges(io.BytesIO(sealed[:cut])), KEY, *PLACE)


def test_truncation_at_every_chunk_edge_is_refused() -> None:
    sealed = seal(os.urandom(5 * CHUNK + 5))
    for chunk in range(6):
        for nudge in (-1, 0, 1, TAG, TAG + 1):
            end = HEADER + chunk * (CHUNK + TAG) + nudge
            with pytest.raises(Tampered):
                BlobReader(FileRanges(io.BytesIO(sealed[:end])), KEY, *PLACE)


def _chunks(sealed: bytes) -> list[bytes]:
    step = CHUNK + TAG
    return [sealed[i : i + step] for i in range(HEADER, len(sealed), step)]


def test_swapped_dropped_repeated_and_spliced_chunks_are_refused() -> None:
    one, other = seal(os.urandom(3 * CHUNK + 5)), seal(os.urandom(3 * CHUNK + 5))
    head, parts, foreign = one[:HEADER], _chunks(one), _chunks(other)
    attacks = [
        [parts[1], parts[0], *parts[2:]],
        [parts[0], *parts[2:]],
        [parts[0], parts[0], *parts[2:]],
        [parts[0], foreign[1], *parts[2:]],
        [*parts[:3], foreign[3]],
    ]
    for attack in attacks:
        with pytest.raises(Tampered):
            read(head + b"".join(attack))


def test_another_key_field_row_or_suite_is_refused() -> None:
    sealed = seal(b"hej")
    other = DataKey(UUID(int=1), UUID(int=2), bytes(64))
    foreign = DataKey(UUID(int=1), UUID(int=9), bytes(range(64)))
    renamed = DataKey(UUID(int=8), UUID(int=2), bytes(range(64)))
    for key in (other, foreign, renamed):
        with pytest.raises(Tampered):
            read(sealed, key)
    for place in (
        (PLACE[0], "voice", PLACE[2]),
        (PLACE[0], PLACE[1], UUID(int=4)),
        ("x.Y", *PLACE[1:]),
    ):
        with pytest.raises(Tampered):
            read(sealed, place=place)
    with pytest.raises(Tampered):
        read(bytes([SUITE[0] ^ 1]) + sealed[1:])
