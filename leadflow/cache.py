"""Cache in Redis, and do without it while it is down."""

import logging
import time
from typing import Any

from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = logging.getLogger(__name__)

REST_SECONDS = 5.0
METHODS = ["add", "get", "set", "touch", "delete", "incr", "has_key", "get_many", "set_many", "delete_many", "clear"]


class FailSoftRedisCache(BaseCache):
    """Keep values in Redis; while it does not answer, keep them in this process.

    A request never fails for want of the cache, and limits kept in it (log-in attempts, API rates) still hold
    per process. After a failure Redis is left alone for REST_SECONDS, so that a dead one is not waited for
    each time. Django makes one instance per thread: what they know of the failure is on the class.
    """

    _resting_until = 0.0

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        waits = {"socket_connect_timeout": 0.25, "socket_timeout": 0.5, "retry": Retry(NoBackoff(), 0)}
        self._redis = RedisCache(server, params | {"OPTIONS": waits})
        self._local = LocMemCache("fail-soft", params)

    def _call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= self._resting_until:
            try:
                return getattr(self._redis, method)(*args, **kwargs)
            except (RedisError, OSError) as error:
                type(self)._resting_until = time.monotonic() + REST_SECONDS
                log.warning("The cache does not answer, going on without it: %s", error)
        return getattr(self._local, method)(*args, **kwargs)


def _delegate(method: str) -> Any:
    def call(self: FailSoftRedisCache, *args: Any, **kwargs: Any) -> Any:
        return self._call(method, *args, **kwargs)

    call.__name__ = method
    return call


for _method in METHODS:
    setattr(FailSoftRedisCache, _method, _delegate(_method))
