"""Group commit: entries that wait for the same disk are written in one transaction, each answered when it is committed.

A commit costs a flush of the disk (5 ms and more), however many entries it holds.  While one thread commits, the others
queue; whoever comes next writes the whole queue.  A batch that fails is tried entry by entry, so that one entry that
cannot be written takes nobody else's with it.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from configs.errors import LuotainError
from serving.pages.services import Unavailable
from serving.refusals import refusal

Write = Callable[[Connection], int]
Transaction = Callable[[], AbstractContextManager[Connection]]


@dataclass(eq=False)
class _Waiting:
    """One entry in the queue, and what came of it."""

    write: Write
    done: bool = False
    value: int = 0
    fault: BaseException | None = field(default=None)


class Turns:
    """Lets the threads of one process write one after the other, and together where they wait."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._queueing = threading.Lock()
        self._queue: list[_Waiting] = []

    def write(self, transaction: Transaction, write: Write) -> int:
        """What `write` gives, after it is committed.  Raises what it or the transaction raises."""
        own = _Waiting(write)
        with self._queueing:
            self._queue.append(own)
        with self._turn:
            if not own.done:
                with self._queueing:
                    batch, self._queue = self._queue, []
                _commit(transaction, batch)
        if own.fault is not None:
            raise own.fault
        return own.value

    def alone(self) -> AbstractContextManager[Any]:
        """A turn without company, for a transaction of several statements."""
        return self._turn


def _commit(transaction: Transaction, batch: Sequence[_Waiting]) -> None:
    """Write a batch; afterwards every one of it has its value or its fault, whatever happened."""
    try:
        with transaction() as connection:
            values = [one.write(connection) for one in batch]
        for one, value in zip(batch, values, strict=True):
            one.done, one.value = True, value
    except (LuotainError, TypeError, ValueError) as fault:
        if len(batch) > 1:
            for one in batch:
                _commit(transaction, [one])
        else:
            batch[0].done, batch[0].fault = True, fault
    finally:
        for one in batch:
            if not one.done:
                one.done, one.fault = True, Unavailable(refusal("log_not_written"))
