"""Notices when the machine's clock jumps: entries keep their order by number, and the jump is said."""

import threading
import time
from collections.abc import Callable
from datetime import datetime

TOLERANCE_SECONDS = 60.0


class ClockWatch:
    """Compares the wall clock with one that cannot be set."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._lock = threading.Lock()
        self._last: tuple[float, float] | None = None

    def jump(self, now: datetime) -> float | None:
        """Seconds that the wall clock was set forward (or back, negative) since the last call; None within a minute."""
        wall, steady = now.timestamp(), self._steady()
        with self._lock:
            before, self._last = self._last, (wall, steady)
        if before is None:
            return None
        moved = (wall - before[0]) - (steady - before[1])
        return round(moved, 3) if abs(moved) > TOLERANCE_SECONDS else None
