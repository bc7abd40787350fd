"""Histories on disk: one folder per (snapshot, catalogue, settings, code), complete or not there at all."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from configs.errors import DataError
from configs.loader import PROJECT_ROOT
from features.frames import read_frame

META = "meta.json"
CODE = ("catalogue", "kernel", "cohort.py", "columnar.py", "known.py", "selection.py", "windows.py")
"""The files and folders of features/ that decide a history's numbers."""


@lru_cache(maxsize=1)
def code_sha256() -> str:
    """One checksum of the code that builds histories: other code, other history."""
    folder = PROJECT_ROOT / "features"
    files = [file for name in CODE for file in sorted({*folder.glob(name), *(folder / name).rglob("*.py")})]
    joined = hashlib.sha256()
    for file in files:
        if file.is_file():
            joined.update(file.read_bytes())
    return joined.hexdigest()


def history_id(**parts: str) -> str:
    """The name of the folder: what the history was made of, in 16 characters."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def is_complete(folder: Path) -> bool:
    return (folder / META).is_file()


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A place to build in; it becomes `folder` only when everything in it is written."""
    building = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    try:
        yield building
        shutil.rmtree(folder, ignore_errors=True)
        building.rename(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def write_meta(folder: Path, meta: Mapping[str, Any]) -> None:
    (folder / META).write_text(json.dumps(meta, ensure_ascii=False, indent=1), encoding="utf-8")


def read_meta(folder: Path) -> dict[str, Any]:
    """What the history was made of.  Raises DataError when it is not there."""
    if not is_complete(folder):
        raise DataError(
            "There is no history for this snapshot, catalogue and these settings. "
            "Type `python -m features.histories --config <the same histories config>`."
        )
    return dict(json.loads((folder / META).read_text(encoding="utf-8")))


def newest_meta(histories: Path, snapshot_sha256: str, catalogue_sha256: str) -> dict[str, Any] | None:
    """What the newest history of a snapshot and catalogue was made of; None when there is none."""
    files = sorted(histories.glob(f"*/{META}"), key=lambda file: (file.stat().st_mtime_ns, file.parent.name))
    found = (dict(json.loads(file.read_text(encoding="utf-8"))) for file in reversed(files))
    wanted = (snapshot_sha256, catalogue_sha256)
    return next((meta for meta in found if (meta["snapshot_sha256"], meta["catalogue_sha256"]) == wanted), None)


def part_file(folder: Path, bucket: int) -> Path:
    return folder / f"part-{bucket:05d}.parquet"


def read_parts(folder: Path) -> pd.DataFrame:
    """Every part, in bucket order."""
    parts = [read_frame(file) for file in sorted(folder.glob("part-*.parquet"))]
    return pd.concat(parts, ignore_index=True)
