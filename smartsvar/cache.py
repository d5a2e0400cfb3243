"""The cache while Valkey is away: as if nothing were in it, rather than an error.

Limits (sign-in, API) and the mark on a one-time code that was used are off while it is away: calls
and sign-ins go before those. What is merely remembered (the first page's figures, looks that were
noted lately) is found or noted anew. /healthz/ says that it is away.
"""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = structlog.get_logger(__name__)
T = TypeVar("T")

PAUSE = 5.0  # seconds until it is asked again: a request must not wait for it ten times over
PATIENCE = {"socket_connect_timeout": 1, "socket_timeout": 1}


class ForgivingClient(RedisCacheClient):
    """Each method answers a cache's miss when Valkey does not answer."""

    away_until = 0.0

    def __init__(self, servers: Any, **options: Any) -> None:
        # One retry: after Valkey has been restarted, the connections of the pool are dead.
        super().__init__(servers, **(PATIENCE | {"retry": Retry(NoBackoff(), 1)} | options))

    def _ask(self, miss: T, question: Callable[..., T], *arguments: Any) -> T:
        if time.monotonic() < self.away_until:
            return miss
        try:
            answer = question(*arguments)
        except RedisError as error:
            if not self.away_until:
                log.warning("cache is away, limits are off", error=type(error).__name__)
            self.away_until = time.monotonic() + PAUSE
            return miss
        self.away_until = 0.0
        return answer

    def add(self, key: Any, value: Any, timeout: Any) -> bool:
        """True while it is away: a lock that nobody holds is free."""
        return self._ask(True, super().add, key, value, timeout)

    def get(self, key: Any, default: Any) -> Any:
        return self._ask(default, super().get, key, default)

    def set(self, key: Any, value: Any, timeout: Any) -> None:
        self._ask(None, super().set, key, value, timeout)

    def touch(self, key: Any, timeout: Any) -> bool:
        return self._ask(False, super().touch, key, timeout)

    def delete(self, key: Any) -> bool:
        return self._ask(False, super().delete, key)

    def get_many(self, keys: Any) -> dict[Any, Any]:
        return self._ask({}, super().get_many, keys)

    def has_key(self, key: Any) -> bool:
        return self._ask(False, super().has_key, key)

    def incr(self, key: Any, delta: Any) -> Any:
        """Raises ValueError while it is away, as for any key that is not there."""
        found = self._ask(None, super().incr, key, delta)
        if found is None:
            raise ValueError("The cache is away.")
        return found

    def set_many(self, data: Any, timeout: Any) -> None:
        self._ask(None, super().set_many, data, timeout)

    def delete_many(self, keys: Any) -> None:
        self._ask(None, super().delete_many, keys)

    def clear(self) -> bool:
        return self._ask(False, super().clear)


class ForgivingCache(RedisCache):
    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = ForgivingClient
