"""How long an opened key is remembered, counted from when its row was read in the store."""

import time
from collections.abc import Callable
from uuid import UUID

import pytest

from smartsvar.ids import new_id
from smartsvar.vault import epochs, keys, memory
from smartsvar.vault.errors import KeyLost
from smartsvar.vault.index import blind_indexes
from smartsvar.vault.models import CustomerKey, RecordKey
from smartsvar.vault.roots.root import LocalRoot
from smartsvar.vault.rotation import steps
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")

SLOW = 16.0  # seconds that a key service takes at its slowest: two attempts


class Clock:
    """The process's clock, which can be put forward."""

    def __init__(self) -> None:
        self._real, self.ahead = time.monotonic, 0.0

    def __call__(self) -> float:
        return self._real() + self.ahead

    def until(self, since: float, age: float) -> None:
        """Put the clock to `age` seconds after `since`."""
        self.ahead += since + age - self()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock, and a root that takes SLOW seconds to open a key; nothing is remembered."""
    clock, real = Clock(), LocalRoot.unwrap
    monkeypatch.setattr("smartsvar.vault.memory.time.monotonic", clock)

    def slow(self: LocalRoot, wrapped: bytes, context: bytes) -> bytes:
        clock.ahead += SLOW
        return real(self, wrapped, context)

    monkeypatch.setattr(LocalRoot, "unwrap", slow)
    keys.forget_keys()
    return clock


OPENINGS: list[Callable[[UUID], object]] = [keys.open_key, lambda key_id: keys.open_keys([key_id])]


@pytest.mark.parametrize("opened", OPENINGS, ids=["one", "list"])
def test_a_key_that_was_slow_to_open_is_forgotten_as_early_as_any(
    anna: cast.House, clock: Clock, opened: Callable[[UUID], object]
) -> None:
    message = cast.message_of(anna)
    keys.forget_keys()
    since = clock()
    opened(message.key_id)
    assert clock() - since >= SLOW
    RecordKey.objects.filter(id=message.key_id).delete()
    clock.until(since, memory.CACHE_SECONDS - 1)
    keys.open_key(message.key_id)
    clock.until(since, memory.CACHE_SECONDS + 1)
    with pytest.raises(KeyLost):
        keys.open_key(message.key_id)


def test_a_new_record_key_is_remembered_from_before_its_customers_key_was_opened(
    anna: cast.House, clock: Clock
) -> None:
    since = clock()
    (key,) = keys.create_record_keys([keys.Need(anna.customer.id, "content", "a.Model", new_id())])
    assert clock() - since >= SLOW
    RecordKey.objects.filter(id=key.id).delete()
    clock.until(since, memory.CACHE_SECONDS - 1)
    assert keys.open_key(key.id) is key
    clock.until(since, memory.CACHE_SECONDS + 1)
    with pytest.raises(KeyLost):
        keys.open_key(key.id)


def test_a_new_epoch_is_known_in_time_however_slow_the_root_is(
    anna: cast.House, clock: Clock
) -> None:
    house = anna.customer.id
    since = clock()
    assert len(blind_indexes(house, "caller_number", cast.PLANTED_NUMBER)) == 1
    steps.begin(house)
    clock.until(since, memory.CACHE_SECONDS - 1)
    assert len(blind_indexes(house, "caller_number", cast.PLANTED_NUMBER)) == 1
    clock.until(since, epochs.spread_seconds())
    assert len(blind_indexes(house, "caller_number", cast.PLANTED_NUMBER)) == 2


def test_the_key_that_seals_changes_within_the_time_that_a_rotation_waits(
    anna: cast.House, clock: Clock
) -> None:
    house = anna.customer.id
    since = clock()
    old = epochs.customer_key(house, "content").id
    steps.begin(house)
    clock.until(since, epochs.spread_seconds())
    assert epochs.customer_key(house, "content").id != old


def test_a_customers_opened_key_leaves_the_memory_in_time(anna: cast.House, clock: Clock) -> None:
    since = clock()
    row = CustomerKey.objects.filter(customer_id=anna.customer.id, key_class="content").get()
    epochs.open_customer_key(row, since=since)
    clock.until(since, memory.CACHE_SECONDS - 1)
    assert epochs._opened.get(row.id) is not None
    clock.until(since, memory.CACHE_SECONDS + 1)
    assert epochs._opened.get(row.id) is None
