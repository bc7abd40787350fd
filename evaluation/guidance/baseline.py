"""A stored snapshot of present practice, and later figures held against it."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from configs.errors import DataError
from evaluation.held_out.shares import wilson
from evaluation.metrics import Interval
from features.manifest import write_atomically

FOLDER = "baselines"
Share = dict[str, Any]
"""hits, of: of so many clients or cases so many."""


def share(hits: int, of: int) -> Share:
    """A share with its 95 % score interval, JSON-ready; None for nobody."""
    if of == 0:
        return {"hits": hits, "of": of, "share": None, "low": None, "high": None}
    bounds = wilson(hits, of)
    return {"hits": hits, "of": of, "share": hits / of, "low": bounds.low, "high": bounds.high}


def difference(now: Share, then: Share) -> Interval | None:
    """95 % interval of now − then of two independent shares (Newcombe 1998, method 10); None where one has nobody."""
    if now["share"] is None or then["share"] is None:
        return None
    gap = now["share"] - then["share"]
    down = np.hypot(now["share"] - now["low"], then["high"] - then["share"])
    up = np.hypot(now["high"] - now["share"], then["share"] - then["low"])
    return Interval(float(gap - down), float(gap + up))


def stored(folder: Path, name: str) -> dict[str, Any] | None:
    """The baseline of that name; None before there is one.  Raises DataError for a damaged file."""
    file = folder / FOLDER / f"{name}.json"
    if not file.is_file():
        return None
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except json.JSONDecodeError:
        raise DataError(
            f"The baseline {name} is damaged. Restore published/{FOLDER}/{name}.json from a backup."
        ) from None


def store(folder: Path, name: str, content: dict[str, Any]) -> None:
    """Write a baseline once; what is there stays."""
    file = folder / FOLDER / f"{name}.json"
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, (json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode())


def held_against(now: dict[str, Share], baseline: dict[str, Any]) -> list[dict[str, Any]]:
    """id, now, then, change with its interval, for every figure that both have."""
    rows = []
    for name, own in now.items():
        then = baseline["figures"].get(name)
        if then is None:
            continue
        bounds = difference(own, then)
        gap = None if bounds is None else own["share"] - then["share"]
        ends = {"low": bounds.low if bounds else None, "high": bounds.high if bounds else None}
        rows.append({"id": name, "now": own["share"], "then": then["share"], "change": gap, **ends})
    return rows
