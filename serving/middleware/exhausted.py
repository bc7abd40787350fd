"""Which failures mean that the machine has run out of something: they pass, so they are 503 and not 500."""

import errno

SPENT = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.ENOSPC, errno.EDQUOT})
"""Open files of the process and of the machine, memory, threads, space and quota of a disk."""
NO_THREAD = "can't start new thread"
"""CPython's own words; it has no exception of its own for it."""


def is_exhausted(error: BaseException) -> bool:
    """True when files, memory, threads or space were spent, here or in the error behind this one."""
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and NO_THREAD in str(error)):
        return True
    if isinstance(error, OSError) and error.errno in SPENT:
        return True
    return error.__cause__ is not None and is_exhausted(error.__cause__)
