"""The tests' mutations, by the ten thousand."""

from typing import Any

from tests.vault.mutations import KINDS, mutate


def mutate_all(count: int, seed: int) -> dict[str, list[Any]]:
    """Try `count` mutations, shared among the kinds; return each kind's counts."""
    return {kind: list(mutate(kind, -(-count // len(KINDS)), seed)) for kind in KINDS}
