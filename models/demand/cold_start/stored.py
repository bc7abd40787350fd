"""Statuses in a demand bundle."""

import json
from collections.abc import Mapping
from dataclasses import asdict

from models.bundles.bundle import Bundle
from models.demand.cold_start.status import SeriesStatus

STATUSES = "statuses.json"


def statuses_file(statuses: Mapping[str, SeriesStatus]) -> bytes:
    """Published series → status, the same bytes for the same statuses."""
    said = {name: asdict(one) for name, one in statuses.items()}
    return json.dumps(said, ensure_ascii=False, indent=1).encode("utf-8")


def read_statuses(bundle: Bundle) -> dict[str, SeriesStatus] | None:
    """The inverse of `statuses_file`; None for a bundle made before statuses were stored."""
    if STATUSES not in bundle.files:
        return None
    return {
        name: SeriesStatus(**{**one, "lenders": tuple(one["lenders"])}) for name, one in bundle.json(STATUSES).items()
    }
