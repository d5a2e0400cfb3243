"""Whatever is done to sealed bytes, they are refused or they are the same bytes.

`mutate(kind, count, seed)` needs no database; ten thousand mutations of small things take seconds.
"""

import base64
import random
from collections.abc import Callable
from typing import NamedTuple
from unittest import mock
from uuid import UUID

from smartsvar.vault.blobs import CHUNK, HEADER, TAG
from smartsvar.vault.errors import Tampered
from tests.vault.places import CUSTOMER_SECRET, PURPOSES, RECORD_SECRET, ROOT, Place

KINDS = tuple(PURPOSES)
SIZES = (0, 1, 60, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17)
SAMPLES = 8  # things of each kind, each at a place of its own


class Count(NamedTuple):
    """How many mutations were tried, refused, and changed nothing; the accepted ones in full."""

    tried: int
    refused: int
    unchanged: int
    accepted: list[str]


class Sample(NamedTuple):
    """Something sealed at its place."""

    place: Place
    sealed: bytes


Mutation = Callable[[random.Random, bytes, bytes], bytes]


def flip(chance: random.Random, one: bytes, other: bytes) -> bytes:
    changed = bytearray(one)
    for _ in range(chance.choice((1, 1, 1, 2, 8))):
        changed[chance.randrange(len(one))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def flip_at_an_edge(chance: random.Random, one: bytes, other: bytes) -> bytes:
    edges = (0, 1, 12, 13, 24, 25, HEADER - 1, HEADER, HEADER + CHUNK, HEADER + CHUNK + TAG)
    place = chance.choice([*edges, -1, -TAG, -TAG - 1])
    changed = bytearray(one)
    changed[max(-len(one), min(place, len(one) - 1))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def overwrite(chance: random.Random, one: bytes, other: bytes) -> bytes:
    start = chance.randrange(len(one))
    noise = chance.randbytes(chance.randint(1, 64))
    return one[:start] + noise + one[start + len(noise) :]


def truncate(chance: random.Random, one: bytes, other: bytes) -> bytes:
    return one[: chance.randrange(len(one))]


def behead(chance: random.Random, one: bytes, other: bytes) -> bytes:
    return one[chance.randint(1, min(len(one), 64)) :]


def extend(chance: random.Random, one: bytes, other: bytes) -> bytes:
    more = chance.randbytes(chance.choice((1, TAG, CHUNK + TAG)))
    return one + chance.choice((more, b"\0", one, other))


def cut_out(chance: random.Random, one: bytes, other: bytes) -> bytes:
    start = chance.randrange(len(one))
    return one[:start] + one[start + chance.choice((1, TAG, CHUNK + TAG)) :]


def repeat(chance: random.Random, one: bytes, other: bytes) -> bytes:
    start = chance.randrange(len(one))
    part = one[start : start + chance.choice((1, TAG, CHUNK + TAG))]
    return one[:start] + part + one[start:]


def splice(chance: random.Random, one: bytes, other: bytes) -> bytes:
    edge = chance.choice((chance.randrange(len(one)), HEADER, HEADER + CHUNK + TAG, 1, 13))
    return one[:edge] + other[edge:]


def reorder(chance: random.Random, one: bytes, other: bytes) -> bytes:
    step = CHUNK + TAG if len(one) > HEADER + CHUNK + TAG else 8
    start = HEADER if step > 8 else 1
    parts = [one[place : place + step] for place in range(start, len(one), step)]
    chance.shuffle(parts)
    return one[:start] + b"".join(parts)


def swap(chance: random.Random, one: bytes, other: bytes) -> bytes:
    return other


def noise(chance: random.Random, one: bytes, other: bytes) -> bytes:
    return one[:1] + chance.randbytes(len(one) - 1)


def empty(chance: random.Random, one: bytes, other: bytes) -> bytes:
    return b""


def zeroes(chance: random.Random, one: bytes, other: bytes) -> bytes:
    return bytes(len(one))


MUTATIONS: tuple[Mutation, ...] = (
    flip, flip, flip, flip_at_an_edge, overwrite, truncate, behead, extend, cut_out, repeat, splice,
    reorder, swap, noise, empty, zeroes,
)  # fmt: skip


def samples(kind: str) -> list[Sample]:
    """Return valid things of one kind, under the same key, each at a place of its own."""
    purpose, made = PURPOSES[kind], []
    for number in range(SAMPLES):
        owner = [part for part in purpose.place if part in {"row", "object", "person"}] or ["key"]
        place = purpose.place | {owner[0]: UUID(int=0xD00 + number)}
        made.append(Sample(place, purpose.seal(place, _plain(kind, number))))
    return made


def _plain(kind: str, number: int) -> bytes:
    if kind == "customer-key":
        return CUSTOMER_SECRET
    if kind == "record-key":
        return RECORD_SECRET
    return (b"%02d" % number) * 30 if kind != "blob" else (b"%d," % number * CHUNK)[: SIZES[number]]


def mutate(kind: str, count: int, seed: int) -> Count:
    """Try so many random mutations of one kind (see KINDS), the same for the same seed.

    `accepted` tells of each that opened though it was not byte for byte what was sealed: it must
    be empty. An error of another kind than Tampered passes through: that is a failure too.
    """
    chance, purpose = random.Random(f"{kind} {seed}"), PURPOSES[kind]
    things = samples(kind)
    refused, unchanged, accepted = 0, 0, []
    with mock.patch("smartsvar.vault.handles.root_named", {ROOT.name: ROOT}.__getitem__):
        for number in range(count):
            one, other = chance.sample(things, 2)
            change = chance.choice(MUTATIONS)
            changed = _applied(kind, change, chance, one.sealed, other.sealed)
            if changed == one.sealed:
                unchanged += 1
                continue
            try:
                purpose.open(one.place, changed)
            except Tampered:
                refused += 1
            else:
                accepted.append(f"{kind} {number} (seed {seed}): {change.__name__}")
    return Count(count, refused, unchanged, accepted)


def _applied(kind: str, change: Mutation, chance: random.Random, one: bytes, other: bytes) -> bytes:
    """Mutate the bytes; of a token, by turns its text or the sealed bytes that it carries."""
    if kind != "second-factor" or chance.random() < 0.5:
        return change(chance, one, other)
    (head, coded), (_, theirs) = one.rsplit(b".", 1), other.rsplit(b".", 1)
    inner = change(chance, base64.urlsafe_b64decode(coded), base64.urlsafe_b64decode(theirs))
    return head + b"." + base64.urlsafe_b64encode(inner)
