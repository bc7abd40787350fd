"""Guessing is limited: failures per address in a sliding minute, counted in each worker's memory."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

WINDOW_SECONDS = 60.0
MAX_ADDRESSES = 10_000
"""Addresses remembered at once; the one that failed longest ago is forgotten first."""


class Attempts:
    """Who failed how often lately."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_seconds(self, address: str) -> int:
        """How long `address` must wait before it may fail again; 0 when it may try now."""
        with self._lock:
            recent = self._recent(address)
            if recent is None or len(recent) < self._limit:
                return 0
            return max(1, round(recent[0] + WINDOW_SECONDS - self._clock()))

    def failed(self, address: str) -> None:
        """Count a failure."""
        with self._lock:
            recent = self._failures.setdefault(address, deque(maxlen=self._limit))
            recent.append(self._clock())
            self._failures.move_to_end(address)
            while len(self._failures) > MAX_ADDRESSES:
                self._failures.popitem(last=False)

    def _recent(self, address: str) -> deque[float] | None:
        recent = self._failures.get(address)
        while recent and recent[0] <= self._clock() - WINDOW_SECONDS:
            recent.popleft()
        if recent is not None and not recent:
            del self._failures[address]
            return None
        return recent
