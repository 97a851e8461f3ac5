"""The limit of requests per caller and minute."""

import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.throttling import BaseThrottle

WINDOW_SECONDS = 60


class PerCaller(BaseThrottle):
    """Count the requests of a caller per minute in the cache; without a cache each process counts for itself."""

    def allow_request(self, request: Any, view: Any) -> bool:
        """Return whether the caller has requests left in this minute."""
        limit = settings.API_REQUESTS_PER_MINUTE
        if not limit:
            return True
        window = int(time.time() // WINDOW_SECONDS)
        key = f"api-rate:{request.user.name}:{window}"
        cache.add(key, 0, WINDOW_SECONDS * 2)
        try:
            return cache.incr(key) <= limit
        except ValueError:  # the cache was flushed between the two lines
            return True

    def wait(self) -> float:
        """Return the seconds until the next window."""
        return WINDOW_SECONDS - time.time() % WINDOW_SECONDS
