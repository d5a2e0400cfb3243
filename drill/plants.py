"""Strings to plant, and every writing in which they could turn up: unique, made from a seed."""

import base64
import json
from random import Random
from urllib.parse import quote

SYLLABLES = (
    "bå", "dra", "ell", "fjä", "gun", "hö", "kli", "lå", "mur", "nä", "plö", "rik",
    "skä", "tof", "ul", "vib", "yx", "åll", "ärt", "öst", "brå", "grö", "knu", "stä",
)  # fmt: skip
ALIGNMENTS = (0, 2, 3)  # characters of base64 that depend on what stands before


class Plants:
    """Gives out names, phrases, addresses and numbers, each once; `given` lists them all.

    Numbers are of the British range kept for fiction (07700 900000…999, Ofcom).
    """

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)  # noqa: S311 (not a secret)
        self._numbers = self._chance.sample(range(1000), 1000)
        self.given: list[str] = []

    def name(self) -> str:
        return self._give(f"{self._word(3).title()} {self._word(4).title()}")

    def phrase(self) -> str:
        words = (self._word(self._chance.randint(2, 4)) for _ in range(5))
        return self._give(" ".join(words).capitalize())

    def address(self) -> str:
        local = self._word(4).translate(str.maketrans("åäö", "aao"))
        return self._give(f"{local}{self._chance.randrange(10**6)}@planterad.example")

    def number(self) -> str:
        return self._give(f"+447700900{self._numbers.pop():03}")

    def _word(self, syllables: int) -> str:
        return "".join(self._chance.choices(SYLLABLES, k=syllables))

    def _give(self, text: str) -> str:
        unique = text if text not in self.given else f"{text} {len(self.given)}"
        self.given.append(unique)
        return unique


def writings(text: str) -> set[bytes]:
    """Return every form in which the text could lie in a file."""
    forms = {text, json.dumps(text)[1:-1], quote(text)}
    if text.startswith("+44"):
        forms |= {text[1:], f"0{text[3:]}"}  # digits only; as dialled at home
    raw = {form.encode() for form in forms}
    raw |= {form.encode("utf-16-le") for form in forms}
    raw |= {form.encode("latin-1") for form in forms}
    plain = text.encode()
    return raw | _base64(plain) | {plain.hex().encode(), plain.hex().upper().encode()}


def _base64(raw: bytes) -> set[bytes]:
    """The part of the base64 that does not depend on what stands around, at each alignment."""
    found = set()
    for shift, start in enumerate(ALIGNMENTS):
        whole = (shift + len(raw)) * 8 // 6
        found.add(base64.b64encode(bytes(shift) + raw)[start:whole])
    return found
