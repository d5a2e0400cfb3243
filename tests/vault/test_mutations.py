"""Thousands of random mutations of everything sealed: none is taken for the real thing."""

import pytest

from smartsvar.vault.errors import Tampered
from tests.vault.mutations import KINDS, MUTATIONS, mutate, samples
from tests.vault.places import PURPOSES, ROOT


@pytest.mark.parametrize("kind", KINDS)
def test_six_hundred_mutations_are_refused(kind: str) -> None:
    found = mutate(kind, 600, seed=4711)
    assert found.accepted == []
    assert found.tried == 600
    assert found.refused + found.unchanged == 600
    assert found.refused > 550


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_mutated_opens_before(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smartsvar.vault.handles.root_named", {ROOT.name: ROOT}.__getitem__)
    opened = [PURPOSES[kind].open(each.place, each.sealed) for each in samples(kind)]
    assert len(opened) == 8
    for one, other in zip(samples(kind), samples(kind)[1:], strict=False):
        with pytest.raises(Tampered):
            PURPOSES[kind].open(one.place, other.sealed)


def test_a_format_that_took_anything_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    purpose = PURPOSES["row"]._replace(open=lambda place, sealed: sealed)
    monkeypatch.setitem(PURPOSES, "row", purpose)
    found = mutate("row", 100, seed=1)
    assert len(found.accepted) == 100 - found.unchanged > 90


def test_the_same_seed_does_the_same() -> None:
    assert mutate("row", 50, seed=2) == mutate("row", 50, seed=2)
    assert len(set(MUTATIONS)) == 14
