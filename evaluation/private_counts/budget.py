"""How much privacy was spent: every noisy table of a year, chained, and never more than the year's budget.

A table that was released is given again as it was: asking twice must not let anybody average the noise away.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from configs.errors import DataError, GateError
from features.manifest import write_atomically
from models.chain import GENESIS, ChainedEntry, append, head, verify

FILE = "privacy_budget.json"


@dataclass(frozen=True)
class Release:
    """One table that is asked for."""

    table: str
    snapshot_sha256: str
    epsilon: Fraction


class Budget:
    """The releases of one data folder."""

    def __init__(self, records: Path, per_year: Fraction) -> None:
        self._file, self._per_year = records / FILE, per_year

    def released(self, asked: Release, now: datetime, make: Callable[[], Mapping[str, int]]) -> Mapping[str, int]:
        """The table as it was released before, or a new one from `make`, written down before anybody sees it.

        Raises GateError when the year's budget does not hold it any more; then `make` is not called.
        """
        with self._alone():
            entries = self._entries()
            for one in entries:
                if _same(one.entry, asked):
                    return dict(one.entry["cells"])
            self._afford(asked, entries, now)
            cells = dict(make())
            values = {"table": asked.table, "snapshot_sha256": asked.snapshot_sha256, "epsilon": str(asked.epsilon),
                      "at": now.isoformat(timespec="seconds"), "cells": cells}  # fmt: skip
            self._write([*entries, append(head(entries[-1]) if entries else GENESIS, values)])
            return cells

    def spent(self, year: int) -> Fraction:
        """What the releases of a year have cost together."""
        return _spent(self._entries(), year)

    def _afford(self, asked: Release, entries: list[ChainedEntry], now: datetime) -> None:
        left = self._per_year - _spent(entries, now.year)
        if asked.epsilon > left:
            raise GateError(
                f"The privacy budget of {now.year} is spent: {float(left):g} of {float(self._per_year):g} is left and "
                f"the table {asked.table} needs {float(asked.epsilon):g}. Publish what was released, or wait for "
                f"{now.year + 1}."
            )

    def _entries(self) -> list[ChainedEntry]:
        if not self._file.exists():
            return []
        try:
            found = [ChainedEntry(**one) for one in json.loads(self._file.read_text(encoding="utf-8"))]
        except (ValueError, TypeError):
            raise DataError("The record of the privacy budget cannot be read. Restore it from a backup.") from None
        bad = verify(found)
        if bad is not None:
            raise DataError(f"The record of the privacy budget was changed at entry {bad}. Restore it from a backup.")
        return found

    def _write(self, entries: list[ChainedEntry]) -> None:
        write_atomically(self._file, json.dumps([vars(one) for one in entries], ensure_ascii=False).encode())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Of two releases at once the second waits: it must see what the first has spent."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _same(entry: Mapping[str, Any], asked: Release) -> bool:
    return (entry["table"], entry["snapshot_sha256"]) == (asked.table, asked.snapshot_sha256)


def _spent(entries: list[ChainedEntry], year: int) -> Fraction:
    of_year = (one.entry for one in entries if datetime.fromisoformat(one.entry["at"]).year == year)
    return sum((Fraction(entry["epsilon"]) for entry in of_year), Fraction(0))
