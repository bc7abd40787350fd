"""The frame that every runner ends with: its catalogue, the order of its columns, and how exact each must be."""

import json

import numpy as np

from features.catalogue import Catalogue
from tests.bench.worlds.events import SERVICES

WINDOWS = (30, 90, 180, 365, 730)
SINCE_SERVICES = SERVICES[:9]
"""Services that get a `days since` column of their own."""
WORDS = {"fi": "nimi", "sv": "namn", "en": "name"}
COUNTS = len(SERVICES) * len(WINDOWS)
"""Columns 0 … 99: contacts by service (slowest) and window; then minutes, professionals, contacts by window; then days
since any contact, and since a contact of each of nine services."""
SUMS = slice(COUNTS, COUNTS + len(WINDOWS))
PROFESSIONALS = slice(SUMS.stop, SUMS.stop + len(WINDOWS))
TOTALS = slice(PROFESSIONALS.stop, PROFESSIONALS.stop + len(WINDOWS))
SINCE = slice(TOTALS.stop, TOTALS.stop + 1 + len(SINCE_SERVICES))
WIDTH = SINCE.stop


def catalogue() -> Catalogue:
    """The declared families behind the columns."""
    families = {
        "visits": _family("visits", "count", by="service", codes=SERVICES, windows=WINDOWS),
        "minutes": _family("minutes", "sum", value="minutes", windows=WINDOWS),
        "professionals": _family("professionals", "distinct", value="professional_id", windows=WINDOWS),
        "contacts": _family("contacts", "count", windows=WINDOWS),
        "since": _family("since", "days_since"),
        "since_service": _family("since_service", "days_since", by="service", codes=SINCE_SERVICES),
    }
    return Catalogue.from_json(
        json.dumps({"observed_from": "2020-01-01", "dimensions": {"health": WORDS}, "families": families})
    )


def _family(name: str, aggregate: str, **more: object) -> dict[str, object]:
    words = {"name": WORDS, "dimension": "health", "role": "risk", "source": "bench", "unit": "count"}
    return {"id": name, "table": "contacts", "aggregate": aggregate, **words, **more}


def differences(frame: np.ndarray, truth: np.ndarray) -> str | None:
    """Why two frames are not the same; None when they are: exact, sums of minutes within float32 rounding."""
    if frame.shape != truth.shape or frame.dtype != np.float32:
        return f"{frame.dtype} {frame.shape} instead of float32 {truth.shape}"
    for column in range(WIDTH):
        mine, theirs = frame[:, column], truth[:, column]
        near = 1e-6 if SUMS.start <= column < SUMS.stop else 0.0
        same = np.isclose(mine, theirs, rtol=near, atol=0, equal_nan=True)
        if not same.all():
            place = int(np.flatnonzero(~same)[0])
            return f"column {column}, row {place}: {mine[place]} instead of {theirs[place]}"
    return None
