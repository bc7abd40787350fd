"""How the kernel's loops are compiled, and the types they read.

A loop is compiled for one signature when its module is imported, so no call ever waits for a compiler.  The machine
code is kept on disk beside its module (or in the user's cache folder) and loaded by the next process; where no folder
can be written, it is compiled anew at every start.
"""

import pickle
from collections.abc import Callable
from typing import Any

import numba as nb
from numba import types


def _array(kind: Any) -> Any:
    """Read-only one-dimensional input: arrays that may be written are accepted too."""
    return types.Array(kind, 1, "C", readonly=True)


I32, I64, F64 = map(_array, (types.int32, types.int64, types.float64))
FLAGS = _array(types.boolean)
I64_OUT = types.int64[::1]
FRAME, PLACES = types.float32[:, ::1], types.int64[:, ::1]
WHOLE, REAL, FLAG = types.int64, types.float64, types.boolean
SHAPE = types.UniTuple(types.int64, 3)
EVENTS = (I64, I64, I32, I32, I32)
"""Begin and end of each client's events; day, first and last known as_of of each event."""
WINDOWED = (I32, I32, types.Array(types.int64, 2, "C", readonly=True), I32, I32, I32, WHOLE, I32)
"""Day of as_of and first observed day of each row, bounds of its rings; first and last known as_of and code of each
event (no codes: all are one; the code after the last one counts nowhere), number of codes; windows."""
FRAMED = (FRAME, WHOLE, WHOLE)
"""The frame, and the first row and column to be filled."""


def compiled(*signature: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile for exactly these types, from the cache where there is one."""

    def compile_it(function: Callable[..., Any]) -> Any:
        try:
            return nb.njit(signature, cache=True, nogil=True)(function)
        except (RuntimeError, OSError, EOFError, pickle.UnpicklingError):  # no folder can be written, or a torn file
            return nb.njit(signature, nogil=True)(function)

    return compile_it
