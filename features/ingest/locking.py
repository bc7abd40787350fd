"""One writer at a time: who changes the store holds its lock, has a scratch folder, and clears up after the dead."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from configs.errors import DataError
from features.manifest import kept_files

LOCK = ".lock"
SCRATCH = ".scratch"


@contextmanager
def only_writer(store: Path) -> Iterator[None]:
    """Hold the store's lock.  Raises DataError when somebody else does."""
    with (store / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataError("Another ingest is writing this store. Wait until it is ready.") from None
        yield


def remove_leftovers(store: Path) -> None:
    """Remove the data files of an ingest that was killed: no manifest names them."""
    kept = kept_files(store)
    for file in (*store.glob("data/*/*.parquet"), *store.glob("quarantine/*.parquet"), *store.glob("**/.*.part")):
        if file.relative_to(store).as_posix() not in kept:
            file.unlink()


@contextmanager
def scratch_of(store: Path) -> Iterator[Path]:
    """A private folder for copies and spilled rows; emptied before and removed after, whatever happens."""
    scratch = store / SCRATCH
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(mode=0o700)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
